"""Series are judged against their own history: what breaks is found where it breaks, and noise is left alone."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.lake_rows import rows
from tests.data.quality_rows import SERVICES, TODAY, UNITS, at, connection, judged
from vardbalans.data.quality import judge
from vardbalans.data.quality.expected import FALSE_ALARMS, expected, odd
from vardbalans.data.quality.report import alarm_message
from vardbalans.engine.need.design import design
from vardbalans.engine.periods import Period, swedish_calendar, weeks_from

WEEKS = weeks_from(Period.parse("2023-W44"), 120)
CALENDAR = swedish_calendar(2023, 2026)
SEASON = design(WEEKS, CALENDAR, WEEKS[-1].end)[:, 2:]


def noisy(mean: float, series: int, seed: int, spread: float = 1.0) -> np.ndarray:
    """Return counts of *series* per week with a working-day season; *spread* above 1 is wider than chance."""
    rng = np.random.default_rng(seed)
    usual = mean * CALENDAR.working_days_of(WEEKS) / 5
    shape = mean / max(spread**2 - 1, 1e-6)
    return rng.poisson(usual * rng.gamma(shape, 1 / shape, (series, len(WEEKS)))).astype(float)


@pytest.mark.parametrize("spread", [1.0, 1.6])
@pytest.mark.parametrize("mean", [8, 40, 400])
def test_noise_alone_is_seldom_odd(mean, spread) -> None:
    counts = noisy(mean, 60, seed=mean, spread=spread)
    found = expected(counts, SEASON, 13)
    assert odd(counts, found, 52).mean() < 4 * FALSE_ALARMS
    assert np.median(found.spread) == pytest.approx(spread, abs=0.2)


@pytest.mark.parametrize("factor", [0.25, 2.5])
@pytest.mark.parametrize("alone", [True, False])
def test_a_jump_is_found_in_its_week_and_only_there(factor, alone) -> None:
    counts = noisy(40, 1 if alone else 12, seed=3)
    counts[0, 70:72] = np.round(counts[0, 70:72] * factor)
    found = odd(counts, expected(counts, SEASON, 13), 52)
    assert set(np.flatnonzero(found[0])) >= {70, 71}
    assert found.sum() <= 4


def test_what_comes_back_every_year_is_season() -> None:
    counts = noisy(40, 1, seed=4)
    counts[0, [20, 72]] = 5.0  # the same week of two years
    assert not odd(counts, expected(counts, SEASON, 13), 52).any()


@given(st.integers(0, 1000), st.floats(20, 200))
def test_another_scale_of_the_same_noise_keeps_the_order_of_scores(seed, mean) -> None:
    counts = noisy(mean, 1, seed=seed)
    scores = expected(counts, SEASON, 13).score[0]
    below, above = (
        scores[counts[0] < expected(counts, SEASON, 13).mean[0]],
        scores[counts[0] > expected(counts, SEASON, 13).mean[0]],
    )
    assert (below <= 0).all()
    assert (above >= 0).all()


def contacts(counts: dict[tuple[str, str], np.ndarray], drop: set[tuple[str, date]] = frozenset()) -> pa.Table:
    """Return contacts that give these *counts* per week, spread over Monday to Friday; days of *drop* left out."""
    given = []
    for (unit, service), weekly in counts.items():
        for week, count in zip(WEEKS, weekly, strict=True):
            for number in range(int(count)):
                day = week.start + timedelta(days=number % 5)
                if (unit, day) not in drop:
                    starts = at(f"{day} 09:00") + timedelta(minutes=number)
                    key = f"{service}-{week}-{number}"
                    row = {"contact_id": key, "patient_key": key, "unit_id": unit, "service_id": service}
                    given.append(row | {"starts_at": starts, "status": "performed", "age": 50, "sex": "male"})
    return rows("contacts", given)


def alarms(table: pa.Table, units=UNITS, today: date = TODAY) -> dict[str, set[tuple[str, str, str]]]:
    """Return rule → unit, service and period of what is odd."""
    tables = {"units": rows("units", units), "services": rows("services", SERVICES), "contacts": table}
    found: dict[str, set[tuple[str, str, str]]] = {}
    with connection(tables) as con:
        for row in judge(con, today).alarms.to_pylist():
            found.setdefault(row["rule"], set()).add((row["unit_id"], row["service_id"], row["period"]))
            assert str(alarm_message(row))
    return found


@pytest.fixture(scope="module")
def usual() -> dict[tuple[str, str], np.ndarray]:
    """Return the weekly counts of three services, without noise beyond chance."""
    counts = noisy(30, 3, seed=11)
    return {("U1", "S1"): counts[0], ("U1", "S2"): counts[1], ("U2", "S3"): counts[2]}


def changed(usual, key, part, value) -> dict[tuple[str, str], np.ndarray]:
    """Return *usual* with the weeks *part* of one series set to *value*, or changed by it."""
    series = usual[key].copy()
    series[part] = value(series[part]) if callable(value) else value
    return usual | {key: series}


def test_a_week_and_a_day_without_anything_are_gaps(usual) -> None:
    day = WEEKS[65].start + timedelta(days=2)
    found = alarms(contacts(changed(usual, ("U1", "S1"), slice(50, 51), 0), drop={("U1", day)}))
    assert ("U1", "S1", str(WEEKS[50])) in found["gap"]
    assert ("U1", None, str(day)) in found["gap"]
    assert len(found["gap"]) == 2


def test_a_public_holiday_is_no_gap(usual) -> None:
    holidays = {(unit, day) for unit in ("U1", "U2") for day in CALENDAR.holidays}
    bridge = date(2025, 5, 2)  # the Friday after 1 May
    table = contacts(usual, drop=holidays | {("U1", bridge)})
    assert "gap" not in alarms(table)


def test_a_service_that_stops_is_told_unless_its_unit_has_closed(usual) -> None:
    table = contacts(changed(usual, ("U2", "S3"), slice(117, 120), 0))
    assert ("U2", "S3", str(WEEKS[117])) in alarms(table)["stopped"]
    closed = [row | ({"valid_to": date(2026, 2, 1)} if row["unit_id"] == "U2" else {}) for row in UNITS]
    assert "stopped" not in alarms(table, closed)


def test_a_change_for_good_is_told_once(usual) -> None:
    found = alarms(contacts(changed(usual, ("U2", "S3"), slice(60, 120), lambda weeks: weeks // 2)))
    told = {period for unit, service, period in found["level_shift"] if (unit, service) == ("U2", "S3")}
    assert len(told) == 1
    assert abs(WEEKS.index(Period.parse(told.pop())) - 60) <= 2


@pytest.mark.parametrize("weeks", [slice(50, 53), slice(60, 120)])
def test_volume_that_changes_unit_is_told_of_both(usual, weeks) -> None:
    moved = changed(usual, ("U1", "S1"), weeks, lambda counts: counts // 4)
    moved |= changed(
        usual, ("U2", "S3"), weeks, lambda counts: counts + usual["U1", "S1"][weeks] - usual["U1", "S1"][weeks] // 4
    )
    moved["U1", "S1"] = changed(usual, ("U1", "S1"), weeks, lambda counts: counts // 4)["U1", "S1"]
    found = alarms(contacts(moved))["moved"]
    assert {(unit, service) for unit, service, _ in found} >= {("U1", "S1"), ("U2", "S3")}


def test_a_month_with_more_missing_than_usual_is_told() -> None:
    table = contacts({("U1", "S1"): noisy(30, 1, seed=5)[0]})
    month = np.array([day.strftime("%Y-%m") for day in table["starts_at"].to_pylist()])
    rng = np.random.default_rng(1)
    lacking = rng.random(len(table)) < np.where(month == "2025-03", 0.7, 0.3)
    table = table.set_column(
        table.schema.get_field_index("drg"), "drg", pa.array(np.full(len(table), "X40O"), mask=lacking)
    )
    assert alarms(table)["missing_more_drg"] == {("U1", "S1", "2025-03")}


def test_a_stray_date_moves_neither_beginning_nor_end(usual) -> None:
    table = contacts(usual)
    strays = [at("2019-01-07 08:00"), at("2026-11-20 08:00")]
    stray = rows(
        "contacts",
        [table.slice(0, 1).to_pylist()[0] | {"contact_id": f"X{n}", "starts_at": day} for n, day in enumerate(strays)],
    )
    assert alarms(pa.concat_tables([table, stray])) == alarms(table)


def test_a_short_history_says_nothing(usual) -> None:
    weeks = {name: np.where(np.arange(len(WEEKS)) < 10, counts, 0) for name, counts in usual.items()}
    assert alarms(contacts(weeks)) == {}


def test_a_delivery_is_judged_against_what_was_there_before_and_only_it() -> None:
    usual = noisy(30, 1, seed=6)[0]
    broken = usual.copy()
    broken[[30, 110]] = 0
    table = contacts({("U1", "S1"): broken})
    until = at(f"{WEEKS[100].start} 00:00")
    new = np.array([day >= until for day in table["starts_at"].to_pylist()])
    tables = {"units": rows("units", UNITS), "services": rows("services", SERVICES)}
    now, before = (tables | {"contacts": table.filter(pa.array(part))} for part in (new, ~new))
    with connection(now, before) as con:
        found = judge(con, TODAY)
    assert {row["period"] for row in found.alarms.to_pylist() if row["rule"] == "gap"} == {str(WEEKS[110])}


def counted(series: str, values: list[float | None], unit: str = "U1") -> list[dict[str, object]]:
    months = weeks_from(Period.parse("2023-01"), len(values))
    return [
        {"series_id": series, "unit_id": unit, "service_id": "S1", "period": str(month), "value": value}
        for month, value in zip(months, values, strict=True)
        if value is not None
    ]


def test_tables_of_counts_are_judged_by_their_own_periods_and_one_left_out_is_a_gap() -> None:
    rng = np.random.default_rng(2)
    values = [float(value) for value in rng.poisson(200, 36)]
    values[20] = None
    values[30] = 20.0
    report = judged(counts=counted("s", values), inflow=counted("i", [float(v) for v in rng.poisson(200, 36)]))
    found = {(row["table"], row["rule"], row["period"]) for row in report.alarms.to_pylist()}
    assert found == {("counts", "gap", "2024-09"), ("counts", "jump", "2025-07")}
