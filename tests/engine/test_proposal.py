"""From a run of the chain to a planning problem: who is due when, what stays take, prices, and how sure it is."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import CALENDAR, WEEKS, flat_series, inputs, recipe, room, service, waiting_list
from vardbalans.engine.errors import BadInput
from vardbalans.engine.inputs import Contract, Measured, Ratio
from vardbalans.engine.plan.check import judge
from vardbalans.engine.plan.solve import propose
from vardbalans.engine.proposal import OWN, Terms, last_year, pro_rata, problem_of
from vardbalans.engine.scenario import Settings, run
from vardbalans.engine.solving import Status

SETTINGS = Settings(draws=300, seed=1)
COUNT = len(WEEKS)


def visits(queue=0.0, **more):
    need = flat_series(30).values
    return service("visit", state=waiting_list(need, need, queue), limit_days=90, **more)


def outcome_of(*services, rooms=(), recipes=(), **more):
    given = inputs(services, rooms or [room()], recipes or [recipe(services[0].service.service_id)])
    return run(replace(given, **more), SETTINGS)


def planned(outcome, name="visit", terms=Terms()):  # noqa: B008 - a frozen value
    return next(row for row in problem_of(outcome, terms).services if row.service_id == name)


def test_ninety_days_are_twelve_whole_weeks_and_three_none():
    assert planned(outcome_of(visits(100.0))).limit_weeks == 12
    assert planned(outcome_of(replace(visits(100.0), limit_days=3.0))).limit_weeks == 0
    assert planned(outcome_of(replace(visits(100.0), limit_days=None))).limit_weeks is None
    assert planned(outcome_of(service("visit", need=flat_series(30)))).limit_weeks == 0
    assert planned(outcome_of(visits(100.0))).guaranteed
    assert not planned(outcome_of(service("visit", need=flat_series(30)))).guaranteed  # due, by no law


def test_who_waits_are_the_last_who_came_and_due_when_their_weeks_are_out():
    """Thirty a week came (less in weeks with holidays): of 70 the last 30 are due twelve weeks after they came."""
    item = visits(70.0)
    due = planned(outcome_of(item)).due
    came = item.waiting_list.inflow.values[-3:][::-1]
    assert due[11] == pytest.approx(came[0])
    assert due[10] == pytest.approx(came[1])
    assert due[9] == pytest.approx(70 - came[0] - came[1])
    assert due.sum() == pytest.approx(70)


def test_those_who_waited_before_the_inflow_begins_are_due_at_once():
    item = visits(10_000.0)
    due = planned(outcome_of(item)).due
    found = item.waiting_list.inflow.values.sum()
    assert due[0] > 10_000 - found
    assert due.sum() == pytest.approx(10_000)


def _without_draws(stay, bed):
    return run(inputs([stay], [bed], [recipe("stay", "bed", 1440.0, "day")]), Settings(draws=1))


@settings(max_examples=15, deadline=None)
@given(st.floats(0.1, 60))
def test_a_stay_is_spread_over_the_weeks_that_it_lasts(days):
    """Against stays begun at every hour of a week."""
    stay = service("stay", need=flat_series(5), stay_days=Measured(days, 0.5, 100), kind="inpatient")
    bed = room("bed", sets=500, minutes=1440)
    (use,) = planned(_without_draws(stay, bed), "stay").ways[0].uses
    starts, length = (np.arange(4000) + 0.5) / 4000, days / 7
    ends = np.arange(1, len(use.shares) + 1)
    by_hand = np.diff([0.0, *np.clip(ends[:, None] - starts, 0, length).mean(axis=1)]) / length
    assert sum(use.shares) == pytest.approx(1)
    assert use.shares == pytest.approx(by_hand, abs=1e-3)
    assert use.minutes == pytest.approx(1440 * days)


def test_beds_that_earlier_stays_hold_are_not_free():
    stay = service("stay", need=flat_series(5), stay_days=Measured(7.0, 0.5, 100), kind="inpatient")
    outcome = _without_draws(stay, room("bed", sets=500, minutes=1440))
    (bed,) = problem_of(outcome, Terms()).resources
    (row,) = outcome.resources
    half = 0.5 * 1440 * 7 * outcome.services[0].forecast.mean[0]
    assert row.available.mean[0] - bed.available[0] == pytest.approx(half)
    assert bed.available[1:] == pytest.approx(row.available.mean[1:])


def test_lost_slots_and_removals_are_those_of_the_run():
    outcome = outcome_of(visits(100.0, lost_slots=Ratio(10, 100)))
    found = planned(outcome)
    assert found.kept == pytest.approx(0.9)
    assert found.removed.sum() == pytest.approx(outcome.services[0].plan.removals_per_week * COUNT)


def test_what_is_ordinarily_treated_follows_the_working_days_and_the_season():
    """30 in a week of five days; in the other series nobody is treated in the last eight weeks of each half year."""
    days = CALENDAR.working_days_of(WEEKS)
    assert planned(outcome_of(visits())).ordinary == pytest.approx(30 / 5 * days)
    come = flat_series(30).values
    treated = np.where(np.arange(len(come)) % 26 < 18, come * 26 / 18, 0.0)
    state = waiting_list(come, treated, 400.0)
    found = planned(outcome_of(service("visit", state=state, limit_days=90))).ordinary
    closed = (np.arange(len(come), len(come) + COUNT) % 26 >= 20) & (np.arange(len(come), len(come) + COUNT) % 26 < 24)
    assert found[closed] == pytest.approx(0)
    assert found.sum() == pytest.approx(30 / 5 * days.sum(), rel=0.02)


def test_contracts_in_force_give_price_and_volume():
    long_ago, later = date(2020, 1, 1), date(2040, 1, 1)
    contracts = (
        Contract("clinic", "visit", 50_000, None, long_ago),
        Contract("EXT", "visit", 80_000, 730.5, long_ago),
        Contract("EXT", "visit", 99_000, None, later),
    )
    own, bought = planned(outcome_of(visits(100.0), contracts=contracts)).ways
    assert (own.way_id, own.cost_ore, own.most) == (OWN, 50_000, None)
    assert (bought.way_id, bought.cost_ore, bought.uses) == ("EXT", 80_000, ())
    assert bought.most == pytest.approx(2 * 7 * COUNT)


def test_where_only_counts_are_known_the_price_is_for_a_place_and_not_for_an_hour():
    given = inputs([service("visit", need=flat_series(30))])
    outcome = run(given, SETTINGS)
    problem = problem_of(outcome, Terms())
    (only,) = problem.resources
    assert only.measure == "activities"
    short = replace(problem, resources=(replace(only, available=0.9 * only.available),))
    prices = propose(short).shadow_prices
    assert prices[0].patients == pytest.approx(1)
    assert str(prices[0].sentence).startswith("En plats till i visit vecka")


def test_overtime_is_for_staff_alone():
    staff = problem_of(outcome_of(visits(100.0)), Terms(overtime=0.1)).resources
    assert [row.extras for row in staff] == [()]  # a room works no overtime


def test_surely_enough_leaves_the_lists_what_need_that_cannot_wait_may_take():
    listed, acute = visits(100.0), service("acute", need=flat_series(20))
    outcome = outcome_of(listed, acute, recipes=[recipe("visit"), recipe("acute")])
    expected, half, most = (problem_of(outcome, Terms(probability=p)).resources[0] for p in (None, 0.5, 0.9))
    assert expected.surely is None
    assert (most.surely < half.surely).all()
    mean = next(row for row in outcome.services if row.item.service.service_id == "acute").forecast.mean
    assert half.surely.sum() == pytest.approx((expected.available - 90 * mean).sum(), rel=0.05)
    assert (planned(outcome, terms=Terms(probability=0.9)).margin[12:] > 0).all()
    assert (planned(outcome, terms=Terms(probability=0.9)).margin[:12] == 0).all()


def test_a_plan_made_surely_enough_holds_in_that_share_of_the_draws():
    """What the lists take, and the acute need of each draw, fit in four draws of five, week by week."""
    listed, acute = visits(100.0), service("acute", need=flat_series(12))
    outcome = outcome_of(listed, acute, recipes=[recipe("visit"), recipe("acute")])
    problem = problem_of(outcome, Terms(probability=0.8))
    made = propose(problem).plan.production["visit", OWN]
    drawn = next(row for row in outcome.services if row.item.service.service_id == "acute").forecast.draws
    fits = 90 * made + 90 * drawn <= outcome.resources[0].available.mean + 1e-6
    assert fits.mean(axis=0).min() >= 0.8 - 1 / SETTINGS.draws
    assert fits.mean(axis=0).min() < 0.9  # and not much more: the lists are behind and take what they may


def test_last_year_is_the_same_weeks_and_unknown_where_it_does_not_reach():
    item = visits(100.0)
    outcome = outcome_of(item)
    problem = problem_of(outcome, Terms())
    assert last_year(outcome, problem).production["visit", OWN] == pytest.approx(item.performed.values[-COUNT:])
    short = replace(item.performed, start=item.performed.start.next(120), values=item.performed.values[120:])
    assert last_year(outcome_of(service("visit", need=short)), problem) is None


def test_what_nobody_waits_for_is_not_counted_as_done():
    """Last year's thirty a week, but only twenty come: production ends at those who wait."""
    item = visits(0.0)
    outcome = outcome_of(item)
    problem = problem_of(outcome, Terms())
    (only,) = problem.services
    fewer = replace(problem, services=(replace(only, need=only.need * 2 / 3, removed=None),))
    judged = judge(fewer, last_year(outcome, fewer))
    assert judged.waiting["visit"].queue.min() >= -1e-9
    assert judged.waiting["visit"].treated.sum() <= fewer.services[0].need.sum() + 1e-6


