"""Need 1–15 years ahead: first the series', then the population's, and every part of the growth accounted for."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import flat_series, series
from vardbalans.engine.errors import BadInput
from vardbalans.engine.inputs import Adjustment
from vardbalans.engine.need import (
    LEVELS,
    GroupCounts,
    Population,
    forecast,
    growth_figure,
    judged,
    judged_years,
    near_forecasts,
    need_figure,
    yearly_need,
)
from vardbalans.engine.need.demography import RATE_FADES_YEARS, SERIES_WEIGHTS, faded, rate_trend, series_weight
from vardbalans.engine.periods import Period, swedish_calendar
from vardbalans.engine.sampling import stream

CALENDAR = swedish_calendar(2020, 2030)
YEARS = tuple(range(2027, 2042))  # the series of the strategies end in October 2026
GROUPS = ("0–64", "65+")
RATES = np.array([0.5, 2.0])
HISTORY = 156
WEEKS = tuple(Period(date.fromisocalendar(2027, 1, 1)).next(n) for n in range(53))  # 2027 has 52 weeks, 2028 too


def steady(count):
    return lambda _year: count


YOUNG, OLD = steady(4000.0), steady(1000.0)


def population(young=YOUNG, old=OLD, first=2022, last=2041):
    """One area and sex, two age groups."""
    years = tuple(range(first, last + 1))
    return Population(years, GROUPS, ("female",), ("",), np.array([[[[young(y)]], [[old(y)]]] for y in years]))


def contacts(people, rates=RATES):
    """A year's contacts, exactly as many as the rates say."""
    span = (date(2025, 10, 27), date(2026, 10, 26))
    counts = people.during(span) * rates[:, None, None] * 364 / 365.25
    return GroupCounts([span], counts[None])


def need(people, history=None, years=YEARS, groups=None, draws=400, seed=1):
    history = flat_series(4000 / 52.18) if history is None else history
    groups = contacts(people) if groups is None else groups
    near = near_forecasts({"s": history}, years, CALENDAR, draws, seed)["s"]
    return yearly_need("s", history, groups, people, years, near, seed=seed)


def ageing(year):
    return 1000.0 * 1.03 ** (year - 2022)


def test_the_expected_count_is_people_times_rate_over_the_age_groups():
    """4 000 · 0,5 + 1 000 · 2 = 4 000 a year; with twice as many old it is 6 000, half as much again."""
    people = population(old=lambda year: 1000.0 if year < 2030 else 2000.0)
    found = need(people)
    assert found.index[YEARS.index(2029)] == pytest.approx(1, abs=0.03)
    before, after = YEARS.index(2029), YEARS.index(2031)
    trend = np.exp(found.trend.growth * (faded(after + 0.7) - faded(before + 0.7)))
    assert found.index[after] / found.index[before] == pytest.approx(1.5 * trend, rel=1e-3)
    assert found.by_group[after] == pytest.approx(found.mean[after] * np.array([2 / 6, 4 / 6]), rel=2e-3)
    assert found.rates[after] / found.rates[after][0] == pytest.approx(RATES / RATES[0], rel=2e-3)


def test_the_first_year_is_what_the_series_says():
    history = flat_series(80)
    own = forecast(history, WEEKS[:52], CALENDAR, 1, stream(0, "x"))
    assert need(population(old=ageing), history).mean[0] == pytest.approx(own.mean.mean() * 365.25 / 7)


def test_the_weights_are_as_written_and_the_tail_grows_by_people_and_fading_trend_alone():
    assert [series_weight(n) for n in range(4)] == [*SERIES_WEIGHTS, 0, 0] == [1, 0.5, 0, 0]
    found = need(population(old=ageing), series(stream(1, "c").poisson(60 + np.arange(HISTORY) / 10)))
    assert found.trend.growth > 0.01
    grown = found.mean[1:] / found.mean[:-1]
    assert grown[1:] == pytest.approx(found.index[2:] / found.index[1:-1])
    people = (found.population * RATES).sum(axis=1)
    ahead = (np.array([date(y, 7, 2).toordinal() for y in YEARS]) - date(2026, 10, 26).toordinal()) / 365.25
    trend = np.exp(found.trend.growth * np.diff(faded(ahead)))
    assert grown[1:] == pytest.approx((people[1:] / people[:-1] * trend)[1:], rel=1e-3)


