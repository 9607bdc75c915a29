"""Theatre days shared in whole days: against every sharing tried, the judge, and the sharing by need alone."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vardbalans.engine.errors import BadInput
from vardbalans.engine.plan.data import Weights
from vardbalans.engine.sectioning import Specialty, judge_sections, pro_rata_days, share_days
from vardbalans.engine.solving import Status


def specialty(name, need=4.0, queue=0.0, weeks=4, **more):
    values = {
        "due": np.concatenate([[queue], np.zeros(weeks - 1)]),
        "limit_weeks": 1,
        "minutes": 100.0,
        "day_minutes": 400.0,
        "acute_minutes": 0.0,
        "most": (2, 2),
    }
    return Specialty(name, np.full(weeks, need), queue, **(values | more))


def test_days_go_where_people_wait_too_long_though_both_need_the_same():
    """Four days; each needs one a week, but 24 wait in one of them. Three days treat 12 a week: late 12, 4, 0, 0."""
    found = share_days([specialty("a", queue=24.0), specialty("b")], (2, 2))
    assert found.status in (Status.BEST, Status.GOOD_ENOUGH)
    assert sum(found.days["a"]) == 3
    assert found.verdict.late == pytest.approx((24 + 4 - 12 - 4) + 4)
    assert {name: sum(row) for name, row in found.pro_rata.items()} == {"a": 2, "b": 2}
    assert found.pro_rata_verdict.late == pytest.approx((24 + 4 - 8 - 4) + 12 + 8 + 4)
    assert found.verdict.total < found.pro_rata_verdict.total


def test_least_days_and_staff_and_acute_care_are_kept():
    waits = specialty("a", queue=24.0)
    found = share_days([waits, specialty("b", least=2)], (2, 2))
    assert sum(found.days["b"]) == 2
    found = share_days([specialty("a", queue=24.0, most=(1, 1)), specialty("b")], (2, 2))
    assert found.days["a"] == (1, 1)
    found = share_days([waits, specialty("b", need=0.0, acute_minutes=500.0)], (2, 2))
    assert sum(found.days["b"]) == 2
    assert not found.verdict.broken
    assert share_days([waits, specialty("b", least=5)], (2, 2)).status is Status.IMPOSSIBLE


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({"a": (2, 0), "b": (1, 0)}, "salar delas ut"),
        ({"a": (0, 2), "b": (0, 0)}, "operationslag"),
        ({"a": (0, 1), "b": (0, 0)}, "minst 1"),
        ({"a": (-1, 1), "b": (1, 0)}, "operationslag"),
        ({"a": (0, 0), "b": (1, 0)}, "akuta"),
    ],
)
def test_the_judge_finds_every_fault(days, said):
    rows = [specialty("a", most=(2, 1), acute_minutes=100.0), specialty("b", least=1)]
    assert any(said in str(what) for what in judge_sections(rows, (2, 2), days).broken)
    assert not judge_sections(rows, (2, 2), {"a": (1, 1), "b": (1, 1)}).broken


def test_nonsense_is_refused():
    with pytest.raises(BadInput, match="två gånger"):
        share_days([specialty("a"), specialty("a")], (2, 2))
    with pytest.raises(BadInput, match="salar"):
        share_days([specialty("a")], (2, 2, 2))


@st.composite
def cases(draw):
    rows = [
        specialty(
            name,
            float(draw(st.integers(0, 9))),
            float(draw(st.integers(0, 30))),
            3,
            minutes=float(draw(st.sampled_from([50, 100, 130]))),
            most=(draw(st.integers(1, 2)), draw(st.integers(1, 2))),
        )
        for name in "ab"
    ]
    return rows, (draw(st.integers(0, 3)), draw(st.integers(0, 3)))


@settings(max_examples=30, deadline=None)
@given(cases())
def test_no_sharing_tried_is_better_and_more_theatres_never_make_it_worse(case):
    rows, rooms = case
    found = share_days(rows, rooms)
    assert not found.verdict.broken
    ranges = [range(row.most[day] + 1) for row in rows for day in range(2)]
    tried = [
        judge_sections(rows, rooms, {"a": days[:2], "b": days[2:]})
        for days in product(*ranges)
        if days[0] + days[2] <= rooms[0] and days[1] + days[3] <= rooms[1]
    ]
    best = min(row.total for row in tried)
    assert found.verdict.total <= best * (1 + 1e-3) + 1e-3
    assert found.verdict.total <= found.pro_rata_verdict.total * (1 + 1e-3) + 1e-3
    more = share_days(rows, (rooms[0] + 1, rooms[1]))
    assert more.verdict.total <= found.verdict.total * (1 + 1e-3) + 1e-3


@settings(max_examples=30, deadline=None)
@given(cases())
def test_pro_rata_gives_out_whole_days_within_rooms_and_staff(case):
    rows, rooms = case
    days = pro_rata_days(rows, rooms)
    verdict = judge_sections(rows, rooms, days, Weights())
    assert not verdict.broken