def test_a_proposal_is_no_worse_than_shares_in_proportion():
    outcome = outcome_of(
        visits(300.0), service("acute", need=flat_series(20)), recipes=[recipe("visit"), recipe("acute")]
    )
    problem = problem_of(outcome, Terms())
    found, other = propose(problem), judge(problem, pro_rata(outcome, problem))
    assert found.status is Status.BEST
    assert found.judgement.value.total <= other.value.total + 1e-3


@pytest.mark.parametrize("terms", [{"overtime": 1.5}, {"probability": 0.0}, {"probability": 1.0}])
def test_terms_that_cannot_be_are_refused(terms):
    with pytest.raises(BadInput):
        Terms(**terms)


def test_weeks_outside_the_plan_are_refused():
    with pytest.raises(BadInput, match="utanför planen"):
        problem_of(outcome_of(visits(100.0)), Terms(guarantee_from=WEEKS[-1].next()))


def test_a_unit_brings_those_who_share_its_resources():
    alone = service("alone", need=flat_series(3))
    outcome = outcome_of(
        visits(10.0),
        service("acute", need=flat_series(2)),
        alone,
        rooms=[room(), room("other")],
        recipes=[recipe("visit"), recipe("acute"), recipe("alone", "other")],
    )
    found = problem_of(outcome, Terms(), {"acute"})
    assert {row.service_id for row in found.services} == {"acute", "visit"}
    assert [row.resource_id for row in found.resources] == ["room"]
    with pytest.raises(BadInput, match="alone"):  # a locked cell that would be lost
        problem_of(outcome, Terms(locked={("alone", WEEKS[0]): 1.0}), {"acute"})
