"""Originals sealed: encrypted in chunks, so that memory is bounded and any change of the file is noticed.

A sealed file is ``MAGIC``, 16 random bytes, and the content in chunks of 1 MiB (the last may be shorter), each under
AES-256-GCM with its 16-byte tag. The file's own key is derived from the sealing key and the random bytes by
HKDF-SHA-256; a chunk's nonce is its number as 11 bytes, big-endian, and a byte that is 1 for the last chunk alone. So a
chunk that is flipped, swapped, dropped or added fails, and so does a file that ends early. The construction is STREAM
(Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance, CRYPTO
2015), with key and nonce laid out as in the age format (https://c2sp.org/age).
"""

import hashlib
import os
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vardbalans.data.identity.errors import SealBroken
from vardbalans.engine.messages import Message

__all__ = ["CHUNK_BYTES", "MAGIC", "seal", "unsealed"]

MAGIC = b"VBSEAL1\n"
CHUNK_BYTES = 1 << 20
_SALT_BYTES, _TAG_BYTES = 16, 16


def seal(key: bytes, reading: BinaryIO, writing: BinaryIO) -> tuple[str, int]:
    """Write what *reading* holds to *writing*, sealed; return the sha256 (hex) and the size of the plain content."""
    salt = os.urandom(_SALT_BYTES)
    cipher, digest, size = _cipher(key, salt), hashlib.sha256(), 0
    writing.write(MAGIC + salt)
    for number, (chunk, last) in enumerate(_chunks(reading, CHUNK_BYTES)):
        digest.update(chunk)
        size += len(chunk)
        writing.write(cipher.encrypt(_nonce(number, last=last), chunk, None))
    return digest.hexdigest(), size


def unsealed(key: bytes, reading: BinaryIO) -> Iterator[bytes]:
    """Yield the plain content of a sealed file, chunk by chunk, none of which is other than it was.

    Raises SealBroken, for a file that ends early after the chunks before; so keep them apart until the end is reached.
    """
    head = reading.read(len(MAGIC) + _SALT_BYTES)
    if len(head) < len(MAGIC) + _SALT_BYTES or not head.startswith(MAGIC):
        raise SealBroken(Message("Filen är inget förseglat original. Återställ den ur en säkerhetskopia."))
    cipher = _cipher(key, head[len(MAGIC) :])
    for number, (chunk, last) in enumerate(_chunks(reading, CHUNK_BYTES + _TAG_BYTES)):
        try:
            yield cipher.decrypt(_nonce(number, last=last), chunk, None)
        except (InvalidTag, ValueError) as error:  # a chunk shorter than its tag is a ValueError
            raise SealBroken(
                Message(
                    "Originalet är inte som det förseglades: block {number} är ändrat, flyttat eller avklippt. "
                    "Återställ det ur en säkerhetskopia.",
                    number=number + 1,
                )
            ) from error


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt=salt, info=b"vardbalans 1 original").derive(key))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _chunks(reading: BinaryIO, size: int) -> Iterator[tuple[bytes, bool]]:
    """Yield what *reading* holds in pieces of *size*, and whether each is the last; one empty piece for nothing."""
    chunk = reading.read(size)
    while ahead := reading.read(size):
        yield chunk, False
        chunk = ahead
    yield chunk, True
