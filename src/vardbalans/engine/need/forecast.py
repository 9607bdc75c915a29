"""One honest forecast of counts: a log-linear quasi-Poisson regression with a slowly returning deviation.

log E[count] = level + damped trend + working days + summer + Christmas + yearly harmonics + deviation. The deviation
is a first-order autoregression around zero: what lay above the curve lately stays above for a while. Spread
beyond Poisson is measured and carried into the draws, as is the uncertainty of every coefficient.

Source: McCullagh & Nelder, *Generalized Linear Models* (1989), ch. 9 (quasi-likelihood). The expectation is computed
without draws, so a seed never moves it; draws are centred on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Source
from vardbalans.engine.inputs import Event, Series
from vardbalans.engine.messages import Message
from vardbalans.engine.need.design import COLUMNS, PRIOR_SD, SHORT_PRIOR_SD, design
from vardbalans.engine.need.history import Event as NewLevel
from vardbalans.engine.need.history import History, Prepared, prepared
from vardbalans.engine.periods import Calendar, Period, month_shares
from vardbalans.engine.units import Floats

__all__ = [
    "YEAR",
    "Forecast",
    "Growth",
    "Monthly",
    "forecast",
    "forecast_periods",
    "is_few",
    "over_weeks",
    "periods_ahead",
]

YEAR = {"week": 52, "month": 12}
HISTORY_YEARS = 3
SHORT_SEASON = 0.15  # spread of a season that cannot be told yet, on the log scale
STEP_PRIOR_SD = 0.5  # of a new level on the log scale: one that doubles or halves the count is rare
WIDEST = 1.0  # variance on the log scale; beyond it the count is not spread but intermittent
FEW = 5  # fewer events than this in the history used: only a mean can be told …
SHORTEST = {"week": 8, "month": 3}  # … and so with fewer periods than this
_LOG = 30.0  # of the largest count that is tried on the way to a fit
_CLOSEST = 0.98  # a deviation that stays for ever would be a level
_Z95 = 1.959963984540054


@dataclass(frozen=True)
class Growth:
    """Yearly growth as a share (0.02 = +2 %), with its 95 % interval."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Monthly:
    """A forecast by the month: *mean* (months,), *draws* (draws, months), *factors* that multiply to the mean."""

    periods: tuple[Period, ...]
    mean: Floats
    draws: Floats
    factors: dict[str, Floats] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Forecast:
    """Expected count per week (weeks,), draws (draws, weeks), the factors behind, and what the method was.

    *factors* multiply to the mean where the series is weekly; a monthly series is split over its weeks by working
    days and has no weekly factors but *months*, as it was made. *season_parts* multiply to the factor ``season``.
    """

    weeks: tuple[Period, ...]
    mean: Floats
    draws: Floats
    method: str
    reason: Message
    growth: Growth | None
    dispersion: float
    source: Source
    factors: dict[str, Floats] = field(default_factory=dict)
    note: Message | None = None
    season_parts: dict[str, Floats] = field(default_factory=dict)
    months: Monthly | None = None


def forecast(
    series: Series, weeks: Sequence[Period], calendar: Calendar, draws: int, rng: np.random.Generator
) -> Forecast:
    """Forecast *series* (weekly or monthly counts) over *weeks*.

    Raises BadInput for an empty series, negative counts, daily series, or weeks that do not follow the history.
    """
    _check(series, weeks)
    used = _used(series)
    history = used.values
    if _tells_a_mean(used):
        return _few(series, used, weeks, draws, rng)
    ahead = periods_ahead(series, weeks)
    fit, periods = _fitted(series, used, ahead, calendar)
    mean, sampled, factors = fit.predict(draws, rng)
    season_parts, months = fit.season_parts(), None
    if series.start.frequency == "week":
        keep = slice(ahead - len(weeks), None)
        mean, sampled = mean[keep], sampled[:, keep]
        factors = {name: values[keep] for name, values in factors.items()}
        season_parts = {name: values[keep] for name, values in season_parts.items()}
    else:
        months = Monthly(periods[len(history) :], mean, sampled)
        split = over_weeks(months.periods, tuple(weeks), calendar)
        mean, sampled, factors, season_parts = mean @ split, sampled @ split, {}, {}
    return Forecast(
        tuple(weeks),
        mean,
        sampled,
        "regression" if not fit.short else "short_regression",
        _reason(fit.short),
        fit.growth(),
        fit.dispersion,
        series.rows_of_last(len(history)),
        factors,
        _remark(used) or (_SHORT if fit.short else None),
        season_parts,
        months,
    )


