"""Where the table begins in a file: title lines above it are passed over, headings in two rows are joined.

People put titles, notes and dates above a table, and write one heading over several columns (merged cells in a
spreadsheet, which come as empty cells right of the first)::

    Väntande per 2026-05-31
    Enhet | Väntande |       | Utförda        read as   Enhet | Väntande 0–30 | Väntande 31–60 | Utförda Antal
          | 0–30     | 31–60 | Antal
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from vardbalans.data.read.draft import RawSheet
from vardbalans.data.read.matching import known_headings, plain
from vardbalans.data.tables import TABLES, Table

__all__ = [
    "LOOKED_THROUGH",
    "Beginning",
    "Sought",
    "beginning",
    "cells_of",
    "delimiter_of",
    "header_row",
    "with_labels",
]

LOOKED_THROUGH = 20
"""How many rows are looked through for the headings."""

_DELIMITERS = ";\t,"
_DATA = re.compile(r"[+−-]?\d+(?:[ \u00a0.,]\d+)*(?:[eE][+-]?\d+)? ?%?|\d{4}-\d\d-\d\d.*")
_YEAR = re.compile(r"(?:19|20)\d\d")

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Sought:
    """What is looked for at the beginning of a file.

    *tables* are those it may hold; *skip* is how many rows stand above the headings, when that is known; *labels*
    are texts above the headings whose values (beside them, or after a colon) belong to every row.
    """

    tables: tuple[Table, ...] = tuple(TABLES.values())
    skip: int | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Beginning:
    """What was found: how many rows there are down to and with the headings, the headings, labels with values."""

    header_rows: int
    headers: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]


def beginning(rows: Rows, sought: Sought) -> Beginning:
    """Return where the table in *rows* begins; the first :data:`LOOKED_THROUGH` rows are enough of them."""
    if sought.skip is None:
        index, headers = header_row(rows, sought.tables)
    else:
        index = sought.skip
        headers = [cell.strip() for cell in rows[index]] if index < len(rows) else []
    return Beginning(index + 1, tuple(headers), tuple(_labelled(rows[:index], sought.labels)))


def header_row(rows: Rows, tables: Iterable[Table]) -> tuple[int, list[str]]:
    """Return the index of the row of headings among the first of *rows*, and the headings.

    Of the rows, and pairs of rows joined, that fill half the width it is the one with the most headings that one of
    *tables* knows; of equals a pair whose shape says that it belongs together, then the first. Where no heading is
    known it is the first of nothing but words. Of two rows the index of the lower is returned.
    """
    looked = [[cell.strip() for cell in row] for row in rows[:LOOKED_THROUGH]]
    known = [known_headings(table) for table in tables]
    pairs = {index: pair for index, below in enumerate(looked[1:]) if (pair := _joined(looked[index], below))}
    candidates = [
        _Candidate(index, row, _score(_alone(row, pairs.get(index)), known)) for index, row in enumerate(looked)
    ]
    candidates += [
        _Candidate(index + 1, pair.headers, _score(pair.headers, known), pair.shaped) for index, pair in pairs.items()
    ]
    if not candidates:
        return 0, []
    wide = max(_filled(row) for row in looked) / 2
    best = max(candidates, key=lambda found: (_filled(found.headers) >= wide, found.score, found.shaped, -found.index))
    if best.score:
        return best.index, best.headers
    index = _first_full(looked)
    shaped = [found for found in candidates if found.shaped and found.index in {index, index + 1}]
    return (shaped[-1].index, shaped[-1].headers) if shaped else (index, looked[index])


def delimiter_of(lines: Sequence[str], tables: Iterable[Table]) -> tuple[str, bool]:
    """Return what keeps the columns of a text file apart, told from its first *lines*; and whether that is sure.

    It is the mark under which the most headings are known, then the one that comes equally often in most lines. It is
    sure when the line of headings holds no other.
    """
    tables = tuple(tables)
    known = [known_headings(table) for table in tables]
    found = {mark: _split(lines, mark) for mark in _DELIMITERS}
    heads = {mark: header_row(rows, tables) for mark, rows in found.items()}
    best = max(_DELIMITERS, key=lambda mark: (_score(heads[mark][1], known), *_evenness(found[mark])))
    head = found[best][heads[best][0]] if found[best] else []
    bare = re.sub(r'"[^"]*"', "", lines[heads[best][0]] if heads[best][0] < len(lines) else "")
    present = [mark for mark in _DELIMITERS if mark in bare]
    return (best if len(head) > 1 else ";"), len(present) <= 1


def cells_of(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """Yield the cells of each line, down to one that cannot be divided: no table begins below it.

    Such a line has a cell larger than any heading, or a quote that seems to open one but stands inside a cell.
    """
    for line in lines:
        try:
            yield next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            return


def with_labels(sheet: RawSheet, labels: Iterable[tuple[str, str]]) -> RawSheet:
    """Return *sheet* with a column more for each label above its headings: the same value in every row."""
    pairs = list(labels)
    values = tuple(pa.repeat(pa.scalar(value, pa.string()), len(sheet.rows)) for _, value in pairs)
    return replace(
        sheet,
        headers=(*sheet.headers, *(label for label, _ in pairs)),
        columns=(*sheet.columns, *values),
    )


def _score(headers: Sequence[str], known: Sequence[frozenset[str]]) -> int:
    """Return how many of *headers* the table that knows most of them knows."""
    names = {plain(header) for header in headers}
    return max((len(names & headings) for headings in known), default=0)


@dataclass(frozen=True)
class _Pair:
    """Two rows as one row of headings: which of the upper row's *span* several columns, and whether the shape of the
    rows alone says that they belong together."""

    headers: list[str]
    spanning: frozenset[str]
    shaped: bool


@dataclass(frozen=True)
class _Candidate:
    index: int
    headers: list[str]
    score: int
    shaped: bool = False


def _alone(row: list[str], pair: _Pair | None) -> list[str]:
    """Return the headings of *row* that mean something without the row below."""
    return [cell for cell in row if cell not in pair.spanning] if pair and pair.shaped else row


def _joined(upper: Sequence[str], lower: Sequence[str]) -> _Pair | None:
    """Return two rows as one row of headings, or None when they cannot be.

    A heading spans the columns right of it that have none of their own but something in the lower row. The shape says
    that the rows belong together when the first heading stands alone, over an empty cell.
    """
    width = max(len(upper), len(lower))
    above, below = ([*row, *[""] * (width - len(row))] for row in (upper, lower))
    if any(_is_data(cell) for cell in below):
        return None
    headers, over, spanning = [], "", set()
    for high, low in zip(above, below, strict=True):
        if high:
            over = high if low else ""
        elif over and low:
            spanning.add(over)
        headers.append(" ".join(part for part in (over if low else high, low) if part))
    first = next((low for high, low in zip(above, below, strict=True) if high), None)
    return _Pair(headers, frozenset(spanning), first == "") if spanning else None


def _is_data(cell: str) -> bool:
    return bool(_DATA.fullmatch(cell)) and not _YEAR.fullmatch(cell)


def _first_full(rows: Rows) -> int:
    """Return the index of the first row of words that fills at least half of the widest row; else the first row."""
    wide = max(map(_filled, rows)) / 2
    for index, row in enumerate(rows):
        if _filled(row) >= max(wide, 2) and not any(map(_is_data, row)):
            return index
    return next((index for index, row in enumerate(rows) if any(row)), 0)


def _filled(row: Sequence[str]) -> int:
    return sum(map(bool, row))


def _labelled(rows: Rows, wanted: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Yield each wanted label that stands above the headings, with its value."""
    names = {plain(label.rstrip(": ")): label for label in wanted}
    for row in rows:
        cells = [cell.strip() for cell in row if cell.strip()]
        for place, cell in enumerate(cells):
            name, _, value = cell.partition(":")
            label = names.get(plain(name))
            value = value.strip() or (cells[place + 1] if place + 1 < len(cells) else "")
            if label and value:
                yield label, value


def _split(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    return list(cells_of(lines, delimiter))


def _evenness(rows: Rows) -> tuple[int, int]:
    """Return how many rows have the same number of cells, more than one, and how many cells that is."""
    widths = Counter(len(row) for row in rows if len(row) > 1)
    width, count = max(widths.items(), key=lambda pair: (pair[1], pair[0]), default=(0, 0))
    return count, width
