"""Texts to typed values, column by column. No cell is guessed: what cannot be read for certain gets a code.

Work is done on whole arrays, or once per distinct text; only odd texts are looked at one by one in Python.
"""

import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.read.codes import NOTED, SENTENCES, Cells
from vardbalans.data.read.moments import LOCAL_ZONE, datetimes, days, local_instants, periods
from vardbalans.data.read.quantities import decimal_mark, numbers
from vardbalans.data.tables import Column

__all__ = ["LOCAL_ZONE", "NOTED", "SENTENCES", "Cells", "is_missing", "local_instants", "typed"]

_ERRORS = (
    *("#n/a", "#na", "#saknas!", "#ref!", "#referens!", "#value!", "#värdefel!", "#div/0!", "#division/0!"),
    *("#name?", "#namn?", "#num!", "#ogiltigt!", "#null!", "#skärning!", "#spill!", "#calc!", "#getting_data"),
)
"""What a spreadsheet shows in a cell that could not be computed, in English and Swedish."""
_MARKERS = ("–", "—", "-", ".", "..", "x", "saknas", "null", "na", "n/a", *_ERRORS)
_LONGEST = max(len(mark.encode()) for mark in _MARKERS)
_YES = frozenset({"ja", "j", "yes", "y", "true", "sant", "1"})
_NO = frozenset({"nej", "n", "no", "false", "falskt", "0"})
_TICK = "x"


def is_missing(column: Column, texts: pa.Array) -> pa.Array:
    """Return where trimmed *texts* hold a mark for a missing value (``–``, ``x``, ``saknas``, ``#N/A`` …).

    In columns of free text and ids only a spreadsheet's own marks count: there ``x`` may be a value. In columns of
    yes and no it is a yes.
    """
    markers: tuple[str, ...] = _ERRORS if column.type == "text" and not column.choices else _MARKERS
    # Ids and instants are many, and seldom marks: two cheap looks spare the others.
    shortest = pc.min(pc.binary_length(texts)).as_py()
    if (shortest or 0) > _LONGEST or (markers is _ERRORS and not pc.any(pc.starts_with(texts, "#")).as_py()):
        return pa.repeat(pa.scalar(False), len(texts))
    if column.type == "boolean":
        markers = tuple(mark for mark in markers if mark != _TICK)
    return pc.is_in(pc.utf8_lower(texts), pa.array(markers))


def typed(column: Column, texts: pa.Array, decimal: str | None, delimiter: str = "", *, ore: bool = False) -> Cells:
    """Return *texts* (trimmed strings, null when empty) as values of *column*.

    *decimal* is the decimal mark when it is certain; otherwise it is told from the values, and a number that could
    be read in two ways gets a code. *ore*: a money column whose file already holds öre.
    """
    if column.type == "datetime":
        return datetimes(texts)
    if column.type == "boolean":
        return _booleans(texts)
    if column.type == "text" and not column.choices:
        return Cells(texts, pa.nulls(len(texts), pa.string()))
    encoded = texts.dictionary_encode()
    distinct = encoded.dictionary
    if column.choices:
        cells = _chosen(column, distinct)
    elif column.type == "date":
        cells = days(distinct)
    elif column.type == "period":
        cells = periods(distinct)
    else:
        cells = numbers(column, distinct, decimal or decimal_mark(distinct, delimiter), ore=ore)
    return Cells(cells.values.take(encoded.indices), cells.codes.take(encoded.indices))


def _chosen(column: Column, distinct: pa.Array) -> Cells:
    """Return distinct texts as the allowed values that they or their meanings name."""
    names = {value.casefold(): value for value, _ in column.choices}
    names |= {meaning.casefold(): value for value, meaning in column.choices}
    # A value outside the list stays as it is; the check for allowed values tells about it.
    known = [names.get(text.casefold(), text) for text in distinct.to_pylist()]
    return Cells(pa.array(known, pa.string()), pa.nulls(len(known), pa.string()))


def _booleans(texts: pa.Array) -> Cells:
    """Return texts as yes and no. Where a column is ticked with X and holds no other word, an empty cell is a no."""
    encoded = texts.dictionary_encode()
    words = [text.casefold() for text in encoded.dictionary.to_pylist()]
    values = pa.array([True if word in _YES or word == _TICK else False if word in _NO else None for word in words])
    codes = pa.array([None if word in _YES | _NO | {_TICK} else "not_a_boolean" for word in words], pa.string())
    cells = Cells(values.cast(pa.bool_()).take(encoded.indices), codes.take(encoded.indices))
    return _unticked(cells) if set(words) == {_TICK} and texts.null_count else cells


def _unticked(cells: Cells) -> Cells:
    """Return ticks with False where there is none; the first such cell tells for all."""
    blank = pc.is_null(cells.values)
    first = pc.indices_nonzero(blank)[0].as_py()
    told = pa.nulls(len(blank), pa.string())
    told = pa.concat_arrays([told.slice(0, first), pa.array(["blank_is_no"]), told.slice(first + 1)])
    return Cells(pc.fill_null(cells.values, False), told)