def forecast_periods(
    series: Series, count: int, calendar: Calendar, draws: int, rng: np.random.Generator
) -> tuple[Floats, Floats] | None:
    """Return the same forecast in the series' own periods: the mean (count,) and draws (draws, count) of the next ones.

    None where the history is too short or too sparse for a curve.
    """
    used = _used(series)
    if _tells_a_mean(used):
        return None
    mean, sampled, _factors = _fitted(series, used, count, calendar)[0].predict(draws, rng)
    return mean, sampled


def _used(series: Series) -> Prepared:
    """Return the history used: of the last years, since it has the size it has, NaN where a value is none of it."""
    frequency = series.start.frequency
    values = series.last(HISTORY_YEARS * YEAR[frequency])
    name = dict(series.source.where).get("service_id", series.source.table)
    levels = [event.first for event in series.events if event.kind == "level_shift"]
    firsts = [Period.week_of(day) if frequency == "week" else Period(day.replace(day=1), frequency) for day in levels]
    start = series.start.next(len(series.values) - len(values))
    events = tuple(NewLevel("level_shift", first) for first in firsts)
    return prepared(History(name, start, values, events), YEAR[frequency])


def _remark(used: Prepared) -> Message | None:
    """Return what of the history is not used, None where all is."""
    codes = {"began", "ended", "paused", "other_size", "spike"}
    return next((remark.message for remark in used.remarks if remark.code in codes), None)


def is_few(series: Series) -> bool:
    """Tell whether so little was counted, or so few times, that only a mean can be told."""
    return _tells_a_mean(_used(series))


def _tells_a_mean(used: Prepared) -> bool:
    return bool(np.nansum(used.values) < FEW or len(used.values) < SHORTEST[used.start.frequency])


def _fitted(series: Series, used: Prepared, ahead: int, calendar: Calendar) -> "tuple[_Fit, tuple[Period, ...]]":
    """Return the fit to the history used, and the periods of that history and the *ahead* ones that follow."""
    history = used.values
    first = len(series.values) - len(history)
    periods = tuple(series.start.next(first + n) for n in range(len(history) + ahead))
    short = len(history) < 2 * YEAR[series.start.frequency]
    steps, known = _befallen(series.events, periods, ~np.isnan(history))
    past, later = _matrix(periods, calendar, len(history))
    past, later = np.column_stack([past, steps[: len(history)]]), np.column_stack([later, steps[len(history) :]])
    return _fit(history, known, (past, later), short=short), periods


def _befallen(events: Sequence[Event], periods: Sequence[Period], counted: np.ndarray) -> tuple[Floats, np.ndarray]:
    """Return a column of steps per new level that the history tells of, and which of its *counted* ones are as others.

    A level is told by :data:`SHORTEST` periods on both sides of it. Where nothing would be left, all count.
    """
    history = len(counted)
    shares = {event: event.shares(periods) for event in events}
    odd = ~counted
    for event, share in shares.items():
        odd |= (event.kind == "outlier") & (share[:history] > 0)
    known = ~odd if not odd.all() else counted
    least = SHORTEST[periods[0].frequency]
    steps = [
        share
        for event, share in shares.items()
        if event.kind == "level_shift"
        and min((share[:history][known] > 0).sum(), (share[:history][known] < 1).sum()) >= least
    ]
    return np.array(steps).reshape(len(steps), len(periods)).T, known


_SHORT = Message("historiken är kortare än två år: säsongen kan inte skattas och intervallet är brett")


def _reason(short: bool) -> Message:
    if short:
        return Message("Regression på nivå och arbetsdagar, eftersom historiken är kortare än två år.")
    return Message("Regression med dämpad trend, arbetsdagar, sommar, jul och årssäsong på de senaste tre åren.")


def _check(series: Series, weeks: Sequence[Period]) -> None:
    if len(series.values) == 0:
        raise BadInput(Message("En tom serie kan inte prognostiseras ({table}).", table=series.source.table))
    if series.start.frequency == "day":
        raise BadInput(Message("Dagsserier summeras till veckor innan de prognostiseras."))
    if np.any(series.values < 0) or not np.all(np.isfinite(series.values)):
        raise BadInput(Message("Antal måste vara tal från noll och uppåt ({table}).", table=series.source.table))
    if weeks[0].start < series.end:
        raise BadInput(
            Message("Prognosen börjar {start} men historiken slutar {end}.", start=weeks[0].start, end=series.end)
        )


def periods_ahead(series: Series, weeks: Sequence[Period]) -> int:
    """Return how many of the series' own periods reach from its end through the last week."""
    last, period, ahead = weeks[-1].days[-1], Period(series.end, series.start.frequency), 1
    while period.end <= last:
        period, ahead = period.next(), ahead + 1
    return ahead


