"""The overview page: key facts in sentences, early warnings, the balance map, and when each unit first runs short."""

from dataclasses import dataclass
from typing import NamedTuple

from django.urls import reverse

from vardbalans.web.insight import levels, sentences
from vardbalans.web.insight.balance_map import BalanceMap, Line, map_of_units, why_address
from vardbalans.web.insight.early_warnings import Warnings, warnings_for
from vardbalans.web.insight.guarantee import Guarantee, guarantee_of
from vardbalans.web.insight.selectors import Reader, Run
from vardbalans.web.insight.waits_sentences import list_facts
from vardbalans.web.ordering import swedish_order
from vardbalans.web.people.units import Unit

__all__ = ["FirstShort", "Overview", "overview"]


class FirstShort(NamedTuple):
    """The first week to come in which the need of a resource is more than 5 % above capacity, and by what share."""

    week: str
    share: float
    unit: str
    unit_address: str
    resource: str
    short_by: str
    p_short: float | None
    address: str


@dataclass(frozen=True)
class Overview:
    """What the page shows. *unit* is None for a reader with several topmost units."""

    unit: Unit | None
    path: tuple[Unit, ...]
    children: tuple[Unit, ...]
    run: Run
    map: BalanceMap
    facts: tuple[str, ...]
    first_short: tuple[FirstShort, ...]
    warnings: Warnings
    waits: str
    guarantee: Guarantee | None


def overview(reader: Reader, run: Run, unit_id: str | None) -> Overview:
    """Return the overview of *unit_id* and what lies below it; of the reader's whole scope for None."""
    if unit_id is None and len(reader.roots) == 1:
        unit_id = reader.roots[0].unit_id
    rows = run.rows(reader.below(unit_id))
    found = map_of_units(rows, run.weeks, reader.tree)
    lines = found.lines
    waiting = run.waiting_lists(reader.below(unit_id)) if run.tells_waits else ()
    return Overview(
        unit=reader.tree.units.get(unit_id or ""),
        path=reader.path(unit_id)[:-1] if unit_id else (),
        children=_worth_a_link(reader.tree.children(unit_id) if unit_id else reader.roots, reader, lines),
        run=run,
        map=found,
        facts=_facts(lines, run.first_to_come) if lines else (),
        first_short=_first_short(lines, run.first_to_come),
        warnings=warnings_for(reader, run, unit_id),
        waits=" ".join(list_facts(waiting)),
        guarantee=guarantee_of(waiting, run.meta["weeks"][-1]),
    )


def _facts(lines: tuple[Line, ...], start: int) -> tuple[str, ...]:
    second = f"{sentences.units_much_short_soon(lines, start)} {sentences.units_fine(lines)}".strip()
    return (sentences.units_much_short(lines), second) if second else (sentences.units_much_short(lines),)


def _worth_a_link(units: tuple[Unit, ...], reader: Reader, lines: tuple[Line, ...]) -> tuple[Unit, ...]:
    """Return the units that the map itself does not show as a line, or that have a map of their own."""
    shown = {line.key for line in lines}
    return tuple(unit for unit in units if unit.unit_id not in shown or reader.tree.children(unit.unit_id))


def _first_short(lines: tuple[Line, ...], start: int) -> tuple[FirstShort, ...]:
    found = [first for line in lines if (first := _first_of(line, start))]
    return tuple(sorted(found, key=lambda first: (first.week, -first.share, swedish_order(first.unit))))


def _first_of(line: Line, start: int) -> FirstShort | None:
    for row in line.worst[start:]:
        share = levels.excess(row) if row else None
        if row and share is not None and share > levels.BALANCED:
            return FirstShort(
                week=row["week"],
                share=share,
                unit=line.name,
                unit_address=reverse("insight:balance", args=[line.key]),
                resource=row["resource_name"],
                short_by=sentences.short_by(row),
                p_short=row["p_short"],
                address=why_address(row),
            )
    return None
