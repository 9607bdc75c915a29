"""A year's volume spread over its weeks and days in whole numbers: Σ days = week and Σ weeks = year, exactly.

Each day weighs as much as it is open, times the share of staff there (leave), times what is made of a squeeze day. The
weeks follow the season of the need where that is not more uneven than wanted: the season's weights are drawn towards
even ones by the least step of a twentieth that brings the variation of four weeks' production (coefficient of
variation, per open day) to the target. Whole numbers are dealt by largest remainders, first over spans of four weeks,
then over their weeks and days, so that no part is more than one from its share unless its capacity or a lock holds it.
Source: largest remainders (Hamilton's method), Balinski & Young 1982, *Fair Representation*.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from vardbalans.engine.errors import BadInput, Impossible
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Calendar, Period
from vardbalans.engine.units import Floats

__all__ = ["Spread", "Wanted", "days_of_year", "is_squeezed", "largest_remainder", "spread_year"]

_SPAN = 4
_STEPS = 20
_NOTHING = 1e-9


@dataclass(frozen=True, eq=False)
class Wanted:
    """What to spread: *volume* over *days*, which weigh *open_weights* (days,); *season* (days,) multiplies them.

    *locked* holds weeks at a number, *most* is the largest number of a week (by default there is none). *target* is the
    variation wanted: None follows the season as it is.
    """

    volume: int
    days: tuple[date, ...]
    open_weights: Floats
    season: Floats
    locked: Mapping[Period, int] = field(default_factory=dict)
    most: Mapping[Period, int] = field(default_factory=dict)
    target: float | None = None

    def __post_init__(self) -> None:
        if self.volume < 0 or any(value < 0 for value in (*self.locked.values(), *self.most.values())):
            raise BadInput(Message("Antal att sprida kan inte vara under noll."))
        if (self.open_weights < 0).any() or (self.season < 0).any():
            raise BadInput(Message("Dagarnas vikter kan inte vara under noll."))


@dataclass(frozen=True, eq=False)
class Spread:
    """Whole numbers per week and day. *variation* is of four weeks' production per open day, *evened* (0–1) how far the
    season was drawn towards even weeks, and *reached* whether the target was met (None without one).
    """

    weeks: Mapping[Period, int]
    days: Mapping[date, int]
    variation: float
    evened: float
    reached: bool | None


def days_of_year(year: int) -> tuple[date, ...]:
    """Return every day of the calendar year."""
    first = date(year, 1, 1)
    return tuple(first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days))


def is_squeezed(day: date, calendar: Calendar) -> bool:
    """Tell whether *day* is a working day between two days that are not (klämdag)."""
    step = timedelta(days=1)
    return calendar.is_working(day) and not any(map(calendar.is_working, (day - step, day + step)))


def largest_remainder(total: int, weights: Floats, most: Floats | None = None) -> np.ndarray:
    """Return whole numbers that sum to *total*, in proportion to *weights*, none above its *most* (None: no limit).

    Each has its share rounded down; what is left goes where most was cut off, the earliest first. Raises Impossible
    where the limits hold less than *total*, or nothing weighs anything.
    """
    limits = np.where(weights > 0, np.inf if most is None else most, 0.0)
    if total > limits.sum():
        raise Impossible(
            Message("Det finns plats för {room} av {total}.", room=int(limits.sum()), total=total),
        )
    shares = _shares(total, weights, limits)
    whole = np.floor(shares + _NOTHING)
    left = shares - whole
    left[whole + 1 > limits + _NOTHING] = -1.0  # a limit that is reached
    for place in np.argsort(-left, kind="stable")[: total - int(whole.sum())]:
        whole[place] += 1
    found: np.ndarray = whole.astype(np.int64)
    return found


def _shares(total: float, weights: Floats, limits: Floats) -> Floats:
    """Return shares of *total* by weight, where those that would pass their limit have it and the others the rest."""
    shares, held = np.zeros(len(weights)), np.zeros(len(weights), dtype=bool)
    limits = np.floor(limits + _NOTHING)
    while True:
        rest, weight = total - shares[held].sum(), weights[~held].sum()
        shares[~held] = weights[~held] * (rest / weight) if weight > 0 else 0.0
        over = ~held & (shares > limits + _NOTHING)
        if not over.any():
            return shares
        shares[over], held = limits[over], held | over


def spread_year(wanted: Wanted) -> Spread:
    """Spread the volume. Raises Impossible with what holds too little, BadInput for locks beyond the volume."""
    weeks = sorted({Period.week_of(day) for day in wanted.days})
    for week in wanted.locked:
        if week not in weeks:
            raise BadInput(Message("Den låsta veckan {week} ligger utanför året.", week=str(week)))
    if sum(wanted.locked.values()) > wanted.volume:
        raise BadInput(Message("De låsta veckorna har fler än årets volym."))
    steps = range(_STEPS + 1) if wanted.target is not None else (0,)
    best: tuple[float, float, np.ndarray, np.ndarray] | None = None
    for step in steps:
        evened = step / _STEPS
        weights = wanted.open_weights * (evened + (1 - evened) * _scaled(wanted))
        per_week, per_day = _dealt(wanted, weeks, weights)
        variation = _variation(wanted, weeks, per_week)
        if best is None or variation < best[0] - _NOTHING:
            best = variation, evened, per_week, per_day
        if wanted.target is not None and best[0] <= wanted.target:
            break
    if best is None:
        raise AssertionError("there is always a step")
    variation, evened, per_week, per_day = best
    return Spread(
        dict(zip(weeks, per_week.tolist(), strict=True)),
        dict(zip(wanted.days, per_day.tolist(), strict=True)),
        variation,
        evened,
        None if wanted.target is None else variation <= wanted.target,
    )


def _scaled(wanted: Wanted) -> Floats:
    """Return the season with an open day's mean of one; one throughout where it weighs nothing."""
    total = float((wanted.season * wanted.open_weights).sum())
    return wanted.season * (float(wanted.open_weights.sum()) / total) if total > 0 else np.ones(len(wanted.days))


