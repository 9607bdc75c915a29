"""A planner's judgement of the years ahead: each adjustment a step of its own, by the arithmetic of the weeks.

A year's need is spread over its weeks as the balance's forecast of the series has them, adjusted there as the balance
adjusts its weeks (:func:`~vardbalans.engine.need.judgement.judged`), and summed again. So an adjustment adds to a year
what it adds to the balance of the same weeks. Years that have no such forecast are spread as the regression has them.
The demography of later years is not moved by an adjustment: it acts between its dates alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from vardbalans.engine.inputs import Adjustment, Series
from vardbalans.engine.need.demography import YEAR_DAYS, YearChange, YearlyNeed, weeks_of
from vardbalans.engine.need.distribution import LEVELS
from vardbalans.engine.need.forecast import Forecast, forecast
from vardbalans.engine.need.judgement import judged
from vardbalans.engine.periods import Calendar
from vardbalans.engine.sampling import stream
from vardbalans.engine.units import Floats

__all__ = ["judged_years"]


def judged_years(
    base: YearlyNeed,
    series: Series,
    near: Sequence[Forecast],
    adjustments: Sequence[Adjustment],
    calendar: Calendar,
) -> YearlyNeed:
    """Return *base*, the need by *series*, with *adjustments* in the order given; itself where they touch no year.

    *near* is what *base* was made with. A draw of a year is spread over its weeks as the expectation is. Raises what
    :func:`~vardbalans.engine.need.forecast.forecast` raises.
    """
    if not any(_reaches(row, base) for row in adjustments):
        return base
    mean, draws = base.mean.copy(), base.draws.copy()
    added: dict[str, Floats] = {}
    for step, spread in enumerate(_spread(base, series, near, calendar)):
        # A year's counts are those of 365.25 days, of which its weeks are nearly all.
        length = YEAR_DAYS / (7 * len(spread.weeks))
        share = spread.mean / spread.mean.sum() / length
        found = judged(
            replace(spread, mean=base.mean[step] * share, draws=base.draws[:, step, None] * share),
            adjustments,
            calendar,
        )
        for change in found.changes:
            per_year = added.setdefault(change.adjustment.adjustment_id, np.zeros(len(mean)))
            per_year[step] = change.added.sum() * length
        if found.changes:
            mean[step] = found.forecast.mean.sum() * length
            draws[:, step] = found.forecast.draws.sum(axis=1) * length
    return replace(
        base,
        mean=mean,
        draws=draws,
        quantiles=np.quantile(draws, LEVELS, axis=0),
        changes=tuple(YearChange(row, added[row.adjustment_id]) for row in adjustments if row.adjustment_id in added),
    )


def _spread(base: YearlyNeed, series: Series, near: Sequence[Forecast], calendar: Calendar) -> Iterator[Forecast]:
    """Yield a forecast of the weeks of each year: of *near*, and where that ends the series' own."""
    yield from near
    years = [weeks_of(year) for year in base.periods[len(near) :]]
    if not years:
        return
    whole = forecast(series, [week for weeks in years for week in weeks], calendar, 1, stream(0, "spread"))
    first = 0
    for weeks in years:
        yield replace(whole, weeks=weeks, mean=whole.mean[first : first + len(weeks)])
        first += len(weeks)


def _reaches(adjustment: Adjustment, need: YearlyNeed) -> bool:
    first, last = weeks_of(need.periods[0])[0].start, weeks_of(need.periods[-1])[-1].days[-1]
    return max(adjustment.date_from, adjustment.made_on) <= last and adjustment.date_to >= first
