"""Measures with several parts: all or none, and what leaves one place comes to another in every draw."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.spec.test_measures import FIRST, SETTINGS, _with_sets, certain, measure, world
from tests.strategies import CALENDAR, WEEKS
from vardbalans.engine.catalogue import Unit
from vardbalans.engine.choose import choose
from vardbalans.engine.errors import BadInput
from vardbalans.engine.measures import (
    Effect,
    Interval,
    cost_of,
    in_agreed_plan,
    linked,
    received,
    wholes,
    with_all_parts,
)
from vardbalans.engine.scenario import run

shares = st.floats(0.01, 0.9)


def effect(row, seed=1):
    return Effect.of(row, WEEKS, CALENDAR, FIRST, 200, seed)


@given(st.lists(shares, min_size=3, max_size=3).map(sorted), st.floats(1, 500), st.floats(1, 500), st.integers(0, 99))
def test_what_leaves_comes_in_every_draw(bounds, leaving, there, seed):
    low, expected, high = bounds
    moved = Interval(expected, low, high)
    away = measure("activities", Interval(1 - expected, 1 - high, 1 - low), "M", part_of="M", service_id="a")
    here = measure("activities", received(moved, leaving, there), "M2", part_of="M", service_id="b")
    gone, come = (effect(row, seed).full for row in (away, here))
    np.testing.assert_allclose((1 - gone) * leaving, (come - 1) * there, rtol=1e-6, atol=1e-6)


def test_by_hand():
    """A fifth of 50 hours to where there are 40: ten hours, a quarter more."""
    assert received(certain(0.2), 50, 40) == certain(1.25)
    with pytest.raises(BadInput, match="Där det inte görs något"):
        received(certain(0.2), 50, 0)
    with pytest.raises(BadInput, match="Andelen som flyttas"):
        received(certain(1.2), 50, 40)


def test_a_measure_alone_draws_as_it_did_before_it_had_parts():
    alone = measure("activities", Interval(0.8, 0.7, 0.9), "M")
    head, _ = linked([alone, measure("activities", 1.1, "M2", part_of="M")])
    assert head.part_of == "M"
    np.testing.assert_array_equal(effect(alone).full, effect(head).full)


def test_a_whole_counts_in_the_plan_when_all_its_parts_do():
    parts = linked([measure(measure_id="M", status="measured"), measure(measure_id="N", part_of="M", status="pilot")])
    other = measure(measure_id="O", status="in_plan")
    assert in_agreed_plan([*parts, other]) == (other,)
    done = [replace(row, status="measured") for row in parts]
    assert in_agreed_plan([*done, other]) == (*done, other)


def test_naming_one_part_takes_them_all():
    rows = [measure(measure_id="M"), measure(measure_id="N", part_of="M"), measure(measure_id="O")]
    for name in ("M", "N"):
        assert [row.measure_id for row in with_all_parts([name], rows)] == ["M", "N"]
    assert [len(parts) for parts in wholes(linked(rows))] == [2, 1]


def test_a_whole_costs_what_is_known_of_its_parts():
    year = (FIRST, FIRST.replace(year=FIRST.year + 1))
    parts = [measure(cost_ore=365_25), measure(measure_id="B"), measure(measure_id="C", once_ore=100)]
    assert cost_of(parts, *year) == 365_00 + 100
    assert cost_of(parts[1:2], *year) is None


def test_a_unit_that_begins_on_another_day_is_left_alone():
    whole = world(90)
    units = {"clinic": Unit("clinic", "K", "clinic", "division"), "division": Unit("division", "D", "division")}
    inputs = replace(whole, units=units)
    everywhere = measure("activities", 0.9, unit_id="division")
    baseline = run(inputs, SETTINGS)
    spared = run(inputs, SETTINGS, [replace(everywhere, but_not=frozenset({"clinic"}))], baseline)
    assert spared.resource("room").balance.tolist() == baseline.resource("room").balance.tolist()
    changed = run(inputs, SETTINGS, [everywhere], baseline)
    assert (changed.resource("room").balance > baseline.resource("room").balance).all()


def test_parts_are_chosen_together_or_not_at_all():
    """The head alone would do and is free; its other part costs, so something else is cheaper."""
    inputs = world(90)
    inputs = replace(inputs, resources=tuple(_with_sets(row, 0.5) for row in inputs.resources))
    baseline = run(inputs, SETTINGS)
    head = measure("minutes", 0.2, "M", service_id="other", cost_ore=0)
    part = measure("minutes", 1.1, "N", service_id="operation", cost_ore=90_000, part_of="M")
    other = measure("minutes", 0.2, "O", service_id="other", cost_ore=30_000)
    found = choose(baseline, [head, part, other], ["elsewhere"], probability=0.9)
    assert [row.measure_id for row in found.best.measures] == ["O"]
    assert found.runner_up is not None
    assert [row.measure_id for row in found.runner_up.measures] == ["M", "N"]
    assert found.bound_ore == found.best.cost_ore
