"""Methods of the statsforecast library, as functions from values to values; loaded at the first call.

Theta in its optimised dynamic form (Fiorucci et al. 2016) is written in C++ there and fast; beside the mixture, the
automatic ETS and complex smoothing cost 10–20 times as much and bettered no origin tried. For intermittent counts:
Croston's method as corrected by Syntetos & Boylan (2005), that of Teunter, Syntetos & Babai (2011), and ADIDA
(Nikolopoulos et al. 2011).
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any, NamedTuple

import numpy as np

from vardbalans.engine.units import Floats

__all__ = ["INTERMITTENT_METHODS", "Job", "intermittent", "theta", "theta_of_all"]

_CHUNK = 64
INTERMITTENT_METHODS = ("tsb", "croston_sba", "adida")


class Job(NamedTuple):
    """Values (no gaps) to go on from, and how many periods ahead."""

    values: Floats
    horizon: int


def theta_of_all(jobs: Sequence[Job], season: int, executor: Executor | None) -> list[Floats]:
    """Return the theta forecast of every job, in order; chunks of jobs go to *executor* where there is one."""
    chunks = [list(jobs[start : start + _CHUNK]) for start in range(0, len(jobs), _CHUNK)]
    run: Callable[..., Any] = executor.map if executor else map
    return [found for part in run(theta, chunks, [season] * len(chunks)) for found in part]


def theta(jobs: Sequence[Job], season: int) -> list[Floats]:
    """Return the theta forecast of each job, shape (horizon,); a job whose values are all equal keeps that value."""
    from statsforecast.models import DynamicOptimizedTheta  # noqa: PLC0415 - heavy

    found = []
    for values, horizon in jobs:
        if np.ptp(values) == 0:
            found.append(np.full(horizon, values[0]))
            continue
        cycle = season if len(values) >= 2 * season else 1
        scale = float(values.mean())  # so that what the optimiser finds does not hang on the unit
        model = DynamicOptimizedTheta(season_length=cycle)
        found.append(np.maximum(model.forecast(values / scale, horizon)["mean"], 0) * scale)
    return found


def intermittent(values: Floats) -> Mapping[str, float]:
    """Return the rate per period that each intermittent method expects after *values*."""
    from statsforecast.models import ADIDA, TSB, CrostonSBA  # noqa: PLC0415 - heavy

    models = dict(zip(INTERMITTENT_METHODS, (TSB(0.1, 0.1), CrostonSBA(), ADIDA()), strict=True))
    scale = float(values.mean()) or 1.0
    return {
        name: max(0.0, float(model.forecast(values / scale, 1)["mean"][0])) * scale for name, model in models.items()
    }
