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
    Calibration,
    StockMove,
    Trial,
    WaitHistory,
    backtest,
    by_week,
    calibrate,
    calibrate_stocks,
)
from vardbalans.engine.waitlist.lists import EVERYONE, Ints, PriorityClass
from vardbalans.engine.waitlist.rules import Limit

__all__ = ["WEEK", "Held", "ListPeople", "ListStart", "start_of_bands", "start_of_people"]

WEEK = 7
_RECENT_WEEKS = 52
_TRIED_WEEKS = 26
_USUAL_LIMIT = 90.0
_STRICT = 10**6  # days that a class goes before the next: more than anyone waits
_FEWEST_MOVES = 8  # periods of bands; fewer tell too little
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


@dataclass(frozen=True, eq=False)
class ListPeople:
    """Everyone who has been on one list, a place each.

    *came_day* counts days from the history's first, a Monday (below zero: before it); *left* whole weeks from there, as
    many as there are weeks for those who still wait, *treated* whether by treatment. *priority* is as recorded;
    *target_days* the days from when they came to their target date. *counted* are the days of those who still wait that
    count when the weeks begin, *before* the days that the clock of each had gone when they came; where these are not
    known, the wait is taken to begin when they came. NaN is unknown.
    """

    came_day: Ints
    left: Ints
    treated: npt.NDArray[np.bool_]
    priority: Sequence[str | None]
    target_days: Floats
    counted: Floats | None = None
    before: Floats | None = None


def start_of_people(people: ListPeople, weeks: int, limit_days: float | None = None) -> ListStart:
    """Return the start from *people* and the *weeks* of their history.

    Classes stand in the order of their target dates (without any: of their names), those without priority last. Which
    turn is kept (classes strictly, the first strictly and then target dates, or target dates alone) is the one that the
    treatments fit best. With enough history the calibration is tried on its last half year, against *limit_days* (90
    without one).
    """
    came_day, priority, target_days = people.came_day, people.priority, people.target_days
    came = came_day // WEEK
    names = sorted({name or "" for name in priority}, key=lambda name: (name == "", name))
    kind = np.array([names.index(name or "") for name in priority], np.int64)
    target = np.array([_median(target_days[kind == place]) for place in range(len(names))])
    order = np.argsort(np.where(np.isnan(target), np.inf, target), kind="stable")
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
    classes = tuple(
        PriorityClass(name, float(share), int(tier), float(days), urgent=bool(place == 0 and len(names) > 1))
        for place, (name, share, tier, days) in enumerate(zip(names, shares, tiers, known, strict=True))
    )
    trial = None
    if weeks >= _TRIED_WEEKS + _RECENT_WEEKS:
        trial = backtest(
            history, weeks - _TRIED_WEEKS, _USUAL_LIMIT if limit_days is None else limit_days, classes=classes
        )
    return ListStart(
        classes,
        _waiting(history, weeks, people.counted, len(names)),
        calibration,
        trial,
        _came_waited(came_day[recent], None if people.before is None else people.before[recent]),
    )


def _waiting(history: WaitHistory, weeks: int, counted: Floats | None, classes: int) -> Ints:
    """Return people by class and whole weeks that count: from when they came, moved by what is counted otherwise."""
    if counted is None:
        return history.waiting_at(weeks - 1, classes)
    known = np.isfinite(counted) & (history.left >= weeks)
    came = np.where(known, weeks - 1 - np.nan_to_num(counted).astype(np.int64) // WEEK, history.came)
    return replace(history, came=came).waiting_at(weeks - 1, classes)


def _came_waited(came_day: Ints, before: Floats | None) -> Floats:
    """Return the shares of those who came by whole weeks that count in the end of the week they came in."""
    if before is None or not np.isfinite(before).any():
        return np.ones(1)
    known = np.isfinite(before)
    waited = (WEEK - 1 - came_day[known] % WEEK + before[known]).astype(np.int64) // WEEK
    counts = np.bincount(np.clip(waited, 0, _LONGEST_BEFORE))
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


def start_of_bands(bands: Sequence[Band], moves: Sequence[StockMove] = ()) -> ListStart:
    """Return the start from the bands of one day: even in a band, the open one in its first week.

    Whole people are kept: the largest remainders are rounded up. *moves* are its history, and calibrate it where there
    are enough.
    """
    exact = by_week(bands)
    waiting = np.floor(exact + 1e-9).astype(np.int64)
    people = sum(band.people for band in bands)
    waiting[np.argsort(waiting - exact, kind="stable")[: people - waiting.sum()]] += 1
    return ListStart(EVERYONE, waiting[None], calibrate_stocks(moves) if len(moves) >= _FEWEST_MOVES else None)
