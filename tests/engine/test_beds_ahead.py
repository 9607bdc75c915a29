"""The next days of beds: the distribution against enumeration, formulas and the same model played out."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from vardbalans.engine.beds.ahead import (
    Arrivals,
    Booked,
    Census,
    Question,
    number_present,
    project,
    put_together,
    shares,
    simulate,
)
from vardbalans.engine.beds.backtest import calibrated, past_forecasts
from vardbalans.engine.beds.clock import DischargeClock, even_clock, local_hours
from vardbalans.engine.beds.observed import Bookings, Observed, Stays, ahead, hospital_of, lying_at
from vardbalans.engine.beds.per_day import patients_per_day
from vardbalans.engine.beds.stay import fit_stays
from vardbalans.engine.errors import BadInput

Z99 = 2.5758293035489
NOBODY = Census(np.empty(0, np.int64), np.empty(0))
NONE_BOOKED = Booked(np.empty(0, np.int64), np.empty(0), np.empty(0))
DAYS_BUSY = DischargeClock(np.tile(np.repeat([0.2, 2.2, 0.6], 8), 7))


def curves(mean_hours=60.0, groups=3, seed=1):
    """Exponential stays of every group, all known to their end; the last group is everyone."""
    rng = np.random.default_rng(seed)
    stay = rng.exponential(mean_hours, 30_000)
    parents = [groups] * groups + [-1]
    return fit_stays(np.zeros(len(stay)), stay, np.ones(len(stay), bool), rng.integers(0, groups, len(stay)), parents)


def question(hours=72, beds=8, spread=0.0, rate=0.1, clock=DAYS_BUSY, changes=()):
    rng = np.random.default_rng(3)
    return Question(
        local_hours(35.0, hours, changes),
        np.array([0, 0, 1]),
        np.full((2, hours), beds),
        curves(),
        clock,
        Census(rng.integers(0, 3, 14), rng.exponential(50, 14)),
        Booked(np.array([0, 2, 2]), np.array([5.5, 24.0, 30.25]), np.array([1.0, 0.7, 0.4])),
        Arrivals(np.full((3, hours), rate), np.full(3, spread)),
    )


@settings(deadline=None)  # the first run may compile
@given(st.lists(st.floats(0, 1), max_size=9))
def test_the_number_of_independent_patients_is_that_of_all_outcomes(shares):
    expected = np.zeros(len(shares) + 1)
    for outcome in product((0, 1), repeat=len(shares)):
        chance = np.prod([share if yes else 1 - share for share, yes in zip(shares, outcome, strict=True)])
        expected[sum(outcome)] += chance
    twice = number_present(np.array([shares, shares], float).reshape(2, len(shares)))
    assert np.allclose(twice, expected, atol=1e-14)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.integers(0, 2**32 - 1))
def test_the_distribution_sums_to_one_with_the_mean_and_in_any_order(shares, seed):
    found = number_present(np.array([shares]))[0]
    shuffled = number_present(np.random.default_rng(seed).permutation(shares)[None])[0]
    assert found.sum() == pytest.approx(1, abs=1e-12)
    assert found @ np.arange(len(found)) == pytest.approx(sum(shares), abs=1e-10)
    assert np.allclose(found, shuffled, atol=1e-13)


@pytest.mark.parametrize(("spread", "changes"), [(0.0, [(51.0, -1.0)]), (0.3, [(50.0, 1.0)])])
def test_exact_and_simulated_agree_within_the_99_per_cent_interval(spread, changes):
    """The clock on the wall is moved back in the one and on in the other."""
    asked, draws = question(spread=spread, changes=changes), 20_000
    wards, played = project(asked), simulate(asked, draws, 1)
    both = put_together(wards)
    over = np.maximum(played - asked.beds, 0).sum(axis=1)
    pairs = [(ward.full, played[:, at] >= 8) for at, ward in enumerate(wards)]
    pairs += [(ward.outliers(2), played[:, at] >= 10) for at, ward in enumerate(wards)]
    pairs += [(both.full, played.sum(axis=1) >= 16), (both.outliers(3), over >= 3)]
    inside = []
    for exact, drawn in pairs:
        error = Z99 * np.sqrt(exact * (1 - exact) / draws) + 1e-4
        inside.append(np.abs(drawn.mean(axis=0) - exact) <= error)
        assert (0.05 * exact > error)[exact > 0.2].all()  # a twentieth more would be seen
    assert np.mean(inside) >= 0.97  # hours go together in time
    mean_error = Z99 * played.sum(axis=1).std(axis=0) / np.sqrt(draws)
    assert (np.abs(both.mean - played.sum(axis=1).mean(axis=0)) <= 1.3 * mean_error).all()
    assert all(ward.pmf.sum(axis=1) == pytest.approx(1, abs=1e-9) for ward in (*wards, both))


def test_in_the_long_run_those_who_lie_there_are_poisson_with_the_load():
    """M/G/∞: 0.2 an hour for 60 hours each is a load of 12, whatever was there from the start; Little's law."""
    asked = Question(
        np.arange(901.0), np.array([0]), np.full((1, 900), 12), curves(groups=1), even_clock(), NOBODY, NONE_BOOKED,
        Arrivals(np.full((1, 900), 0.2), np.zeros(1)),
    )  # fmt: skip
    (ward,) = project(asked)
    load = 0.2 * curves(groups=1).mean_hours(0)
    assert ward.mean[-1] == pytest.approx(load, rel=2e-3)
    assert np.allclose(ward.pmf[-1], stats.poisson.pmf(np.arange(ward.pmf.shape[1]), ward.mean[-1]), atol=1e-9)
    assert ward.full[-1] == pytest.approx(stats.poisson.sf(11, ward.mean[-1]), abs=1e-9)
    assert ward.outliers(3)[-1] == pytest.approx(stats.poisson.sf(14, ward.mean[-1]), abs=1e-9)


