"""How a list stands when the weeks begin, and how it moves: from everyone on it one by one, or from bands."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats
from vardbalans.engine.waitlist.bands import Band
from vardbalans.engine.waitlist.calibrate import (
    FEWEST_MOVES,
    Calibration,
    StockMove,
    Trial,
    WaitHistory,
    backtest,
    backtest_stocks,
    by_step,
    calibrate,
    calibrate_stocks,
    whole_people,
)
from vardbalans.engine.waitlist.lists import EVERYONE, Ints, Priorities, PriorityClass
from vardbalans.engine.waitlist.rules import Limit

__all__ = ["WEEK", "Held", "ListPeople", "ListStart", "start_of_bands", "start_of_people"]

WEEK = 7
_RECENT_WEEKS = 52
_TRIED_WEEKS = 26
_USUAL_LIMIT = 90.0
_STRICT = 10**6  # days that a class goes before the next: more than anyone waits
_NOTHING_TOLD = Priorities()
_LONGEST_BEFORE = 26  # weeks that a clock has gone before the list: longer ones count as that


@dataclass(frozen=True)
class Held:
    """Those who wait when the weeks begin, held against *limit*: how many *people*, and their days that count.

    *not_begun* more have a clock that has not begun, or nobody knows when it did. Figures are NaN where nobody has one.
    """

    limit: Limit
    people: int
    not_begun: int
    share_within: float
    median_days: float
    p90_days: float


@dataclass(frozen=True, eq=False)
class ListStart:
    """How a list stands when the weeks begin: people by class and whole weeks waited, and how it moves.

    *came_waited* are the shares of those who come by whole weeks that their clock had gone in the end of that week.
    *waiting_days* and *came_waited_days* are the same by whole days, in the end of the day. *moved_share* of those who
    come are moved here from another list, having waited *moved_weeks*; they are not in *came_waited*.
    *dated* are the limits that the list is followed against, one measure's, oldest first (none: the one it has now);
    *held* is how those waiting stand against each measure's, that one first.

    *calibration* is None where nothing tells (bands of one day only): then nobody leaves untreated and the oldest go
    first. *trial* is how that calibration did on the last half year, made from what came before it.
    """

    classes: tuple[PriorityClass, ...]
    waiting: Ints
    calibration: Calibration | None = None
    trial: Trial | None = None
    came_waited: Floats = field(default_factory=lambda: np.ones(1))
    dated: tuple[Limit, ...] = ()
    held: tuple[Held, ...] = ()
    waiting_days: Ints = field(default_factory=lambda: np.zeros((1, 1), np.int64))
    came_waited_days: Floats = field(default_factory=lambda: np.ones(1))
    moved_share: float = 0.0
    moved_weeks: int = 0


@dataclass(frozen=True, eq=False)
class ListPeople:
    """Everyone who has been on one list, a place each.

    *came_day* counts days from the history's first, a Monday (below zero: before it); *left* whole weeks from there, as
    many as there are weeks for those who still wait, *treated* whether by treatment. *priority* is as recorded;
    *target_days* the days from when they came to their target date. *counted* are the days of those who still wait that
    count when the weeks begin, *before* the days that the clock of each had gone when they came; where these are not
    known, the wait is taken to begin when they came. NaN is unknown. *moved* are those who came from another list.
    """

    came_day: Ints
    left: Ints
    treated: npt.NDArray[np.bool_]
    priority: Sequence[str | None]
    target_days: Floats
    counted: Floats | None = None
    before: Floats | None = None
    moved: npt.NDArray[np.bool_] | None = None


def start_of_people(
    people: ListPeople, weeks: int, limit_days: float | None = None, priorities: Priorities = _NOTHING_TOLD
) -> ListStart:
    """Return the start from *people* and the *weeks* of their history.

    Classes stand in the order of *priorities*, then of their target dates (without any: of their names), those without
    priority last. The urgent ones are those of *priorities*, else the first of several. Which
    turn is kept (classes strictly, the first strictly and then target dates, or target dates alone) is the one that the
    treatments fit best. With enough history the calibration is tried on its last half year, against *limit_days* (90
    without one).
    """
    came_day, priority, target_days = people.came_day, people.priority, people.target_days
    came = came_day // WEEK
    names = sorted({name or "" for name in priority}, key=lambda name: (name == "", name))
    kind = np.array([names.index(name or "") for name in priority], np.int64)
    target = np.array([_median(target_days[kind == place]) for place in range(len(names))])
    told = [priorities.order.index(name) if name in priorities.order else len(priorities.order) for name in names]
    order = np.lexsort((np.where(np.isnan(target), np.inf, target), np.array(told)))
    names, target = [names[place] for place in order], target[order]
    kind = np.argsort(order)[kind]
    known = np.nan_to_num(target, nan=float(np.nanmax(target)) if np.isfinite(target).any() else 0.0)
    recent = (came >= weeks - _RECENT_WEEKS) & (came < weeks)
    shares = np.bincount(kind[recent], minlength=len(names)) + 0.0
    shares = shares / shares.sum() if shares.any() else np.full(len(names), 1 / len(names))
    best: tuple[Calibration, Ints, WaitHistory] | None = None
    for tiers in _turns(len(names)):
        rank = tiers[kind] * _STRICT + came_day + known.astype(np.int64)[kind]
        history = WaitHistory(came, people.left, people.treated, rank, weeks, kind)
        found = calibrate(history)
        if best is None or found.in_order > best[0].in_order:
            best = found, tiers, history
    if best is None:
        raise BadInput(Message("Väntelistan har inga personer att räkna på."))
    calibration, tiers, history = best
    urgent = priorities.urgent or frozenset(names[: len(names) > 1])
    classes = tuple(
        PriorityClass(name, float(share), int(tier), float(days), name in urgent, priorities.names.get(name, ""))
        for name, share, tier, days in zip(names, shares, tiers, known, strict=True)
    )
    trial = None
    if weeks >= _TRIED_WEEKS + _RECENT_WEEKS:
        trial = backtest(
            history, weeks - _TRIED_WEEKS, _USUAL_LIMIT if limit_days is None else limit_days, classes=classes
        )
    moved = np.zeros(len(came), bool) if people.moved is None else people.moved
    before = np.full(len(came), np.nan) if people.before is None else people.before
    stayed, arrived = recent & ~moved, recent & moved
    return ListStart(
        classes,
        _waiting(history, weeks, people.counted, len(names)),
        calibration,
        trial,
        _came_waited(came_day[stayed], before[stayed]),
        waiting_days=_waiting_days(people, kind, weeks, len(names)),
        came_waited_days=_by_waited(before[stayed]),
        moved_share=float(arrived.sum() / max(recent.sum(), 1)),
        moved_weeks=int(np.nan_to_num(_median(before[arrived]))) // WEEK,
    )


def _waiting(history: WaitHistory, weeks: int, counted: Floats | None, classes: int) -> Ints:
    """Return people by class and whole weeks that count: from when they came, moved by what is counted otherwise."""
    if counted is None:
        return history.waiting_at(weeks - 1, classes)
    known = np.isfinite(counted) & (history.left >= weeks)
    came = np.where(known, weeks - 1 - np.nan_to_num(counted).astype(np.int64) // WEEK, history.came)
    return replace(history, came=came).waiting_at(weeks - 1, classes)


def _waiting_days(people: ListPeople, kind: Ints, weeks: int, classes: int) -> Ints:
    """Return people by class and whole days that count, at the end of the last week."""
    here = (people.left >= weeks) & (people.came_day < weeks * WEEK)
    days = (weeks * WEEK - 1 - people.came_day[here]).astype(np.float64)
    if people.counted is not None:
        days = np.where(np.isfinite(people.counted[here]), people.counted[here], days)
    found = np.zeros((classes, int(days.max(initial=0)) + 1), np.int64)
    np.add.at(found, (kind[here], days.astype(np.int64)), 1)
    return found


def _came_waited(came_day: Ints, before: Floats) -> Floats:
    """Return the shares of those who came by whole weeks that count in the end of the week they came in."""
    return _by_waited(WEEK - 1 - came_day % WEEK + before, WEEK)


def _by_waited(days: Floats, step_days: int = 1) -> Floats:
    """Return the shares of *days* by whole steps, NaN left out; the longest count as half a year."""
    known = days[np.isfinite(days)].astype(np.int64) // step_days
    if len(known) == 0:
        return np.ones(1)
    counts = np.bincount(np.clip(known, 0, _LONGEST_BEFORE * WEEK // step_days))
    return np.asarray(counts / counts.sum())


def _median(days: Floats) -> float:
    known = days[np.isfinite(days)]
    return float(np.median(known)) if len(known) else np.nan


def _turns(classes: int) -> list[Ints]:
    """Return the tiers to try, the most usual first: it is kept where others fit no better."""
    found: list[Ints] = [np.arange(classes)]
    if classes > 2:
        found.append(np.minimum(np.arange(classes), 1))
    if classes > 1:
        found.append(np.zeros(classes, np.int64))
    return found


def start_of_bands(
    bands: Sequence[Band], moves: Sequence[StockMove] = (), limit_days: float | None = None
) -> ListStart:
    """Return the start from the bands of one day: even in a band, the open one in its first week.

    Whole people are kept: the largest remainders are rounded up. *moves* are its history, and calibrate it where there
    are enough; with more the calibration is tried on their last half, against *limit_days* (90 without one).
    """
    weeks, days = (whole_people(by_step(bands, step))[None] for step in (WEEK, 1))
    found = calibrate_stocks(moves) if len(moves) >= FEWEST_MOVES else None
    trial = backtest_stocks(moves, _USUAL_LIMIT if limit_days is None else limit_days)
    return ListStart(EVERYONE, weeks, found, trial, waiting_days=days)
