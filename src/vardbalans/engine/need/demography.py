"""Need 1–15 years ahead: the first year follows the service's own series, the later ones the population.

Demography expects Σ inhabitants · rate over age groups, sexes and areas. The inhabitants are a projection that is
given; the rates are the service's own (:mod:`~vardbalans.engine.need.rates`) and move with a trend that fades. What is
used of it is growth: year by year the need grows by

    weight · growth of the series' forecast + (1 − weight) · growth of what demography expects      (in logarithms)

with weights 1, ½, 0, 0, … (:data:`SERIES_WEIGHTS`): the series knows the level and the coming year, the population
knows the rest, and they meet in the second year without a step. A year is 365.25 days, so that one of 53 weeks is no
growth.

Intervals hold the first year's uncertainty of level, that of the trend in the rate, the rate's moves since the end of
the series, and Poisson counts. The projection of inhabitants is taken as given. Sources: Gardner & McKenzie 1985,
*Forecasting trends in time series*, Management Science 31, 1237–1246 (fading trends); Ang 2005 (the split of growth).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import log

import numpy as np

from vardbalans.engine.errors import BadInput
from vardbalans.engine.inputs import Adjustment, Series
from vardbalans.engine.messages import Message
from vardbalans.engine.need.distribution import LEVELS
from vardbalans.engine.need.forecast import Forecast
from vardbalans.engine.need.population import GroupCounts, Population, Span
from vardbalans.engine.need.rates import cell_rates
from vardbalans.engine.need.together import forecasts
from vardbalans.engine.periods import Calendar, Period
from vardbalans.engine.sampling import stream
from vardbalans.engine.units import Floats, log_mean

__all__ = [
    "LONGEST_YEARS",
    "RATE_FADES_YEARS",
    "SERIES_WEIGHTS",
    "YEAR_DAYS",
    "RateTrend",
    "YearChange",
    "YearlyNeed",
    "faded",
    "near_forecasts",
    "rate_trend",
    "series_weight",
    "weeks_of",
    "year_span",
    "yearly_need",
]

LONGEST_YEARS = 15
YEAR_DAYS = 365.25
SERIES_WEIGHTS = (1.0, 0.5)
"""How much of the growth into each year is the series'; nothing from the third year on."""
RATE_FADES_YEARS = 3.0
"""A trend in the rate adds, in all, what this many years of it would."""
_TREND_SD = 0.03  # a rate that grows by more than 6 % a year must be plain in the data to be believed
_MOVE_SD = 0.03  # how far a rate moves in a year beyond its trend; two or three years are too few to measure it
_PERIODS = {"week": 52, "month": 12}


@dataclass(frozen=True)
class RateTrend:
    """Yearly log growth of need per inhabitant of the same age, sex and area; *error* is its standard error.

    *years* is how many years it was measured over; under two it is a belief: none, with the error of the belief.
    """

    growth: float
    error: float
    years: int


@dataclass(frozen=True, eq=False)
class YearChange:
    """What one adjustment added to the expected count of each year (H,); negative where it took away."""

    adjustment: Adjustment
    added: Floats


@dataclass(frozen=True, eq=False)
class YearlyNeed:
    """The need of one service in each of H years.

    *base* is the last year's outcome in a year of 365.25 days. *mean* (H,), *quantiles* (13, H) at
    :data:`~vardbalans.engine.need.distribution.LEVELS` and *draws* (D, H) are counts. *population* and *by_group*
    (H, age groups) are inhabitants and the counts they are expected to need; the latter sum, with what the planners'
    *changes* add, to *mean*. *growth* splits mean − base, beside the changes, over ``number`` of inhabitants,
    ``structure`` (age, sex, area) and ``rate``, each (H,). *index* (H,) is what demography expects, inhabitants times
    rates with their trend, relative to the first year.
    """

    series_id: str
    periods: tuple[int, ...]
    age_groups: tuple[str, ...]
    base: float
    mean: Floats
    quantiles: Floats
    draws: Floats = field(repr=False)
    population: Floats
    by_group: Floats
    growth: Mapping[str, Floats]
    index: Floats
    trend: RateTrend
    unplaced_share: float
    reason: Message
    method: str = "series+population"
    changes: tuple[YearChange, ...] = ()

    @property
    def adjusted(self) -> Floats:
        """Return what the planners' changes add to each year, all together (H,)."""
        return sum((change.added for change in self.changes), start=np.zeros(len(self.mean)))

    @property
    def rates(self) -> Floats:
        """Return the need per inhabitant and year, (H, age groups); NaN where nobody lives."""
        with np.errstate(invalid="ignore", divide="ignore"):
            rates: Floats = np.where(self.population > 0, self.by_group / self.population, np.nan)
        return rates