def test_more_beds_fewer_outliers_and_more_arrivals_more_patients():
    fewer, more = project(question(beds=8)), project(question(beds=9))
    busier = project(question(rate=0.15))
    for a, b, c in zip(fewer, more, busier, strict=True):
        assert (a.full > b.full).all()
        assert a.outliers(1) == pytest.approx(b.full - b.pmf[:, 9] + a.pmf[:, 9])
        assert (c.mean > a.mean).all()
        assert (a.quantile(0.5) <= a.quantile(0.95)).all()
    assert put_together([more[0]]).full == pytest.approx(more[0].full)


BACK, ON = [(51.0, -1.0)], [(50.0, 1.0)]
"""The clock on the wall is moved back, or on, the second night of the question."""


def test_an_hour_that_comes_twice_has_its_arrivals_twice_and_its_discharges_once():
    usual, back, on = (question(changes=changes) for changes in ((), BACK, ON))
    assert back.local[14:19].tolist() == [49, 50, 50, 51, 52]
    assert on.local[14:19].tolist() == [49, 51, 52, 53, 54]
    still = shares(usual).still
    assert np.allclose(shares(back).still, np.insert(still, 14, still[:, 14], axis=1)[:, :-1])
    assert np.allclose(shares(on).still[:, :-1], np.delete(still, 14, axis=1))
    # By a clock that stands still until later those yet to come are the arrivals of the hours, however they are named.
    stands = DischargeClock(np.where(np.arange(168) == 160, 1.0, 0.0))
    for changes in (BACK, ON, ()):
        expected = shares(question(clock=stands, changes=changes)).expected
        assert np.allclose(expected[:, -1], [2 * 7.2, 7.2])


