"""Plan, outcome and rolling forecast of a calendar year, per service, and summed over the tree of units.

The rolling forecast is what has been counted and a forecast of the rest (:func:`periods_of_all`, the forecast that the
balance uses, here of what is performed). A week is split over months by its working days, so weeks and months tell the
same year. Units sum their services period by period, kind by kind; visits and operations are never added.

A plan is the approved production plan, week by week; without one, an ordered year's volume spread over working days;
and where nothing is ordered, what was performed the same weeks last year. What has no plan is left out of every
comparison with one (*against*), never counted as a plan of zero.

An early sign is that what came lies outside what was likely: the 95 % interval of a forecast made a quarter earlier,
for each period, and for the last few together. One period in twenty lies outside by chance. The services' draws are
independent, so the interval of a sum is narrower than it would be if all were hit by the same thing.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np

from vardbalans.engine.catalogue import Unit
from vardbalans.engine.explain import Source
from vardbalans.engine.inputs import Series, ServiceInput
from vardbalans.engine.need import months_of
from vardbalans.engine.need.backtest import HORIZON
from vardbalans.engine.need.forecast import YEAR
from vardbalans.engine.need.together import periods_of_all
from vardbalans.engine.periods import Calendar, Period
from vardbalans.engine.sampling import stream
from vardbalans.engine.units import Floats

__all__ = ["LATELY", "LIKELY", "Agreed", "Approved", "Basis", "Followed", "Lately", "Track", "followed", "of_units"]

Basis = Literal["approved", "agreed", "proposed", "last_year", "none"]
"""What the plan is: an approved production plan, an ordered volume both have accepted, one that is only proposed, last
year's outcome, or nothing."""

LIKELY = (0.025, 0.975)
LATELY = {"week": 4, "month": 1}
"""How many of the last whole periods are judged together."""
_NOTHING = 1e-9


@dataclass(frozen=True)
class Agreed:
    """The *volume* of one service in a calendar year, and whether both have accepted it."""

    volume: float
    is_agreed: bool


@dataclass(frozen=True)
class Approved:
    """What an approved plan promises of one service: *slots* by ISO week of its *year*; a week without is not planned.

    *unit_id*, *name* and *version* say which plan it is, *by* (a function) and *at* who approved it and when.
    """

    unit_id: str
    name: str
    version: int
    year: int
    slots: Mapping[Period, float]
    by: str
    at: datetime


class Lately(NamedTuple):
    """The outcome of the last whole *periods*, what was likely, and 1 above it, -1 below, 0 within."""

    periods: int
    outcome: float
    low: float
    high: float
    sign: int


@dataclass(frozen=True, eq=False)
class Track:
    """A year by the week or the month. Arrays are (periods,), draws (draws, periods); NaN is what is not known.

    *counted* is what has come so far, *left* what is expected of the rest, *whole* whether nothing is left to come.
    *plan* is what was planned, *against* what is expected in all where there is a plan. *before* are draws of a
    forecast made a quarter before data end, for the periods after it.
    """

    periods: tuple[Period, ...]
    counted: Floats
    left: Floats
    left_draws: Floats
    whole: np.ndarray
    plan: Floats
    against: Floats
    before: Floats

    @property
    def expected(self) -> Floats:
        """Return what has come and what is expected of the rest; NaN where nothing is known."""
        return self.counted + self.left

    def interval(self, low: float, high: float) -> tuple[Floats, Floats]:
        """Return the quantiles *low* and *high* of the whole of each period."""
        ends = np.quantile(self.left_draws, [low, high], axis=0) + self.counted
        return ends[0], ends[1]

    def likely(self) -> tuple[Floats, Floats]:
        """Return the ends of what was likely a quarter ago, for whole periods; NaN for others."""
        ends = np.full((2, len(self.periods)), np.nan)
        judged = self._judged()
        ends[:, judged] = np.quantile(self.before[:, judged], LIKELY, axis=0)
        return ends[0], ends[1]

    def signs(self) -> np.ndarray:
        """Return 1 above what was likely, -1 below it, 0 within it or unknown."""
        low, high = self.likely()
        signs: np.ndarray = (self.counted > high + _NOTHING) * 1 - (self.counted < low - _NOTHING) * 1
        return signs

    def lately(self) -> "Lately | None":
        """Return the last whole periods together against what was likely; None where they are too few."""
        judged = np.flatnonzero(self._judged())[-LATELY[self.periods[0].frequency] :]
        if len(judged) < LATELY[self.periods[0].frequency]:
            return None
        low, high = np.quantile(self.before[:, judged].sum(axis=1), LIKELY)
        came = float(self.counted[judged].sum())
        sign = int(came > high + _NOTHING) - int(came < low - _NOTHING)
        return Lately(len(judged), came, float(low), float(high), sign)

    def _judged(self) -> np.ndarray:
        judged: np.ndarray = self.whole & ~np.isnan(self.before[0]) & ~np.isnan(self.counted)
        return judged


