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
from vardbalans.data.identity.numbers import identifiers
from vardbalans.data.memory import sql_over
from vardbalans.data.tables import Table

__all__ = ["PREFIX", "pseudonymised", "pseudonyms"]

PREFIX = "p1"
_PATTERN = rf"^{PREFIX}[a-z2-7]{{26}}$"
_DIGEST_BYTES, _BLOCK_BYTES = 16, 64
_AT_ONCE = 1 << 18

_LETTERS = b"abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = np.array([first | second << 8 for first in _LETTERS for second in _LETTERS], "<u2")
"""Ten bits → the two characters that write them."""
_STARTS = np.arange(0, 8 * _DIGEST_BYTES, 10)
"""Where each ten bits begin in a digest: every one lies within two bytes."""


def pseudonymised(rows: pa.Table, table: Table, keyring: Keyring, *, today: date) -> pa.Table:
    """Return *rows* of *table* with a pseudonym in place of every key of a person.

    *today* decides the century of ten-digit numbers. Columns that the rows lack are passed over.
    """
    for column in table.columns:
        if column.identity and column.name in rows.column_names:
            encoded = rows[column.name].combine_chunks().dictionary_encode()
            made = pseudonyms(encoded.dictionary, keyring.pseudonym_key(column.identity), today)
            index = rows.column_names.index(column.name)
            rows = rows.set_column(index, rows.schema.field(index), made.take(encoded.indices))
    return rows


def pseudonyms(texts: pa.Array, key: bytes, today: date) -> pa.Array:
    """Return the pseudonym of the identifier in each text; null for null, and pseudonyms as they are."""
    found = identifiers(texts, today)
    chunks = found.to_batches(max_chunksize=_AT_ONCE)
    made = pa.chunked_array([_written(_digests(pa.Table.from_batches([chunk]), key)) for chunk in chunks], pa.string())
    # No text, no match: null stays null.
    return pc.if_else(pc.match_substring_regex(texts, _PATTERN), texts, made.combine_chunks())


def _digests(found: pa.Table, key: bytes) -> pa.Array:
    """Return the first bytes of HMAC-SHA-256 over system, NUL, value. *key* is no longer than SHA-256's block."""
    inner, outer = (bytes(byte ^ pad for byte in key.ljust(_BLOCK_BYTES, b"\0")) for pad in (0x36, 0x5C))
    text = r"encode(coalesce(system, '')) || '\x00'::blob || encode(coalesce(value, ''))"
    inside = f"unhex(sha256(unhex('{inner.hex()}') || {text}))"
    hashed = f"unhex(sha256(unhex('{outer.hex()}') || {inside}))[1:{_DIGEST_BYTES}]"
    with sql_over(found=found) as con:
        # DuckDB hashes many values in parallel; hmac in a loop takes several times as long.
        return con.sql(f"select {hashed} as digest from found").to_arrow_table()["digest"].combine_chunks()


def _written(digests: pa.Array) -> pa.Array:
    """Return digests as pseudonyms."""
    padded = np.zeros((len(digests), _DIGEST_BYTES + 1), np.uint16)
    padded[:, :-1] = np.frombuffer(digests.cast(pa.binary(_DIGEST_BYTES)).buffers()[1], np.uint8).reshape(
        -1, _DIGEST_BYTES
    )
    byte, shift = _STARTS // 8, (6 - _STARTS % 8).astype(np.uint16)
    written = np.empty((len(digests), 1 + len(_STARTS)), "<u2")
    written[:, 0] = int.from_bytes(PREFIX.encode(), "little")
    written[:, 1:] = _PAIRS[(padded[:, byte] << 8 | padded[:, byte + 1]) >> shift & 1023]
    width = pa.binary(written.itemsize * written.shape[1])
    return pa.Array.from_buffers(width, len(digests), [None, pa.py_buffer(written)]).cast(pa.binary()).cast(pa.string())
