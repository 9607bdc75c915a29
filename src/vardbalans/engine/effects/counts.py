"""Log-linear models of counts, as statsmodels fits them."""

import warnings
from typing import Any

import numpy as np

from vardbalans.engine.errors import Impossible
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = ["fit_counts", "spread_beyond_chance"]

_ROUNDS = 100


def fit_counts(values: Floats, design: Floats, offset: Floats, alpha: float | None = None) -> Any:
    """Return the fitted Poisson model (with *alpha* the negative binomial)."""
    from statsmodels.genmod import families  # noqa: PLC0415 - heavy
    from statsmodels.genmod.generalized_linear_model import GLM  # noqa: PLC0415
    from statsmodels.tools.sm_exceptions import PerfectSeparationWarning  # noqa: PLC0415

    family = families.Poisson() if alpha is None else families.NegativeBinomial(alpha=alpha)
    with warnings.catch_warnings():
        # A count without any noise is fitted exactly, which the library takes for a fault.
        warnings.simplefilter("ignore", PerfectSeparationWarning)
        return GLM(values, design, family=family, offset=offset).fit(scale=1.0, maxiter=_ROUNDS)


def spread_beyond_chance(values: Floats, design: Floats, offset: Floats) -> float:
    """Return the negative binomial's alpha by maximum likelihood; a hair above zero without overdispersion."""
    from statsmodels.discrete.discrete_model import NegativeBinomial  # noqa: PLC0415 - heavy

    first = fit_counts(values, design, offset)
    if first.pearson_chi2 <= first.df_resid:
        return 1e-8
    guess = float((((values - first.mu) ** 2 - first.mu) / first.mu**2).mean())
    fit = NegativeBinomial(values, design, offset=offset).fit(
        start_params=[*first.params, max(guess, 1e-4)], method="bfgs", maxiter=500, disp=False, warn_convergence=False
    )
    if not np.isfinite(fit.params).all():
        raise Impossible(Message("Den negativa binomialmodellen gick inte att anpassa; välj quasipoisson."))
    return max(float(fit.params[-1]), 1e-8)
