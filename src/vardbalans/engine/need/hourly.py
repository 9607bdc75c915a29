"""Counts per hour: the day's forecast dealt over its hours by weekday, with a spread measured in past forecasts.

The share of an hour is counted over the latest two years, per weekday, drawn towards the share it has over all days as
if :data:`_PRIOR_DAYS` more such days had been seen. The spread on the square-root scale is measured per hour of the day
in forecasts from earlier origins and pooled over days and steps.
"""

from dataclasses import dataclass

import numpy as np

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.need.distribution import LEVELS, Counts, Scores
from vardbalans.engine.need.history import SHORTEST, History
from vardbalans.engine.need.outlook import outlooks
from vardbalans.engine.periods import Calendar, Period
from vardbalans.engine.units import Floats

__all__ = ["HOURS", "HourlyOutlook", "hourly_outlook"]

HOURS = 24
_LATEST_DAYS = 730
_PRIOR_DAYS = 28.0
_ORIGINS = 8
_WEEK = 7


@dataclass(frozen=True, eq=False)
class HourlyOutlook:
    """Means (days, 24), which sum to the day's, and quantiles (13, days, 24), for *days*; local clock hours."""

    days: tuple[Period, ...]
    mean: Floats
    quantiles: Floats


def hourly_outlook(start: Period, hours: Floats, horizon: int, calendar: Calendar) -> HourlyOutlook:
    """Forecast counts per hour, given as *hours* (days from *start*, 24), *horizon* days ahead.

    A day with an hour missing (NaN) is left out. Raises BadInput for counts that are not from zero and up, under a year
    of days, or too few whole ones to have forecast any before.
    """
    if hours.ndim != 2 or hours.shape[1] != HOURS or np.any(hours < 0) or np.any(np.isinf(hours)):
        raise BadInput(Message("Antal per timme ska vara tal från noll och uppåt, 24 per dag."))
    if len(hours) < 365:
        raise BadInput(
            Message("Prognos per timme kräver minst ett år av dagar, inte {count}.", count=len(hours)),
        )
    whole = np.isfinite(hours.sum(axis=1))
    made, came = [], []
    for end in range(len(hours) - horizon, max(len(hours) - (_ORIGINS + 1) * horizon, 365 - horizon - 1), -horizon):
        if whole[: max(end, 0)].sum() >= SHORTEST["day"] and whole[end : end + horizon].any():
            made.append(_expected(start, hours[:end], horizon, calendar))
            came.append(hours[end : end + horizon])
    if not made:
        raise BadInput(
            Message("Det finns för få hela dagar för en prognos per timme {count} dagar framåt.", count=horizon)
        )
    expected = _expected(start, hours, horizon, calendar)
    missed = np.sqrt(np.concatenate(came)) - np.sqrt(np.concatenate(made))
    bias, deviation = np.nanmean(missed, axis=0), np.nanstd(missed, axis=0) + 1e-12
    scores = Scores.pooled((missed - bias) / deviation)
    none = np.zeros((horizon, horizon))
    quantiles = np.empty((len(LEVELS), horizon, HOURS))
    for hour in range(HOURS):
        centre = np.maximum(np.sqrt(expected[:, hour]) + bias[hour], 0)
        counts = Counts(1.0, centre, np.eye(horizon) * deviation[hour] ** 2, none, scores)
        quantiles[:, :, hour] = counts.quantiles()
    first = start.next(len(hours))
    return HourlyOutlook(tuple(first.next(n) for n in range(horizon)), expected, quantiles)


def _expected(start: Period, hours: Floats, horizon: int, calendar: Calendar) -> Floats:
    """Return the expected count per hour of the *horizon* days that follow, shape (horizon, 24)."""
    daily = hours.sum(axis=1)
    # A forecast begins after the last whole day, which need not be the last one.
    missing = len(daily) - 1 - int(np.flatnonzero(~np.isnan(daily))[-1])
    (outlook,) = outlooks([History("day", start, daily)], missing + horizon, _WEEK, calendar).series
    weekday = (start.start.weekday() + np.arange(len(hours) + horizon)) % _WEEK
    shares = _shares(hours[-_LATEST_DAYS:], weekday[: len(hours)][-_LATEST_DAYS:])
    mean: Floats = outlook.mean[missing:, None] * shares[weekday[len(hours) :]]
    return mean


def _shares(hours: Floats, weekday: np.ndarray) -> Floats:
    """Return each weekday's share per hour, shape (7, 24)."""
    whole = ~np.isnan(hours).any(axis=1)
    usual = hours[whole].mean(axis=0)
    sums = [hours[whole & (weekday == day)].sum(axis=0) + _PRIOR_DAYS * usual for day in range(_WEEK)]
    return np.array([row / max(row.sum(), 1e-12) for row in sums])