def test_many_wards_together_are_their_sum():
    wards = project(question(beds=8)) * 20
    whole, two = put_together(wards), put_together(wards[:2])
    assert whole.pmf.sum(axis=1) == pytest.approx(1, abs=1e-10)
    assert whole.mean == pytest.approx(20 * two.mean, rel=1e-9)
    assert whole.pmf.shape[1] < 0.6 * sum(ward.pmf.shape[1] for ward in wards)  # hardly ever all beds' worth
    each = [np.convolve(*pair)[:10] for pair in zip(wards[0].pmf, wards[1].pmf, strict=True)]
    assert np.allclose(two.pmf[:, :10], each)


def test_nobody_leaves_while_the_clock_stands_still():
    asked = question(clock=DischargeClock(np.tile(np.repeat([0.0, 1.0], 12), 7)), rate=0.0)
    mean = put_together(project(asked)).mean
    at_night = (35 + np.arange(1, 72)) % 24 < 12
    came = np.isin(np.arange(1, 72), [5, 23, 30])
    assert np.allclose(np.diff(mean)[at_night & ~came], 0, atol=1e-12)
    assert (np.diff(mean)[~at_night & ~came] < 0).all()


@pytest.mark.parametrize(
    "broken",
    [
        lambda q: {"beds": q.beds[:, :3]},
        lambda _: {"present": Census(np.array([0]), np.array([-1.0]))},
        lambda _: {"booked": Booked(np.array([0]), np.array([1.0]), np.array([1.2]))},
        lambda q: {"arrivals": Arrivals(-q.arrivals.expected, q.arrivals.spread)},
    ],
)
def test_what_cannot_be_is_refused(broken):
    asked = question()
    with pytest.raises(BadInput):
        Question(**{**vars(asked), **broken(asked)})


# What stays and beds tell


@pytest.fixture(scope="module")
def observed():
    """A ward of two years with known rates: 3 acute a day round the clock, 1 elective each working day at 07."""
    rng = np.random.default_rng(8)
    hours = 24.0 * 7 * 104
    acute = np.sort(rng.uniform(0, hours, rng.poisson(3 * hours / 24)))
    elective = np.array([24.0 * day + 7 for day in range(7 * 104) if day % 7 < 5])
    since = np.concatenate([acute, elective])
    stay = np.concatenate([rng.gamma(2, 36, len(acute)), rng.gamma(2, 24, len(elective))])
    until = np.where(since + stay < hours, since + stay, np.nan)
    is_acute = np.arange(len(since)) < len(acute)
    order = np.argsort(since)
    zeros = np.zeros(len(since), np.int64)
    stays = Stays(zeros, zeros, is_acute[order], since[order], until[order])
    booked = Bookings(
        np.zeros(len(elective), np.int64), np.array(["op"] * len(elective), object), elective + 2, elective - 24 * 20,
        np.full(len(elective), 7.0), np.zeros(len(elective), bool),
    )  # fmt: skip
    beds = np.full((1, 7 * 104), 12.0)
    return Observed(("w",), stays, booked, hours, 0, beds, beds + 2, False)


def test_estimates_find_the_rates_and_stays_again(observed):
    asked = ahead(observed.known_at(24.0 * 700 + 9), 168)
    assert asked.arrivals.expected[1].sum() == pytest.approx(21, rel=0.15)
    assert len(asked.booked.hour) == 5  # electives are booked for the week
    assert asked.booked.share == pytest.approx(1.0)
    assert asked.arrivals.expected[0].sum() < 1.2  # so that few others are waited for
    assert asked.curves.mean_hours(1) == pytest.approx(72, rel=0.06)
    assert asked.curves.mean_hours(0) == pytest.approx(48, rel=0.1)


def test_a_week_that_fewer_are_booked_in_has_fewer_electives(observed):
    """All are booked twenty days before: who is not booked for next week does not come."""
    now = 24.0 * 700 + 9
    books = observed.bookings
    kept = (books.start < now) | (books.start > now + 168)
    some = {name: values[kept] for name, values in vars(books).items()}
    asked = ahead(Observed(**vars_of(observed) | {"bookings": Bookings(**some)}).known_at(now), 24 * 21 + 48)
    assert len(asked.booked.hour) == 9
    by_day = asked.arrivals.expected[0].reshape(-1, 24).sum(axis=1)
    assert by_day[:19].sum() < 0.4
    assert by_day[21:].sum() == pytest.approx(2, abs=0.3)  # for those two days nobody is booked yet


