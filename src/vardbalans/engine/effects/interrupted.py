"""Interrupted time series: one series, a date, and what it would have been without what began then.

The level follows a trend and a season; from the start it has a step, and where asked a change of slope. The slope is
centred at the start: it counts periods since the last one before, so that the step is the change at the start and not,
as in the classic error, at the beginning of time. Counts have a log link (the effect is a ratio), other values none (a
difference). Control series are covariates: what moves them moves the outcome as far as it did before the start.
Sources: Wagner et al. 2002; Lopez Bernal, Cummins and Gasparrini 2017.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import scipy

from vardbalans.engine.effects.counts import fit_counts, spread_beyond_chance
from vardbalans.engine.effects.persistence import Errors, estimate
from vardbalans.engine.effects.verdict import Interval, Scale, Verdict, verdict
from vardbalans.engine.errors import BadInput, Impossible
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = ["Effect", "Form", "Model", "Series", "design", "effect"]

Model = Literal["poisson", "quasipoisson", "negative_binomial", "gaussian"]
_TAIL = 0.975  # of the 95 per cent interval


@dataclass(frozen=True, eq=False)
class Series:
    """A series in order of time: *positions* are whole periods (gaps are left out), the rest one value for each.

    *denominators* are what counts are counted per. *season* is its length in periods (1: none). *first* is the phase of
    the season at position 0.
    """

    positions: np.ndarray
    values: Floats
    denominators: Floats | None = None
    controls: Mapping[str, Floats] = field(default_factory=dict)
    season: int = 1

    @property
    def are_counts(self) -> bool:
        """Tell whether all values are whole and none is below zero."""
        return bool((self.values >= 0).all() and (self.values == np.round(self.values)).all())

    def part(self, chosen: np.ndarray) -> "Series":
        """Return the periods in *chosen* (a mask)."""
        return replace(
            self,
            positions=self.positions[chosen],
            values=self.values[chosen],
            denominators=None if self.denominators is None else self.denominators[chosen],
            controls={name: column[chosen] for name, column in self.controls.items()},
        )


@dataclass(frozen=True)
class Form:
    """How the level may move: a trend, *harmonics* of the season (None: two where two years are known), a change of
    slope.

    *model* None: quasi-Poisson for counts, else Gaussian, with the interval that counts neighbouring periods' likeness
    in. A *model* by name has its textbook (Wald) interval.
    """

    model: Model | None = None
    harmonics: int | None = None
    slope: bool = False


@dataclass(frozen=True)
class Effect:
    """The step at the start: the asked model's interval, and the one with the likeness of neighbouring periods counted
    in.

    *slope* is the change of slope per period with its textbook interval. *dispersion* is Pearson's χ² over degrees of
    freedom (variance over mean of counts; of a Gaussian model the residual variance). *correlation* is that of one
    period's error with the next. *alpha* is the negative binomial's.
    """

    step: Interval
    robust: Interval
    slope: Interval | None
    model: Model
    dispersion: float
    correlation: float
    harmonics: int
    alpha: float | None
    before: int
    after: int

    @property
    def verdict(self) -> Verdict:
        """Return whether the effect is shown, by the written rule."""
        return verdict(self.step, self.robust)


def design(series: Series, start: int, harmonics: int, *, slope: bool = False, counts: bool = False) -> Floats:
    """Return the design matrix: level, step, trend, (change of slope,) harmonics, controls. *start* is a position."""
    since = series.positions - start
    after = since >= 0
    columns = [np.ones(len(since)), after.astype(float), since / max(series.season, 12)]
    if slope:
        columns.append(np.where(after, since + 1.0, 0.0))
    for number in range(1, harmonics + 1):
        turn = 2 * np.pi * number * series.positions / series.season
        columns += [np.sin(turn), np.cos(turn)] if 2 * number < series.season else [np.cos(turn)]
    for name, values in series.controls.items():
        if counts and not (values > 0).all():
            raise BadInput(Message("Kontrollserien {name} måste vara över noll när utfallet är antal.", name=name))
        column = np.log(values) if counts else values
        columns.append(column - column.mean())
    return np.column_stack(columns)


def effect(series: Series, start: int, form: Form | None = None) -> Effect:
    """Return the effect of what began at position *start*.

    Raises BadInput where the values do not fit the model, Impossible where there are too few periods to tell by.
    """
    form = form or Form()
    model = form.model or ("quasipoisson" if series.are_counts else "gaussian")
    counts = model != "gaussian"
    _check(series, model)
    # A named model is the textbook's: it has a season only where one is asked for.
    wanted = (0 if form.model else _usual(series)) if form.harmonics is None else form.harmonics
    columns = design(series, start, wanted, slope=form.slope, counts=counts)
    after = int((series.positions >= start).sum())
    _enough(series, columns, after, counts=counts, start=start)
    fitted = _counts(series, columns, model) if counts else _plain(series, columns)
    scale: Scale = "ratio" if counts else "difference"
    contrast = np.eye(columns.shape[1])[1]
    found = estimate(fitted.scaled[:, None], fitted.design, contrast, Errors.along(series.positions))
    robust = _interval(found.centre[0], found.low[0], found.high[0], scale)
    step, slope = (_wald(fitted, place, scale) for place in (1, 3))
    return Effect(
        step=step if form.model else robust,
        robust=robust,
        slope=slope if form.slope else None,
        model=model,
        dispersion=fitted.dispersion,
        correlation=float(found.correlation[0]),
        harmonics=wanted,
        alpha=fitted.alpha,
        before=len(series.values) - after,
        after=after,
    )


def _usual(series: Series) -> int:
    """Return two harmonics where two whole seasons are known; else none, as season and step look the same."""
    span = int(series.positions[-1] - series.positions[0]) + 1
    return min(2, series.season // 2) if series.season > 2 and span >= 2 * series.season else 0


def _check(series: Series, model: Model) -> None:
    if model != "gaussian" and not series.are_counts:
        raise BadInput(
            Message("Modellen {model} är för antal: hela tal, inget under noll. Välj gaussian.", model=model)
        )
    if series.denominators is not None and not (series.denominators > 0).all():
        raise BadInput(Message("Nämnaren måste vara över noll i varje period."))


def _enough(series: Series, columns: Floats, after: int, *, counts: bool, start: int) -> None:
    reasons = []
    before = len(series.values) - after
    if before < 3 or after < 1:
        reasons.append(
            Message(
                "Det finns {before} perioder före starten och {after} efter; minst 3 och 1 behövs.",
                before=before,
                after=after,
            )
        )
    elif counts and not all(
        series.values[part].sum() for part in (series.positions < start, series.positions >= start)
    ):
        reasons.append(Message("Alla värden före eller alla efter starten är noll: en kvot kan inte räknas."))
    elif len(columns) - columns.shape[1] < 3 or np.linalg.matrix_rank(columns) < columns.shape[1]:
        reasons.append(
            Message(
                "{count} perioder räcker inte till att skilja effekten från trend, årstid och kontrollserier.",
                count=len(columns),
            )
        )
    if reasons:
        raise Impossible(Message("Effekten kan inte räknas."), reasons)


@dataclass(frozen=True, eq=False)
class _Fitted:
    """A fitted model, and itself made linear: *scaled* outcome and *design*, each row with the same error variance."""

    coefficients: Floats
    deviations: Floats
    dispersion: float
    scaled: Floats
    design: Floats
    alpha: float | None = None


def _wald(fitted: _Fitted, place: int, scale: Scale) -> Interval:
    place = min(place, len(fitted.coefficients) - 1)
    rows, width = fitted.design.shape
    # The variance of counts is the model's; that of other values is estimated, and the interval is Student's.
    far = scipy.special.ndtri(_TAIL) if scale == "ratio" else scipy.special.stdtrit(rows - width, _TAIL)
    centre, reach = fitted.coefficients[place], far * fitted.deviations[place]
    return _interval(centre, centre - reach, centre + reach, scale)


def _interval(centre: float, low: float, high: float, scale: Scale) -> Interval:
    if scale == "ratio":
        centre, low, high = np.exp([centre, low, high])
    return Interval(float(centre), float(low), float(high), scale)


def _plain(series: Series, columns: Floats) -> _Fitted:
    """Return least squares; with denominators, of value per denominator, each row weighing as its denominator."""
    weight = np.ones(len(columns)) if series.denominators is None else series.denominators / series.denominators.mean()
    outcome = series.values if series.denominators is None else series.values / series.denominators
    root = np.sqrt(weight)
    scaled, lines = root * outcome, root[:, None] * columns
    found, *_ = np.linalg.lstsq(lines, scaled, rcond=None)
    variance = float(((scaled - lines @ found) ** 2).sum() / (len(columns) - columns.shape[1]))
    deviations = np.sqrt(variance * np.diag(np.linalg.inv(lines.T @ lines)))
    return _Fitted(found, deviations, variance, scaled, lines)


def _counts(series: Series, columns: Floats, model: Model) -> _Fitted:
    offset = np.zeros(len(columns)) if series.denominators is None else np.log(series.denominators)
    alpha = spread_beyond_chance(series.values, columns, offset) if model == "negative_binomial" else None
    fit = fit_counts(series.values, columns, offset, alpha)
    mean, dispersion = fit.mu, float(fit.pearson_chi2 / fit.df_resid)
    weight = np.sqrt(mean if alpha is None else mean / (1 + alpha * mean))
    working = columns @ fit.params + (series.values - mean) / mean
    return _Fitted(
        fit.params,
        fit.bse * (np.sqrt(dispersion) if model == "quasipoisson" else 1.0),
        dispersion,
        weight * working,
        weight[:, None] * columns,
        alpha,
    )
