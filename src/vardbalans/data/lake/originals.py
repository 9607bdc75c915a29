"""The originals of a store: every imported file, sealed, under the sha256 of its plain content."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from uuid import uuid4

from vardbalans.data.identity.errors import KeyMissing, KeyUnsound, SealBroken, WrongKey
from vardbalans.data.identity.keyring import Keyring, keyring_for, require_mark
from vardbalans.data.identity.sealing import seal, unsealed
from vardbalans.data.lake.durable import install
from vardbalans.data.lake.errors import FileChanged
from vardbalans.data.sources import SourceFile
from vardbalans.engine.messages import Message

__all__ = ["Originals", "keep_original"]


class Originals:
    """The originals of the store at *root*, and its keys: *keyring*, or what the environment names.

    *is_new* tells whether the store has no version yet; only then may it take another key, or have one made.
    """

    def __init__(self, root: Path, keyring: Keyring | None, is_new: Callable[[], bool]) -> None:
        self._root = root
        self._folder = root / "originals"
        self._mark = root / "lake" / "key_id"
        self._keyring = keyring
        self._is_new = is_new

    def keyring(self) -> Keyring:
        """Return the store's keys. Raises KeyMissing, KeyUnsound, WrongKey."""
        is_new = self._is_new()
        self._keyring = self._keyring or keyring_for(self._root, make=is_new)
        if not is_new:
            require_mark(self._mark, self._keyring)
        return self._keyring

    def trouble(self) -> Message | None:
        """Return why what is kept cannot be opened; None when it can, or nothing is kept."""
        if self._is_new():
            return None
        try:
            self.keyring()
        except (KeyMissing, KeyUnsound, WrongKey) as error:
            return error.message
        return None

    def keep(self, paths: Sequence[Path], folder: Path, read: Collection[SourceFile]) -> list[SourceFile]:
        """Keep the files at *paths*, by way of the staging *folder*; a new store is marked with its key first.

        Raises FileChanged for one that is not as in *read*.
        """
        if not paths:
            return []
        keyring = self.keyring()
        if self._is_new():
            staged = folder / self._mark.name
            staged.write_text(f"{keyring.mark}\n", "ascii")
            install(staged, self._mark)
        return [keep_original(path, self._folder, folder, keyring.sealing_key, read) for path in paths]

    def open(self, sha256: str) -> Iterator[bytes]:
        """Yield the content of an original, piece by piece. Raises SealBroken, and what :meth:`keyring` does."""
        return self._content(sha256, self.keyring().sealing_key)

    def differing(self, kept: Iterable[str]) -> dict[str, str]:
        """Return those of *kept* (sha256) that are not as they were, each with the sha256, or a word, of what is there.

        Without the key they are only looked for.
        """
        key = None if self.trouble() else self.keyring().sealing_key
        found = {sha256: self._found(sha256, key) for sha256 in kept}
        return {sha256: there for sha256, there in found.items() if there != sha256}

    def _found(self, sha256: str, key: bytes | None) -> str:
        if not _place(self._folder, sha256).exists():
            return "–"
        if key is None:
            return sha256
        digest = hashlib.sha256()
        try:
            for chunk in self._content(sha256, key):
                digest.update(chunk)
        except SealBroken:
            return str(Message("bruten försegling"))
        return digest.hexdigest()

    def _content(self, sha256: str, key: bytes) -> Iterator[bytes]:
        try:
            reading = _place(self._folder, sha256).open("rb")
        except FileNotFoundError as error:
            raise SealBroken(
                Message("Originalet finns inte kvar i lagret. Återställ det ur en säkerhetskopia.")
            ) from error
        with reading:
            yield from unsealed(key, reading)


def keep_original(source: Path, originals: Path, folder: Path, key: bytes, read: Collection[SourceFile]) -> SourceFile:
    """Keep *source* in *originals*, sealed with *key*, by way of the staging *folder*.

    Raises FileChanged where the file is gone, or one of *read* has its name but none its content too.
    """
    staged = folder / uuid4().hex
    try:
        with source.open("rb") as reading, staged.open("wb") as writing:
            kept = SourceFile(source.name, *seal(key, reading, writing))
    except FileNotFoundError as error:
        raise FileChanged.since_preview(source.name) from error
    if kept not in read and any(file.name == kept.name for file in read):
        raise FileChanged.since_preview(source.name)
    install(staged, _place(originals, kept.sha256))
    return kept


def _place(originals: Path, sha256: str) -> Path:
    return originals / f"{sha256}.sealed"
