"""The master key, kept outside the store, and the keys that are derived from it.

The file that ``VARDBALANS_KEY_FILE`` names, or ``vardbalans/key`` in the user's configuration folder, holds 256 random
bits as 64 hexadecimal characters and is its owner's alone. It is made on first use. The keys for pseudonyms, for
sealing originals, for signing the audit trail and for second factors, and the mark by which a store knows its key, are
derived by HKDF-SHA-256 (RFC 5869), each under a name of its own, so that none tells anything of another or of the
master.
"""

import logging
import os
import re
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vardbalans.data.identity.errors import KeyMissing, KeyUnsound, WrongKey
from vardbalans.engine.messages import Message

__all__ = ["KEY_FILE", "Keyring", "keyring_for", "require_mark"]

KEY_FILE = "VARDBALANS_KEY_FILE"
"""The environment variable that names the key's file."""

_LOG = logging.getLogger(__name__)
_KEY_BYTES = 32
_WRITTEN = re.compile(rf"[0-9a-fA-F]{{{2 * _KEY_BYTES}}}\s*")


@dataclass(frozen=True)
class Keyring:
    """The keys derived from one master key of 32 bytes."""

    _master: bytes = field(repr=False)

    @property
    def mark(self) -> str:
        """Return what tells this key from others and nothing about it: 16 hexadecimal characters."""
        return self._derived("mark", 8).hex()

    @property
    def sealing_key(self) -> bytes:
        """Return the key that originals are sealed with."""
        return self._derived("originals", _KEY_BYTES)

    @property
    def log_key(self) -> bytes:
        """Return the key that the audit trail is signed with."""
        return self._derived("audit trail", _KEY_BYTES)

    @property
    def factor_key(self) -> bytes:
        """Return the key that secrets of second factors are encrypted with."""
        return self._derived("second factors", _KEY_BYTES)

    def pseudonym_key(self, people: str) -> bytes:
        """Return the key for pseudonyms of *people*: ``patient`` or ``staff``."""
        return self._derived(f"pseudonyms of {people}", _KEY_BYTES)

    def _derived(self, name: str, length: int) -> bytes:
        return HKDF(SHA256(), length, salt=None, info=f"vardbalans 1 {name}".encode()).derive(self._master)


def keyring_for(store: Path, *, make: bool) -> Keyring:
    """Return the keyring for the folder *store*; where there is no key yet one is made, if *make* says so.

    A new key is told in one sentence through the log. Raises KeyMissing and KeyUnsound.
    """
    path = _place()
    if path.resolve().is_relative_to(store.resolve()):
        raise KeyUnsound(
            Message(
                "Nyckeln {path} ligger i lagret. Flytta ut den därifrån och peka ut den med {setting}.",
                path=path,
                setting=KEY_FILE,
            )
        )
    master = _read(path)
    if master is None and make:
        if _made(path):
            _LOG.warning("%s", _told(path))
        master = _read(path)
    if master is None:
        raise KeyMissing(
            Message(
                "Nyckeln {path} saknas, och lagret är gjort med en nyckel. Lägg tillbaka den, eller peka ut den med "
                "{setting}.",
                path=path,
                setting=KEY_FILE,
            )
        )
    return Keyring(master)


def _told(path: Path) -> Message:
    return Message(
        "En nyckel för pseudonymer och original skapades i {path}. Säkerhetskopiera den skilt från lagret: utan den "
        "går pseudonymerna inte att göra om och originalen inte att öppna.",
        path=path,
    )


def require_mark(path: Path, keyring: Keyring) -> None:
    """Require that the store's file of the mark, *path*, is that of *keyring*. Raises WrongKey."""
    if not path.exists():
        raise WrongKey(
            Message(
                "Lagret har inget nyckelmärke ({path}): det gjordes innan pseudonymer fanns, eller så är filen borta. "
                "Läs in källfilerna i ett nytt lager, eller återställ filen.",
                path=path,
            )
        )
    if (mark := path.read_text("ascii").strip()) != keyring.mark:
        raise WrongKey(
            Message(
                "Nyckeln är inte den som lagret gjordes med (nyckelmärket är {found}, lagrets {expected}). Peka ut "
                "rätt nyckel med {setting}.",
                found=keyring.mark,
                expected=mark,
                setting=KEY_FILE,
            )
        )


def _place() -> Path:
    """Return where the key is, or would be made. Raises KeyMissing where there is no home folder."""
    if given := os.environ.get(KEY_FILE):
        return Path(given)
    configuration = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    if not configuration.is_absolute():  # the XDG specification ignores relative paths
        try:
            configuration = Path.home() / ".config"
        except RuntimeError as error:
            raise KeyMissing(
                Message("Hemkatalogen finns inte. Peka ut en nyckelfil med {setting}.", setting=KEY_FILE)
            ) from error
    return configuration / "vardbalans" / "key"


def _made(path: Path) -> bool:
    """Make a key at *path*, whole or not at all; tell whether it was this process that did. Raises KeyMissing."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(_KEY_BYTES) + "\n")
                file.flush()
                os.fsync(handle)
            # A link is made by one process only, and no one ever reads half a key through it.
            os.link(draft, path)
        finally:
            draft.unlink()
    except FileExistsError:
        return False
    except OSError as error:
        raise KeyMissing(
            Message(
                "Nyckeln {path} går inte att skapa ({why}). Peka ut en fil som kan skrivas med {setting}.",
                path=path,
                why=error.strerror,
                setting=KEY_FILE,
            )
        ) from error
    return True


def _read(path: Path) -> bytes | None:
    """Return the master key in the file at *path*; None where there is none. Raises KeyMissing and KeyUnsound."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read(4 * _KEY_BYTES).decode("ascii", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise KeyMissing(
            Message(
                "Nyckeln {path} går inte att läsa ({why}). Rätta det, eller peka ut en annan fil med {setting}.",
                path=path,
                why=error.strerror,
                setting=KEY_FILE,
            )
        ) from error
    if mode & 0o077:
        raise KeyUnsound(Message("Nyckeln {path} är öppen för andra. Kör chmod 600 {path}.", path=path))
    if not _WRITTEN.fullmatch(text):
        raise KeyUnsound(
            Message("Nyckeln {path} är inte 64 hexadecimala tecken. Återställ den ur en säkerhetskopia.", path=path)
        )
    return bytes.fromhex(text)
