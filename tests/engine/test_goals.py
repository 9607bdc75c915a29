"""The goal tree: every level is the sum of what is below it, and what a run tells of each indicator."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import CALENDAR, WEEKS, flat_series, inputs, recipe, room, service
from vardbalans.engine.catalogue import Unit
from vardbalans.engine.errors import BadInput
from vardbalans.engine.goals import Count, Goal, tree
from vardbalans.engine.indicators import INDICATORS, of_orders, of_run
from vardbalans.engine.inputs import Contract, Ratio
from vardbalans.engine.orders import Order, share_within
from vardbalans.engine.scenario import Settings, run

DAY = date(2026, 6, 1)
SHARE, NUMBER = "andel_inom_vardgaranti", "vantande"
UNITS = {
    name: Unit(name, name, "unit", parent)
    for name, parent in (("R", ""), ("D", "R"), ("K1", "D"), ("K2", "D"), ("U", "K1"), ("E", "elsewhere"))
}


def nodes(counts, goals=(), units=UNITS):
    found = tree(units, INDICATORS.values(), counts, goals, DAY)
    return {(node.unit.unit_id, node.indicator.indicator_id): node for node in found}


def test_a_share_is_parts_over_wholes_and_not_a_mean_of_shares():
    """9 of 10 and 1 of 30 are 10 of 40."""
    found = nodes([Count("K1", SHARE, 9, 10), Count("K2", SHARE, 1, 30)])
    assert (found["D", SHARE].part, found["D", SHARE].whole, found["D", SHARE].value) == (10, 40, 0.25)
    assert found["D", SHARE].own == 0
    assert found["K1", SHARE].value == 0.9
    assert [node.depth for node in (found["R", SHARE], found["D", SHARE], found["K2", SHARE])] == [0, 1, 2]


places = st.sampled_from(sorted(UNITS))
counts = st.lists(st.tuples(places, st.integers(0, 500), st.integers(0, 500)), max_size=30)


@given(counts)
def test_every_level_is_its_own_and_its_childrens(rows):
    given_rows = [Count(unit, SHARE, min(a, b), max(a, b)) for unit, a, b in rows]
    given_rows += [Count(unit, NUMBER, a) for unit, a, _ in rows]
    found = nodes(given_rows)
    for (unit, name), node in found.items():
        children = [
            found[child, name] for child, row in UNITS.items() if row.parent_id == unit and (child, name) in found
        ]
        assert node.part == node.own + sum(child.part for child in children)
        if name == SHARE:
            mine = sum(row.whole for row in given_rows if (row.unit_id, row.indicator_id) == (unit, name))
            assert node.whole == mine + sum(child.whole for child in children)
            assert node.value is None or 0 <= node.value <= 1
    tops = [node for (unit, name), node in found.items() if node.depth == 0 and name == NUMBER]
    assert sum(node.part for node in tops) == sum(a for _, a, _ in rows)


@pytest.mark.parametrize(
    ("part", "direction", "status"),
    [(80, "up", "met"), (79, "up", "not_met"), (80, "down", "met"), (81, "down", "not_met")],
)
def test_outcome_against_target(part, direction, status):
    goal = Goal("K1", SHARE, 0.8, direction, date(2026, 1, 1))
    found = nodes([Count("K1", SHARE, part, 100)], [goal])
    assert found["K1", SHARE].status == status
    assert found["D", SHARE].status == "no_target"


def test_the_goal_in_force_holds_and_nothing_counted_is_no_outcome():
    goals = [
        Goal("K2", SHARE, target, "up", day)
        for target, day in ((0.5, date(2025, 1, 1)), (0.9, DAY), (1.0, date(2026, 7, 1)))
    ]
    node = nodes([], goals)["K2", SHARE]
    assert (node.target, node.value, node.status) == (0.9, None, "no_outcome")
    assert nodes([Count("K1", SHARE, 0, 0)])["K1", SHARE].status == "no_outcome"


def test_what_does_not_fit_is_refused():
    with pytest.raises(BadInput, match="finns inte"):
        nodes([Count("X", SHARE, 1, 2)])
    with pytest.raises(BadInput, match="på ett annat sätt"):
        nodes([Count("K1", SHARE, 1)])
    ring = {name: Unit(name, name, "unit", parent) for name, parent in (("A", "B"), ("B", "A"))}
    with pytest.raises(BadInput, match="i en ring"):
        nodes([], units=ring)


def outcome(**more):
    found = inputs(
        [
            service("visit", need=flat_series(10), lost_slots=Ratio(8, 100)),
            service("op", need=flat_series(5), kind="surgery"),
        ],
        [room(sets=1), room("bed", sets=1)],
        [recipe("visit"), recipe("op", "bed", 120)],
    )
    return run(replace(found, **more), Settings(50, 1))


def test_what_a_run_tells():
    bought = Contract("clinic", "op", 2000_00, None, date(2020, 1, 1))
    found = outcome(contracts=(bought,))
    told = {}
    for count in of_run(found):
        told.setdefault(count.indicator_id, []).append(count)
    assert [(row.part, row.whole) for row in told["andel_uteblivna"]] == [(8, 100)]
    made = {row.item.service.service_id: (row.balance.feasible * row.demand.per_slot).sum() for row in found.services}
    assert sum(row.part for row in told["produktion"]) == pytest.approx(sum(made.values()))
    assert told["kostnad_kopt_vard"][0].part == pytest.approx(made["op"] * 2000)
    (theatre,) = told["utnyttjande_operation"]
    opened = sum(CALENDAR.working_days(week) * 420 for week in WEEKS)
    assert theatre.whole == pytest.approx(opened)
    assert theatre.part <= theatre.whole * 0.75 + 1e-6
    assert set(told) <= set(INDICATORS)


def test_production_against_the_order():
    """What was performed in the whole weeks of the year so far, of the same working days' part of the order."""
    found = outcome()
    year = found.inputs.as_of.year
    item = found.service("visit").item
    rows = [
        (p, v)
        for p, v in zip(item.performed.periods, item.performed.values, strict=True)
        if p.start.year == p.days[-1].year == year
    ]
    (count,) = of_orders(found, [Order("clinic", "visit", year, 520.0), Order("clinic", "visit", year + 1, 1.0)])
    assert count.part == pytest.approx(sum(value for _, value in rows))
    assert count.whole == pytest.approx(520 * share_within(year, [period for period, _ in rows], CALENDAR))
