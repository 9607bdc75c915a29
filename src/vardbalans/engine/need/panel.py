"""Series side by side on one line of periods, and the forecast of them all in one bundle."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vardbalans.engine.need.axis import place
from vardbalans.engine.need.distribution import Scores
from vardbalans.engine.need.history import Prepared
from vardbalans.engine.units import Floats

__all__ = ["PanelForecast", "relative_errors", "values_of"]


@dataclass(frozen=True, eq=False)
class PanelForecast:
    """Forecasts of N series on the square-root scale relative to *scale* (N,), for the A places from *first* on.

    Series *n* is forecast from place *ends[n]* on. *centre* (N, A) and *covariance* (N, A, A) of each beside
    *shared* (A, A), the covariance of what all have in common; *parts* (3, N, n): level, season and calendar over the
    whole axis; *weights* (N, methods); *errors* (methods, N): mean absolute miss of past forecasts as a share of the
    seasonal naive's, NaN where there was none; *misses* (N, misses) of past forecasts in counts, NaN where not known.
    """

    methods: tuple[str, ...]
    first: int
    ends: Sequence[int]
    scale: Floats
    centre: Floats
    covariance: Floats
    shared: Floats
    scores: Scores
    parts: Floats
    weights: Floats
    errors: Floats
    misses: Floats


def values_of(series: Sequence[Prepared], start: int, horizon: int) -> tuple[Floats, np.ndarray]:
    """Return values (series, places from *start* to *horizon* past the last end), NaN where unknown, and the ends."""
    begins = [place(item.start) - start for item in series]
    ends = np.array([begin + len(item.values) for begin, item in zip(begins, series, strict=True)])
    values = np.full((len(series), int(ends.max()) + horizon), np.nan)
    for row, (begin, item) in enumerate(zip(begins, series, strict=True)):
        values[row, begin : ends[row]] = item.values
    return values, ends


def relative_errors(forecasts: Floats, outcomes: Floats, naive: Floats) -> Floats:
    """Return what *forecasts* (methods, N, misses) missed by over what *naive* did; NaN where it never missed."""
    known = ~np.isnan(outcomes) & ~np.isnan(naive)
    missed = np.where(known, np.abs(forecasts - np.where(known, outcomes, 0)), 0).sum(axis=2)
    plain = np.where(known, np.abs(naive - outcomes), 0).sum(axis=1)
    errors: Floats = np.divide(missed, plain, out=np.full_like(missed, np.nan), where=plain > 0)
    return errors