@lru_cache(maxsize=64)
def _matrix(periods: tuple[Period, ...], calendar: Calendar, history: int) -> tuple[Floats, Floats]:
    rows = design(periods, calendar, periods[history].start)
    return rows[:history], rows[history:]


@lru_cache(maxsize=64)
def over_weeks(months: tuple[Period, ...], weeks: tuple[Period, ...], calendar: Calendar) -> Floats:
    """Return how much of each month falls in each week by working days, shape (months, weeks)."""
    shares = month_shares(weeks, calendar)
    return np.array([shares.get(month, np.zeros(len(weeks))) for month in months])


@dataclass(frozen=True, eq=False)
class _Fit:
    beta: Floats
    covariance: Floats
    ahead: Floats
    dispersion: float
    spread: float  # variance of the deviation on the log scale
    memory: float  # its autocorrelation per period
    level: float  # its filtered value at the end of history …
    level_variance: float  # … and how sure that is
    short: bool

    def growth(self) -> Growth:
        trend, error = self.beta[1], float(np.sqrt(self.covariance[1, 1]))
        low, high = trend - _Z95 * error, trend + _Z95 * error
        return Growth(float(np.expm1(trend)), float(np.expm1(low)), float(np.expm1(high)))

    def predict(self, draws: int, rng: np.random.Generator) -> tuple[Floats, Floats, dict[str, Floats]]:
        steps = np.arange(1, len(self.ahead) + 1)
        drift: Floats = self.memory**steps * self.level
        mean = np.exp(self.ahead @ self.beta + drift)
        root = np.linalg.cholesky(self.covariance + 1e-12 * np.eye(len(self.beta)))
        coefficient_noise = rng.standard_normal((draws, len(self.beta))) @ (self.ahead @ root).T
        noise = coefficient_noise + self._deviations(draws, rng)
        variance = np.einsum("wi,ij,wj->w", self.ahead, self.covariance, self.ahead) + self._deviation_variance(steps)
        rate = mean * np.exp(noise - variance / 2)
        return mean, rng.poisson(rate).astype(np.float64), self._factors(drift)

    def _deviation_variance(self, steps: np.ndarray) -> Floats:
        kept = self.memory ** (2 * steps)
        variance: Floats = kept * self.level_variance + (1 - kept) * self.spread
        return variance

    def _deviations(self, draws: int, rng: np.random.Generator) -> Floats:
        shocks = rng.standard_normal((draws, len(self.ahead))) * np.sqrt(self.spread * (1 - self.memory**2))
        state = rng.standard_normal(draws) * np.sqrt(self.level_variance)
        path: Floats = np.empty_like(shocks)
        for step in range(shocks.shape[1]):
            state = self.memory * state + shocks[:, step]
            path[:, step] = state
        return path

    def season_parts(self) -> dict[str, Floats]:
        """Return what the factor ``season`` is made of: summer weeks, Christmas, and the waves of the year."""
        part = self.ahead * self.beta
        summer, christmas = COLUMNS.index("summer"), COLUMNS.index("christmas")
        parts: dict[str, Floats] = {
            "summer": np.exp(part[:, summer]),
            "christmas": np.exp(part[:, christmas]),
            "waves": np.exp(part[:, christmas + 1 : len(COLUMNS)].sum(axis=1)),
        }
        return parts

    def _factors(self, drift: Floats) -> dict[str, Floats]:
        part = self.ahead * self.beta
        factors: dict[str, Floats] = {
            "level": np.exp(part[:, 0] + part[:, len(COLUMNS) :].sum(axis=1)),
            "trend": np.exp(part[:, 1]),
            "working_days": np.exp(part[:, 2]),
            "season": np.exp(part[:, 3 : len(COLUMNS)].sum(axis=1)),
            "deviation": np.exp(drift),
        }
        return factors