def test_the_second_year_is_halfway_between_the_series_growth_and_the_populations():
    history, people = series(stream(2, "c").poisson(60 + np.arange(HISTORY) / 5)), population(old=ageing)
    first, second = (
        forecast(history, weeks, CALENDAR, 1, stream(0, "x")).mean.mean()
        for weeks in (WEEKS[:52], tuple(week.next(52) for week in WEEKS[:52]))
    )
    found = need(people, history)
    own, demographic = second / first, found.index[1] / found.index[0]
    assert found.mean[1] / found.mean[0] == pytest.approx(np.sqrt(own * demographic))


def test_a_steady_population_and_a_steady_series_stay_where_they_are():
    found = need(population())
    assert found.mean == pytest.approx(np.full(15, found.base), rel=0.02)
    assert found.growth["number"] == pytest.approx(np.zeros(15))
    assert found.growth["structure"] == pytest.approx(np.zeros(15))


def test_growth_by_hand_all_of_it_number_or_all_of_it_structure():
    """A tenth more of everyone is number; as many people but older is structure."""
    grown = need(population(*[lambda year, n=n: n * (1.1 if year >= 2030 else 1.0) for n in (4000.0, 1000.0)]))
    assert grown.growth["structure"][-1] == pytest.approx(0, abs=1e-9)
    assert grown.growth["number"][-1] == pytest.approx(0.1 * grown.base, rel=0.05)
    older = need(population(lambda y: 4000.0 - 200 * (y >= 2030), lambda y: 1000.0 + 200 * (y >= 2030)))
    assert older.growth["number"][-1] == pytest.approx(0, abs=1e-9)
    assert older.growth["structure"][-1] == pytest.approx(300 * older.base / 4000, rel=0.05)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(100, 10_000), min_size=20, max_size=20),
    st.lists(st.floats(100, 10_000), min_size=20, max_size=20),
    st.integers(1, 200),
)
def test_the_parts_of_growth_sum_to_it_and_the_groups_to_the_need(young, old, level):
    people = population(lambda year: young[year - 2022], lambda year: old[year - 2022])
    found = need(people, flat_series(level), draws=20)
    assert sum(found.growth.values()) == pytest.approx(found.mean - found.base, abs=1e-6)
    assert found.by_group.sum(axis=1) == pytest.approx(found.mean)
    for step in (0, 14):
        for figure in (need_figure(found, step), growth_figure(found, step)):
            assert figure.remainder == pytest.approx(0, abs=1e-6)
        terms = need_figure(found, step).terms
        assert [term.factor * count for term, count in zip(terms, found.population[step], strict=True)] == (
            pytest.approx([term.value for term in terms])
        )


def test_another_seed_moves_draws_and_not_the_expectation_and_draws_lie_around_it():
    one, two = (need(population(old=ageing), seed=seed, draws=20_000) for seed in (1, 2))
    assert np.array_equal(one.mean, two.mean)
    assert not np.array_equal(one.draws, two.draws)
    assert one.draws.mean(axis=0) == pytest.approx(one.mean, rel=0.004)
    assert np.all(one.quantiles[0] < one.mean)
    assert np.all(one.mean < one.quantiles[-1])


def test_a_year_is_the_same_however_many_years_are_asked_for():
    """The page shows fifteen years and the command as many as are asked for."""
    few, many = need(population(), years=YEARS[:3]), need(population())
    assert np.array_equal(few.draws, many.draws[:, :3])
    assert few.mean == pytest.approx(many.mean[:3])


def test_what_is_farther_off_is_less_sure_and_small_services_less_than_large_ones():
    def width(found):
        return (found.quantiles[-2] - found.quantiles[1]) / found.mean

    large, small = need(population()), need(population(), flat_series(2))
    assert np.all(np.diff(width(large))[[0, 4, 9]] > -0.02)
    assert width(large)[14] > 2 * width(large)[0]
    assert np.all(width(small) > width(large))
    # A service of a hundred a year cannot be surer than Poisson.
    assert width(small)[0] > 2 * 1.28 / np.sqrt(small.mean[0])


