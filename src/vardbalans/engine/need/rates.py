"""Rates of care by age group, sex and area: small cells lean on what larger ones tell (empirical Bayes).

The service's curve is built one step at a time: contacts per inhabitant, times a ratio per age group, per sex and per
area, times each cell's own ratio. Each ratio is counted over expected, drawn towards one as a gamma-Poisson model has
it: (counted + α) / (expected + α), where α is so many events' worth of belief in the step before. A cell with a
thousand contacts keeps its own rate; one with a single contact takes the curve's.

α is set so that Pearson's statistic equals its degrees of freedom, which needs no prior knowledge of how unlike the
cells are. Sources: Clayton & Kaldor 1987, *Empirical Bayes estimates of age-standardized relative risks for use in
disease mapping*, Biometrics 43, 671–681 (the model); Breslow 1984, *Extra-Poisson variation in log-linear models*,
Applied Statistics 33, 38–44 (α).
"""

import numpy as np

from vardbalans.engine.units import Floats

__all__ = ["cell_rates", "drawn_together", "strength"]

_WEAKEST, _STRONGEST = 1e-6, 1e12


def cell_rates(counts: Floats, exposure: Floats) -> Floats:
    """Return events per inhabitant and year for each cell (age groups, sexes, areas).

    *counts* are events and *exposure* inhabitants times years, both of that shape. The rates times the exposure sum to
    the events that were counted where anyone lives. Without any event, all rates are the same: nothing is known of how
    they differ, so they are 1 and mean only that need follows the number of inhabitants.
    """
    lived_in = exposure > 0
    if not counts[lived_in].any():
        return np.ones_like(exposure)
    total = float(counts[lived_in].sum())
    rates: Floats = np.full(exposure.shape, total / exposure.sum())
    for axis in range(exposure.ndim):
        others = tuple(n for n in range(exposure.ndim) if n != axis)
        expected = (rates * exposure).sum(axis=others, keepdims=True)
        rates = rates * drawn_together(np.where(lived_in, counts, 0).sum(axis=others, keepdims=True), expected, 1)
    fitted = 1 + sum(size - 1 for size in exposure.shape)
    rates = rates * drawn_together(np.where(lived_in, counts, 0), rates * exposure, fitted)
    scaled: Floats = rates * (total / (rates * exposure).sum())
    return scaled


def drawn_together(counts: Floats, expected: Floats, fitted: int) -> Floats:
    """Return counted over expected per cell, drawn towards one; one where nothing is expected.

    *fitted* is how many parameters *expected* was fitted with to the same counts.
    """
    alpha = strength(counts, expected, fitted)
    if np.isinf(alpha):
        return np.ones_like(expected)
    return np.where(expected > 0, (counts + alpha) / (expected + alpha), 1.0)


def strength(counts: Floats, expected: Floats, fitted: int) -> float:
    """Return α, in events; infinite where the cells differ no more than chance would have them.

    Solves Σ (counted − expected)² / (expected + expected² / α) = cells − *fitted*; the sum rises with α.
    """
    there = expected > 0
    miss, mean = (counts[there] - expected[there]) ** 2, expected[there]
    freedom = len(mean) - fitted
    if freedom <= 0 or (miss / mean).sum() <= freedom:
        return float("inf")
    low, high = np.log(_WEAKEST), np.log(_STRONGEST)
    for _ in range(80):
        middle = (low + high) / 2
        if (miss / (mean + mean**2 / np.exp(middle))).sum() > freedom:
            high = middle
        else:
            low = middle
    return float(np.exp((low + high) / 2))