def near_forecasts(
    needs: Mapping[str, Series], years: Sequence[int], calendar: Calendar, draws: int, seed: int
) -> dict[str, tuple[Forecast, ...]]:
    """Return series id → its own forecast, as the balance's, of each of *years* in which that has any weight.

    Draws are the first year's. Raises BadInput for days or nothing, and what
    :func:`~vardbalans.engine.need.together.forecasts` does.
    """
    for series in needs.values():
        _frequency(series)
    made = [
        forecasts(needs, weeks_of(year), calendar, 1 if step else draws, seed)
        for step, year in enumerate(years[: len(SERIES_WEIGHTS)])
    ]
    return {name: tuple(each[name] for each in made) for name in needs}


def yearly_need(
    series_id: str,
    series: Series,
    groups: GroupCounts,
    population: Population,
    years: Sequence[int],
    near: Sequence[Forecast],
    *,
    seed: int,
) -> YearlyNeed:
    """Return the need in the consecutive ISO *years*, all after the end of *series*, from its own rates by *groups*.

    *near* is what :func:`near_forecasts` says of it; there are as many draws of the need as of that.
    Raises BadInput where there are none or too many years, or the population does not cover them and the last year of
    the series.
    """
    _check(years)
    rates = _rates(groups, population)
    now = (_last_year_start(series), series.end)
    inhabitants = np.array([population.during(span) for span in (now, *map(year_span, years))])
    expected = (inhabitants * rates).sum(axis=(1, 2, 3))
    if not np.all(expected > 0):
        raise BadInput(Message("Befolkningen har år utan invånare i de åldrar som vårdtjänsten används av."))
    trend = rate_trend(series, rates, population)
    ahead = np.array([(_middle_day(year_span(year)) - series.end).days / YEAR_DAYS for year in years])
    index = expected[1:] / expected[1] * np.exp(trend.growth * (faded(ahead) - faded(ahead[0])))
    mean = _combined([float(each.mean.mean()) * YEAR_DAYS / 7 for each in near], index)
    moves = [stream(seed, "years", series_id, str(year)) for year in years]
    sampled = _draws(near[0], mean, ahead, trend, stream(seed, "years", series_id), moves)
    shares = (inhabitants * rates).sum(axis=(2, 3)) / expected[:, None]
    base = float(series.last(_PERIODS[series.start.frequency]).sum()) * YEAR_DAYS / (now[1] - now[0]).days
    return YearlyNeed(
        series_id,
        tuple(years),
        population.age_groups,
        base,
        mean,
        np.quantile(sampled, LEVELS, axis=0),
        sampled,
        inhabitants.sum(axis=(2, 3))[1:],
        mean[:, None] * shares[1:],
        _split(base, mean, inhabitants.sum(axis=(1, 2, 3)), expected),
        index,
        trend,
        groups.unplaced_share,
        _reason(groups),
    )


def _reason(groups: GroupCounts) -> Message:
    if not groups.placed:
        return Message(
            "Första året följer serien. Ålder och kön är inte kända, så åren därefter följer behovet antalet invånare."
        )
    return Message("Första året följer serien, åren därefter befolkningens antal, ålder och kön och en dämpad trend.")


def series_weight(step: int) -> float:
    """Return how much of the growth into year number *step* (from 0) is the series'."""
    return SERIES_WEIGHTS[step] if step < len(SERIES_WEIGHTS) else 0.0


def faded(years: Floats) -> Floats:
    """Return how many years of trend have been added after *years*, as the trend fades; never RATE_FADES_YEARS."""
    added: Floats = RATE_FADES_YEARS * (1 - np.exp(-np.asarray(years) / RATE_FADES_YEARS))
    return added


def year_span(year: int) -> Span:
    """Return the first day of the ISO year, and that of the next."""
    return date.fromisocalendar(year, 1, 1), date.fromisocalendar(year + 1, 1, 1)


