"""The constants of control charts: from the normal distribution, and those that the field rounds.

Source: Montgomery, *Introduction to Statistical Quality Control*, appendix VI; Wheeler and NHS England for 2.66.
"""

import numpy as np
import scipy

from vardbalans.engine.units import Floats

__all__ = ["D2", "D4", "XMR", "a3", "b3", "b4", "c4"]

D2 = 1.128
"""Mean range of two normal values, in standard deviations; rounded as the field's tables and programs have it."""

D4 = 3.267
"""Upper limit of moving ranges, in mean moving ranges."""

XMR = 2.66
"""Three standard deviations in mean moving ranges, as XmR charts round 3 / :data:`D2`."""


def c4(size: Floats) -> Floats:
    """Return the mean standard deviation of *size* normal values over the true one; NaN for fewer than two."""
    n = np.where(size > 1, size, np.nan)
    found: Floats = np.sqrt(2 / (n - 1)) * np.exp(scipy.special.gammaln(n / 2) - scipy.special.gammaln((n - 1) / 2))
    return found


def a3(size: Floats, sigmas: float = 3) -> Floats:
    """Return how far limits of means lie from the centre, in mean standard deviations of samples of *size*."""
    found: Floats = sigmas / (c4(size) * np.sqrt(size))
    return found


def b3(size: Floats, sigmas: float = 3) -> Floats:
    """Return the lower limit of standard deviations over their mean, never below zero."""
    found: Floats = np.maximum(0.0, 1 - _spread(size, sigmas))
    return found


def b4(size: Floats, sigmas: float = 3) -> Floats:
    """Return the upper limit of standard deviations over their mean."""
    found: Floats = 1 + _spread(size, sigmas)
    return found


def _spread(size: Floats, sigmas: float) -> Floats:
    found: Floats = sigmas * np.sqrt(1 - c4(size) ** 2) / c4(size)
    return found
