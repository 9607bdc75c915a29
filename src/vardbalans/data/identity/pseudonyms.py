"""Keyed pseudonyms: what stands in the store in place of an identifier.

A pseudonym is ``p1`` and, in lower-case base32 (RFC 4648, no padding), the first 128 bits of HMAC-SHA-256 (RFC 2104)
over system, NUL, value, under a key of its own for patients and for staff: a nurse who is also a patient is two people
in the store. A text that already is a pseudonym is left as it is, so that an export can be imported again.
"""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.identity.keyring import Keyring
from vardbalans.data.identity.numbers import over_identifiers
from vardbalans.data.tables import Table
from vardbalans.data.tables.contract import Identity

__all__ = ["PREFIX", "Pseudonymiser", "pseudonyms"]

PREFIX = "p1"
_PATTERN = rf"^{PREFIX}[a-z2-7]{{26}}$"
_DIGEST_BYTES, _BLOCK_BYTES = 16, 64
_AT_ONCE = 1 << 18
_REMEMBERED = 1_000_000
_TEXT = r"encode(coalesce(system, '')) || '\x00'::blob || encode(coalesce(value, ''))"
# DuckDB hashes many values at once and in parallel; Python's hmac in a loop takes several times as long.
_DIGEST = f"unhex(sha256($outer || unhex(sha256($inner || {_TEXT}))))[1:{_DIGEST_BYTES}]"

_LETTERS = b"abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = np.array([first | second << 8 for first in _LETTERS for second in _LETTERS], "<u2")
"""Ten bits → the two characters that write them."""
_STARTS = np.arange(0, 8 * _DIGEST_BYTES, 10)
"""Where each ten bits begin in a digest: every one lies within two bytes."""


class Pseudonymiser:
    """Puts pseudonyms in place of the keys of people, part by part of a delivery.

    *today* decides the century of ten-digit numbers. Keys that come again, as patients do, are remembered.
    """

    def __init__(self, keyring: Keyring, today: date) -> None:
        self._keyring, self._today = keyring, today
        self._given: dict[Identity, tuple[pa.Array, pa.Array]] = {}

    def pseudonymised(self, rows: pa.Table, table: Table) -> pa.Table:
        """Return *rows* of *table* with a pseudonym in place of every key of a person; columns they lack are passed."""
        for column in table.columns:
            if column.identity and column.name in rows.column_names:
                encoded = rows[column.name].combine_chunks().dictionary_encode()
                made = self._of(column.identity, encoded.dictionary)
                index = rows.column_names.index(column.name)
                rows = rows.set_column(index, rows.schema.field(index), made.take(encoded.indices))
        return rows

    def _of(self, kind: Identity, texts: pa.Array) -> pa.Array:
        known, given = self._given.get(kind, (pa.array([], pa.string()), pa.array([], pa.string())))
        places = pc.index_in(texts, known)
        fresh = pc.is_null(places)
        unknown = texts.filter(fresh)
        if not len(unknown):
            return given.take(places)
        made = pseudonyms(unknown, self._keyring.pseudonym_key(kind), self._today)
        known, given = pa.concat_arrays([known, unknown]), pa.concat_arrays([given, made])
        if len(known) <= _REMEMBERED:
            self._given[kind] = known, given
        added = pa.arange(len(known) - len(unknown), len(known)).cast(places.type)
        return given.take(pc.replace_with_mask(places, fresh, added))


def pseudonyms(texts: pa.Array, key: bytes, today: date) -> pa.Array:
    """Return the pseudonym of the identifier in each text; null for null, and pseudonyms as they are.

    *key* is no longer than SHA-256's block of 64 bytes.
    """
    pads = {
        name: bytes(byte ^ pad for byte in key.ljust(_BLOCK_BYTES, b"\0"))
        for name, pad in (("inner", 0x36), ("outer", 0x5C))
    }
    digests = over_identifiers(texts, today, f"{_DIGEST} as digest", **pads)["digest"].combine_chunks()
    parts = [_written(digests.slice(start, _AT_ONCE)) for start in range(0, len(digests), _AT_ONCE)]
    made = pa.chunked_array(parts, pa.string()).combine_chunks()
    return pc.if_else(pc.match_substring_regex(texts, _PATTERN), texts, made)  # no text, no match: null stays null


def _written(digests: pa.Array) -> pa.Array:
    """Return digests as pseudonyms."""
    padded = np.zeros((len(digests), _DIGEST_BYTES + 1), np.uint16)
    fixed = digests.cast(pa.binary(_DIGEST_BYTES))
    content = np.frombuffer(fixed.buffers()[1], np.uint8).reshape(-1, _DIGEST_BYTES)
    padded[:, :-1] = content[fixed.offset : fixed.offset + len(fixed)]
    byte, shift = _STARTS // 8, (6 - _STARTS % 8).astype(np.uint16)
    written = np.empty((len(digests), 1 + len(_STARTS)), "<u2")
    written[:, 0] = int.from_bytes(PREFIX.encode(), "little")
    written[:, 1:] = _PAIRS[(padded[:, byte] << 8 | padded[:, byte + 1]) >> shift & 1023]
    width = pa.binary(written.itemsize * written.shape[1])
    return pa.Array.from_buffers(width, len(digests), [None, pa.py_buffer(written)]).cast(pa.binary()).cast(pa.string())