def weeks_of(year: int) -> tuple[Period, ...]:
    """Return the weeks of the ISO year."""
    first, until = year_span(year)
    return tuple(Period(first + timedelta(weeks=n)) for n in range((until - first).days // 7))


def _check(years: Sequence[int]) -> None:
    if not 1 <= len(years) <= LONGEST_YEARS or list(years) != list(range(years[0], years[0] + len(years))):
        raise BadInput(Message("Behovet räknas för 1 till {most} år i följd.", most=LONGEST_YEARS))


def _rates(groups: GroupCounts, population: Population) -> Floats:
    """Return the rate of each cell from the spans of time whose inhabitants are known."""
    known = [n for n, span in enumerate(groups.spans) if population.covers(span)]
    if not known:
        return np.ones(population.counts.shape[1:])
    exposure = np.sum(
        [population.during(span) * (span[1] - span[0]).days / YEAR_DAYS for span in (groups.spans[n] for n in known)],
        axis=0,
    )
    return cell_rates(groups.counts[known].sum(axis=0), exposure)


def rate_trend(series: Series, rates: Floats, population: Population) -> RateTrend:
    """Return the trend in need per inhabitant, given *rates*, over the whole years back from the end of *series*.

    A year's count over what its inhabitants would need is a level that moves at random around a trend, seen with
    Poisson noise; the trend is fitted by generalised least squares with a normal belief in none.
    """
    observed, expected = _past_years(series, rates, population)
    usable = len(observed) > 1 and bool(np.all(observed > 0))
    if not usable:
        return RateTrend(0.0, _TREND_SD, len(observed))
    steps = np.arange(len(observed))
    covariance = _MOVE_SD**2 * np.minimum.outer(steps, steps) + np.diag(1 / observed)
    rows = np.column_stack([np.ones(len(steps)), steps])
    precision = np.linalg.inv(covariance)
    information = rows.T @ precision @ rows + np.diag([0.0, 1 / _TREND_SD**2])
    beta = np.linalg.solve(information, rows.T @ precision @ np.log(observed / expected))
    return RateTrend(float(beta[1]), float(np.sqrt(np.linalg.inv(information)[1, 1])), len(observed))


def _past_years(series: Series, rates: Floats, population: Population) -> tuple[Floats, Floats]:
    """Return observed and expected counts of the whole years before the end whose inhabitants are known, in order."""
    length = _PERIODS[series.start.frequency]
    observed, expected = [], []
    for back in range(len(series.values) // length):
        first = len(series.values) - (back + 1) * length
        span = (series.start.next(first).start, series.start.next(first + length).start)
        if not population.covers(span):
            break
        observed.append(float(series.values[first : first + length].sum()))
        expected.append(float((population.during(span) * rates).sum()) * (span[1] - span[0]).days / YEAR_DAYS)
    return np.array(observed[::-1]), np.array(expected[::-1])


def _last_year_start(series: Series) -> date:
    _frequency(series)
    length = min(_PERIODS[series.start.frequency], len(series.values))
    return series.start.next(len(series.values) - length).start


def _frequency(series: Series) -> None:
    if series.start.frequency == "day" or len(series.values) == 0:
        raise BadInput(
            Message("Behovet per år räknas ur vecko- eller månadsserier ({table}).", table=series.source.table)
        )


def _middle_day(span: Span) -> date:
    return span[0] + (span[1] - span[0]) / 2


def _combined(series: Sequence[float], index: Floats) -> Floats:
    """Return the need per year: the first as *series* has it, then by the weighted growth of *series* and *index*."""
    logs = [log(series[0])]
    for step in range(1, len(index)):
        weight = series_weight(step)
        own = weight * log(series[step] / series[step - 1]) if weight else 0.0
        logs.append(logs[-1] + own + (1 - weight) * log(index[step] / index[step - 1]))
    combined: Floats = np.exp(np.array(logs))
    return combined


def _draws(
    near: Forecast,
    mean: Floats,
    ahead: Floats,
    trend: RateTrend,
    rng: np.random.Generator,
    moves: Sequence[np.random.Generator],
) -> Floats:
    """Return counts (draws, H): the first year's level, the rate's trend after it, its moves, and Poisson noise.

    Each year has its own of *moves*, so that its draws are the same however many years follow.
    """
    total = near.draws.sum(axis=1)
    middle, variance = float(near.mean.sum()), float(total.var())
    # The first year's draws are counts: their Poisson part is taken out here, for it is drawn anew below.
    beyond = np.sqrt(max(0.0, variance - middle) / variance) if variance > 0 else 0.0
    level = np.maximum(1 + (total / middle - 1) * beyond, 0)
    added = faded(ahead) - faded(ahead[0])
    steps = _MOVE_SD * np.sqrt(np.diff(ahead, prepend=0.0))
    moved = np.cumsum(np.column_stack([own.standard_normal(len(total)) for own in moves]) * steps, axis=1)
    moved += rng.normal(0, trend.error, (len(total), 1)) * added
    spread = (trend.error * added) ** 2 + _MOVE_SD**2 * ahead
    rate = mean * level[:, None] * np.exp(moved - spread / 2)
    return np.column_stack([own.poisson(rate[:, year]) for year, own in enumerate(moves)]).astype(np.float64)


def _split(base: float, mean: Floats, inhabitants: Floats, expected: Floats) -> dict[str, Floats]:
    """Split mean − base over number of inhabitants, their structure, and the rate; the parts sum to it exactly.

    The log-mean Divisia split, as for capacity. A base of zero has no factors: all is then the rate.
    """
    if base <= 0:
        return {"number": np.zeros_like(mean), "structure": np.zeros_like(mean), "rate": mean - base}
    weight = np.array([log_mean(float(value), base) for value in mean])
    number = weight * np.log(inhabitants[1:] / inhabitants[0])
    structure = weight * np.log((expected / inhabitants)[1:] / (expected / inhabitants)[0])
    return {"number": number, "structure": structure, "rate": mean - base - number - structure}
