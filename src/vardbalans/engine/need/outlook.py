"""THE FORECAST OF MANY SERIES, in one screen: histories in; means, quantiles, draws, methods and reasons out.

Regular series are forecast together (:mod:`~vardbalans.engine.need.pool`), others each by a written rule
(:mod:`~vardbalans.engine.need.history` says which). The order of the series plays no part, nor does the unit they are
counted in. There is no chance in means and quantiles; draws come from streams named after each series.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

import numpy as np

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.need.daily import forecast_daily
from vardbalans.engine.need.distribution import Counts, Empirical
from vardbalans.engine.need.history import History, Prepared, Remark, prepared
from vardbalans.engine.need.mixture import PARTS
from vardbalans.engine.need.panel import PanelForecast
from vardbalans.engine.need.pool import forecast_pool
from vardbalans.engine.need.reasons import reason
from vardbalans.engine.need.simple import Chosen, constant, intermittent_rate, short
from vardbalans.engine.periods import Calendar, Period
from vardbalans.engine.sampling import stream
from vardbalans.engine.units import Floats

DAYS_OF_WEEK = 7

__all__ = ["Outlook", "Outlooks", "outlooks"]


@dataclass(frozen=True, eq=False)
class Outlook:
    """The forecast of one series over H periods.

    *mean* (H,) and *quantiles* (13, H) at :data:`~vardbalans.engine.need.distribution.LEVELS`. *weights* are the
    methods' shares; *errors* what each missed by in past forecasts: relative to the seasonal naive for regular series,
    mean squares for intermittent ones; *misses* (…) those of the forecast in counts, all series' in the same places.
    *parts* (H,) on the root scale, *level_now* the level after the last count.
    """

    series_id: str
    method: str
    periods: tuple[Period, ...]
    mean: Floats
    quantiles: Floats
    distribution: Counts | Empirical = field(repr=False)
    weights: Mapping[str, float]
    errors: Mapping[str, float]
    reason: Message
    misses: Floats = field(default_factory=lambda: np.full(1, np.nan), repr=False)
    parts: Mapping[str, Floats] = field(default_factory=dict)
    level_now: float | None = None


@dataclass(frozen=True, eq=False)
class Outlooks:
    """The forecasts, in the order the histories came; *remarks* tell of those that could not be made."""

    series: tuple[Outlook, ...]
    remarks: tuple[Remark, ...]

    def draws(self, count: int, seed: int) -> dict[str, Floats]:
        """Return series id → draws (count, H). What series have in common is drawn alike, so that their sums hold."""
        longest = max((len(outlook.periods) for outlook in self.series), default=0)
        common = stream(seed, "outlook", "shared").standard_normal((count, longest))
        return {
            outlook.series_id: outlook.distribution.draws(
                common[:, : len(outlook.periods)], stream(seed, "outlook", "series", outlook.series_id)
            )
            for outlook in self.series
        }


def outlooks(
    histories: Sequence[History], horizon: int, season: int, calendar: Calendar, executor: Executor | None = None
) -> Outlooks:
    """Forecast every history *horizon* periods from its last known value, with a season of *season* periods (1: none).

    *executor* runs what takes time in chunks of series. Raises BadInput where a horizon or season is below one, an id
    comes twice, or frequencies are mixed.
    """
    _check(histories, horizon, season)
    ready = sorted((prepared(history, season) for history in histories), key=lambda item: item.series_id)
    found: dict[str, Outlook] = {}
    regular = [item for item in ready if item.kind == "regular"]
    if regular:
        daily = regular[0].start.frequency == "day" and season == DAYS_OF_WEEK
        pool = (
            forecast_daily(regular, horizon, calendar)
            if daily
            else forecast_pool(regular, horizon, season, calendar, executor)
        )
        found |= {item.series_id: _of_pool(item, pool, row, horizon) for row, item in enumerate(regular)}
    for item in ready:
        chosen = _simple(item, horizon, season)
        if chosen:
            found[item.series_id] = _outlook(item, chosen, horizon)
    ids = [history.series_id for history in histories]
    remarks = {item.series_id: item.remarks for item in ready}
    return Outlooks(
        tuple(found[name] for name in ids if name in found), tuple(remark for name in ids for remark in remarks[name])
    )


def _check(histories: Sequence[History], horizon: int, season: int) -> None:
    if horizon < 1 or season < 1:
        raise BadInput(
            Message(
                "Horisont och säsong måste vara minst 1, inte {horizon} och {season}.", horizon=horizon, season=season
            )
        )
    if len({history.series_id for history in histories}) < len(histories):
        raise BadInput(Message("Samma serie finns två gånger. Ge varje serie ett eget namn."))
    if len({history.start.frequency for history in histories}) > 1:
        raise BadInput(Message("Serierna blandar dagar, veckor och månader. Gör en prognos för var och en."))


def _simple(item: Prepared, horizon: int, season: int) -> Chosen | None:
    if item.kind == "constant":
        return constant(item, horizon)
    if item.kind == "short":
        return short(item, horizon, season)
    return intermittent_rate(item, horizon, season) if item.kind == "intermittent" else None


def _periods(item: Prepared, horizon: int) -> tuple[Period, ...]:
    return tuple(item.next.next(n) for n in range(horizon))


def _outlook(item: Prepared, chosen: Chosen, horizon: int) -> Outlook:
    return Outlook(
        item.series_id,
        chosen.method,
        _periods(item, horizon),
        chosen.distribution.mean(),
        chosen.distribution.quantiles(),
        chosen.distribution,
        {chosen.method: 1.0},
        chosen.errors,
        reason(item.kind, {chosen.method: 1.0}),
    )


def _of_pool(item: Prepared, pool: PanelForecast, row: int, horizon: int) -> Outlook:
    end = pool.ends[row]
    ahead = slice(end - pool.first, end - pool.first + horizon)
    square = (ahead, ahead)
    counts = Counts(
        float(pool.scale[row]),
        pool.centre[row, ahead],
        pool.covariance[row][square],
        pool.shared[square],
        pool.scores,
    )
    weights = {name: float(share) for name, share in zip(pool.methods, pool.weights[row], strict=True) if share > 0}
    errors = zip(pool.methods, pool.errors[:, row], strict=True)
    return Outlook(
        item.series_id,
        "+".join(weights),
        _periods(item, horizon),
        counts.mean(),
        counts.quantiles(),
        counts,
        weights,
        {name: float(error) for name, error in errors if not np.isnan(error)},
        reason(item.kind, weights),
        pool.misses[row],
        {name: pool.parts[part, row, end : end + horizon] for part, name in enumerate(PARTS)},
        float(pool.parts[0, row, end - 1]),
    )
