"""Forecasts for histories that no model can be fitted to: constant, short, intermittent."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from vardbalans.engine.need.distribution import NORMAL, Counts, Empirical
from vardbalans.engine.need.history import Prepared
from vardbalans.engine.need.library import INTERMITTENT_METHODS, intermittent
from vardbalans.engine.units import Floats

__all__ = ["Chosen", "constant", "intermittent_rate", "short"]

# On the root scale: a season that cannot be told yet, 0.15, is some ±30 % of the count; a level told by few periods is
# as unsure again.
_UNKNOWN_SEASON = 0.15
_UNKNOWN_LEVEL = 3.0
_RECENT_SEASONS = 3
_ORIGINS = 4


class Chosen(NamedTuple):
    """A distribution, the method's name, and each candidate's mean squared miss in the past (empty: none tried)."""

    distribution: Counts | Empirical
    method: str
    errors: Mapping[str, float]


def constant(series: Prepared, horizon: int) -> Chosen:
    """All values were equal: so will they be."""
    return Chosen(Empirical(series.known[:1], horizon), "constant", {})


def short(series: Prepared, horizon: int, season: int) -> Chosen:
    """Return the mean of the same part of the season, drawn halfway to the mean of all; wide on purpose.

    Under one season there is only the mean of all.
    """
    values, known = series.values, series.known
    roots = np.sqrt(values / known.mean()) if known.any() else np.where(np.isnan(values), np.nan, 0.0)
    level = float(np.nanmean(roots))
    whole = season > 1 and len(known) >= season
    slots = (len(values) + np.arange(horizon)) % season
    centre = np.array([_half_way(roots[slot::season], level) if whole else level for slot in slots])
    noise = float(np.nanvar(roots, ddof=1)) if len(known) > 1 else 0.0
    variance = noise + _UNKNOWN_SEASON**2 * (1 + _UNKNOWN_LEVEL / len(known))
    own = variance * np.eye(horizon) if known.any() else np.zeros((horizon, horizon))
    scale = float(known.mean())
    return Chosen(Counts(scale, centre, own, np.zeros_like(own), NORMAL), "seasonal_mean" if whole else "mean", {})


def _half_way(values: Floats, level: float) -> float:
    known = values[~np.isnan(values)]
    return float((known.sum() + level) / (len(known) + 1))


def intermittent_rate(series: Prepared, horizon: int, season: int) -> Chosen:
    """Many zeros: the rate by the method that missed least in the past, spread as the last seasons' values were.

    The mean of the last seasons is the candidate to beat. Misses are squared, for absolute ones would favour zero.
    """
    values = series.known
    recent = max(_RECENT_SEASONS * season, 3 * horizon)
    step = max(1, round(horizon / _ORIGINS))
    errors = dict.fromkeys(("mean", *INTERMITTENT_METHODS), 0.0)
    tried = 0
    for origin in range(len(values) - step, max(len(values) - (_ORIGINS + 1) * step, season, 8), -step):
        came = values[origin : origin + horizon]
        tried += len(came)
        for name, rate in _rates(values[:origin], recent).items():
            errors[name] += float(((came - rate) ** 2).sum())
    best = min(errors, key=lambda name: errors[name]) if tried else "mean"
    rate, pattern = _rates(values, recent)[best], values[-recent:]
    if not pattern.any():
        pattern = values
    spread = Empirical(pattern * (rate / pattern.mean()) if pattern.any() else pattern, horizon)
    return Chosen(spread, best, {name: error / max(tried, 1) for name, error in errors.items()})


def _rates(values: Floats, recent: int) -> dict[str, float]:
    return {
        "mean": float(values[-recent:].mean()),
        **(intermittent(values) if values.any() else dict.fromkeys(INTERMITTENT_METHODS, 0.0)),
    }