def test_what_is_cancelled_is_not_waited_for(observed):
    now = 24.0 * 700 + 9
    known = observed.known_at(now)
    starts = known.bookings.start
    off = replace(known, bookings=replace(known.bookings, is_standing=(starts <= now) | (starts > now + 72)))
    asked, fewer = (ahead(each, 24 * 7).booked.hour for each in (known, off))
    assert 0 < len(fewer) < len(asked)
    assert fewer.tolist() == [hour for hour in asked if hour + 2 > 72]  # admitted two hours before
    # What came of it is not known beforehand.
    assert off.known_at(now - 24).bookings.is_standing.all()


def test_nothing_is_known_of_what_comes_later(observed):
    now = 24.0 * 600
    known = observed.known_at(now)
    assert known.stays.since.max() <= now
    assert not (known.stays.until > now).any()
    there = np.isnan(known.stays.until).sum()
    assert there == lying_at(observed.stays, np.array([now]), 1)[0, 0]


def test_past_forecasts_hold_as_often_as_they_say(observed):
    origins = [24.0 * (360 + 12 * back) + 5 for back in range(28)]
    past = past_forecasts(observed, origins, 240)
    found = calibrated(past)
    assert found.inside == pytest.approx(0.8, abs=0.09)
    assert abs(found.mean_error) < 1.2  # 28 counts that each vary by three
    assert found.hours.sum() == found.count == 28 * 240
    # Where it was told to be likelier to be full, it was full more often.
    told = found.hours > 200
    assert np.all(np.diff(found.was[told]) > -0.05)
    narrow = calibrated(past, slice(0, 24), wanted=0.5)
    assert 0.3 < narrow.inside < 0.7
    with pytest.raises(BadInput):
        past_forecasts(observed, [observed.until - 5], 240)


def test_a_ward_becomes_a_model_with_its_own_rates(observed):
    hospital = hospital_of(observed, [0])
    assert {group.name: round(group.per_day, 1) for group in hospital.groups} == {"w/elective": 0.7, "w/acute": 3.0}
    elective = hospital.groups[0]
    assert np.argmax(elective.hourly[:24]) == 7
    assert elective.hourly[5 * 24 :].sum() < 0.1 * elective.hourly.sum()
    assert hospital.wards[0].physical >= 14
    assert not hospital.returns


def test_unknown_beds_and_too_few_days_are_refused(observed):
    unknown = Observed(**{**vars_of(observed), "available": np.full((1, 0), np.nan)})
    with pytest.raises(BadInput, match="Vårdplatser saknas"):
        ahead(unknown, 24)
    with pytest.raises(BadInput, match="Vårdplatser saknas"):
        hospital_of(unknown, [0])
    with pytest.raises(BadInput, match="minst 420 dagar"):
        hospital_of(observed.known_at(24.0 * 400), [0])
    assert hospital_of(observed.known_at(24.0 * 420), [0])
    with pytest.raises(BadInput, match="minst 56 dagar"):
        ahead(observed.known_at(24.0 * 20), 24)


def vars_of(observed):
    return {name: getattr(observed, name) for name in Observed.__dataclass_fields__}


# For staffing


def test_patients_a_day():
    wards = project(question(beds=8))
    days = patients_per_day(wards, np.arange(73.0))
    assert days.shape == (2, 3)
    assert days[0, 0] == pytest.approx(wards[0].mean[:24].mean())
    # A day of 25 hours is one day.
    longer = patients_per_day(wards, local_hours(0.0, 72, [(27.0, -1.0)]))
    assert longer[0, 1] == pytest.approx(wards[0].mean[24:49].mean())