def test_intervals_cover_about_what_they_say_where_the_rate_wanders_as_rates_do():
    """The rate takes a random step every week, three per cent in a year."""
    inside = []
    for seed in range(60):
        rng = stream(seed, "truth")
        rate = 4000 / 52.18 * np.exp(np.cumsum(rng.normal(0, 0.03 / np.sqrt(52.18), HISTORY + 11 * 52)))
        found = need(population(), series(rng.poisson(rate[:HISTORY])), YEARS[:10], seed=seed)
        came = rng.poisson(rate[HISTORY + 10 : HISTORY + 10 + 520].reshape(10, 52).sum(axis=1) * 52.18 / 52)
        inside.append((came >= found.quantiles[1]) & (came <= found.quantiles[-2]))
    assert 0.7 <= np.mean(inside) <= 0.85


def test_the_trend_is_found_where_it_is_plain_and_not_believed_where_it_is_not():
    people, rates = population(), RATES[:, None, None]
    plain = rate_trend(series(np.repeat([1000, 1100, 1210], 52)), rates, people)
    assert 0.03 < plain.growth < np.log(1.1)
    assert plain.years == 3
    unsure = rate_trend(series(np.repeat([0.1, 0.1, 0.15], 52)), rates, people)
    assert abs(unsure.growth) < 0.03
    assert unsure.error > plain.error
    assert rate_trend(series(np.ones(60)), rates, people).growth == 0


def test_more_old_people_is_no_trend_in_the_rate():
    """Three per cent more old people a year and as many more contacts: nothing is left for the rate."""
    people = population(steady(0.0), ageing)
    grown = series(np.repeat(100 * 1.03 ** np.arange(3), 52))
    assert rate_trend(grown, RATES[:, None, None], people).growth == pytest.approx(0, abs=0.002)


def test_a_trend_fades_and_adds_three_years_of_it_in_all():
    assert faded(0.001) == pytest.approx(0.001, rel=1e-3)
    assert np.all(np.diff(faded(np.arange(50.0))) > 0)
    assert faded(1000) == pytest.approx(RATE_FADES_YEARS) == 3


def test_without_known_ages_need_follows_the_number_of_people_and_says_so():
    people = population(old=ageing)
    nothing = GroupCounts([], np.zeros((0, 2, 1, 1)))
    found = need(people, groups=nothing)
    assert found.growth["structure"] == pytest.approx(np.zeros(15))
    assert found.growth["number"][-1] > 0
    assert "Ålder och kön är inte kända" in str(found.reason)


def test_a_monthly_series_will_do_and_a_daily_one_will_not():
    months = replace(flat_series(10), start=Period.parse("2023-10"), values=np.full(36, 330.0))
    assert need(population(), months).base == pytest.approx(330 * 12, rel=0.01)
    with pytest.raises(BadInput, match="vecko- eller månadsserier"):
        need(population(), replace(flat_series(10), start=Period.parse("2026-10-01")))


@pytest.mark.parametrize("years", [(), (2027, 2029), tuple(range(2027, 2043))])
def test_years_follow_each_other_and_are_at_most_fifteen(years):
    with pytest.raises(BadInput, match="1 till 15 år"):
        need(population(last=2050), years=years)


def test_years_that_the_population_does_not_reach_are_not_guessed():
    with pytest.raises(BadInput, match="räcker inte"):
        need(population(last=2030))


def test_mean_population_of_a_year_is_the_mean_of_the_counts_around_it():
    people = population(lambda year: 100.0 * (year - 2000))
    assert people.during((date(2026, 1, 1), date(2027, 1, 1)))[0, 0, 0] == pytest.approx(2550)
    assert people.during((date(2026, 12, 31), date(2027, 1, 2)))[0, 0, 0] == pytest.approx(2600, rel=1e-4)
    assert not people.covers((date(2022, 1, 1), date(2022, 6, 1)))


def test_a_population_with_holes_is_refused():
    whole = population()
    with pytest.raises(BadInput, match="luckor"):
        replace(whole, years=(2020, *whole.years[1:]))
    with pytest.raises(BadInput, match="från noll"):
        replace(whole, counts=whole.counts * np.nan)
    with pytest.raises(BadInput, match="åldersgrupp"):
        replace(whole, age_groups=("0+",))


HISTORY_OF_80 = flat_series(80)
NEED_OF_80 = need(population(old=ageing), HISTORY_OF_80, draws=20)


def nearest(history=HISTORY_OF_80, years=YEARS, draws=400):
    return near_forecasts({"s": history}, years, CALENDAR, draws, 1)["s"]


NEAR_80 = nearest(draws=1)


