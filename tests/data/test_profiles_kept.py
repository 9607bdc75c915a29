"""A region's own profiles in its store: kept whole, found before shipped ones, told when they are wrong."""

from pathlib import Path

import pytest

from vardbalans.data.read.profiles import profile_named, profile_text, shipped
from vardbalans.data.read.profiles.kept import Profiles, write_profile
from vardbalans.engine.errors import BadInput

TEXT = profile_text(profile_named("vantelista")).replace("Exempel: väntelista", "Vår väntelista")


def test_an_own_profile_is_found_before_a_shipped_one_of_the_same_name(tmp_path: Path) -> None:
    """And only in its own store."""
    assert Profiles(tmp_path).named("vantelista") == profile_named("vantelista")
    kept = write_profile(tmp_path, "vantelista", TEXT)
    profiles = Profiles(tmp_path)
    assert profiles.named("vantelista") == kept != profile_named("vantelista")
    assert (profiles.own(), profiles.text("vantelista")) == (("vantelista",), TEXT)
    assert profiles.text("par") == shipped()["par"]
    sentences = dict(profiles.known())
    assert list(sentences) == list(shipped())
    assert str(sentences["vantelista"]).startswith("Vår väntelista")
    assert Profiles(tmp_path / "annan").own() == ()


def test_an_unknown_name_lists_own_and_shipped(tmp_path: Path) -> None:
    """So that the person can choose."""
    write_profile(tmp_path, "egen", TEXT)
    with pytest.raises(BadInput, match=r"Profilen egn finns inte. Välj någon av: egen, nhs-beds, nhs-rtt-comm.*par"):
        Profiles(tmp_path).named("egn")


@pytest.mark.parametrize("name", ["", "../ute", "a/b", "Egen", "å", ".egen", "-egen", "a" * 61, "egen.toml", "a\n"])
def test_a_name_that_could_be_another_file_is_refused(name: str, tmp_path: Path) -> None:
    """Nothing is written, inside or outside the store."""
    with pytest.raises(BadInput, match="kan inte vara namn på en profil"):
        write_profile(tmp_path / "store", name, TEXT)
    assert list(tmp_path.rglob("*")) == []
    with pytest.raises(BadInput, match="finns inte"):
        Profiles(tmp_path / "store").named(name)


def test_a_text_that_is_no_profile_leaves_the_earlier_one(tmp_path: Path) -> None:
    """And no half-written file beside it."""
    write_profile(tmp_path, "egen", TEXT)
    with pytest.raises(BadInput, match="Profilen egen, "):
        write_profile(tmp_path, "egen", TEXT + "x")
    assert [path.name for path in (tmp_path / "profiles").iterdir()] == ["egen.toml"]
    assert Profiles(tmp_path).text("egen") == TEXT


def test_a_file_that_was_spoiled_by_hand_is_told_in_the_list(tmp_path: Path) -> None:
    """The others can still be used; a file of another name or kind is no profile."""
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "trasig.toml").write_text("sentence = ", encoding="utf-8")
    (folder / "latin.toml").write_bytes("sentence = 'Vår'".encode("cp1252"))
    (folder / "Stor Bokstav.toml").write_text(TEXT, encoding="utf-8")
    (folder / "anteckningar.txt").write_text("x", encoding="utf-8")
    profiles = Profiles(tmp_path)
    sentences = dict(profiles.known())
    assert set(sentences) - set(shipped()) == {"trasig", "latin"}
    assert "filens slut" in str(sentences["trasig"])
    assert "UTF-8" in str(sentences["latin"])
    with pytest.raises(BadInput, match="trasig, filens slut"):
        profiles.named("trasig")
