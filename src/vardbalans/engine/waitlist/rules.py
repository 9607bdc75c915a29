"""The clock of a wait, and the limits it is held against: from when, how long, and which time does not count.

Nothing of a law stands here. A :class:`Limit` is data with a first day and a source; several hold at once (a visit in
child psychiatry has the law's 90 days and the agreement's 30), and a limit that changes leaves those whose clock had
started under the old one with it.

How days are counted: day 1 is the day after the start, so a wait from the 1st to the 3rd is 2 days. A stop takes away
the days from its first through its last that lie in the wait, a day in two stops once. Patient-chosen waiting is a stop
only with its evidence: that the patient was informed, was offered a day and clock time within the limit, and said no.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Literal

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = [
    "UNLIMITED",
    "Clock",
    "Lack",
    "Limit",
    "Start",
    "Stop",
    "StopKind",
    "clock",
    "deadline",
    "limits_for",
    "limits_held",
]

Start = Literal["issued", "received", "decided"]
"""The day a clock starts: the referral issued (or the patient's own contact), received, or the care decided."""

StopKind = Literal["medical", "patient_choice", "other_region"]
Lack = Literal["not_informed", "not_offered", "without_time", "not_declined", "offered_late"]
"""What a patient-chosen stop can lack; such a stop does not count."""

_NEEDS_EVIDENCE: StopKind = "patient_choice"
_FOREVER = date.max.toordinal()


@dataclass(frozen=True)
class Limit:
    """*days* from *start*, for services under one of the guarantees *services*, whose clock starts from *valid_from*.

    *measure* names what is limited; the newest limit of a measure replaces the older ones. Only *stops* are taken away;
    those who have a stop that *excludes* (PvV, MoV) are left out in one of the two national ways of counting. Without
    *days* the wait is measured and held against nothing.
    """

    measure: str
    days: int | None
    valid_from: date
    source: str
    start: Start
    stops: frozenset[StopKind] = frozenset()
    excludes: frozenset[StopKind] = frozenset()
    services: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.days is not None and self.days < 0:
            raise BadInput(
                Message(
                    "Gränsen {measure} måste vara noll dagar eller mer, inte {days}.",
                    measure=self.measure,
                    days=self.days,
                )
            )


UNLIMITED = Limit("none", None, date.min, "", "issued", services=frozenset({"none"}))
"""How waits are measured that no limit is set for, as for follow-ups: from the referral, no day taken away."""


@dataclass(frozen=True)
class Stop:
    """Days from *first* through *last* (None: it goes on) that do not count, with the evidence that there is.

    *offered_at* is local time; a day without a clock time is midnight.
    """

    kind: StopKind
    first: date
    last: date | None = None
    informed: bool | None = None
    offered_at: datetime | None = None
    declined: bool | None = None


@dataclass(frozen=True)
class Clock:
    """A wait as counted: *days* from *start* to *until*, of which *stopped* do not count.

    *deviates* where a stop that counts is one that excludes; *lacking* are the stops that do not count for want of
    evidence.
    """

    start: date
    until: date
    days: int
    stopped: int
    deviates: bool
    lacking: tuple[tuple[Stop, tuple[Lack, ...]], ...] = ()

    @property
    def counted(self) -> int:
        """Return the days that count."""
        return self.days - self.stopped


def limits_for(limits: Iterable[Limit], guarantee: str, starts: Mapping[Start, date | None]) -> tuple[Limit, ...]:
    """Return the limits that hold for a wait for a service under *guarantee*, one per measure, by measure.

    *starts* has the day of each event, None where it is not known. Of a measure's limits the newest holds whose clock
    started on or after its first day; where none does, the oldest tells from when the wait is measured, without days.
    """
    found = []
    mine = [limit for limit in limits if guarantee in limit.services]
    for measure in sorted({limit.measure for limit in mine}):
        dated = sorted((limit for limit in mine if limit.measure == measure), key=lambda limit: limit.valid_from)
        held = [limit for limit in dated if (day := starts.get(limit.start)) is not None and day >= limit.valid_from]
        found.append(held[-1] if held else _without_days(dated[0]))
    return tuple(found)


def limits_held(limits: Iterable[Limit], guarantee: str, day: date) -> tuple[Limit, ...]:
    """Return the limits that hold for a clock that starts on *day*, one per measure, by measure."""
    starts: dict[Start, date | None] = {"issued": day, "received": day, "decided": day}
    return limits_for(limits, guarantee, starts)


def clock(limit: Limit, start: date, until: date, stops: Iterable[Stop] = ()) -> Clock:
    """Return the wait from *start* to *until* (the care, or the day it is looked at) under *limit*."""
    judged = list(_judged(limit, start, stops, until.toordinal()))
    return Clock(
        start,
        until,
        (until - start).days,
        sum(last - first + 1 for first, last in _disjoint(judged)),
        any(item.stop.kind in limit.excludes for item in judged if not item.lacks),
        tuple((item.stop, item.lacks) for item in judged if item.lacks),
    )


def deadline(limit: Limit, start: date, stops: Iterable[Stop] = ()) -> date | None:
    """Return the last day that is within *limit*: no more of the days through it count than the limit has.

    None where there is no limit, or a stop goes on that pushes it ahead.
    """
    if limit.days is None:
        return None
    day = start.toordinal() + limit.days
    for first, last in _disjoint(_judged(limit, start, stops, _FOREVER)):
        if first > day + 1:
            break
        if last == _FOREVER:
            return None
        day += last - first + 1
    return date.fromordinal(day)


@dataclass(frozen=True)
class _Judged:
    """A stop with the days of it that lie in the wait, as ordinals, and what it lacks."""

    stop: Stop
    first: int
    last: int
    lacks: tuple[Lack, ...]


def _judged(limit: Limit, start: date, stops: Iterable[Stop], until: int) -> Iterator[_Judged]:
    """Yield the stops that touch the wait, in order. An offer is late when it came after the limit's last day.

    That day is moved by the days before the offer that earlier stops took, of those that count.
    """
    begun = start.toordinal()
    earlier: list[_Judged] = []
    for stop in sorted(stops, key=lambda stop: (stop.first, stop.kind)):
        first = max(stop.first.toordinal(), begun + 1)
        last = until if stop.last is None else min(stop.last.toordinal(), until)
        if stop.kind not in limit.stops or first > last:
            continue
        lacks = _lacks(stop)
        found = _Judged(stop, first, last, lacks)
        if stop.kind == _NEEDS_EVIDENCE and stop.offered_at is not None and limit.days is not None:
            offered = stop.offered_at.toordinal()
            moved = sum(max(0, min(last, offered) - first + 1) for first, last in _disjoint(earlier))
            if offered - begun - moved > limit.days:
                found = replace(found, lacks=(*lacks, "offered_late"))
        earlier.append(found)
        yield found


def _lacks(stop: Stop) -> tuple[Lack, ...]:
    """Return what the stop itself lacks, whenever its wait began."""
    if stop.kind != _NEEDS_EVIDENCE:
        return ()
    offered = stop.offered_at
    wrong: Mapping[Lack, bool] = {
        "not_informed": not stop.informed,
        "not_offered": offered is None,
        "without_time": offered is not None and offered.time() == time.min,
        "not_declined": not stop.declined,
    }
    return tuple(lack for lack, is_so in wrong.items() if is_so)


def _disjoint(stops: Iterable[_Judged]) -> Iterator[tuple[int, int]]:
    """Yield the first and last day of each run of days that the stops that count take, earliest first, none twice."""
    taken = 0
    for item in stops:
        if not item.lacks and item.last > taken:
            yield max(item.first, taken + 1), item.last
            taken = item.last


def _without_days(limit: Limit) -> Limit:
    return replace(limit, days=None)
