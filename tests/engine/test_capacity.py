"""Capacity: the formula, its exact split, and minutes that can be used week by week."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import CALENDAR, LONG_AGO, WEEKS, room, series
from vardbalans.engine import capacity
from vardbalans.engine.catalogue import Dated, Opening, Resource
from vardbalans.engine.errors import BadInput, MissingFactor
from vardbalans.engine.inputs import ResourceInput, Staffing
from vardbalans.engine.periods import Period, weeks_from
from vardbalans.engine.sampling import stream

positive = st.floats(0.01, 1e6)
factors = st.builds(capacity.Factors, positive, positive, st.floats(0.01, 1.0), positive)


@pytest.mark.parametrize(
    ("utilisation", "mean_minutes", "expected"), [(0.75, 90, 10.5), (0.80, 90, 11.2), (0.75, 84, 11.25)]
)
def test_three_rooms_give_the_published_numbers(utilisation, mean_minutes, expected):
    """Region Örebro län's formula: 3 staffed rooms of 420 minutes."""
    assert capacity.capacity(capacity.Factors(3, 420, utilisation, mean_minutes)) == pytest.approx(expected, rel=1e-12)


@given(now=factors, before=factors)
def test_the_four_parts_sum_to_the_change(now, before):
    change = capacity.capacity(now) - capacity.capacity(before)
    scale = max(capacity.capacity(now), capacity.capacity(before))
    assert sum(capacity.change_parts(now, before).values()) == pytest.approx(change, rel=1e-9, abs=1e-9 * scale)


@given(now=factors, before=factors)
def test_changing_back_gives_the_same_parts_with_the_other_sign(now, before):
    forth, back = capacity.change_parts(now, before), capacity.change_parts(before, now)
    scale = max(capacity.capacity(now), capacity.capacity(before))
    for name, part in forth.items():
        assert part == pytest.approx(-back[name], rel=1e-6, abs=1e-9 * scale)


@given(before=factors)
def test_a_factor_that_stays_has_no_part_in_the_change(before):
    parts = capacity.change_parts(replace(before, sets=before.sets * 2), before)
    assert parts["minutes"] == parts["utilisation"] == parts["mean_minutes"] == 0
    assert parts["sets"] == pytest.approx(capacity.capacity(before), rel=1e-9)


@pytest.mark.parametrize("name", ["sets", "minutes", "utilisation", "mean_minutes"])
def test_the_sensitivity_is_the_slope_of_the_formula(name):
    base = capacity.Factors(3, 420, 0.75, 90)
    step = 1e-6
    moved = replace(base, **{name: getattr(base, name) * (1 + step)})
    slope = (capacity.capacity(moved) / capacity.capacity(base) - 1) / step
    assert slope == pytest.approx(capacity.sensitivities()[name], abs=1e-5)


@pytest.mark.parametrize(
    "bad", [(0, 420, 0.75, 90), (3, 0, 0.75, 90), (3, 420, 0, 90), (3, 420, 0.75, 0), (3, 420, 1.2, 90)]
)
def test_a_factor_that_cannot_be_is_named(bad):
    with pytest.raises(BadInput, match=r"sets|minutes|utilisation|mean_minutes|Nyttjandegraden"):
        capacity.Factors(*bad)


def _minutes(item, weeks=WEEKS, draws=4):
    return capacity.available(item, weeks, draws, stream(1, "test"))


def test_an_ordinary_week_has_five_open_days():
    week = Period.parse("2027-W10")
    found = _minutes(room(), [week])
    assert found.mean.tolist() == [3 * 420 * 5 * 0.75]


def test_holidays_close_a_room_unless_it_opens_on_holidays():
    christmas = Period.parse("2026-W52")  # 24 and 25 December are a Thursday and a Friday
    closed = room()
    opened = replace(closed, openings=tuple(replace(row, open_holidays=True) for row in closed.openings))
    assert _minutes(closed, [christmas]).mean.tolist() == [3 * 420 * 3 * 0.75]
    assert _minutes(opened, [christmas]).mean.tolist() == [3 * 420 * 5 * 0.75]


def test_the_narrowest_opening_wins():
    week, monday = Period.parse("2027-W10"), date(2027, 3, 8)
    extra = (
        Opening(1, 60, False, LONG_AGO, weekday=1, week="2027-W10"),
        Opening(0, 0, False, LONG_AGO, weekday=2, day=date(2027, 3, 9)),
    )
    item = replace(room(utilisation=1.0), openings=room().openings + extra)
    assert monday.isoweekday() == 1
    assert _minutes(item, [week]).mean.tolist() == [60 + 0 + 3 * 3 * 420]


def test_a_pattern_that_has_ended_gives_nothing():
    rows = tuple(replace(row, valid_to=date(2027, 3, 7)) for row in room().openings)
    assert _minutes(replace(room(), openings=rows), [Period.parse("2027-W10")]).mean.tolist() == [0]


def _staff(absence=0.2, fte=4.0, weeks=WEEKS):
    posts = Staffing(np.full(len(weeks), fte), np.full(53, absence), np.zeros(len(weeks)))
    return ResourceInput(Resource("r", "Läkare", "clinic", "staff", 480), CALENDAR, (), (Dated(LONG_AGO, 0.8),), posts)


def test_posts_times_shifts_less_absence_times_utilisation():
    week = [Period.parse("2027-W10")]
    found = _minutes(_staff(weeks=week), week)
    assert found.mean.tolist() == pytest.approx([4 * 480 * 5 * 0.8 * 0.8])
    assert found.one_fte.tolist() == pytest.approx([480 * 5 * 0.8 * 0.8])


def test_the_parts_sum_to_what_is_available():
    for item in (_staff(), room()):
        found = _minutes(item)
        assert np.sum([part.minutes for part in found.parts], axis=0) == pytest.approx(found.mean, rel=1e-12)


def test_draws_of_absence_centre_on_the_expectation():
    found = _minutes(_staff(), draws=20_000)
    error = found.draws.std(axis=0) / np.sqrt(20_000)
    assert np.all(np.abs(found.draws.mean(axis=0) - found.mean) < 5 * error)


def test_booked_absence_counts_when_it_is_more_than_expected():
    item = _staff()
    booked = replace(item, staffing=replace(item.staffing, known_absence=np.full(len(WEEKS), 0.5)))
    assert _minutes(booked).mean == pytest.approx(_minutes(item).mean * 0.5 / 0.8)


def test_every_missing_factor_is_listed():
    bare = ResourceInput(Resource("r", "Sal 4", "clinic", "room", 420), CALENDAR)
    with pytest.raises(MissingFactor) as caught:
        _minutes(bare)
    assert [str(item) for item in caught.value.missing] == ["nyttjandegrad för Sal 4", "öppettider för Sal 4"]


def test_utilisation_over_one_is_refused():
    with pytest.raises(BadInput, match="Nyttjandegraden för room"):
        _minutes(room(utilisation=1.2))


def test_observed_production_follows_working_days():
    done = series([10.0] * 60, table="contacts")
    weeks = weeks_from(Period.parse("2026-W44"), 52)
    found = capacity.observed(done, weeks, CALENDAR, 100, stream(1, "o"))
    days = CALENDAR.working_days_of(done.periods[-52:]).sum()
    assert found.mean == pytest.approx(520 / days * CALENDAR.working_days_of(weeks))
