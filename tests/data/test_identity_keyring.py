"""The key is outside the store, its owner's alone, made once; a store takes no other."""

import errno
import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tests.data.lake_rows import AT, contacts
from vardbalans.data.identity.errors import KeyMissing, KeyUnsound, WrongKey
from vardbalans.data.identity.keyring import KEY_FILE, Keyring, keyring_for
from vardbalans.data.lake import Lake


@pytest.fixture
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Name a key file of the test's own, which is not there yet."""
    path = tmp_path / "keys" / "key"
    monkeypatch.setenv(KEY_FILE, str(path))
    return path


def test_a_key_is_made_on_first_use_told_once_and_found_again(
    key_file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """256 random bits for the owner alone; the sentence names the file and never the key."""
    made = keyring_for(tmp_path / "store", make=True)
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(key_file.parent.stat().st_mode) == 0o700
    assert list(key_file.parent.iterdir()) == [key_file]
    (told,) = caplog.messages
    assert str(key_file) in told
    assert key_file.read_text().strip() not in told
    caplog.clear()
    assert keyring_for(tmp_path / "store", make=True) == made
    assert keyring_for(tmp_path / "another", make=False) == made
    assert caplog.messages == []
    assert key_file.read_text().strip() not in repr(made)


def test_by_default_the_key_is_in_the_configuration_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """XDG's folder where it is absolute, else ``.config`` at home; an empty setting is none."""
    monkeypatch.setenv(KEY_FILE, "")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for given, folder in (("", "home/.config"), ("relative", "home/.config"), (str(tmp_path / "xdg"), "xdg")):
        monkeypatch.setenv("XDG_CONFIG_HOME", given)
        keyring_for(tmp_path / "store", make=True)
        assert (tmp_path / folder / "vardbalans" / "key").is_file()


def test_of_many_that_start_at_once_one_makes_the_key(
    key_file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Everyone gets the same key, whole, and it is told once."""
    for _ in range(20):
        start = Barrier(8)

        def open_key(start: Barrier = start) -> Keyring:
            start.wait()
            return keyring_for(tmp_path / "store", make=True)

        with ThreadPoolExecutor(8) as threads:
            rings = [made.result() for made in [threads.submit(open_key) for _ in range(8)]]
        assert len({ring.mark for ring in rings}) == 1
        assert len(caplog.messages) == 1
        assert list(key_file.parent.iterdir()) == [key_file]
        key_file.unlink()
        caplog.clear()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_is_refused(mode: int, key_file: Path, tmp_path: Path) -> None:
    """The sentence says how to close it."""
    keyring_for(tmp_path / "store", make=True)
    key_file.chmod(mode)
    with pytest.raises(KeyUnsound, match=f"chmod 600 {key_file}"):
        keyring_for(tmp_path / "store", make=True)


@pytest.mark.parametrize("content", [b"", b"ab" * 31, b"ab" * 33, b"zz" * 32, b"\xff" * 64, b"ab" * 32 + b" x"])
def test_a_malformed_key_is_refused_and_stays(content: bytes, key_file: Path, tmp_path: Path) -> None:
    """It may be a key half restored: nothing is written over it."""
    key_file.parent.mkdir()
    key_file.touch(0o600)
    key_file.write_bytes(content)
    with pytest.raises(KeyUnsound, match="64 hexadecimala tecken"):
        keyring_for(tmp_path / "store", make=True)
    assert key_file.read_bytes() == content


@pytest.mark.parametrize("name", ["key", "lake/key", "../store/key"])
def test_a_key_inside_the_store_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By whatever way it is reached: a backup of the store would hold its own key."""
    store = tmp_path / "store"
    (store / "lake").mkdir(parents=True)
    (tmp_path / "way").symlink_to(store)
    for path in (store / name, tmp_path / "way" / "key"):
        monkeypatch.setenv(KEY_FILE, str(path))
        with pytest.raises(KeyUnsound, match=KEY_FILE):
            keyring_for(store, make=True)
    assert not (store / "key").exists()


def test_a_place_that_cannot_be_written_or_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names the setting that points elsewhere."""
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "file" / "key", tmp_path / "folder", "/proc/nowhere/key"):
        monkeypatch.setenv(KEY_FILE, str(path))
        with pytest.raises(KeyMissing, match=KEY_FILE):
            keyring_for(tmp_path / "store", make=True)


@pytest.mark.parametrize("call", [(Path, "open"), (os, "open"), (os, "link")])
def test_a_closed_folder_is_told(
    call: tuple[object, str], key_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that may not read or write its home gets a sentence, and leaves nothing behind."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as closed:
        closed.setattr(*call, refuse)
        with pytest.raises(KeyMissing, match=f"Permission denied.*{KEY_FILE}"):
            keyring_for(tmp_path / "store", make=True)
    assert not key_file.parent.exists() or not list(key_file.parent.iterdir())


def test_an_account_without_a_home_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As some services run."""
    monkeypatch.setenv(KEY_FILE, "")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(KeyMissing, match=KEY_FILE):
        keyring_for(tmp_path / "store", make=True)


def test_the_derived_keys_are_unlike() -> None:
    """None is another, nor the master; all follow from the master."""
    ring = Keyring(bytes(32))
    keys = [ring.sealing_key, ring.pseudonym_key("patient"), ring.pseudonym_key("staff"), bytes(32)]
    assert len(set(keys)) == 4
    assert all(len(key) == 32 for key in keys)
    assert not any(key.hex().startswith(ring.mark) for key in keys)
    assert Keyring(bytes(32)).sealing_key == ring.sealing_key != Keyring(b"\1" * 32).sealing_key


# A store and its key


@pytest.fixture
def original(tmp_path: Path) -> Path:
    path = tmp_path / "a.csv"
    path.write_text("a")
    return path


def test_a_store_takes_no_other_key_than_its_own(tmp_path: Path, original: Path) -> None:
    """Other pseudonyms would make two people of each: the import is refused and the store stays."""
    ring, other = Keyring(bytes(32)), Keyring(b"\1" * 32)
    made = Lake(tmp_path / "store", ring).commit({"contacts": contacts([1])}, by="Ada", at=AT, originals=[original])
    assert (tmp_path / "store" / "lake" / "key_id").read_text() == f"{ring.mark}\n"
    wrong = Lake(tmp_path / "store", other)
    with pytest.raises(WrongKey, match=f"{other.mark}.*{ring.mark}.*{KEY_FILE}"):
        wrong.commit({"contacts": contacts([2])}, by="Ada", at=AT, originals=[original])
    assert wrong.head() == made
    assert wrong.read("contacts").num_rows == 1
    assert "nyckelmärket" in str(wrong.key_trouble())


def test_a_lost_key_is_never_replaced_by_a_new_one(key_file: Path, tmp_path: Path, original: Path) -> None:
    """A new key would be refused later anyway; making one would hide what happened."""
    store = tmp_path / "store"
    Lake(store).commit({"contacts": contacts([1])}, by="Ada", at=AT, originals=[original])
    key_file.unlink()
    with pytest.raises(KeyMissing, match="saknas"):
        Lake(store).commit({"contacts": contacts([2])}, by="Ada", at=AT, originals=[original])
    assert not key_file.exists()


def test_a_store_from_before_there_were_pseudonyms_is_refused(tmp_path: Path, original: Path) -> None:
    """Half its people would stand there as they came, half as pseudonyms."""
    lake = Lake(tmp_path / "store", Keyring(bytes(32)))
    lake.commit({"contacts": contacts([1])}, by="Ada", at=AT)
    with pytest.raises(WrongKey, match="key_id"):
        lake.commit({"contacts": contacts([2])}, by="Ada", at=AT, originals=[original])


def test_a_store_without_versions_may_change_its_key(tmp_path: Path, original: Path) -> None:
    """What a dead first import left behind binds nobody."""
    (tmp_path / "store" / "lake").mkdir(parents=True)
    (tmp_path / "store" / "lake" / "key_id").write_text("0" * 16)
    lake = Lake(tmp_path / "store", Keyring(bytes(32)))
    lake.commit({"contacts": contacts([1])}, by="Ada", at=AT, originals=[original])
    assert lake.key_trouble() is None
    assert lake.verify() == []