@dataclass(frozen=True, eq=False)
class Followed:
    """One service's year, or (*service_id* empty) that of a *kind* of care at a unit and all below it.

    *weeks* is None where any of it is counted by the month. *done* is what has come in the calendar year,
    *done_planned* and *done_against* the plan of the same days and what came where there is one; *year_planned* and
    *year_against* are the same of the whole year. *bases* counts its services by what their plan is; *source*,
    *ordered* and *approved* are a service's rows, volume and plan, *per_slot* what one of the plan's slots serves.
    """

    unit_id: str
    kind: str
    service_id: str
    name: str
    bases: Mapping[Basis, int]
    weeks: Track | None
    months: Track
    done: float
    done_planned: float
    done_against: float
    year_left: float
    year_draws: Floats
    year_planned: float
    year_against: float
    source: Source | None = None
    ordered: float | None = None
    approved: Approved | None = None
    per_slot: float = 1.0

    @property
    def track(self) -> Track:
        """Return the finest there is."""
        return self.weeks or self.months


def followed(
    items: Iterable[ServiceInput],
    agreed: Mapping[str, Agreed],
    year: int,
    *,
    draws: int,
    seed: int,
    approved: Mapping[str, Sequence[Approved]] = MappingProxyType({}),
) -> tuple[Followed, ...]:
    """Follow every service that has performed anything counted by week or month into *year*, in order of id.

    *approved* holds the plans of each service that hold, at most one for each year.
    """
    there = {
        item.service.service_id: (item, series)
        for item in items
        if (series := item.performed) is not None
        and series.start.frequency != "day"
        and series.end.year >= year >= series.start.start.year
    }
    ahead, before = _forecasts(there, year, draws, seed)
    return tuple(
        _followed(
            item, series, agreed.get(name), approved.get(name, ()), year, ahead.get(name), before.get(name), draws
        )
        for name, (item, series) in sorted(there.items())
    )


def of_units(rows: Sequence[Followed], units: Mapping[str, Unit]) -> tuple[Followed, ...]:
    """Return the sum of each kind of care at every unit that has any, itself and below, in order of unit and kind."""
    found: dict[tuple[str, str], list[Followed]] = {}
    for row in rows:
        for unit_id in _above(row.unit_id, units):
            found.setdefault((unit_id, row.kind), []).append(row)
    return tuple(_summed(unit_id, kind, parts) for (unit_id, kind), parts in sorted(found.items()))


def _above(unit_id: str, units: Mapping[str, Unit]) -> Iterator[str]:
    """Yield the unit and all above it; each once, also in data where units are above one another in a circle."""
    seen: set[str] = set()
    while unit_id in units and unit_id not in seen:
        seen.add(unit_id)
        yield unit_id
        unit_id = units[unit_id].parent_id


Made = dict[str, tuple[Floats, Floats]]


def _forecasts(there: Mapping[str, tuple[ServiceInput, Series]], year: int, draws: int, seed: int) -> tuple[Made, Made]:
    """Return forecasts of the rest of the year, and those of a quarter ago; a series too short has none."""
    alike: dict[tuple[str, date], dict[str, Series]] = {}
    for name, (_, series) in there.items():
        alike.setdefault((series.start.frequency, series.end), {})[name] = series
    ahead: Made = {}
    before: Made = {}
    for (frequency, end), group in alike.items():
        calendar = there[next(iter(group))][0].calendar
        count = sum(period.start >= end for period in _axis(frequency, year))
        if count:
            made = periods_of_all(group, count, calendar, draws, seed)
            few = {name: _few(group[name], count, draws, seed, name) for name in group.keys() - made.keys()}
            ahead |= made | few
        back = HORIZON[frequency]
        known = {
            name: replace(series, values=series.values[:-back])
            for name, series in group.items()
            if len(series.values) >= back + YEAR[frequency]
        }
        if known:
            before |= periods_of_all(known, back, calendar, draws, seed)
    return ahead, before


