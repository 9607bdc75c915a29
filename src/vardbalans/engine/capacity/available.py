"""Available minutes of a resource per ISO week, part by part: what there is, less all that takes time from it.

Staff: posts less holidays, booked absence, expected absence and non-clinical time. Rooms, equipment and beds: open
time less closed days, maintenance and non-clinical time. Both then times the utilisation.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vardbalans.engine.capacity.days import non_clinical_by_day, open_days
from vardbalans.engine.catalogue import value_on
from vardbalans.engine.errors import MissingFactor
from vardbalans.engine.explain import Source
from vardbalans.engine.inputs import ResourceInput, Series, Staffing
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Calendar, Period
from vardbalans.engine.units import Floats, check_share

__all__ = [
    "Available",
    "AvailablePart",
    "available",
    "missing_for",
    "observed",
]


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

    Raises MissingFactor naming what the data lacks (openings, posts, utilisation).
    """
    if missing := missing_for(item, weeks):
        raise MissingFactor(missing)
    utilisation = _utilisation(item, weeks)
    if item.staffing is not None:
        return _of_staff(item, item.staffing, weeks, utilisation, draws, rng)
    return _of_openings(item, weeks, utilisation, draws)


def missing_for(item: ResourceInput, weeks: Sequence[Period]) -> list[Message]:
    """Return what the data lack for *item* to be reckoned in *weeks*; nothing where all is there."""
    name, missing = item.resource.name, []
    if any(value_on(item.utilisation, week.start) is None for week in weeks):
        missing.append(Message("nyttjandegrad för {name}", name=name))
    if item.staffing is None and not item.openings:
        missing.append(Message("öppettider för {name}", name=name))
    if item.staffing is not None and item.resource.shift_minutes is None:
        missing.append(Message("passets längd för {name}", name=name))
    return missing


def _utilisation(item: ResourceInput, weeks: Sequence[Period]) -> Floats:
    values = [value_on(item.utilisation, week.start) for week in weeks]
    what = f"Nyttjandegraden för {item.resource.name}"
    return np.array([check_share(value, what) for value in values if value is not None])


def _of_staff(
    item: ResourceInput,
    staffing: Staffing,
    weeks: Sequence[Period],
    utilisation: Floats,
    draws: int,
    rng: np.random.Generator,
) -> Available:
    """Absence varies as if each post were absent or not by itself (a beta spread with the binomial's variance).

    Non-clinical time is that of the posts that are there: who is absent is at no meeting.
    """
    resource_id, shift = item.resource.resource_id, float(item.resource.shift_minutes or 0)  # never None: missing_for
    days = item.calendar.working_days_of(weeks)
    weekdays = np.array([sum(day.isoweekday() <= 5 for day in week.days) for week in weeks])
    employed = staffing.fte * shift * weekdays
    holiday = -staffing.fte * shift * (weekdays - days)
    worked = employed + holiday
    other_each = non_clinical_by_day(item, weeks)[0].sum(axis=-1)
    other = staffing.fte * other_each
    iso = np.array([week.start.isocalendar().week for week in weeks])
    expected = staffing.absence_by_iso_week[iso - 1]
    booked = np.clip(staffing.known_absence, 0, 1)
    absence = np.clip(np.maximum(expected, booked), 0, 1)
    size = np.maximum(staffing.fte, 1.0)
    inside = np.clip(absence, 1e-6, 1 - 1e-6)
    share = rng.beta(inside * size, (1 - inside) * size, size=(draws, len(weeks)))
    share = np.where((absence > 0) & (absence < 1), share, absence)
    present = (worked - other) * (1 - absence)
    parts = [
        AvailablePart("employed", employed, Source.of("employments", resource_id=resource_id)),
        AvailablePart("holidays", holiday, Source.of("employments", resource_id=resource_id)),
        AvailablePart("booked_absence", -worked * booked, Source.of("absences", resource_id=resource_id)),
        AvailablePart("expected_absence", -worked * (absence - booked), Source.of("absences", resource_id=resource_id)),
    ]
    if item.non_clinical:
        parts.append(_non_clinical_part(item, -other * (1 - absence)))
    parts.append(_unused(item, present, utilisation))
    return Available(
        present * utilisation,
        (worked - other) * (1 - share) * utilisation,
        tuple(parts),
        {
            "fte": staffing.fte,
            "shift_minutes": np.full(len(weeks), shift),
            "working_days": days * 1.0,
            "absence_expected": expected,
            "absence_booked": staffing.known_absence,
            "absence": absence,
            "utilisation": utilisation,
        },
        (shift * days - other_each) * (1 - float(expected.mean())) * utilisation,
    )


def _of_openings(item: ResourceInput, weeks: Sequence[Period], utilisation: Floats, draws: int) -> Available:
    usual, opened, stopped, other = open_days(item, weeks).sum(axis=-1)
    left = opened - stopped - other
    source = Source.of("openings", resource_id=item.resource.resource_id)
    parts = [AvailablePart("opened", usual, source), AvailablePart("closed", opened - usual, source)]
    if item.stops:
        source = Source.of("maintenance", resource_id=item.resource.resource_id)
        parts.append(AvailablePart("maintenance", -stopped, source))
    if item.non_clinical:
        parts.append(_non_clinical_part(item, -other))
    parts.append(_unused(item, left, utilisation))
    mean = left * utilisation
    return Available(
        mean,
        np.broadcast_to(mean, (draws, len(weeks))),
        tuple(parts),
        {"open_minutes": left, "utilisation": utilisation},
        None,
    )


def _non_clinical_part(item: ResourceInput, minutes: Floats) -> AvailablePart:
    return AvailablePart("non_clinical", minutes, Source.of("non_clinical", resource_id=item.resource.resource_id))


def _unused(item: ResourceInput, minutes: Floats, utilisation: Floats) -> AvailablePart:
    source = Source.of("utilisation", resource_id=item.resource.resource_id)
    return AvailablePart("unused", minutes * (utilisation - 1), source)


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
