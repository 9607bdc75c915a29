"""Plan, outcome and rolling forecast of a year: what is conserved, what is compared with what, and early signs."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vardbalans.engine.catalogue import Service, Unit
from vardbalans.engine.explain import Source
from vardbalans.engine.follow_up import Agreed, Approved, Followed, followed, of_units
from vardbalans.engine.inputs import Ratio, Series, ServiceInput
from vardbalans.engine.periods import Period, swedish_calendar

CALENDAR = swedish_calendar(2022, 2028)
UNITS = {
    row.unit_id: row
    for row in (
        Unit("r", "Region", "region"),
        Unit("k1", "Klinik 1", "clinic", "r"),
        Unit("k2", "Klinik 2", "clinic", "r"),
        Unit("u", "Mottagning", "unit", "k1"),
    )
}


def item(name: str, values, *, unit: str = "u", start: str = "2024-W01", kind: str = "first_visit") -> ServiceInput:
    series = Series(Period.parse(start), np.array(values, float), Source.of("contacts", service_id=name))
    return ServiceInput(Service(name, name, unit, kind), CALENDAR, series, False, None, series)


def poisson(mean: float, weeks: int = 147, seed: int = 3):
    return np.random.default_rng(seed).poisson(mean, weeks)


def one(values, agreed: Agreed | None = None, **more) -> Followed:
    given_ = {"a": agreed} if agreed else {}
    return followed([item("a", values, **more)], given_, 2026, draws=200, seed=1)[0]


@settings(max_examples=15, deadline=None)
@given(st.integers(115, 157), st.integers(1, 60), st.integers(0, 1000))
def test_weeks_and_months_tell_the_same_year(weeks, mean, seed) -> None:
    row = one(poisson(mean, weeks, seed), Agreed(1000.0, True))
    assert row.weeks is not None
    assert np.nansum(row.months.counted) == pytest.approx(row.done)
    assert np.nansum(row.months.expected) == pytest.approx(row.done + row.year_left)
    assert np.nansum(row.months.plan) == pytest.approx(1000.0)
    assert row.year_planned == pytest.approx(1000.0)
    assert row.done_planned <= row.year_planned + 1e-9
    inside = [period.start.year == 2026 and period.days[-1].year == 2026 for period in row.weeks.periods]
    assert row.weeks.counted[inside].sum() <= row.done + 1e-9


def test_what_is_counted_is_never_forecast() -> None:
    values = poisson(30, 147)
    row = one(values)
    assert row.weeks is not None
    known = {str(period): value for period, value in zip(item("a", values).need.periods, values, strict=True)}
    for period, counted, left, whole in zip(
        row.weeks.periods, row.weeks.counted, row.weeks.left, row.weeks.whole, strict=True
    ):
        assert whole == (str(period) in known)
        assert counted == known.get(str(period), 0)
        assert (left == 0) == whole


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(2, 40), min_size=4, max_size=4), st.booleans())
def test_every_level_is_the_sum_of_what_is_below(means, ordered) -> None:
    items = [
        item("a", poisson(means[0])),
        item("b", poisson(means[1], seed=4), unit="k1"),
        item("c", poisson(means[2], 100), unit="k2", start="2024-W48"),
        item("d", poisson(means[3]), unit="k2", kind="surgery"),
    ]
    agreed = {"a": Agreed(900.0, True)} if ordered else {}
    services = followed(items, agreed, 2026, draws=100, seed=1)
    sums = {(row.unit_id, row.kind): row for row in of_units(services, UNITS)}
    assert set(sums) == {
        *((unit, "first_visit") for unit in ("r", "k1", "k2", "u")),
        *((unit, "surgery") for unit in ("r", "k2")),
    }
    region, clinic, unit = sums["r", "first_visit"], sums["k1", "first_visit"], sums["u", "first_visit"]
    for name in ("done", "done_planned", "done_against", "year_left", "year_planned", "year_against"):
        assert getattr(clinic, name) == pytest.approx(getattr(unit, name) + getattr(services[1], name))
        assert getattr(region, name) == pytest.approx(getattr(clinic, name) + getattr(services[2], name))
    assert region.months.counted == pytest.approx(clinic.months.counted + services[2].months.counted)
    assert region.year_draws == pytest.approx(clinic.year_draws + services[2].year_draws)
    assert sum(region.bases.values()) == 3


def test_what_has_no_plan_is_never_compared_with_one() -> None:
    """The new service adds to the outcome, and not to the deviation."""
    services = followed(
        [item("a", poisson(20)), item("n", poisson(50, 30), start="2026-W14")], {}, 2026, draws=50, seed=1
    )
    total = next(row for row in of_units(services, UNITS) if row.unit_id == "r")
    assert services[1].bases == {"none": 1}
    assert total.done == pytest.approx(services[0].done + services[1].done)
    assert total.done_against - total.done_planned == pytest.approx(services[0].done_against - services[0].done_planned)
    assert np.isnan(services[1].weeks.plan).all()
    assert total.weeks.against == pytest.approx(services[0].weeks.against)
    assert total.weeks.counted[-30] > services[0].weeks.counted[-30]


def test_last_year_is_the_same_weeks_and_scaling_it_scales_the_deviation() -> None:
    values = np.full(147, 20.0)
    values[-43:] = 22.0
    values[52], values[51], values[53] = 21.0, 19.0, 20.0
    row = one(values)
    assert row.bases == {"last_year": 1}
    assert row.done_against / row.done_planned == pytest.approx(1.1, abs=0.005)
    assert row.weeks.plan[0] == values[52] == 21.0


def test_an_order_is_spread_over_working_days() -> None:
    row = one(poisson(20), Agreed(2520.0, False))
    assert row.bases == {"proposed": 1}
    days = [CALENDAR.working_days(month) for month in row.months.periods]
    assert row.months.plan == pytest.approx(2520.0 * np.array(days) / sum(days))


def approved(slots, year: int = 2026, version: int = 1) -> Approved:
    """Return a plan with *slots* in the weeks of *year*, from its first; None plans nothing."""
    weeks = [Period.parse(f"{year}-W01")]
    while len(weeks) < len(slots):
        weeks.append(weeks[-1].next())
    known = {week: float(value) for week, value in zip(weeks, slots, strict=True) if value is not None}
    return Approved("u", "Plan", version, year, known, "Chef, u", datetime(2025, 12, 1, tzinfo=UTC))


def under(*plans: Approved, lost: float = 0.0, **more) -> Followed:
    row = replace(item("a", poisson(20), **more), lost_slots=Ratio(round(lost * 10), 10) if lost else None)
    return followed([row], {"a": Agreed(1000.0, True)}, 2026, draws=20, seed=1, approved={"a": plans})[0]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=53, max_size=53), st.sampled_from([0.0, 0.1, 0.5]))
def test_an_approved_plan_is_the_plan_week_by_week(slots, lost) -> None:
    row = under(approved(slots), approved(slots[:1], 2027), lost=lost)
    assert row.bases == {"approved": 1}, "before the order"
    assert (row.approved.version, row.per_slot) == (1, 1 - lost)
    planned = dict(zip(map(str, row.weeks.periods), row.weeks.plan, strict=True))
    for week, value in approved(slots).slots.items():
        assert planned[str(week)] == pytest.approx(value * (1 - lost))
    assert np.nansum(row.months.plan) == pytest.approx(row.year_planned), "months and year tell the same plan"


def test_an_empty_week_of_an_approved_plan_is_not_a_plan_of_zero() -> None:
    row = under(approved([20.0] * 9 + [None] + [20.0] * 43))
    gone = [str(period) for period, value in zip(row.weeks.periods, row.weeks.plan, strict=True) if np.isnan(value)]
    assert gone == ["2026-W10"]
    assert np.isnan(row.months.plan[2])
    assert not np.isnan(np.delete(row.months.plan, 2)).any()
    full = under(approved([20.0] * 53))
    assert full.done_against - row.done_against == pytest.approx(row.weeks.counted[9])


def test_days_of_the_year_in_a_week_of_another_have_that_years_plan_or_this_ones_pace() -> None:
    """1 January 2027 lies in 2026-W53."""
    row = item("a", poisson(20, 170))
    alone, with_last = (
        followed([row], {}, 2027, draws=5, seed=1, approved={"a": plans})[0]
        for plans in ((approved([10.0] * 52, 2027),), (approved([10.0] * 52, 2027), approved([7.0] * 53, 2026)))
    )
    days = CALENDAR.working_days_of([Period.parse("2026-W53"), *alone.weeks.periods[1:]])
    assert alone.weeks.plan[0] == pytest.approx(520 * days[0] / days[1:].sum())
    assert with_last.weeks.plan[0] == 7.0
    assert alone.weeks.plan[1:] == pytest.approx(with_last.weeks.plan[1:])


def test_a_service_counted_by_month_has_the_months_of_its_weeks() -> None:
    weeks = approved([0.0] * 53).slots
    plan = approved([4.0 * CALENDAR.working_days(week) for week in weeks])
    series = item("a", np.full(33, 90.0), start="2024-01")
    row = followed([series], {}, 2026, draws=5, seed=1, approved={"a": [plan]})[0]
    assert row.weeks is None
    assert row.months.plan == pytest.approx(4.0 * CALENDAR.working_days_of(row.months.periods))


def test_a_plan_of_another_year_is_none() -> None:
    assert under(approved([20.0] * 52, 2025)).bases == {"agreed": 1}


def test_a_month_before_the_service_began_is_unknown_and_not_zero() -> None:
    row = one(poisson(20, 30), start="2026-W14")
    assert np.isnan(row.months.counted[:3]).all()
    assert row.months.counted[5] > 0


def test_a_shift_is_seen_within_three_weeks_and_chance_rarely() -> None:
    seen, false = 0, 0
    for seed in range(10):
        values = poisson(40, 147, seed).astype(float)
        calm = one(values).weeks.lately()
        false += calm.sign != 0
        values[-3:] = np.random.default_rng(seed).poisson(40 * 0.5, 3)
        found = one(values).weeks.lately()
        seen += found.sign == -1
        assert found.outcome == values[-4:].sum()
    assert seen >= 9
    assert false <= 2


def test_the_likely_is_what_was_known_a_quarter_ago() -> None:
    """What came after the quarter began does not move it."""
    values = poisson(40).astype(float)
    low, high = one(values).weeks.likely()
    values[-13:] *= 3
    assert one(values).weeks.likely()[0] == pytest.approx(low, nan_ok=True)
    assert one(values).weeks.likely()[1] == pytest.approx(high, nan_ok=True)
    assert (~np.isnan(low)).sum() == 13


def test_a_sparse_history_keeps_its_mean() -> None:
    values = np.zeros(147)
    values[[3, 40, 90]] = 1
    row = one(values)
    assert row.weeks.left[row.weeks.left > 0] == pytest.approx(3.5 / 147)


def test_months_alone_have_no_weeks_nor_has_their_sum() -> None:
    months = item("m", poisson(100, 33), start="2024-01")
    services = followed([months, item("a", poisson(20))], {}, 2026, draws=50, seed=1)
    total = next(row for row in of_units(services, UNITS) if row.unit_id == "r")
    assert services[1].weeks is None
    assert total.weeks is None
    assert total.months.counted[2] == pytest.approx(services[0].months.counted[2] + services[1].months.counted[2])


def test_a_year_without_data_and_days_are_left_out() -> None:
    assert followed([item("a", poisson(20, 50))], {}, 2026, draws=20, seed=1) == ()
    daily = item("a", poisson(20, 50), start="2026-01-01")
    assert followed([daily], {}, 2026, draws=20, seed=1) == ()


def test_the_same_seed_gives_the_same_draws_and_another_service_moves_nothing() -> None:
    first = one(poisson(20))
    both = followed([item("a", poisson(20)), item("b", poisson(9))], {}, 2026, draws=200, seed=1)[0]
    assert (first.year_draws == both.year_draws).all()


def test_units_in_a_circle_end() -> None:
    circle = {name: replace(UNITS["r"], unit_id=name, parent_id=other) for name, other in (("u", "v"), ("v", "u"))}
    services = followed([item("a", poisson(20))], {}, 2026, draws=20, seed=1)
    assert {row.unit_id for row in of_units(services, circle)} == {"u", "v"}