def _dealt(wanted: Wanted, weeks: Sequence[Period], weights: Floats) -> tuple[np.ndarray, np.ndarray]:
    """Return whole numbers per week and per day."""
    week_of = np.array([weeks.index(Period.week_of(day)) for day in wanted.days])
    by_week = np.bincount(week_of, weights, minlength=len(weeks))
    locked = np.array([week in wanted.locked for week in weeks])
    most = np.array([float(wanted.most.get(week, np.inf)) for week in weeks])
    counts = np.array([wanted.locked.get(week, 0) for week in weeks], dtype=np.int64)
    spans = np.arange(len(weeks)) // _SPAN
    free = np.where(locked, 0.0, by_week)
    room = np.where(free > 0, most, 0.0)
    totals = largest_remainder(
        wanted.volume - int(counts.sum()),
        np.bincount(spans, free).astype(np.float64),
        np.bincount(spans, np.where(np.isfinite(room), room, 1e12)).astype(np.float64),
    )
    for span, total in enumerate(totals.tolist()):
        mine = spans == span
        counts[mine] += largest_remainder(total, free[mine], most[mine])
    days = np.zeros(len(wanted.days), dtype=np.int64)
    for week, total in enumerate(counts.tolist()):
        mine = week_of == week
        if total:  # a locked week is dealt over its days even where none of them is open
            own = weights[mine]
            days[mine] = largest_remainder(total, own if own.sum() > 0 else np.ones(int(mine.sum())))
    return counts, days


def _variation(wanted: Wanted, weeks: Sequence[Period], counts: np.ndarray) -> float:
    """Return the coefficient of variation of four weeks' production per open day."""
    week_of = np.array([weeks.index(Period.week_of(day)) for day in wanted.days])
    opened = np.bincount(week_of, wanted.open_weights, minlength=len(weeks))
    window = np.ones(min(_SPAN, len(weeks)))
    there, made = (np.convolve(values, window, "valid") for values in (opened, counts.astype(np.float64)))
    rates = made[there > _NOTHING] / there[there > _NOTHING]
    return float(rates.std() / rates.mean()) if len(rates) and rates.mean() > 0 else 0.0
