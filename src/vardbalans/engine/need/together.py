"""The forecasts that the balance uses, of all services at once: by the month together, by the week each for itself.

Counts by the month have long histories of few values: forecast together (:func:`~.outlook.outlooks`) they borrow from
each other, and missed a tenth less than the regression (:func:`~.forecast.forecast`) in public hospital series. By the
week the regression knows each week's working days, summer and Christmas, and missed as little. Under two years, and
where hardly anything was counted, it stands for both.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np

from vardbalans.engine.inputs import Adjustment, Event, Series, ServiceInput
from vardbalans.engine.need.distribution import Counts
from vardbalans.engine.need.forecast import (
    YEAR,
    Forecast,
    Monthly,
    forecast,
    forecast_periods,
    is_few,
    over_weeks,
    periods_ahead,
)
from vardbalans.engine.need.history import Event as MonthlyEvent
from vardbalans.engine.need.history import History
from vardbalans.engine.need.judgement import Judged, judged
from vardbalans.engine.need.outlook import Outlook, Outlooks, outlooks
from vardbalans.engine.periods import Calendar, Period
from vardbalans.engine.sampling import stream
from vardbalans.engine.units import Floats

__all__ = ["forecasts", "judged_forecasts", "periods_of_all"]

_YEARS = 2


def forecasts(
    needs: Mapping[str, Series], weeks: Sequence[Period], calendar: Calendar, draws: int, seed: int
) -> dict[str, Forecast]:
    """Return service id → forecast of *needs* (weekly or monthly counts) over *weeks*, in the order given.

    Raises what :func:`~.forecast.forecast` does.
    """
    months = {name: series for name, series in needs.items() if _borrows(series)}
    made = {
        name: forecast(series, weeks, calendar, 1 if name in months else draws, stream(seed, "need", name))
        for name, series in needs.items()
    }
    if not months:
        return made
    ahead = {name: periods_ahead(series, weeks) for name, series in months.items()}
    found, drawn = _outlooks(months, max(ahead.values()), calendar, draws, seed)
    for outlook in found.series:
        name = outlook.series_id
        mean, sampled, kept = outlook.mean[: ahead[name]], drawn[name][:, : ahead[name]], outlook.periods[: ahead[name]]
        split = over_weeks(kept, tuple(weeks), calendar)
        notes = [remark.message for remark in found.remarks if remark.series_id == name]
        made[name] = replace(
            made[name],
            mean=mean @ split,
            draws=sampled @ split,
            method="together",
            reason=outlook.reason,
            source=needs[name].source,
            note=notes[0] if notes else None,
            months=Monthly(kept, mean, sampled, _factors(outlook, ahead[name])),
        )
    return made


def judged_forecasts(
    items: Collection[ServiceInput],
    weeks: Sequence[Period],
    adjustments: Sequence[Adjustment],
    draws: int,
    seed: int,
) -> dict[str, Judged]:
    """Return service id → the forecast of its need and what planners make of it; the items have one calendar.

    Raises what :func:`forecasts` does.
    """
    if not items:
        return {}
    needs, calendar = {item.service.service_id: item.need for item in items}, next(iter(items)).calendar
    return {
        name: judged(base, [row for row in adjustments if row.service_id == name], calendar)
        for name, base in forecasts(needs, weeks, calendar, draws, seed).items()
    }


def periods_of_all(
    needs: Mapping[str, Series], count: int, calendar: Calendar, draws: int, seed: int
) -> dict[str, tuple[Floats, Floats]]:
    """Return service id → the same forecast of its own next *count* periods: mean (count,) and draws (draws, count).

    Series too short or too sparse for a curve are left out.
    """
    months = {name: series for name, series in needs.items() if _borrows(series)}
    made: dict[str, tuple[Floats, Floats]] = {}
    if months:
        found, drawn = _outlooks(months, count, calendar, draws, seed)
        made = {outlook.series_id: (outlook.mean, drawn[outlook.series_id]) for outlook in found.series}
    for name in needs.keys() - months.keys():
        own = forecast_periods(needs[name], count, calendar, draws, stream(seed, "need", name))
        if own is not None:
            made[name] = own
    return made


def _borrows(series: Series) -> bool:
    return series.start.frequency == "month" and len(series.values) >= _YEARS * YEAR["month"] and not is_few(series)


def _outlooks(
    months: Mapping[str, Series], ahead: int, calendar: Calendar, draws: int, seed: int
) -> tuple[Outlooks, dict[str, Floats]]:
    histories = [
        History(name, series.start, series.values, tuple(_by_month(series, event) for event in series.events))
        for name, series in months.items()
    ]
    found = outlooks(histories, ahead, YEAR["month"], calendar)
    return found, found.draws(draws, seed)


def _by_month(series: Series, event: Event) -> MonthlyEvent:
    """Return *event* in the series' periods; one that still goes on goes on to the series' end."""
    last = event.last or series.end - timedelta(days=1)
    return MonthlyEvent(event.kind, Period(event.first.replace(day=1), "month"), Period(last.replace(day=1), "month"))


def _factors(outlook: Outlook, ahead: int) -> dict[str, Floats]:
    """Return what multiplies to the mean of each month; empty for a forecast by a written rule.

    Parts add up on the square-root scale; each factor is what the count is multiplied by as its part is added.
    """
    if not isinstance(outlook.distribution, Counts) or not outlook.parts or not outlook.level_now:
        return {}
    level, season, days = (outlook.parts[name][:ahead] for name in ("level", "season", "calendar"))
    now = np.full(ahead, outlook.level_now)
    roots = [now, level, level + season, level + season + days]
    if min(float(root.min()) for root in roots) <= 0:
        return {}
    counts = [outlook.distribution.scale * root**2 for root in roots] + [outlook.mean[:ahead]]
    return {
        "level": counts[0],
        "trend": counts[1] / counts[0],
        "season": counts[2] / counts[1],
        "working_days": counts[3] / counts[2],
        "deviation": counts[4] / counts[3],
    }
