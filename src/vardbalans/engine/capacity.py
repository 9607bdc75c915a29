"""Capacity: the formula K = P · t · N / m with its exact split of change, and available minutes per week.

K is what can be produced: sets of resources (P), open minutes (t), utilisation (N), mean minutes per activity (m).
Source: Region Örebro län's formula, in Socialstyrelsen's support for the tactical level. The split is the
log-mean Divisia index (Ang 2005, *The LMDI approach to decomposition analysis*): exact, in any order of factors.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from vardbalans.engine.catalogue import Opening, value_on
from vardbalans.engine.errors import BadInput, MissingFactor
from vardbalans.engine.explain import Source
from vardbalans.engine.inputs import ResourceInput, Series, Staffing
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Calendar, Period
from vardbalans.engine.units import Floats, check_share, log_mean

__all__ = [
    "Available",
    "AvailablePart",
    "Factors",
    "available",
    "capacity",
    "change_parts",
    "observed",
    "open_minutes",
    "sensitivities",
]


@dataclass(frozen=True)
class Factors:
    """The four factors, all above zero: sets P, open minutes t per set, utilisation N (to 1), mean minutes m."""

    sets: float
    minutes: float
    utilisation: float
    mean_minutes: float

    def __post_init__(self) -> None:
        for name, value in self.named():
            if not (value > 0 and math.isfinite(value)):
                raise BadInput(Message("Faktorn {name} måste vara över noll, inte {value}.", name=name, value=value))
        check_share(self.utilisation, "Nyttjandegraden")

    def named(self) -> tuple[tuple[str, float], ...]:
        """Return the factors with their names, in the order of the formula."""
        return (
            ("sets", self.sets),
            ("minutes", self.minutes),
            ("utilisation", self.utilisation),
            ("mean_minutes", self.mean_minutes),
        )


def capacity(factors: Factors) -> float:
    """Return K = P · t · N / m, in activities (3 · 420 · 0.75 / 90 = 10.5)."""
    return factors.sets * factors.minutes * factors.utilisation / factors.mean_minutes


def sensitivities() -> dict[str, float]:
    """Return the elasticity of K to each factor, ∂K/∂x · x/K: one per cent more gives this many per cent more."""
    return {"sets": 1.0, "minutes": 1.0, "utilisation": 1.0, "mean_minutes": -1.0}


def change_parts(now: Factors, before: Factors) -> dict[str, float]:
    """Split K(now) − K(before) over the four factors; the parts sum to the change exactly."""
    weight = log_mean(capacity(now), capacity(before))
    parts = {}
    for (name, new), (_, old) in zip(now.named(), before.named(), strict=True):
        parts[name] = weight * sensitivities()[name] * math.log(new / old)
    return parts


@dataclass(frozen=True, eq=False)
class AvailablePart:
    """One step of the available minutes: *code* says which, *minutes* (weeks,) is signed; the parts sum up."""

    code: str
    minutes: Floats
    source: Source


@dataclass(frozen=True, eq=False)
class Available:
    """Available minutes per week: expectation (weeks,), draws (draws, weeks), the parts that sum to it, and inputs.

    *one_fte* is what one full-time post gives in each week with the year's mean absence (staff only), for reading a gap
    as posts in an ordinary week.
    """

    mean: Floats
    draws: Floats
    parts: tuple[AvailablePart, ...]
    inputs: dict[str, Floats]
    one_fte: Floats | None


def available(item: ResourceInput, weeks: Sequence[Period], draws: int, rng: np.random.Generator) -> Available:
    """Return the minutes of *item* that can be used in each week.

    Staff: posts · shift minutes · working days, less absence; others: sets · open minutes by day. Both then times
    the utilisation. Raises MissingFactor naming what the data lacks (openings, posts, utilisation).
    """
    utilisation = _utilisation(item, weeks)
    if item.staffing is not None:
        return _of_staff(item, item.staffing, weeks, utilisation, draws, rng)
    return _of_openings(item, weeks, utilisation, draws)


def _utilisation(item: ResourceInput, weeks: Sequence[Period]) -> Floats:
    name = item.resource.name
    values = [value_on(item.utilisation, week.start) for week in weeks]
    missing = [Message("nyttjandegrad för {name}", name=name)] if None in values else []
    if item.staffing is None and not item.openings:
        missing.append(Message("öppettider för {name}", name=name))
    if missing:
        raise MissingFactor(missing)
    return np.array([check_share(value, f"Nyttjandegraden för {name}") for value in values if value is not None])


def _of_staff(
    item: ResourceInput,
    staffing: Staffing,
    weeks: Sequence[Period],
    utilisation: Floats,
    draws: int,
    rng: np.random.Generator,
) -> Available:
    """Absence varies as if each post were absent or not by itself (a beta spread with the binomial's variance)."""
    resource_id, shift = item.resource.resource_id, item.resource.shift_minutes
    if shift is None:
        raise MissingFactor([Message("passets längd för {name}", name=item.resource.name)])
    days = item.calendar.working_days_of(weeks)
    weekdays = np.array([sum(day.isoweekday() <= 5 for day in week.days) for week in weeks])
    employed = staffing.fte * shift * weekdays
    holiday = -staffing.fte * shift * (weekdays - days)
    iso = np.array([week.start.isocalendar().week for week in weeks])
    expected = staffing.absence_by_iso_week[iso - 1]
    absence = np.clip(np.maximum(expected, staffing.known_absence), 0, 1)
    present = (employed + holiday) * (1 - absence)
    size = np.maximum(staffing.fte, 1.0)
    inside = np.clip(absence, 1e-6, 1 - 1e-6)
    share = rng.beta(inside * size, (1 - inside) * size, size=(draws, len(weeks)))
    share = np.where((absence > 0) & (absence < 1), share, absence)
    return Available(
        present * utilisation,
        (employed + holiday) * (1 - share) * utilisation,
        (
            AvailablePart("employed", employed, Source.of("employments", resource_id=resource_id)),
            AvailablePart("holidays", holiday, Source.of("employments", resource_id=resource_id)),
            AvailablePart("absence", present - employed - holiday, Source.of("absences", resource_id=resource_id)),
            AvailablePart("unused", present * (utilisation - 1), Source.of("utilisation", resource_id=resource_id)),
        ),
        {
            "fte": staffing.fte,
            "shift_minutes": np.full(len(weeks), float(shift)),
            "working_days": days * 1.0,
            "absence_expected": expected,
            "absence_booked": staffing.known_absence,
            "absence": absence,
            "utilisation": utilisation,
        },
        shift * days * (1 - float(expected.mean())) * utilisation,
    )


def _of_openings(item: ResourceInput, weeks: Sequence[Period], utilisation: Floats, draws: int) -> Available:
    usual, opened = np.zeros(len(weeks)), np.zeros(len(weeks))
    by_date = {row.day: row for row in item.openings if row.day is not None}
    for index, week in enumerate(weeks):
        for day in week.days:
            pattern = _pattern(item.openings, week, day.isoweekday())
            normal = pattern.sets * pattern.minutes if pattern else 0.0
            usual[index] += normal
            opened[index] += _open_minutes(by_date.get(day), pattern, day, item.calendar)
    source = Source.of("openings", resource_id=item.resource.resource_id)
    mean = opened * utilisation
    return Available(
        mean,
        np.broadcast_to(mean, (draws, len(weeks))),
        (
            AvailablePart("opened", usual, source),
            AvailablePart("closed", opened - usual, source),
            AvailablePart(
                "unused", opened * (utilisation - 1), Source.of("utilisation", resource_id=item.resource.resource_id)
            ),
        ),
        {"open_minutes": opened, "utilisation": utilisation},
        None,
    )


def _pattern(openings: Sequence[Opening], week: Period, weekday: int) -> Opening | None:
    """Return the weekday row in force: one for this very week before a general one, the latest start first."""
    day = week.days[weekday - 1]
    rows = [
        row
        for row in openings
        if row.day is None
        and row.weekday == weekday
        and row.week in (None, str(week))
        and row.valid_from <= day
        and (row.valid_to is None or day <= row.valid_to)
    ]
    return max(rows, key=lambda row: (row.week is not None, row.valid_from), default=None)


def _open_minutes(exception: Opening | None, pattern: Opening | None, day: object, calendar: Calendar) -> float:
    if exception is not None:
        return exception.sets * exception.minutes
    if pattern is None or (day in calendar.holidays and not pattern.open_holidays):
        return 0.0
    return pattern.sets * pattern.minutes


def observed(
    performed: Series, weeks: Sequence[Period], calendar: Calendar, draws: int, rng: np.random.Generator
) -> Available:
    """Return what was produced per working day over the last year, as capacity in activities.

    Used where resources are unknown: what was done shows what could be done, no more. The draws carry the
    uncertainty of the mean and the spread between periods. Raises MissingFactor for an empty series.
    """
    year = 52 if performed.start.frequency == "week" else 12
    done, periods = performed.last(year), performed.periods[-year:]
    days = np.maximum(calendar.working_days_of(periods), 1)
    if len(done) == 0:
        raise MissingFactor([Message("observerad produktion ({table})", table=performed.source.table)])
    per_day = float(done.sum() / days.sum())
    spread = float((done / days).std(ddof=1)) if len(done) > 1 else per_day
    working = calendar.working_days_of(weeks).astype(np.float64)
    level = per_day + rng.standard_normal((draws, 1)) * spread / np.sqrt(len(done))
    daily = np.maximum(level + rng.standard_normal((draws, len(weeks))) * spread, 0)
    mean = per_day * working
    return Available(
        mean,
        daily * working,
        (AvailablePart("observed", mean, performed.rows_of_last(year)),),
        {"per_working_day": np.full(len(weeks), per_day), "working_days": working},
        None,
    )


def open_minutes(item: ResourceInput, day: date) -> float:
    """Return how many minutes the resource is open on *day*, all its sets together."""
    exception = next((row for row in reversed(item.openings) if row.day == day), None)
    pattern = _pattern(item.openings, Period.week_of(day), day.isoweekday())
    return _open_minutes(exception, pattern, day, item.calendar)