def _few(series: Series, count: int, draws: int, seed: int, name: str) -> tuple[Floats, Floats]:
    """Return the mean of a history too short or sparse for a curve, as far as it goes; its draws hold how uncertain
    the mean itself is (Jeffreys' prior)."""
    events, periods = float(series.values.sum()) + 0.5, len(series.values)
    rng = stream(seed, "follow_up", name)
    rates = rng.gamma(events, 1 / periods, size=(draws, 1))
    return np.full(count, events / periods), rng.poisson(rates, size=(draws, count)).astype(np.float64)


def _axis(frequency: str, year: int) -> tuple[Period, ...]:
    """Return the months of *year*, or every week that any day of it lies in."""
    periods = [Period(date(year, 1, 1), "month") if frequency == "month" else Period.week_of(date(year, 1, 1))]
    while periods[-1].end <= date(year, 12, 31):
        periods.append(periods[-1].next())
    return tuple(periods)


def _followed(
    item: ServiceInput,
    series: Series,
    agreed: Agreed | None,
    approved: Sequence[Approved],
    year: int,
    ahead: tuple[Floats, Floats] | None,
    before: tuple[Floats, Floats] | None,
    draws: int,
) -> Followed:
    service, frequency = item.service, series.start.frequency
    periods = _axis(frequency, year)
    plan, basis = _plan(series, periods, agreed, year, item.calendar)
    held = next((each for each in approved if each.year == year and each.slots), None)
    per_slot = 1 - (item.lost_slots.value if item.lost_slots else 0.0)
    if held:
        plan, basis = per_slot * _approved(held, approved, periods, item.calendar), "approved"
    track = _track(series, periods, plan, ahead, before, draws)
    inside = np.ones(len(periods))
    weeks, months = None, track
    if frequency == "week":
        named, shares = months_of(periods, item.calendar)
        kept = [place for place, month in enumerate(named) if month.start.year == year]
        months = _by_month(track, tuple(named[place] for place in kept), shares[:, kept])
        inside = shares[:, kept].sum(axis=1)
        weeks = track
    counted, there = np.nan_to_num(track.counted), ~np.isnan(track.plan)
    came = np.where(track.whole, inside, 0.0)
    return Followed(
        service.unit_id,
        service.kind,
        service.service_id,
        service.name,
        {basis: 1},
        weeks,
        months,
        float(counted @ inside),
        float(np.where(there, track.plan, 0.0) @ came),
        float(np.where(there, counted, 0.0) @ inside),
        float(np.nan_to_num(track.left) @ inside),
        np.nan_to_num(track.left_draws) @ inside,
        float(np.where(there, track.plan, 0.0) @ inside),
        float(np.where(there, np.nan_to_num(track.expected), 0.0) @ inside),
        series.source,
        agreed.volume if agreed else None,
        held,
        per_slot,
    )


def _approved(held: Approved, others: Iterable[Approved], periods: Sequence[Period], calendar: Calendar) -> Floats:
    """Return the slots of each period of the year that *held* is the plan of; NaN where it plans nothing.

    The year's first and last days may lie in weeks of another year: those are as that year's plan of *others* says, and
    without one have as many slots per working day as the plan has in all.
    """
    weeks = _axis("week", held.year)
    days = calendar.working_days_of(weeks)
    known = {week: value for plan in others for week, value in plan.slots.items()}
    planned = np.array([week in held.slots for week in weeks])
    worked = float(days[planned].sum())
    pace = math.fsum(held.slots.values()) / worked if worked > 0 else np.nan
    slots = np.array(
        [
            known.get(week, np.nan if week.days[3].year == held.year else pace * float(day))
            for week, day in zip(weeks, days, strict=True)
        ]
    )
    if periods[0].frequency == "week":
        return slots
    months, shares = months_of(weeks, calendar)
    there = {month: place for place, month in enumerate(months)}
    return _split(slots, shares)[[there[period] for period in periods]]


