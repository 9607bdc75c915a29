"""The weekly review of a waiting list: who can be offered the next free slots, and what each choice does to the limit.

Medical priority is recorded by a clinician and never computed here. The order is: the recorded priority class, then
the medical target date, then the last day within the limit, then the days waited. What the order does to the guarantee
is told, and nothing is reordered for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.waitlist.rules import Limit, Stop, clock, deadline

__all__ = ["Candidate", "Choice", "Effect", "Review", "Waiter", "review"]


@dataclass(frozen=True)
class Waiter:
    """One who waits *since* a day, by the list's own *key*: the recorded priority, and each limit with its start."""

    key: str
    priority: str | None
    target_date: date | None
    since: date
    limits: tuple[tuple[Limit, date], ...]
    stops: tuple[Stop, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """A waiter as seen on a day: days waited, of which *counted* count, and the last day within every limit.

    *due* is None where no limit holds, or a stop that goes on pushes it ahead. *stopped* tells that the slot lies in a
    stop, so that the patient cannot be offered it. *late* is whether the slot is past the limit.
    """

    waiter: Waiter
    days: int
    counted: int
    due: date | None
    stopped: bool
    late: bool


@dataclass(frozen=True)
class Effect:
    """Who is left on the list on a day: *within* the limit, *past* it, *passing* it since the review, *unlimited*."""

    within: int
    past: int
    passing: int
    unlimited: int


@dataclass(frozen=True)
class Choice:
    """A candidate with what is left on the list on the day of the last slot, if this one alone is given a slot."""

    candidate: Candidate
    if_chosen: Effect


@dataclass(frozen=True)
class Review:
    """The list in recorded order, and what is left on the day of the last slot.

    *in_order* where the slots go to the first who can be offered them; *by_limit* where they go to those whose limit
    comes first, as a comparison and not a proposal; *none* where nobody is given a slot. *offered* is who gets each
    slot in the recorded order.
    """

    choices: tuple[Choice, ...]
    offered: tuple[tuple[date, Candidate], ...]
    none: Effect
    in_order: Effect
    by_limit: Effect


def review(waiters: Sequence[Waiter], slots: Sequence[date], today: date, priorities: Sequence[str]) -> Review:
    """Return the review of *waiters* on *today* for the free *slots* (days), one patient each.

    *priorities* are the recorded classes, the most urgent first; a class not among them, or none, comes last. Raises
    BadInput without slots, or for a slot before *today*.
    """
    if not slots or min(slots) < today:
        raise BadInput(Message("Ange minst en ledig tid, från och med {day}.", day=today))
    days = sorted(slots)
    ranks = {name: place for place, name in enumerate(priorities)}
    found = [_candidate(waiter, days[0], today) for waiter in waiters]
    found.sort(key=lambda each: _order(each, ranks))
    end = days[-1]
    none = _effect(found, frozenset(), today, end)
    offered = _given(found, days)
    by_limit = _given(sorted(found, key=lambda each: (each.due or date.max, -each.counted, each.waiter.key)), days)
    return Review(
        tuple(Choice(each, _without(none, each, today, end)) for each in found),
        offered,
        none,
        _effect(found, frozenset(each.waiter.key for _, each in offered), today, end),
        _effect(found, frozenset(each.waiter.key for _, each in by_limit), today, end),
    )


def _candidate(waiter: Waiter, slot: date, today: date) -> Candidate:
    dues = [deadline(limit, start, waiter.stops) for limit, start in waiter.limits]
    due = min((day for day in dues if day is not None), default=None)
    days = (today - waiter.since).days
    return Candidate(
        waiter,
        days,
        max((clock(limit, start, today, waiter.stops).counted for limit, start in waiter.limits), default=days),
        due,
        _is_stopped(waiter, slot),
        due is not None and slot > due,
    )


def _is_stopped(waiter: Waiter, day: date) -> bool:
    """Tell whether *day* is in a stop; one that lacks its evidence is none, and the patient shall be offered care."""
    lacking = {stop for limit, start in waiter.limits for stop, _ in clock(limit, start, day, waiter.stops).lacking}
    return any(
        stop.first <= day and (stop.last is None or day <= stop.last) for stop in waiter.stops if stop not in lacking
    )


def _order(each: Candidate, ranks: dict[str, int]) -> tuple[int, date, date, int, str]:
    waiter = each.waiter
    rank = ranks.get(waiter.priority or "", len(ranks))
    return rank, waiter.target_date or date.max, each.due or date.max, -each.counted, waiter.key


def _given(ordered: Sequence[Candidate], slots: Sequence[date]) -> tuple[tuple[date, Candidate], ...]:
    """Return who gets each slot: the first in order who is not in a stop that day."""
    left = list(ordered)
    given = []
    for slot in slots:
        chosen = next((each for each in left if not _is_stopped(each.waiter, slot)), None)
        if chosen is not None:
            left.remove(chosen)
            given.append((slot, chosen))
    return tuple(given)


def _effect(found: Sequence[Candidate], gone: frozenset[str], today: date, end: date) -> Effect:
    dues = [each.due for each in found if each.waiter.key not in gone]
    limited = [due for due in dues if due is not None]
    past = sum(due < end for due in limited)
    passing = sum(today <= due < end for due in limited)
    return Effect(len(limited) - past, past, passing, len(dues) - len(limited))


def _without(none: Effect, each: Candidate, today: date, end: date) -> Effect:
    """Return what is left without *each*."""
    if each.due is None:
        return Effect(none.within, none.past, none.passing, none.unlimited - 1)
    is_past = each.due < end
    passes = today <= each.due < end
    return Effect(none.within - (not is_past), none.past - is_past, none.passing - passes, none.unlimited)
