"""Examples of measures with how they are followed and reckoned: a region's own list, and cases from the register.

A figure without a source is an assumption that whoever takes the measure up fills in; it has no value here.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import accumulate

import msgspec

from vardbalans.engine.improving import Better

__all__ = ["Example", "Figure", "examples", "matching", "stock_by_year"]

SOURCES = {"RV": "Region Västerbotten, Långsiktig och varaktig effektivisering"}


class Figure(msgspec.Struct, frozen=True):
    """One figure of an example; without a *source* it is an assumption to fill in, and has no value."""

    what: str
    unit: str
    value: float | None = None
    values: tuple[float, ...] = ()
    source: str = ""

    @property
    def is_assumption(self) -> bool:
        """Tell whether the figure is yet to be filled in."""
        return not self.source


class Example(msgspec.Struct, frozen=True):
    """A measure as an example: the series that measures it, the data that takes, and how it is followed and
    reckoned.

    *lever* is the library's (empty where it is about no care); *capabilities* number the region's own list.
    """

    id: str
    name: str
    capabilities: tuple[int, ...]
    indicator: str
    better: Better
    data: str
    follow_up: str
    arithmetic: str
    figure: tuple[Figure, ...]
    lever: str = ""


@cache
def examples() -> Mapping[str, Example]:
    """Return example id → example, in the order of the region's list."""
    rows = tomllib.loads((files(__package__) / "examples.toml").read_text(encoding="utf-8"))["example"]
    return {row.id: row for row in msgspec.convert(rows, list[Example])}


def matching(words: str, rows: Iterable[Example] | None = None) -> tuple[Example, ...]:
    """Return those of *rows* (None: all examples) that hold every one of *words* in what they say; all for none."""
    wanted = words.casefold().split()
    given = examples().values() if rows is None else rows
    return tuple(row for row in given if all(word in _text(row) for word in wanted))


def _text(row: Example) -> str:
    return " ".join((row.id, row.name, row.indicator, row.data, row.follow_up, row.arithmetic)).casefold()


def stock_by_year(added: Sequence[float]) -> tuple[float, ...]:
    """Return the number there is after each year's additions: 6, 26 and 20 are 6, 32 and 52."""
    return tuple(accumulate(added))