def _fit(history: Floats, known: np.ndarray, matrices: tuple[Floats, Floats], *, short: bool) -> _Fit:
    """Fit the curve to the *known* periods of *history*; columns beyond :data:`COLUMNS` are steps."""
    whole, ahead = matrices
    counts, past = history[known], whole[known]
    deviations = np.r_[SHORT_PRIOR_SD if short else PRIOR_SD, np.full(past.shape[1] - len(COLUMNS), STEP_PRIOR_SD)]
    precision = np.diag(1 / deviations**2)
    beta: Floats = np.zeros(past.shape[1])
    beta[0] = np.log(max(counts.mean(), 1 / len(counts)))
    dispersion = 1.0
    for _ in range(3):
        beta, inverse, fitted = _solve(counts, past, precision, dispersion, beta)
        freedom = max(len(counts) - np.trace(inverse @ (past.T * fitted) @ past) / dispersion, 2.5)
        dispersion = max(1.0, float(((counts - fitted) ** 2 / fitted).sum() / freedom))
    curve = np.exp(np.clip(whole @ beta, -_LOG, _LOG))
    relative = np.where(known, (history - curve) / curve, np.nan)
    spread = min(WIDEST, max(0.0, (dispersion - 1) / float(fitted.mean())) + (SHORT_SEASON**2 if short else 0.0))
    memory, pull = _memory(relative, spread)
    covariance = inverse * pull * freedom / (freedom - 2)
    level, level_variance = _filter(relative, 1 / curve, spread, memory)
    return _Fit(beta, covariance, ahead, dispersion, spread, memory, level, level_variance, short)


def _solve(
    counts: Floats, past: Floats, precision: Floats, dispersion: float, beta: Floats
) -> tuple[Floats, Floats, Floats]:
    """Penalised Fisher scoring with step halving; return the coefficients, their covariance and the curve."""

    def objective(candidate: Floats) -> float:
        line = np.clip(past @ candidate, -_LOG, _LOG)
        return float((np.exp(line) - counts * line).sum() / dispersion + candidate @ precision @ candidate / 2)

    for _ in range(60):
        fitted = np.exp(np.clip(past @ beta, -_LOG, _LOG))
        gradient = past.T @ (counts - fitted) / dispersion - precision @ beta
        step = np.linalg.solve((past.T * fitted) @ past / dispersion + precision, gradient)
        before = objective(beta)
        while objective(beta + step) > before + 1e-12 * abs(before) and np.abs(step).max() > 1e-10:
            step = step / 2
        beta = beta + step
        if np.abs(step).max() < 1e-9:
            break
    fitted = np.exp(np.clip(past @ beta, -_LOG, _LOG))
    covariance: Floats = np.linalg.inv((past.T * fitted) @ past / dispersion + precision)
    return beta, covariance, fitted


def _memory(relative: Floats, spread: float) -> tuple[float, float]:
    """Return the deviation's autocorrelation and how much it widens the coefficients' covariance."""
    pairs = relative[1:] * relative[:-1]
    varied = float(np.nanmean(relative**2))
    if np.isnan(pairs).all() or varied == 0 or spread == 0:  # a series may follow its curve exactly
        return 0.0, 1.0
    lagged = float(np.nanmean(pairs))
    observed = min(_CLOSEST, lagged / varied)
    if observed < 2 / np.sqrt((~np.isnan(relative)).sum()):
        return 0.0, 1.0
    return min(_CLOSEST, lagged / spread), (1 + observed) / (1 - observed)


def _filter(relative: Floats, noise: Floats, spread: float, memory: float) -> tuple[float, float]:
    """Kalman filter of the deviation, NaN where it is not seen: return its mean and variance after the last period."""
    if memory == 0:
        return 0.0, spread
    level, variance = 0.0, spread
    for value, count_noise in zip(relative, noise, strict=True):
        level, variance = memory * level, memory**2 * variance + (1 - memory**2) * spread
        if np.isnan(value):
            continue
        gain = variance / (variance + count_noise)
        level, variance = level + gain * (value - level), (1 - gain) * variance
    return level, variance


def _few(series: Series, used: Prepared, weeks: Sequence[Period], draws: int, rng: np.random.Generator) -> Forecast:
    """Too little for a curve: the mean rate, with a gamma spread (Jeffreys) around it.

    What a few periods count is one draw of an unknown season and level, so the spread is at least twice a season's.
    """
    per_week = 1.0 if series.start.frequency == "week" else 12 / 52
    history = used.values
    exposure = float((~np.isnan(history)).sum()) / per_week
    total = float(np.nansum(history)) + 0.5
    shape = min(total, 1 / (4 * SHORT_SEASON**2)) if len(history) < SHORTEST[series.start.frequency] else total
    rate = rng.gamma(shape, total / exposure / shape, size=(draws, 1))
    mean = np.full(len(weeks), total / exposure)
    return Forecast(
        tuple(weeks),
        mean,
        rng.poisson(np.broadcast_to(rate, (draws, len(weeks)))).astype(np.float64),
        "mean",
        Message("Medelvärdet av historiken, som är för kort eller för gles för en kurva."),
        None,
        1.0,
        series.rows_of_last(len(history)),
        {"level": mean},
        _remark(used)
        or Message("historiken är för kort eller för gles: bara ett medelvärde med brett intervall kan ges"),
    )
