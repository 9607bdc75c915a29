"""A service's need by calendar month: what was counted, and what is expected, put together from weeks where need be."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from vardbalans.engine.need import months_of
from vardbalans.engine.periods import Period
from vardbalans.engine.scenario import ServiceOutcome
from vardbalans.engine.units import Floats

__all__ = ["Months", "by_month"]

KEPT = 36


@dataclass(frozen=True, eq=False)
class Months:
    """The months counted whole, and those *ahead*: the month that data end in is among the latter.

    *mean*, *base* (before adjustments) and *known* (counted already) are per month ahead, *draws* (draws, months).
    """

    past: list[dict[str, Any]]
    ahead: tuple[Period, ...]
    mean: Floats
    base: Floats
    draws: Floats
    known: Floats


def by_month(row: ServiceOutcome) -> Months:
    """Return the need of *row* by month."""
    return _of_months(row) if row.item.need.start.frequency == "month" else _of_weeks(row)


def _of_weeks(row: ServiceOutcome) -> Months:
    need, weeks = row.item.need, row.forecast.weeks
    joined = need.end == weeks[0].start
    before = need.periods if joined else ()
    months, shares = months_of((*before, *weeks), row.item.calendar)
    known = need.values @ shares[: len(before)] if joined else np.zeros(len(months))
    later = shares[len(before) :]
    ahead = later.sum(axis=0) > 0
    if joined:
        counted = [(month, known[n]) for n, month in enumerate(months) if not ahead[n]]
    else:
        earlier, split = months_of(need.periods, row.item.calendar)
        counted = list(zip(earlier, need.values @ split, strict=True))
    return Months(
        _past(counted),
        tuple(month for month, is_ahead in zip(months, ahead, strict=True) if is_ahead),
        (known + row.forecast.mean @ later)[ahead],
        (known + row.base.mean @ later)[ahead],
        (known + row.forecast.draws @ later)[:, ahead],
        known[ahead],
    )


def _of_months(row: ServiceOutcome) -> Months:
    """The forecast as it was made, by month, with the share that planners changed in the month's weeks."""
    need, weeks = row.item.need, row.forecast.weeks
    months, shares = months_of(weeks, row.item.calendar)
    before, now = row.base.mean @ shares, row.forecast.mean @ shares
    past = _past(list(zip(need.periods, need.values, strict=True)))
    made = row.base.months
    if made is None:
        return Months(past, months, now, before, row.forecast.draws @ shares, np.zeros(len(months)))
    changed = {month: now[n] / before[n] for n, month in enumerate(months) if before[n] > 0}
    factors = np.array([changed.get(month, 1.0) for month in made.periods])
    return Months(past, made.periods, made.mean * factors, made.mean, made.draws * factors, np.zeros(len(factors)))


def _past(counted: list[tuple[Period, Any]]) -> list[dict[str, Any]]:
    return [{"period": str(month), "value": round(float(value), 3)} for month, value in counted[-KEPT:]]
