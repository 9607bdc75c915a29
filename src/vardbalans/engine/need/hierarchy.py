"""Forecasts that add up: unit, clinic, region; each is forecast by itself, then all are moved as little as needed.

How far each may be moved follows from how its past forecasts missed (MinT): a forecast that used to be right stays, and
those that missed together are moved together. The covariance of misses is drawn towards its diagonal as far as chance
would have it (Schäfer & Strimmer 2005). Draws are moved by the same rule, so every draw adds up too.

Source: Wickramasuriya, Athanasopoulos & Hyndman, *Optimal forecast reconciliation for hierarchical and grouped time
series through trace minimization* (2019), in its form with constraints.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.need.distribution import LEVELS
from vardbalans.engine.need.history import History, Remark
from vardbalans.engine.need.outlook import Outlook, Outlooks, outlooks
from vardbalans.engine.periods import Calendar, Period
from vardbalans.engine.units import Floats

__all__ = ["Coherent", "coherent_outlooks", "shrinkage"]


@dataclass(frozen=True, eq=False)
class Coherent:
    """Forecasts over the same H *periods* that add up: id → mean (H,), quantiles (13, H), draws (D, H).

    The parts come first, in the order of the histories, then the sums. *base* are the forecasts before they were moved.
    """

    periods: tuple[Period, ...]
    mean: Mapping[str, Floats]
    quantiles: Mapping[str, Floats]
    draws: Mapping[str, Floats]
    base: Mapping[str, Outlook]
    remarks: tuple[Remark, ...]


def coherent_outlooks(
    histories: Sequence[History],
    sums: Mapping[str, Sequence[str]],
    horizon: int,
    season: int,
    calendar: Calendar,
    *,
    draws: int = 1000,
    seed: int = 1,
    executor: Executor | None = None,
) -> Coherent:
    """Forecast *histories* and the *sums* of them (id of the sum → ids of the histories in it) so that they add up.

    Raises BadInput where a sum names a history that is not there, where the histories do not cover the same periods, or
    where one of them cannot be forecast.
    """
    matrix = _matrix(histories, sums)
    totals = [
        History(name, histories[0].start, np.sum([history.values for history in _of(histories, ids)], axis=0))
        for name, ids in sums.items()
    ]
    found = outlooks([*histories, *totals], horizon, season, calendar, executor)
    _require_all(found, len(histories) + len(totals))
    names = [outlook.series_id for outlook in found.series]
    gain = _gain(matrix, found.series)
    drawn = found.draws(draws, seed)
    moved_draws = _moved(np.stack([drawn[name] for name in names], axis=-1), matrix, gain)
    moved_mean = _moved(np.stack([outlook.mean for outlook in found.series], axis=-1), matrix, gain)
    return Coherent(
        found.series[0].periods,
        {name: moved_mean[:, place] for place, name in enumerate(names)},
        {name: np.quantile(moved_draws[:, :, place], LEVELS, axis=0) for place, name in enumerate(names)},
        {name: moved_draws[:, :, place] for place, name in enumerate(names)},
        {outlook.series_id: outlook for outlook in found.series},
        found.remarks,
    )


def _of(histories: Sequence[History], ids: Sequence[str]) -> list[History]:
    return [history for history in histories if history.series_id in set(ids)]


def _matrix(histories: Sequence[History], sums: Mapping[str, Sequence[str]]) -> Floats:
    """Return one row per sum and one column per history: 1 where the history is part of the sum."""
    ids = [history.series_id for history in histories]
    unknown = sorted({name for parts in sums.values() for name in parts} - set(ids))
    if unknown:
        raise BadInput(Message("Summan pekar på en serie som inte finns: {series}.", series=unknown[0]))
    if len({(history.start, len(history.values)) for history in histories}) > 1:
        raise BadInput(Message("Serier som ska summera måste ha samma perioder."))
    return np.array([[float(name in set(parts)) for name in ids] for parts in sums.values()]).reshape(-1, len(ids))


def _require_all(found: Outlooks, count: int) -> None:
    if len(found.series) < count:
        first = next(remark for remark in found.remarks if remark.severity == "error")
        raise BadInput(first.message)
    if len({outlook.periods for outlook in found.series}) > 1:
        raise BadInput(Message("Serier som ska summera måste ha samma perioder."))


def _gain(matrix: Floats, series: Sequence[Outlook]) -> Floats:
    """Return how what does not add up is dealt out, shape (all, sums): W C' (C W C')⁻¹."""
    constraints = np.hstack([-matrix, np.eye(len(matrix))])
    covariance = _covariance(series)
    across = covariance @ constraints.T
    return np.asarray(np.linalg.solve(constraints @ across, across.T).T)


def _covariance(series: Sequence[Outlook]) -> Floats:
    """Return the covariance of misses, drawn towards its diagonal; from the forecast's spread where none is known."""
    longest = max(len(outlook.misses) for outlook in series)
    misses = np.stack([np.resize(outlook.misses, longest) for outlook in series])  # one NaN becomes NaN throughout
    known = ~np.isnan(misses).any(axis=0)
    low, high = LEVELS.index(0.1), LEVELS.index(0.9)
    spread = np.array([np.mean(outlook.quantiles[high] - outlook.quantiles[low]) / 2.563 for outlook in series])
    smallest = 1e-9 * max(float(spread.max()), 1e-12)
    if known.sum() < 3:
        return np.diag(np.maximum(spread, smallest) ** 2)
    deviation = np.sqrt((misses[:, known] ** 2).mean(axis=1))
    standard = misses[:, known] / np.maximum(deviation, smallest)[:, None]
    correlation = standard @ standard.T / known.sum()
    correlation *= 1 - shrinkage(standard)
    np.fill_diagonal(correlation, 1)
    size = np.maximum(deviation, smallest)
    covariance: Floats = correlation * np.outer(size, size)
    return covariance


def shrinkage(standard: Floats) -> float:
    """Return how far correlations are drawn to zero (0–1), from *standard* ised misses (series, misses)."""
    count = standard.shape[1]
    mean = standard @ standard.T / count
    variance = (standard**2 @ (standard**2).T / count - mean**2) / (count - 1)
    apart = ~np.eye(len(standard), dtype=bool)
    total = float((mean[apart] ** 2).sum())
    return min(1.0, max(0.0, float(variance[apart].sum()) / total)) if total > 0 else 1.0


def _moved(values: Floats, matrix: Floats, gain: Floats) -> Floats:
    """Return *values* (…, all) moved so that they add up; parts never below zero, sums then summed anew."""
    parts = matrix.shape[1]
    apart = values[..., parts:] - values[..., :parts] @ matrix.T
    bottom = np.maximum(values[..., :parts] - apart @ gain[:parts].T, 0)
    return np.concatenate([bottom, bottom @ matrix.T], axis=-1)
