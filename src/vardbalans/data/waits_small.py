"""Which figures of waits are of so few people that they are not told, and which others would give them away.

People are counted in all services, by service and by the lists that services share, each divided by priority, sex, age,
municipality and days waited, and a wait may stand under several limits. What is hidden in one of these sums is so that
it follows from none of them (:mod:`~vardbalans.engine.small_groups`).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from vardbalans.engine.small_groups import Sum, hidden
from vardbalans.engine.waitlist.waits import WAYS

__all__ = ["without_small"]

Row = dict[str, Any]


class _Cell(NamedTuple):
    """One count of people: all, or of them those without a deviation, with one, or with a target date, or without."""

    service: str | None
    measure: str
    part: str
    dimension: str
    group: str | int | None
    kind: str = "people"


def without_small(
    rows: list[Row], intervals: list[Row], below: int, together: Mapping[str, str]
) -> tuple[list[Row], list[Row]]:
    """Return *rows* and *intervals* (:func:`~vardbalans.data.waits_run.waits_of`) without what is of few people.

    That is fewer than *below*. *together* is service id → id of the list that it shares. Of a group that is hidden, all
    figures are; of one that is told, those without a deviation or with a target date may be hidden.
    """
    people = {
        cell: count
        for row in (*rows, *intervals)
        for cell, count in (_counts(row) if "included" in row else [(_of_interval(row), row["n"])])
        if count
    }
    sums = list(_sums(people, together))
    # With a whole, or its only part, all that it is divided by is lost.
    wholes = {cell for cell in people if cell.dimension == "all"}
    wholes.update(each.parts[0] for each in sums if each.whole in wholes and len(each.parts) == 1)
    quiet = hidden(people, [sums], below, wholes)
    return [_told(row, quiet) for row in rows], [_told_interval(row, quiet) for row in intervals]


def _of_row(row: Row) -> _Cell:
    return _Cell(row["service_id"], row["measure"], row["part"], row["dimension"], row["group"])


def _of_interval(row: Row) -> _Cell:
    return _Cell(row["service_id"], row["measure"], row["part"], "days", row["days_from"])


def _counts(row: Row) -> list[tuple[_Cell, int]]:
    cell, everyone, excluded = _of_row(row), row["included"]["n"], row["excluded"]["n"]
    return [
        (cell, everyone),
        (cell._replace(kind="excluded"), excluded),
        (cell._replace(kind="deviating"), everyone - excluded),
        (cell._replace(kind="dated"), row["target"]["n"]),
        # That few lack a target date gives nobody away: it counts as everyone, and is company for the others.
        (cell._replace(kind="undated"), everyone if row["target"]["n"] else 0),
    ]


def _sums(people: Mapping[_Cell, int], together: Mapping[str, str]) -> Iterator[Sum[_Cell]]:
    parts: dict[tuple[_Cell, str], list[_Cell]] = defaultdict(list)
    same: dict[tuple[_Cell, int], list[_Cell]] = defaultdict(list)
    for cell, count in people.items():
        if cell.service is not None:
            same[cell._replace(measure=""), count].append(cell)
        for divided in _wholes(cell, together):
            parts[divided].append(cell)
    for (whole, by), cells in parts.items():
        # Nothing is told within people who are hidden; but of a shared list or of all services, a service may be.
        yield Sum(whole, tuple(cells), is_closed=whole.kind == "people" and by not in ("service", "list"))
    for cells in same.values():  # the same people under another limit
        for one in cells:
            yield from (Sum(one, (other,)) for other in cells if other is not one)


def _wholes(cell: _Cell, together: Mapping[str, str]) -> Iterator[tuple[_Cell, str]]:
    """Yield the cells that *cell* is a part of, and by what they are divided."""
    if cell.kind != "people":
        yield cell._replace(kind="people"), "date" if cell.kind in ("dated", "undated") else "deviation"
    if cell.kind in ("excluded", "undated"):  # what is told of them follows from the others, and they from it
        return
    if cell.dimension != "all":
        yield cell._replace(dimension="all", group=None), cell.dimension
    if cell.service is not None:
        if cell.service not in together.values():
            yield cell._replace(service=None), "service"
        if cell.service in together:
            yield cell._replace(service=together[cell.service]), "service"
        elif together:
            yield cell._replace(service=None), "list"


def _told(row: Row, quiet: frozenset[_Cell]) -> Row:
    cell = _of_row(row)
    if cell in quiet:
        return row | {name: dict.fromkeys(row[name]) for name in (*WAYS, "target")}
    kinds = {"excluded": "excluded", "target": "dated"}
    return row | {name: dict.fromkeys(row[name]) for name, kind in kinds.items() if cell._replace(kind=kind) in quiet}


def _told_interval(row: Row, quiet: frozenset[_Cell]) -> Row:
    cell = _of_interval(row)
    return row | {"n": None} if {cell, cell._replace(dimension="all", group=None)} & quiet else row