def _plan(
    series: Series, periods: Sequence[Period], agreed: Agreed | None, year: int, calendar: Calendar
) -> tuple[Floats, Basis]:
    """Return the plan of each period, and what it is. Last year's week is the one 52 weeks earlier."""
    if agreed:
        days = calendar.working_days_of(_axis("month", year)).sum()
        plan = agreed.volume * calendar.working_days_of(periods) / days
        return plan, "agreed" if agreed.is_agreed else "proposed"
    back = YEAR[series.start.frequency]
    known = dict(zip(series.periods, series.values, strict=True))
    plan = np.array([known.get(period.next(-back), np.nan) for period in periods], dtype=np.float64)
    return plan, "none" if np.isnan(plan).all() else "last_year"


def _track(
    series: Series,
    periods: tuple[Period, ...],
    plan: Floats,
    ahead: tuple[Floats, Floats] | None,
    before: tuple[Floats, Floats] | None,
    draws: int,
) -> Track:
    known = dict(zip(series.periods, series.values, strict=True))
    counted = np.array([known.get(period, np.nan) for period in periods], dtype=np.float64)
    coming = np.array([period.start >= series.end for period in periods])
    left, left_draws = np.zeros(len(periods)), np.zeros((draws, len(periods)))
    if ahead:
        counted[coming] = 0.0
        left[coming], left_draws[:, coming] = ahead
    earlier = np.full((draws, len(periods)), np.nan)
    if before:
        last = {period: place for place, period in enumerate(series.periods[-before[1].shape[1] :])}
        for place, period in enumerate(periods):
            if period in last:
                earlier[:, place] = before[1][:, last[period]]
    whole = ~coming
    against = np.where(np.isnan(plan), np.nan, counted + left)
    return Track(periods, counted, left, left_draws, whole, plan, against, earlier)


def _by_month(track: Track, months: tuple[Period, ...], shares: Floats) -> Track:
    """Return *track* by the month; a month is known where every week of it is."""
    whole = np.array([track.whole[column].all() for column in (shares > 0).T])
    counted, left, left_draws = (_split(values, shares) for values in (track.counted, track.left, track.left_draws))
    return Track(
        months,
        counted,
        left,
        left_draws,
        whole,
        *(_split(values, shares) for values in (track.plan, track.against, track.before)),
    )


def _split(values: Floats, shares: Floats) -> Floats:
    """Return *values* (…, weeks) by month, by *shares* (weeks, months); NaN where any week of the month is unknown."""
    unknown = np.isnan(values[..., :, None]) & (shares > 0)
    summed = np.nan_to_num(values) @ shares
    return np.where(unknown.any(axis=-2), np.nan, summed)


def _summed(unit_id: str, kind: str, parts: Sequence[Followed]) -> Followed:
    tracks = [part.weeks for part in parts]
    weeks = [track for track in tracks if track is not None]
    return Followed(
        unit_id,
        kind,
        "",
        "",
        Counter(basis for part in parts for basis in part.bases),
        _together(weeks) if len(weeks) == len(parts) else None,
        _together([part.months for part in parts]),
        math.fsum(part.done for part in parts),
        math.fsum(part.done_planned for part in parts),
        math.fsum(part.done_against for part in parts),
        math.fsum(part.year_left for part in parts),
        np.sum([part.year_draws for part in parts], axis=0),
        math.fsum(part.year_planned for part in parts),
        math.fsum(part.year_against for part in parts),
    )


def _together(tracks: Sequence[Track]) -> Track:
    """Return the sum: of what is known of each period, NaN where nothing is; draws only where all have them."""
    counted, left, plan, against = (
        _known_sum(np.array([getattr(track, name) for track in tracks]))
        for name in ("counted", "left", "plan", "against")
    )
    return Track(
        tracks[0].periods,
        counted,
        left,
        sum((np.nan_to_num(track.left_draws) for track in tracks[1:]), np.nan_to_num(tracks[0].left_draws)),
        np.all([track.whole for track in tracks], axis=0),
        plan,
        against,
        sum((track.before for track in tracks[1:]), tracks[0].before),
    )


def _known_sum(values: Floats) -> Floats:
    unknown = np.isnan(values).all(axis=0)
    return np.where(unknown, np.nan, np.nansum(values, axis=0))
