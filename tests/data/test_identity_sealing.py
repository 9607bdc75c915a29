"""A sealed original gives back every byte, or says that it is not what it was."""

import hashlib
import io
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vardbalans.data.identity.errors import SealBroken
from vardbalans.data.identity.sealing import CHUNK_BYTES, MAGIC, seal, unsealed

KEY = bytes(32)
HEAD = len(MAGIC) + 16
SEALED = CHUNK_BYTES + 16
PLAIN = os.urandom(3 * CHUNK_BYTES + 5)


def _sealed(plain: bytes, key: bytes = KEY) -> bytes:
    out = io.BytesIO()
    assert seal(key, io.BytesIO(plain), out) == (hashlib.sha256(plain).hexdigest(), len(plain))
    return out.getvalue()


def _opened(sealed: bytes, key: bytes = KEY) -> bytes:
    return b"".join(unsealed(key, io.BytesIO(sealed)))


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, len(PLAIN)])
def test_every_byte_comes_back(size: int) -> None:
    """Also where the content ends with a chunk, and where there is none."""
    plain = PLAIN[:size]
    sealed = _sealed(plain)
    assert _opened(sealed) == plain
    assert len(sealed) == HEAD + size + 16 * max(1, -(-size // CHUNK_BYTES))


def test_the_same_file_is_sealed_in_another_way_each_time() -> None:
    """And nothing of it is readable."""
    one, other = _sealed(b"19121212-1212" * 1000), _sealed(b"19121212-1212" * 1000)
    assert one[HEAD:] != other[HEAD:]
    assert b"1212" not in one


WHOLE = _sealed(PLAIN)
CHUNKS = [WHOLE[HEAD + start : HEAD + start + SEALED] for start in range(0, len(WHOLE) - HEAD, SEALED)]


def _of(*numbers: int) -> bytes:
    return WHOLE[:HEAD] + b"".join(CHUNKS[number] for number in numbers)


CHANGED = {
    "nothing": b"",
    "half a head": WHOLE[:5],
    "a head": WHOLE[:HEAD],
    "another magic": b"x" + WHOLE[1:],
    "another's head": _sealed(PLAIN)[:HEAD] + WHOLE[HEAD:],
    "swapped": _of(1, 0, 2, 3),
    "the first gone": _of(1, 2, 3),
    "the second gone": _of(0, 2, 3),
    "the last gone": _of(0, 1, 2),
    "the first alone": _of(0),
    "the last alone": _of(3),
    "one twice": _of(0, 1, 1, 2, 3),
    "the last twice": _of(0, 1, 2, 3, 3),
    "a byte more": WHOLE + b"x",
    "a byte less": WHOLE[:-1],
    "cut within a tag": WHOLE[: HEAD + SEALED + 7],
}


@pytest.mark.parametrize("changed", CHANGED.values(), ids=CHANGED.keys())
def test_a_chunk_swapped_dropped_added_or_cut_is_told(changed: bytes) -> None:
    """The sentence says where, and to take the backup."""
    with pytest.raises(SealBroken, match="säkerhetskopia"):
        _opened(changed)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 8 * len(WHOLE) - 1))
def test_any_bit_that_flips_is_told(bit: int) -> None:
    """Wherever it lies; what comes before its chunk is still what it was."""
    flipped = bytearray(WHOLE)
    flipped[bit // 8] ^= 1 << bit % 8
    kept = []
    with pytest.raises(SealBroken):
        kept.extend(unsealed(KEY, io.BytesIO(bytes(flipped))))
    assert PLAIN.startswith(b"".join(kept))


def test_another_key_opens_nothing() -> None:
    """Not even the first chunk."""
    with pytest.raises(SealBroken, match="block 1"):
        _opened(WHOLE, b"\1" * 32)
