"""How much a heading and the values under it look like a column of the contract.

Headings are compared with names, Swedish headings and the other words of ``words.toml``; values by whether they can be
read as the column's type or as its allowed values. Nothing here decides; it gives numbers between 0 and 1.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from difflib import SequenceMatcher
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.read.cells import is_missing, typed
from vardbalans.data.tables import Column, Table

__all__ = ["Under", "folded", "made_of", "meaning_of", "name_likeness"]

_CLOSE = 0.84
_ASKED = frozenset({"ambiguous_date", "ambiguous_number", "ambiguous_period"})
"""Codes of cells that are of the type, but can be read in more than one way."""


@cache
def _words() -> Mapping[str, Any]:
    return tomllib.loads((files(__package__) / "words.toml").read_text(encoding="utf-8"))


def made_of(column: Column) -> str:
    """Return how *column* can be made of others when a file lacks it; empty when it cannot."""
    return str(_words()["made"].get(column.name, ""))


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """Return *text* as it is compared: lower case, without accents and marks, single spaces."""
    plain = "".join(
        letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(letter)
    )
    return re.sub(r"[^a-z0-9]+", " ", plain).strip()


def name_likeness(heading: str, table: Table, column: Column) -> float:
    """Return how well *heading* names *column*: 1 for its own names, less for other words and for likeness only."""
    wanted = folded(heading)
    if not wanted:
        return 0.0
    own = {folded(name) for name in (column.name, column.file_name, column.header)}
    others = _other_names(table.name, column.name)
    if wanted in own:
        return 1.0
    if wanted in others or wanted.replace(" ", "") in {name.replace(" ", "") for name in own}:
        return 0.95
    names = own | others
    inside = any(re.search(rf"\b{re.escape(name)}\b", wanted) for name in names if len(name) > 3)
    close = max(_closeness(wanted.replace(" ", ""), name.replace(" ", "")) for name in names)
    return max(0.7 if inside else 0.0, 0.8 * close)


@lru_cache(maxsize=65_536)
def _closeness(first: str, second: str) -> float:
    """Return how alike two names are, 0 where they are not very alike."""
    found = SequenceMatcher(None, first, second)
    return found.ratio() if found.quick_ratio() > _CLOSE and found.ratio() > _CLOSE else 0.0


@cache
def _other_names(table: str, column: str) -> frozenset[str]:
    known = _words()["headings"]
    return frozenset(map(folded, [*known.get(f"{table}.{column}", ()), *known.get(column, ())]))


def meaning_of(column: Column, value: str) -> str | None:
    """Return the allowed value of *column* (``ja`` or ``nej`` of a yes-or-no column) that *value* means, or None."""
    wanted = folded(value)
    if column.type == "boolean":
        meanings: Mapping[str, tuple[str, ...]] = {"ja": ("ja", "j"), "nej": ("nej", "n")}
    else:
        meanings = {allowed: (allowed, meaning) for allowed, meaning in column.choices}
    other = _words()["values"].get(column.name, {})
    for allowed, names in meanings.items():
        if wanted in {folded(name) for name in (*names, *other.get(allowed, ()))}:
            return allowed
    return None


class Under:
    """The values under one heading of a sample, looked at once per type."""

    def __init__(self, texts: pa.Array, decimal: str | None, delimiter: str) -> None:
        trimmed = pc.utf8_trim_whitespace(texts)
        filled = pc.drop_null(pc.if_else(pc.equal(trimmed, ""), None, trimmed))
        counts = filled.value_counts()
        self.distinct: list[str] = counts.field("values").to_pylist()
        self.total = len(filled)
        self._counts: list[int] = counts.field("counts").to_pylist()
        self._filled = filled
        self._marks = (decimal, delimiter)
        self._fits: dict[object, float | None] = {}

    def fits(self, column: Column) -> float | None:
        """Return the share of values that can be of *column*'s type, or be translated to it; None without values."""
        # Other words for a value go by the column's name; without a list of values only the type matters.
        named = column.name if column.choices or column.type == "boolean" else ""
        key = (column.type, named, column.choices)
        if key not in self._fits:
            self._fits[key] = self._fit(column) if self.total else None
        return self._fits[key]

    @property
    def unique(self) -> bool:
        """Tell whether no value comes twice."""
        return len(self.distinct) == self.total > 0

    def codes(self, column: Column) -> list[tuple[str, str | None]]:
        """Return each distinct value that is no mark for a missing one with its code when read as *column*."""
        values = pa.array(self.distinct, pa.string())
        values = values.filter(pc.invert(pc.fill_null(is_missing(column, values), False)))
        cells = typed(column, values, *self._marks)
        return list(zip(values.to_pylist(), cells.codes.to_pylist(), strict=True))

    def _fit(self, column: Column) -> float:
        share = dict(zip(self.distinct, self._counts, strict=True))
        if column.choices:
            right = [value for value in share if meaning_of(column, value)]
            return sum(share[value] for value in right) / self.total
        if column.type == "text":
            return 1.0
        wrong = {value for value, code in self.codes(column) if code and code not in _ASKED and not self._kept(code)}
        if column.type == "boolean":
            wrong = {value for value in wrong if meaning_of(column, value) is None}
        return 1 - sum(share[value] for value in wrong) / self.total

    @staticmethod
    def _kept(code: str) -> bool:
        return code in {"time_left_out", "date_without_time", "blank_is_no", "ambiguous_time", "nonexistent_time"}
