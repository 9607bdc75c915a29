"""What the lists of services have in common: words to search for, an order, pages, and all of it in the address."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.http import urlencode

from vardbalans.web.insight.selectors import Reader
from vardbalans.web.ordering import swedish_order
from vardbalans.web.people.units import Unit, UnitTree, by_name

__all__ = ["NAMES", "ON_A_PAGE", "Asked", "Column", "Row", "column_of", "in_order", "place_of_page", "units_with"]

Row = Mapping[str, Any]
ON_A_PAGE = 100
NAMES = frozenset({"name", "unit"})
"""Keys that order by name; every other orders by a figure."""


@dataclass(frozen=True)
class Column:
    """A column that the list can be sorted by: *order* is ``ascending``, ``descending`` or empty."""

    key: str
    name: str
    order: str
    address: str


@dataclass(frozen=True)
class Asked:
    """How a list is shown, as its address says it: *search* words, *kind* of service (empty: all), *sort*."""

    search: str
    sort: str
    kind: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str], keys: Collection[str], kinds: Collection[str] = ()) -> "Asked":
        """Return what ``q``, ``sort`` (one of *keys*, after ``-`` the other way) and ``kind`` say; the rest is left."""
        sort = asked.get("sort", "")
        return cls(
            " ".join(asked.get("q", "").split())[:100],
            sort if sort.removeprefix("-") in keys else "unit",
            asked.get("kind", "") if asked.get("kind") in kinds else "",
        )

    def address(self, base: str, *, sort: str | None = None, page: int = 0) -> str:
        """Return the address of page number *page* (from 0), in another order where *sort* is given."""
        order = self.sort if sort is None else sort
        asked = {
            "q": self.search,
            "kind": self.kind,
            "sort": "" if order == "unit" else order,
            "page": str(page + 1) if page else "",
        }
        kept = {name: value for name, value in asked.items() if value}
        return f"{base}?{urlencode(kept)}" if kept else base

    def matches(self, row: Row, tree: UnitTree) -> bool:
        """Tell whether the service of *row* is asked for."""
        text = f"{row['service_name']} {tree.units[row['unit_id']].name} {row['service_id']}".casefold()
        return self.kind in ("", row["kind"]) and all(word in text for word in self.search.casefold().split())


def column_of(key: str, name: str, how: Asked, base: str, ascending_first: Collection[str]) -> Column:
    """Return the column with the sorting that its heading gives next: from the largest unless *ascending_first*."""
    first, other = (key, f"-{key}") if key in ascending_first else (f"-{key}", key)
    order = {key: "ascending", f"-{key}": "descending"}.get(how.sort, "")
    return Column(key, name, order, how.address(base, sort=other if how.sort == first else first))


def in_order(
    rows: Sequence[Row], sort: str, figures: Mapping[str, Callable[[Row], float | None]], tree: UnitTree
) -> list[Row]:
    """Return *rows* by name or by one of *figures*; those without a figure stand last whichever way."""
    key, down = sort.removeprefix("-"), sort.startswith("-")

    def named(row: Row) -> Any:
        return swedish_order(row["service_name"])

    def by_unit(row: Row) -> Any:
        return by_name(tree.units[row["unit_id"]]), named(row)

    if key in NAMES:
        return sorted(rows, key=named if key == "name" else by_unit, reverse=down)

    def placed(row: Row) -> tuple[bool, float]:
        value = figures[key](row)
        return value is None, 0.0 if value is None else (-value if down else value)

    return sorted(sorted(rows, key=by_unit), key=placed)


def place_of_page(asked: str, count: int) -> tuple[int, int]:
    """Return the place (from 0) of the page *asked* for among the pages of *count* rows, and that of the last one."""
    wanted, last = int(asked) - 1 if asked.isdecimal() and len(asked) < 6 else 0, (count - 1) // ON_A_PAGE
    return max(0, min(wanted, last)), last


def units_with(reader: Reader, unit_id: str | None, rows: Sequence[Row]) -> tuple[Unit, ...]:
    """Return the units just below that have any of *rows*, or a unit with one below them."""
    owners = {row["unit_id"] for row in rows}
    below = reader.tree.children(unit_id) if unit_id else reader.roots
    return tuple(unit for unit in below if owners & reader.below(unit.unit_id))
