"""Orders: how they are answered, and what they take beside all else, by hand and by property."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import CALENDAR, WEEKS, flat_series, inputs, recipe, room, service
from vardbalans.engine.errors import BadInput
from vardbalans.engine.inputs import Contract
from vardbalans.engine.leeway import ExtraTime, Leeway
from vardbalans.engine.orders import Answer, Order, share_within, weigh
from vardbalans.engine.scenario import Settings, run

YEAR = WEEKS[26].start.year
AT = datetime(2026, 9, 1, tzinfo=UTC)


def answer(status, day=0, **more):
    return Answer(AT + timedelta(days=day), status, "Chefen", **more)


def world(sets=1.0):
    """Ten visits a week of 90 minutes, and ten operations, in one room."""
    return run(
        inputs(
            [service("visit", need=flat_series(10)), service("operation", need=flat_series(10), kind="surgery")],
            [room(sets=sets)],
            [recipe("visit"), recipe("operation", minutes=30)],
        ),
        Settings(100, 1),
    )


def order(name="visit", volume=400.0, **more):
    return Order("clinic", name, YEAR, volume, **more)


def test_an_order_is_answered_step_by_step():
    found = order()
    assert (found.status, found.agreed, found.spoken_of) == ("proposed", None, 400)
    found = found.answered(answer("countered", 1, volume=300.0, reason="läkare saknas"))
    assert (found.status, found.agreed, found.spoken_of) == ("countered", None, 300)
    found = found.answered(answer("accepted", 2))
    assert (found.status, found.agreed) == ("accepted", 300)
    with pytest.raises(BadInput, match="föreslås på nytt"):
        found.answered(answer("rejected", 3, reason="nej"))
    again = found.answered(answer("proposed", 3, volume=350.0))
    assert (again.status, again.agreed, again.spoken_of) == ("proposed", None, 350)
    assert again.answers[:2] == found.answers
    with pytest.raises(BadInput, match="äldre"):
        found.answered(answer("proposed", 1))


@pytest.mark.parametrize(
    ("status", "more"), [("rejected", {}), ("countered", {"reason": "x"}), ("countered", {"volume": 1.0})]
)
def test_a_no_has_a_reason_and_an_offer_a_volume(status, more):
    with pytest.raises(BadInput):
        answer(status, **more)


def test_what_an_order_takes_by_hand():
    """All of the year's volume · 90 minutes of the room, beside operations of 30 minutes."""
    outcome = world()
    share = share_within(YEAR, WEEKS, CALENDAR)
    found = weigh(outcome, [order()])[0]
    (taken,) = found.taken
    assert found.volume == pytest.approx(400 * share)
    assert taken.takes == pytest.approx(400 * share * 90)
    operations = outcome.service("operation").demand.mean.sum() * 30
    assert taken.others == pytest.approx(operations)
    room_for = (outcome.resource("room").available.mean.sum() - operations) / 90
    assert found.possible == pytest.approx(min(found.volume, room_for))
    assert found.cost_ore is None


def test_orders_stand_in_the_place_of_each_others_need():
    outcome = world()
    both = weigh(outcome, [order(), order("operation", 100.0)])
    share = share_within(YEAR, WEEKS, CALENDAR)
    assert both[0].taken[0].others == pytest.approx(100 * share * 30)
    assert both[1].taken[0].others == pytest.approx(400 * share * 90)


@given(st.floats(1, 5000), st.floats(1, 2))
def test_more_ordered_takes_more_and_is_no_surer(volume, more):
    outcome = OUTCOME
    less, larger = (weigh(outcome, [order(volume=row)])[0] for row in (volume, volume * more))
    assert larger.taken[0].takes == pytest.approx(less.taken[0].takes * more)
    assert larger.probability <= less.probability
    assert larger.possible >= less.possible - 1e-6
    assert larger.possible <= larger.volume + 1e-9
    assert bool(larger.why) == (larger.possible < larger.volume - 1e-9)


OUTCOME = world()


def test_a_contracts_price_is_the_cost():
    bought = Contract("clinic", "visit", 1000_00, None, date(2020, 1, 1))
    outcome = replace(OUTCOME, inputs=replace(OUTCOME.inputs, contracts=(bought,)))
    found = weigh(outcome, [order()])[0]
    assert found.cost_ore == round(found.volume * 1000_00)


def test_what_is_short_is_priced_by_extra_time_the_cheapest_first():
    """Sessions of 120 minutes at 1 200 kr, whole; agency time at 20 kr a minute, at most 60 minutes a week."""

    def cost(volume, *extras):
        leeway = Leeway(extra_time=tuple(ExtraTime("room", *row, date(2020, 1, 1), None, "avtal") for row in extras))
        outcome = replace(OUTCOME, inputs=replace(OUTCOME.inputs, leeway=leeway))
        (found,) = weigh(outcome, [order(volume=volume)])
        return found.taken[0].short, found.extra_ore

    session, agency = ("session", 120.0, 120_000, 1.0, True), ("agency", 60.0, 120_000, 1.0, False)
    assert cost(1.0, session) == (0, 0)
    short, unknown = cost(2000.0)
    assert short > 0
    assert unknown is None  # missing is not free
    assert cost(2000.0, ("session", 1e6, 100, 1.0, False))[1] == round(short * 100 / 1e6)
    share = share_within(YEAR, WEEKS, CALENDAR)
    little = 2000.0 - (short - 250) / (90 * share)
    assert cost(little, session, agency) == pytest.approx((250, 3 * 120_000))
    assert cost(2000.0, session, agency)[1] is None  # all of it is not enough
    assert cost(little, ("session", 120.0, None, 9.0, True))[1] is None  # nobody knows what it costs


def test_a_year_that_is_not_computed_is_refused():
    with pytest.raises(BadInput, match="ligger inte i 1999"):
        weigh(OUTCOME, [replace(order(), year=1999)])
    assert weigh(OUTCOME, [order("unknown")]) == ()
