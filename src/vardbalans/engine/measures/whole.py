"""Measures with several parts: work that moves leaves one place and comes to another, and neither happens alone.

Parts name the whole they belong to (``part_of``); the part whose own id that is may leave it empty. A whole is taken or
left as one in choice, plan and switch. Its parts share one random number, so that in a draw where much leaves, much
comes: where one effect is ``1 + k · (1 − the other)``, bounds and all, what leaves and what comes meet in every draw.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date

from vardbalans.engine.errors import BadInput
from vardbalans.engine.measures.measure import Interval, Measure
from vardbalans.engine.messages import Message
from vardbalans.engine.units import check_share

__all__ = ["cost_of", "in_agreed_plan", "linked", "received", "wholes", "with_all_parts"]


def wholes(measures: Iterable[Measure]) -> tuple[tuple[Measure, ...], ...]:
    """Return *measures* with the parts of each whole together, in the order the wholes are first met."""
    found: dict[str, list[Measure]] = {}
    for measure in measures:
        found.setdefault(measure.whole_id, []).append(measure)
    return tuple(map(tuple, found.values()))


def linked(measures: Iterable[Measure]) -> tuple[Measure, ...]:
    """Return *measures* with ``part_of`` filled in where others are parts of the measure."""
    rows = tuple(measures)
    named = {row.part_of for row in rows}
    return tuple(replace(row, part_of=row.measure_id) if row.measure_id in named else row for row in rows)


def with_all_parts(chosen: Collection[str], known: Iterable[Measure]) -> tuple[Measure, ...]:
    """Return the measures of *known* whose id, or whose whole's, is among *chosen*, with all other parts of theirs."""
    rows = linked(known)
    wanted = {row.whole_id for row in rows if row.measure_id in chosen} | set(chosen)
    return tuple(row for row in rows if row.whole_id in wanted)


def in_agreed_plan(measures: Iterable[Measure]) -> tuple[Measure, ...]:
    """Return the measures whose effect counts in the agreed plan: measured ones, and those already taken in.

    A whole counts when all of its parts do.
    """
    rows = tuple(measures)
    counted = {
        parts[0].whole_id for parts in wholes(rows) if all(row.status in ("measured", "in_plan") for row in parts)
    }
    return tuple(row for row in rows if row.whole_id in counted)


def cost_of(parts: Sequence[Measure], first: date, end: date) -> int | None:
    """Return what a whole costs in öre from *first* until *end*: what is known of its parts; None where nothing is."""
    known = [cost for row in parts if (cost := row.cost_between(first, end)) is not None]
    return sum(known) if known else None


def received(moved: Interval, leaving: float, there: float) -> Interval:
    """Return the factor on *there* where the share *moved* of *leaving* comes: 20 % of 50 to 40 is 50 instead, 1.25.

    Both are numbers (or minutes) of the same weeks. The factor where it leaves is one less the share. Raises BadInput
    for a share outside 0–1, or where there is nothing to take a factor of.
    """
    for share in (moved.low, moved.high):
        check_share(share, "Andelen som flyttas")
    if not there > 0:
        raise BadInput(Message("Där det inte görs något i dag kan det som kommer inte skrivas som en faktor."))
    low, expected, high = (1 + share * leaving / there for share in (moved.low, moved.expected, moved.high))
    return Interval(expected, low, high)
