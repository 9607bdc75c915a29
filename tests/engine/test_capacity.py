"""Capacity: the formula, its exact split, and minutes that can be used week by week."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import CALENDAR, LONG_AGO, WEEKS, room, series
from vardbalans.engine import capacity
from vardbalans.engine.catalogue import Dated, NonClinical, Opening, Resource, ServiceStop
from vardbalans.engine.errors import BadInput, MissingFactor
from vardbalans.engine.inputs import ResourceInput, Staffing
from vardbalans.engine.periods import Period, weeks_from
from vardbalans.engine.sampling import stream

ORDINARY = Period.parse("2027-W10")  # Monday 8 March to Sunday 14 March, no holiday
CHRISTMAS = Period.parse("2026-W52")  # 24 and 25 December are a Thursday and a Friday
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


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (capacity.Factors(1e100, 1e100, 1, 1e-100), capacity.Factors(1e-100, 1e-100, 1, 1e100)),
        (capacity.Factors(3 * (1 + 1e-12), 420, 0.75, 90), capacity.Factors(3, 420, 0.75, 90 * (1 + 2e-12))),
    ],
    ids=["600 powers of ten apart", "a millionth of a millionth apart"],
)
def test_the_parts_are_exact_however_far_or_near(now, before):
    """Against the definition in 60 digits."""
    with localcontext() as digits:
        digits.prec = 60
        new, old = ([Decimal(value) for _, value in each.named()] for each in (now, before))
        k_new, k_old = (p * t * n / m for p, t, n, m in (new, old))
        weight = (k_new - k_old) / (k_new / k_old).ln()
        parts = [weight * (x / y).ln() for x, y in zip(new, old, strict=True)]
    expected = [float(part) for part in (*parts[:3], -parts[3])]
    assert list(capacity.change_parts(now, before).values()) == pytest.approx(expected, rel=1e-9, abs=0)


@given(base=factors, scale=st.floats(0.01, 100))
def test_scaling_minutes_and_mean_minutes_together_changes_nothing(base, scale):
    scaled = replace(base, minutes=base.minutes * scale, mean_minutes=base.mean_minutes * scale)
    assert capacity.capacity(scaled) == pytest.approx(capacity.capacity(base), rel=1e-12)


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


@pytest.mark.parametrize("beyond", [(1e200, 1e200, 1, 1), (1e-200, 1e-200, 1, 1)])
def test_factors_whose_product_no_number_can_hold_are_refused(beyond):
    with pytest.raises(BadInput, match="för stora eller för små"):
        capacity.Factors(*beyond)


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


def test_the_norm_of_twenty_patients_a_week():
    """Region Norrbotten: 20 patients per practitioner and week, six practitioners, 44 weeks at work."""
    assert capacity.norm_production(20, 6, 44) == 5280
    with pytest.raises(BadInput, match="Norm"):
        capacity.norm_production(20, -6, 44)


def _parts(item, weeks):
    return {part.code: part.minutes.tolist() for part in _minutes(item, weeks).parts}


def test_booked_and_expected_absence_are_told_apart():
    """A fifth is expected away; half of that is booked already: 9 600 minutes lose 960 and 960."""
    item = _staff(weeks=[ORDINARY])
    half = replace(item, staffing=replace(item.staffing, known_absence=np.array([0.1])))
    found = _parts(half, [ORDINARY])
    assert found["booked_absence"] == pytest.approx([-960])
    assert found["expected_absence"] == pytest.approx([-960])
    assert sum(value for (value,) in found.values()) == pytest.approx(9600 * 0.8 * 0.8)
    more = replace(item, staffing=replace(item.staffing, known_absence=np.array([0.3])))
    assert _parts(more, [ORDINARY])["expected_absence"] == [0.0]


def test_maintenance_takes_what_was_open_and_no_more():
    """Three rooms of 420 minutes: one out for 240 on Tuesday, five for the whole of Wednesday, one on the Saturday."""
    stops = (
        ServiceStop(date(2027, 3, 9), 1, 240),
        ServiceStop(date(2027, 3, 10), 5, 420),
        ServiceStop(date(2027, 3, 13), 1, 60),
    )
    found = _parts(replace(room(utilisation=1.0), stops=stops), [ORDINARY])
    assert found == {"opened": [6300], "closed": [0], "maintenance": [-240 - 1260], "unused": [0]}
    assert _parts(room(), [ORDINARY]).keys() == {"opened", "closed", "unused"}  # without stops it is no part


def _meeting(minutes=60.0, **more):
    return NonClinical("meeting", minutes, more.pop("movable", False), LONG_AGO, **more)


@pytest.mark.parametrize(
    ("rows", "week", "each"),
    [
        ((_meeting(weekday=3),), ORDINARY, 60),
        ((_meeting(weekday=4),), CHRISTMAS, 0),  # Christmas Eve
        ((_meeting(weekday=6),), ORDINARY, 0),  # nobody works on Saturday
        ((_meeting(week="2027-W10", minutes=100.0),), ORDINARY, 100),
        ((_meeting(week="2027-W11", minutes=100.0),), ORDINARY, 0),
        ((_meeting(day=date(2027, 3, 9)),), ORDINARY, 60),
        ((_meeting(weekday=3), _meeting(weekday=3, minutes=900.0)), ORDINARY, 480),  # no longer than the shift
        ((_meeting(weekday=3, valid_to=date(2027, 3, 9)),), ORDINARY, 0),
    ],
)
def test_non_clinical_time_is_that_of_those_who_are_there(rows, week, each):
    """Four posts of which a fifth are away; 80 % of what is left is used."""
    item = replace(_staff(weeks=[week]), non_clinical=rows)
    days = CALENDAR.working_days(week)
    found = _minutes(item, [week])
    assert _parts(item, [week])["non_clinical"] == pytest.approx([-4 * each * 0.8])
    assert found.mean == pytest.approx([4 * (480 * days - each) * 0.8 * 0.8])
    assert found.one_fte == pytest.approx([(480 * days - each) * 0.8 * 0.8])
    assert found.draws.mean(axis=0) <= 4 * (480 * days - each) * 0.8


def test_the_explanations_week_by_hand():
    """docs/explanation/capacity.md: 9 600 − 480 − 1 440 − 192 = 7 488, of which 80 % can be used."""
    team = _staff(weeks=[ORDINARY])
    booked = replace(team.staffing, known_absence=np.array([0.05]))
    found = _parts(replace(team, staffing=booked, non_clinical=(_meeting(weekday=3),)), [ORDINARY])
    assert {code: pytest.approx(minutes) for (code, (minutes,)) in found.items()} == {
        "employed": 9600,
        "holidays": 0,
        "booked_absence": -480,
        "expected_absence": -1440,
        "non_clinical": -192,
        "unused": -1497.6,
    }


def test_what_can_be_moved_gives_way_first():
    """A shift of 480 with 400 that must stay has room for 80 of 300 that may move, and none beside 900."""
    rows = (_meeting(400.0, weekday=1), _meeting(300.0, weekday=1, movable=True), _meeting(900.0, weekday=2))
    total, movable = capacity.non_clinical_by_day(replace(_staff(), non_clinical=rows), [ORDINARY])
    assert total[0].tolist() == [480, 480, 0, 0, 0, 0, 0]
    assert movable[0].tolist() == [80, 0, 0, 0, 0, 0, 0]


def test_a_room_used_for_teaching_is_not_there_for_patients():
    item = replace(room(utilisation=1.0), non_clinical=(_meeting(weekday=1, minutes=105.0),))
    stopped = replace(item, stops=(ServiceStop(date(2027, 3, 8), 1, 420),))
    assert _parts(item, [ORDINARY])["non_clinical"] == [-3 * 105]
    assert _parts(stopped, [ORDINARY])["non_clinical"] == [-2 * 105]  # two rooms are left that Monday


def test_shares_by_day_follow_openings_or_working_days():
    week = [CHRISTMAS]
    assert capacity.shares_by_day(room(), week)[0] == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0, 0, 0, 0])
    item = replace(_staff(weeks=[ORDINARY]), non_clinical=(_meeting(weekday=1, minutes=480.0),))
    assert capacity.shares_by_day(item, [ORDINARY]).tolist() == [[0, 0.25, 0.25, 0.25, 0.25, 0, 0]]


small = st.floats(0, 2000)


@given(
    absent=st.floats(0, 1),
    booked=st.floats(0, 1),
    posts=st.floats(0, 50),
    rows=st.lists(st.tuples(st.integers(1, 7), small, st.booleans()), max_size=4),
    stops=st.lists(st.tuples(st.integers(0, 27), st.floats(0, 5), small), max_size=4),
)
def test_the_parts_always_sum_and_nothing_is_below_zero(absent, booked, posts, rows, stops):
    weeks = weeks_from(CHRISTMAS, 4)
    other = tuple(NonClinical("meeting", m, movable, LONG_AGO, weekday=day) for day, m, movable in rows)
    team = _staff(absence=absent, fte=posts, weeks=weeks)
    team = replace(team, staffing=replace(team.staffing, known_absence=np.full(4, booked)), non_clinical=other)
    out = tuple(ServiceStop(CHRISTMAS.start + timedelta(days=day), sets, m) for day, sets, m in stops)
    for item in (team, replace(room(), non_clinical=other, stops=out)):
        found = _minutes(item, weeks, draws=8)
        assert np.sum([part.minutes for part in found.parts], axis=0) == pytest.approx(found.mean, rel=1e-9, abs=1e-6)
        assert (found.mean >= -1e-9).all()
        assert (found.draws >= -1e-9).all()
