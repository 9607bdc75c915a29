"""What would close a gap: extra time by cost, week by week, by hand and by property."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import flat_series, inputs, recipe, room, service
from vardbalans.engine.allowances import cheapest_first
from vardbalans.engine.closing import closings
from vardbalans.engine.leeway import ExtraTime, Leeway
from vardbalans.engine.plan.data import Extra
from vardbalans.engine.scenario import Settings, run

NEEDED = run(
    inputs([service("visit", need=flat_series(60))], [room()], [recipe("visit", minutes=300)]), Settings(50, 1)
)


def closing(*rows):
    extras = tuple(ExtraTime("room", *row, date(2020, 1, 1), None, "avtal") for row in rows)
    return closings(replace(NEEDED, inputs=replace(NEEDED.inputs, leeway=Leeway(extra_time=extras))))


def test_the_cheapest_minute_is_used_first_and_the_parts_sum_to_what_is_short():
    """Overtime at 10 kr a minute for 60 minutes a week; sessions at 20 kr a minute cover the rest, in whole pieces."""
    (found,) = closing(("session", 240.0, 480_000, 100.0, True), ("overtime", 60.0, 60_000, 1.0, False))
    short = np.maximum(-NEEDED.resource("room").balance, 0)
    assert found.short == pytest.approx(short.sum())
    assert [cover.kind for cover in found.covers] == ["overtime", "session"]
    overtime, session = found.covers
    assert overtime.minutes == pytest.approx(np.minimum(short, 60).sum())
    assert overtime.cost_ore == pytest.approx(overtime.minutes * 1000, abs=1)
    assert session.pieces == np.ceil((np.maximum(short - 60, 0) / 240) - 1e-9).sum()
    assert session.cost_ore == session.pieces * 480_000
    assert found.left == pytest.approx(0)
    assert found.cost_ore == overtime.cost_ore + session.cost_ore
    assert overtime.minutes + session.minutes + found.left == pytest.approx(found.short)


def test_without_agreed_time_all_is_left_and_an_unknown_price_is_not_free():
    (found,) = closing()
    assert (found.covers, found.left) == ((), found.short)
    (found,) = closing(("agency", 60.0, None, 1000.0, False), ("overtime", 60.0, 90_000, 0.5, False))
    assert [cover.kind for cover in found.covers] == ["overtime", "agency"]
    assert found.cost_ore is None


def test_nothing_is_told_of_what_is_not_short():
    assert closings(run(replace(NEEDED.inputs, resources=(room(sets=500),)), NEEDED.settings)) == ()


@given(
    st.lists(st.floats(0, 1e4), min_size=3, max_size=3),
    st.lists(st.tuples(st.floats(1, 500), st.none() | st.floats(0, 1e6), st.floats(0, 20), st.booleans()), max_size=5),
)
def test_no_more_is_used_than_there_is_and_none_where_nothing_is_short(short, rows):
    extras = [Extra("session", np.full(3, most), minutes, cost, whole) for minutes, cost, most, whole in rows]
    covered = np.zeros(3)
    for extra, pieces in cheapest_first(np.array(short), extras):
        assert (pieces <= extra.most + 1e-9).all()
        assert not pieces[np.array(short) == 0].any()
        assert not extra.whole or (pieces == np.round(pieces)).all()
        needed = np.maximum(np.array(short) - covered, 0)
        assert (pieces * extra.minutes <= needed + (extra.minutes if extra.whole else 1e-6)).all()
        covered += pieces * extra.minutes
