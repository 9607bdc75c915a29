"""Levelling: against trying every choice, by hand, and what limits cost."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vardbalans.engine.errors import BadInput, Impossible
from vardbalans.engine.levelling import Flow, Held, Level, level, loads, stay_curve
from vardbalans.engine.solving import Limits

WEEKDAYS = np.array([True] * 5 + [False] * 2)
LIMITS = Limits(20.0, 0.0)


def flow(starts, stays, name="op", allowed=WEEKDAYS, **more):
    return Flow(name, np.array(starts), {"bed": stay_curve(stays, len(starts))}, allowed, **more)


def beds(unplanned=(5.0,) * 7, capacity=12.0):
    return Held("bed", "Vårdplatser", np.array(unplanned), np.full(len(unplanned), capacity))


def test_a_curve_by_hand():
    """Two and a half days fill two slots and half of the third; nine days fill a week and two days twice."""
    assert stay_curve([2.5], 7).tolist() == [1, 1, 0.5, 0, 0, 0, 0]
    assert stay_curve([9.0], 7).tolist() == [2, 2, 1, 1, 1, 1, 1]
    assert stay_curve([1.0, 2.0], 7)[:3].tolist() == [1, 0.5, 0]
    assert stay_curve([0.125], 24, slots_per_day=24)[:4].tolist() == [1, 1, 1, 0]
    with pytest.raises(BadInput):
        stay_curve([], 7)


def test_all_on_monday_becomes_one_a_day():
    """Five stays of one day, all on Monday: a peak of 10 of 12; one each weekday gives 6 of 12."""
    problem = Level((flow([5, 0, 0, 0, 0, 0, 0], [1.0]),), (beds(),))
    found = level(problem, LIMITS)
    assert found.starts["op"].tolist() == [1, 1, 1, 1, 1, 0, 0]
    assert (found.before["bed"].peak, found.after["bed"].peak) == (10 / 12, 6 / 12)
    assert found.after["bed"].variation < found.before["bed"].variation
    assert found.proven
    assert found.costs == {"slots": 0.0}  # five starts over seven days reach as high


def test_what_a_limit_costs():
    """Ten stays over five days are two a day; over seven no day needs more than two either, over ten slots one."""
    crowded = flow([7, 0, 0, 0, 0, 0, 0], [1.0], most=np.full(7, 2.0))
    theatre = Held("sal", "Sal", np.zeros(7), np.array([90.0, 90, 90, 90, 90, 0, 0]), is_levelled=False)
    curves = {**crowded.curves, "sal": np.array([60.0, 0, 0, 0, 0, 0, 0])}
    few = Level((replace(crowded, curves=curves, starts=np.array([4, 0, 0, 0, 0, 0, 0])),), (beds(), theatre))
    found = level(few, LIMITS)
    assert found.starts["op"].max() == 1
    free = level(Level((crowded,), (beds(),)), LIMITS)
    assert free.costs["slots"] == pytest.approx(1 / 12)  # seven over seven days: one a day instead of two
    assert free.costs["most"] == 0
    with pytest.raises(Impossible):
        level(Level((replace(crowded, curves=curves),), (beds(), theatre)), LIMITS)


@st.composite
def problems(draw):
    slots = draw(st.integers(3, 4))
    allowed = np.array([True, *(draw(st.booleans()) for _ in range(slots - 1))])
    flows = tuple(
        Flow(
            name,
            np.array([draw(st.integers(0, 2)) for _ in range(slots)]),
            {"bed": np.array([float(draw(st.integers(0, 3))) for _ in range(slots)])},
            allowed,
        )
        for name in ("a", "b")[: draw(st.integers(1, 2))]
    )
    unplanned = np.array([float(draw(st.integers(0, 9))) for _ in range(slots)])
    return Level(flows, (Held("bed", "bed", unplanned, np.full(slots, 10.0)),))


def every_choice(problem):
    """Yield each way to place the starts of all flows."""
    ways = []
    for row in problem.flows:
        total = int(row.starts.sum())
        places = [range(total + 1) if allowed else (0,) for allowed in row.allowed]
        ways.append([np.array(way) for way in product(*places) if sum(way) == total])
    names = [row.name for row in problem.flows]
    return (dict(zip(names, way, strict=True)) for way in product(*ways))


@settings(max_examples=25, deadline=None)
@given(problems())
def test_no_other_choice_is_more_even(problem):
    found = level(problem, LIMITS)
    for row in problem.flows:
        assert found.starts[row.name].sum() == row.starts.sum()
        assert not found.starts[row.name][~row.allowed].any()

    def figures(starts):
        load = loads(problem, starts)["bed"]
        return round(load.max(), 6), round(np.abs(load - load.mean()).sum(), 6)

    assert figures(found.starts) == min(figures(starts) for starts in every_choice(problem))


def test_the_load_is_only_moved():
    """The sum over the week is what it was, and the unplanned part stays where it is."""
    problem = Level((flow([4, 3, 0, 0, 1, 0, 0], [2.5, 4.0, 9.0]),), (beds([6.0, 5, 5, 5, 4, 3, 3], 20.0),))
    found = level(problem, LIMITS)
    before, after = (loads(problem, starts)["bed"] for starts in ({"op": problem.flows[0].starts}, found.starts))
    assert after.sum() == pytest.approx(before.sum())
    assert found.after["bed"].peak <= found.before["bed"].peak
    assert (after >= problem.resources[0].unplanned - 1e-9).all()


def test_what_does_not_fit_is_refused():
    with pytest.raises(BadInput, match="lika många"):
        Level((flow([1, 0, 0], [1.0], allowed=np.ones(3, bool)),), (beds(),))
    with pytest.raises(BadInput, match="öppet hela tiden"):
        Level((flow([1] * 7, [1.0]),), (beds(capacity=0.0),))
    with pytest.raises(Impossible, match="inte läggas"):
        level(Level((flow([1] * 7, [1.0], allowed=np.zeros(7, bool)),), (beds(),)), LIMITS)