def adjustment(first, last, name="J1", made=date(2026, 10, 1), **change):
    return Adjustment(name, "s", first, last, made, "Planerare", "clinic", "Ny remissväg", **change)


def test_what_an_adjustment_adds_to_the_first_year_is_what_it_adds_to_the_balance_of_the_same_weeks():
    """From a Wednesday into the summer, first so many more a week and then a tenth more, as in the balance."""
    given_ = [
        adjustment(date(2027, 2, 3), date(2027, 7, 2), per_week=7),
        adjustment(date(2027, 3, 1), date(2027, 8, 31), "J2", factor=1.1),
    ]
    base = need(population(old=ageing), HISTORY_OF_80)
    found = judged_years(base, HISTORY_OF_80, NEAR_80, given_, CALENDAR)
    week = judged(forecast(HISTORY_OF_80, WEEKS[:52], CALENDAR, 1, stream(0, "x")), given_, CALENDAR)
    per_year = 365.25 / 364
    assert found.mean[0] == pytest.approx(week.forecast.mean.sum() * per_year)
    for mine, theirs in zip(found.changes, week.changes, strict=True):
        assert mine.added[0] == pytest.approx(theirs.added.sum() * per_year)
    assert found.mean[1:] == pytest.approx(base.mean[1:])
    assert np.array_equal(found.quantiles[:, 1:], base.quantiles[:, 1:])


def test_months_are_adjusted_in_the_weeks_that_the_balance_has_them_in():
    """Counts by month are forecast with others, not by the regression, which spreads this July by some percent more."""
    counts = stream(3, "months").poisson(400 * (1 + 0.3 * np.sin(2 * np.pi * np.arange(60) / 12)))
    history = series(counts, Period.parse("2021-11"))
    base, near = need(population(), history), nearest(history)
    july = [adjustment(date(2027, 7, 1), date(2027, 7, 31), factor=2.0)]
    added = judged(near[0], july, CALENDAR).added.sum() * 365.25 / 364
    assert judged_years(base, history, near, july, CALENDAR).adjusted[0] == pytest.approx(added)


def test_a_factor_on_all_the_years_acts_on_the_expectation_and_on_every_draw():
    base = need(population(old=ageing), HISTORY_OF_80)
    always = adjustment(date(2026, 1, 1), date(2050, 1, 1), factor=1.2)
    found = judged_years(base, HISTORY_OF_80, NEAR_80, [always], CALENDAR)
    assert found.mean == pytest.approx(1.2 * base.mean)
    assert found.draws == pytest.approx(1.2 * base.draws)
    assert found.quantiles == pytest.approx(np.quantile(1.2 * base.draws, LEVELS, axis=0))


def test_an_adjustment_that_reaches_no_year_leaves_the_very_same_need():
    base = need(population())
    before = adjustment(date(2026, 11, 1), date(2027, 1, 3), factor=2.0)
    made_too_late = adjustment(date(2027, 1, 1), date(2027, 3, 1), made=date(2060, 1, 1), factor=2.0)
    assert judged_years(base, HISTORY_OF_80, NEAR_80, [before, made_too_late], CALENDAR) is base
    assert base.adjusted == pytest.approx(np.zeros(15))


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.dates(date(2026, 11, 1), date(2041, 12, 31)),
            st.dates(date(2026, 11, 1), date(2041, 12, 31)),
            st.one_of(
                st.floats(-200, 200).map(lambda count: {"per_week": count}),
                st.floats(0, 3).map(lambda factor: {"factor": factor}),
            ),
        ),
        max_size=3,
    )
)
def test_every_adjustment_is_a_step_and_the_steps_sum_to_the_need(changes):
    given_ = [adjustment(*sorted(days), str(n), **change) for n, (*days, change) in enumerate(changes)]
    base = NEED_OF_80
    found = judged_years(base, HISTORY_OF_80, NEAR_80, given_, CALENDAR)
    assert found.mean == pytest.approx(base.mean + found.adjusted, abs=1e-6)
    assert found.mean.min() >= 0
    assert found.draws.min() >= 0
    for step in range(len(YEARS)):
        for figure in (need_figure(found, step), growth_figure(found, step)):
            assert figure.remainder == pytest.approx(0, abs=1e-6)
        told = [term for term in growth_figure(found, step).terms if "Ny remissväg" in str(term.label)]
        assert len(told) == sum(change.added[step] != 0 for change in found.changes)
