"""How methods are weighed: by what they would have missed by, from earlier origins, in each series and in all of them.

The weights are whole tenths. Chosen for a series are those that would have had the least mean absolute miss, its own
misses counted together with :data:`POOL` misses of all series; so one lucky year of one series moves little, and a
method that suits all is found with certainty. Weight taken from the first method must gain more than chance would: its
share over the square root of how many misses are independent is laid on top. Source: Breiman, *Stacked regressions*
(1996), on a grid in place of a solver; the square-root scale keeps large values from deciding alone.
"""

from itertools import product

import numpy as np

from vardbalans.engine.units import Floats

__all__ = ["POOL", "TENTHS", "chosen_weights"]

POOL = 1000
TENTHS = 10


def chosen_weights(forecasts: Floats, outcomes: Floats, independent: int, tenths: int = TENTHS) -> Floats:
    """Return the weights, shape (series, methods), of *forecasts* (methods, series, misses) of *outcomes* (…).

    NaN in *outcomes* is an outcome not known. Without any outcome the first method has all the weight. *independent*
    (at least 1) is how many of the misses are: those of one series follow on each other. *tenths* is how many parts the
    weight is dealt in; with one part each series has one method.
    """
    methods, size, _ = forecasts.shape
    grid = np.array([parts for parts in product(range(tenths + 1), repeat=methods) if sum(parts) == tenths]) / tenths
    grid = grid[::-1]  # of equals, the one that leans most on the first method
    known = ~np.isnan(outcomes)
    count = known.sum(axis=1)
    if not count.any():
        return np.tile(grid[0], (size, 1))
    misses = np.abs(np.tensordot(grid, forecasts, axes=1) - np.where(known, outcomes, 0))
    own = np.where(known, misses, 0).sum(axis=2) / np.maximum(count, 1)
    usual = own.mean(axis=0)
    relative = own / np.where(usual > 0, usual, 1)
    chance = (1 - grid[:, :1]) / np.sqrt(independent)
    shared = (relative * count).sum(axis=1, keepdims=True) / count.sum() + chance
    return np.asarray(grid[((relative * count + shared * POOL) / (count + POOL)).argmin(axis=0)])
