"""The monthly delivery of waiting times: worked days, two engines that agree, and what stops it."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.data.delivery_rows import (
    MAY,
    SERVICES,
    Row,
    day,
    delivery,
    lake_of,
    mapping,
    numbers,
    operation,
    stop,
    told,
    visit,
)
from tests.data.lake_rows import AT, rows
from vardbalans.data.lake import Lake
from vardbalans.data.memory import sql_over
from vardbalans.data.write.delivery import BadMapping, DeliveryRefused, prepare, read_mapping, write
from vardbalans.data.write.delivery.checks import about_sums, control
from vardbalans.data.write.delivery.files import delivered
from vardbalans.data.write.delivery.mapping import PARTS, VALUES, Area
from vardbalans.data.write.delivery.waits import introduce, waits_of
from vardbalans.engine.errors import BadInput, BadPeriod
from vardbalans.engine.periods import Period

DAYS = ("startdatum", "dagar", "dagar_utan_uppehall", "avvikelse")


# Worked days


@pytest.mark.parametrize(
    ("referral", "month", "part", "expected"),
    [
        # A→E: from issued, not from received, to the visit.
        (visit(1, "2026-04-02", "2026-05-02", received=date(2026, 4, 10)), "2026-05", "completed", ("2026-04-02", 30)),
        (visit(1, "2026-05-02", "2026-05-02"), "2026-05", "completed", ("2026-05-02", 0)),
        # D→E: from the decision, whenever the referral was issued.
        (operation(1, "2026-01-01", "2026-04-30", "2026-05-01"), "2026-05", "completed", ("2026-04-30", 1)),
        # The month's edges: the first day and the last are in it, and the last is no longer a day of waiting.
        (visit(1, "2026-04-30", "2026-05-01"), "2026-05", "completed", ("2026-04-30", 1)),
        (visit(1, "2026-05-01", "2026-05-31"), "2026-05", "completed", ("2026-05-01", 30)),
        (visit(1, "2026-05-01", "2026-06-01"), "2026-05", "waiting", ("2026-05-01", 30)),
        (visit(1, "2026-05-31"), "2026-05", "waiting", ("2026-05-31", 0)),
        # Over a leap day, and in a February with one.
        (visit(1, "2024-02-28", "2024-03-01"), "2024-03", "completed", ("2024-02-28", 2)),
        (visit(1, "2023-02-28", "2023-03-01"), "2023-03", "completed", ("2023-02-28", 1)),
        (visit(1, "2024-02-01", "2024-02-29"), "2024-02", "completed", ("2024-02-01", 28)),
        (operation(1, "2023-01-01", "2023-02-28"), "2024-02", "waiting", ("2023-02-28", 366)),
    ],
)
def test_days_are_counted_from_the_right_day(
    referral: Row, month: str, part: str, expected: tuple[str, int], tmp_path: Path
) -> None:
    made = delivery(tmp_path, [referral], month=Period.parse(month))
    assert {name: len(found) for name, found in made.parts.items()} == {
        name: int(name == part) for name in ("completed", "waiting")
    }
    assert numbers(made, part, "startdatum", "dagar", "dagar_utan_uppehall") == [(day(expected[0]), *expected[1:] * 2)]
    assert told(made, "error") == []


@pytest.mark.parametrize(
    ("stops", "counted", "deviation"),
    [
        ([], 60, None),
        # The first and the last day of a stop are both of it.
        ([stop(1, "2026-04-01", "2026-04-10")], 50, "MoV"),
        ([stop(1, "2026-04-01", "2026-04-01")], 59, "MoV"),
        # Day 1 is the day after the start; the day of the visit is the last.
        ([stop(1, "2026-03-01", "2026-03-12")], 58, "MoV"),
        ([stop(1, "2026-03-01", "2026-03-10")], 60, None),
        ([stop(1, "2026-05-09", None)], 59, "MoV"),
        ([stop(1, "2026-05-10", None)], 60, None),
        # A day in two stops is one day; the patient's choice goes first among reasons, as the mapping says.
        ([stop(1, "2026-04-01", "2026-04-10"), stop(1, "2026-04-05", "2026-04-12", "patient_choice")], 48, "PvV"),
        ([stop(1, "2026-04-01", "2026-04-30"), stop(1, "2026-04-05", "2026-04-06", "other_region")], 30, "MoV"),
        # Another region's time is stopped without a reason of its own.
        ([stop(1, "2026-04-01", "2026-04-10", "other_region")], 50, None),
    ],
)
def test_stopped_days_are_taken_away_once(
    stops: list[Row], counted: int, deviation: str | None, tmp_path: Path
) -> None:
    made = delivery(tmp_path, [visit(1, "2026-03-10", "2026-05-09")], stops)
    assert numbers(made, "completed", *DAYS) == [(date(2026, 3, 10), 60, counted, deviation)]


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"informed": None}, {"not_informed"}),
        ({"informed": False}, {"not_informed"}),
        ({"offered_at": None}, {"not_offered"}),
        # Midnight in Stockholm is how a day without a clock time is stored; 22:00 UTC in summer.
        ({"offered_at": datetime(2026, 4, 1, 22, tzinfo=UTC)}, {"without_time"}),
        # Silence and rebooking are no answers.
        ({"declined": None}, {"not_declined"}),
        ({"declined": False, "informed": None}, {"not_declined", "not_informed"}),
        ({}, set()),
    ],
)
def test_patient_chosen_waiting_needs_its_evidence(changed: Row, codes: set[str], tmp_path: Path) -> None:
    """Without it the days count, and the stop's own row is named."""
    choice = stop(1, "2026-04-01", "2026-04-10", "patient_choice", **changed)
    made = delivery(tmp_path, [visit(1, "2026-03-10", "2026-05-09")], [choice])
    assert numbers(made, "completed", *DAYS)[0][2:] == ((60, None) if codes else (50, "PvV"))
    assert set(told(made)) == {("clock_stops.csv", 2, "kind", code) for code in codes}
    assert not made.has_errors


def test_who_left_otherwise_is_neither_completed_nor_waiting(tmp_path: Path) -> None:
    """Treated elsewhere, declined, deceased: a removal. Without guarantee: not in the delivery at all."""
    reasons = ["treated_elsewhere", "declined", "medical", "deceased", "transferred", "other", None]
    referrals = [
        visit(number, "2026-04-01", "2026-05-10", closed_reason=reason) for number, reason in enumerate(reasons)
    ]
    made = delivery(tmp_path, [*referrals, visit(50, "2026-04-01", "2026-05-10", service_id="AB")])
    assert [len(found) for found in made.parts.values()] == [0, 0]
    assert [(line["service_id"], line["removed"], line["closing"]) for line in made.control] == [("NB", 7, 0)]


def test_a_wait_that_is_measured_from_a_later_day_has_not_begun(tmp_path: Path) -> None:
    """It is on the list, so the control shows it; without a decision its row is named too."""
    made = delivery(
        tmp_path,
        [
            operation(1, "2026-05-01", "2026-06-02", received=date(2026, 5, 4)),
            operation(2, "2026-05-01", None),
            operation(3, "2026-05-01", "2026-05-31", received=date(2026, 5, 4)),
        ],
    )
    assert numbers(made, "waiting", "startdatum") == [(date(2026, 5, 31),)]
    (line,) = made.control
    assert (line["closing"], line["waiting"], line["not_begun"]) == (3, 1, 2)
    assert told(made) == [("referrals.csv", 3, "start", "start_missing")]


# Two engines


_DAYS = st.integers(0, 130).map(lambda n: date(2026, 2, 10) + timedelta(days=n))
_REFERRAL = st.fixed_dictionaries(
    {
        "unit_id": st.sampled_from(["U1", "U2"]),
        "service_id": st.sampled_from(["NB", "OP", "AB"]),
        "issued": _DAYS,
        "received": st.none() | st.integers(0, 9),
        "decided": st.none() | st.integers(0, 40),
        "closed": st.none() | st.integers(0, 90),
        "closed_reason": st.sampled_from(["treated", "treated", "declined", None]),
    }
)
_STOP = st.fixed_dictionaries(
    {
        "referral": st.integers(0, 11),
        "date_from": _DAYS,
        "date_to": st.none() | st.integers(0, 30),
        "kind": st.sampled_from(["medical", "patient_choice", "other_region"]),
        "informed": st.none() | st.booleans(),
        "declined": st.none() | st.booleans(),
        "offered_at": st.none() | st.sampled_from([datetime(2026, 4, 1, hour, 0, tzinfo=UTC) for hour in (8, 22)]),
    }
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(referrals=st.lists(_REFERRAL, min_size=1, max_size=12), stops=st.lists(_STOP, max_size=12))
def test_sql_and_a_plain_recount_agree(referrals: list[Row], stops: list[Row]) -> None:
    """Every row's dates, days and reason, and the list's identity, recounted day by day in Python."""
    referrals, stops = _dated(referrals, stops)
    tables = {"referrals": referrals, "clock_stops": stops, "services": SERVICES, "units": [], "patients": []}
    with sql_over(**{name: rows(name, given_rows) for name, given_rows in tables.items()}) as con:
        con.execute("set TimeZone = 'Europe/Stockholm'")
        introduce(con, read_mapping().mapping)
        found = waits_of(con, MAY).rows
        lines = control(con, MAY, found)
    for part in PARTS:
        names = ("flode", "enhet", "startdatum", "dagar", "dagar_utan_uppehall", "avvikelse")
        made = delivered(read_mapping().mapping, part, found)
        given_back = zip(*(made[name].to_pylist() for name in names), strict=True)
        assert Counter(given_back) == Counter(_recount(part, referrals, stops))
    assert VALUES.keys() - {"number"} <= set(found.column_names)
    assert list(about_sums(lines)) == []
    assert sum(line["closing"] for line in lines) == sum(
        one["service_id"] != "AB" and _arrived(one) < MAY.end and (one["closed"] is None or one["closed"] >= MAY.end)
        for one in referrals
    )


def _dated(referrals: list[Row], stops: list[Row]) -> tuple[list[Row], list[Row]]:
    """Return the rows with lags made into dates, closed on or after they came in, and no stop twice."""
    made = []
    for number, one in enumerate(referrals):
        lags = {name: timedelta(days=one[name]) for name in ("received", "decided", "closed") if one[name] is not None}
        arrived = one["issued"] + lags.get("received", timedelta())
        dates = {name: (one["issued"] if name == "received" else arrived) + lag for name, lag in lags.items()}
        if "received" not in dates and "decided" in dates and "closed" in dates:
            dates["closed"] = max(dates["closed"], dates["decided"])
        made.append(one | dates | {"referral_id": f"R{number}", "patient_key": f"P{number}"})
    unique = {}
    for one in stops:
        last = None if one["date_to"] is None else one["date_from"] + timedelta(days=one["date_to"])
        item = {name: value for name, value in one.items() if name != "referral"}
        item |= {"date_to": last, "referral_id": f"R{one['referral'] % len(referrals)}"}
        unique[item["referral_id"], item["date_from"], item["kind"]] = item
    return made, list(unique.values())


def _recount(part: str, referrals: list[Row], stops: list[Row]) -> Iterable[tuple[Any, ...]]:
    for one in referrals:
        flow = {"NB": ("A-E", one["issued"]), "OP": ("D-E", one["decided"])}.get(one["service_id"])
        if flow is None:
            continue
        start, until = flow[1], one["closed"] if part == "completed" else MAY.end - timedelta(days=1)
        if part == "completed":
            if one["closed_reason"] != "treated" or until not in MAY.days:
                continue
        elif _arrived(one) >= MAY.end or (one["closed"] and one["closed"] < MAY.end) or not start or start >= MAY.end:
            continue
        if start is None:
            yield flow[0], one["unit_id"], None, None, None, None
            continue
        waited = {start + timedelta(days=n) for n in range(1, (until - start).days + 1)}
        mine = [item for item in stops if item["referral_id"] == one["referral_id"] and _holds(item)]
        stopped = {item["kind"]: waited & _days_of(item, until) for item in mine}
        for item in mine:  # several of one kind
            stopped[item["kind"]] = stopped[item["kind"]] | (waited & _days_of(item, until))
        reasons = [code for kind, code in (("patient_choice", "PvV"), ("medical", "MoV")) if stopped.get(kind)]
        away = set().union(*stopped.values())
        days = (until - start).days
        yield flow[0], one["unit_id"], start, days, days - len(away), reasons[0] if reasons else None


def _arrived(one: Row) -> date:
    return one["received"] or one["decided"] or one["issued"]


def _days_of(item: Row, until: date) -> set[date]:
    last = until if item["date_to"] is None else item["date_to"]
    return {item["date_from"] + timedelta(days=n) for n in range((last - item["date_from"]).days + 1)}


def _holds(item: Row) -> bool:
    if item["kind"] != "patient_choice":
        return True
    offered = item["offered_at"]
    return bool(item["informed"] and item["declined"] and offered and offered.hour != 22)


# What surrounds a wait


def test_area_and_specialty_come_from_a_dated_table(tmp_path: Path) -> None:
    """The service's own before the unit's, the newest of several, on the day the wait ended or is counted."""
    areas = (
        Area("U1", date(2020, 1, 1), date(2026, 5, 9), mvo="100", specialty="Kirurgi"),
        Area("U1", date(2026, 5, 10), mvo="200"),
        Area("U1", date(2026, 1, 1), service_id="OP", mvo="300"),
        Area("U2", date(2026, 6, 1), mvo="400"),
    )
    made = delivery(
        tmp_path,
        [
            visit(1, "2026-04-01", "2026-05-09"),
            visit(2, "2026-04-01", "2026-05-10"),
            operation(3, "2026-04-01", "2026-04-02", "2026-05-10"),
            visit(4, "2026-04-03", "2026-05-10", unit_id="U2"),
        ],
        source=mapping(areas=areas),
    )
    assert set(numbers(made, "completed", "slutdatum", "vardtjanst", "enhet", "mvo", "specialitet")) == {
        (date(2026, 5, 9), "NB", "U1", "100", "Kirurgi"),
        (date(2026, 5, 10), "NB", "U1", "200", None),
        (date(2026, 5, 10), "OP", "U1", "300", None),
        (date(2026, 5, 10), "NB", "U2", None, None),
    }
    lacking = [str(item.message) for item in made.findings if item.code == "no_area"]
    assert "Enheten U2 har ingen mvo i mappningen; fältet lämnas tomt på 1 rader." in lacking


def test_without_a_table_of_areas_the_fields_are_empty_and_it_is_said(tmp_path: Path) -> None:
    made = delivery(tmp_path, [visit(1, "2026-04-01", "2026-05-09")])
    assert numbers(made, "completed", "mvo", "specialitet") == [(None, None)]
    assert {(item.code, item.severity) for item in made.findings} == {
        ("no_areas", "warning"),
        ("draft_mapping", "warning"),
        ("empty_field", "info"),
    }


def test_a_protected_persons_municipality_is_left_out(tmp_path: Path) -> None:
    patient = {"birth_year": 1968, "sex": "female", "municipality": "0180"}
    patients = [patient | {"patient_key": "P1", "protected": False}, patient | {"patient_key": "P2", "protected": True}]
    lake = lake_of(
        tmp_path, [visit(number, f"2026-04-0{number}", "2026-05-09") for number in (1, 2)], patients=patients
    )
    made = prepare(lake, MAY, read_mapping())
    assert numbers(made, "completed", "startdatum", "kon", "alder", "hemkommun") == [
        (date(2026, 4, 1), "female", 58, "0180"),
        (date(2026, 4, 2), "female", 58, None),
    ]


def test_the_running_number_says_nothing_of_whom_a_row_is_about(tmp_path: Path) -> None:
    """Other ids on the same waits give the same files, byte for byte."""
    dates = [("2026-04-03", "2026-05-09"), ("2026-04-01", "2026-05-09"), ("2026-04-03", "2026-05-09")]
    contents = []
    for folder, order in (("one", (1, 2, 3)), ("two", (30, 10, 20))):
        referrals = [visit(number, *pair) for number, pair in zip(order, dates, strict=True)]
        made = delivery(tmp_path / folder, referrals)
        assert numbers(made, "completed", "lopnummer", "startdatum") == [
            (1, date(2026, 4, 1)), (2, date(2026, 4, 3)), (3, date(2026, 4, 3))
        ]  # fmt: skip
        written = write(made, tmp_path / folder / "out")
        contents.append({path.name: path.read_bytes() for path in written if path.suffix == ".csv"})
    assert contents[0] == contents[1]


# What stops a delivery


def test_dates_out_of_order_stop_it_and_name_the_row(tmp_path: Path) -> None:
    made = delivery(tmp_path, [operation(1, "2026-04-01", "2026-05-12", "2026-05-09")])
    assert told(made, "error") == [("referrals.csv", 2, "start", "dates_out_of_order")]


def test_a_required_field_without_a_value_stops_it(tmp_path: Path) -> None:
    made = delivery(tmp_path, [operation(1, "2026-04-01", None, "2026-05-09")])
    assert set(told(made, "error")) == {
        ("referrals.csv", 2, name, "missing_value") for name in ("startdatum", "dagar", "dagar_utan_uppehall")
    }


def test_a_value_that_is_not_allowed_stops_it(tmp_path: Path) -> None:
    """The receiver's codes are the mapping's; one that has none is named where it stands."""
    fields = [
        msgspec.structs.replace(one, allowed={}, codes={"PvV": "1"}) if one.name == "avvikelse" else one
        for one in read_mapping().mapping.fields
    ]
    stops = [stop(1, "2026-04-01", "2026-04-10", "patient_choice"), stop(2, "2026-04-01", "2026-04-10")]
    referrals = [visit(number, "2026-03-10", "2026-05-09") for number in (1, 2)]
    made = delivery(tmp_path, referrals, stops, source=mapping(fields=tuple(fields)))
    assert sorted(numbers(made, "completed", "avvikelse")) == [("1",), ("MoV",)]
    assert told(made, "error") == [("referrals.csv", 3, "avvikelse", "not_allowed")]


@pytest.mark.parametrize(
    ("month", "code"),
    [("2026-11", "month_not_over"), ("2026-07", "month_not_whole"), ("2026-06", "month_not_whole"), ("2026-05", None)],
)
def test_a_month_that_is_not_whole_stops_it(month: str, code: str | None, tmp_path: Path) -> None:
    made = delivery(tmp_path, [visit(1, "2026-04-01")], month=Period.parse(month))
    assert [item[3] for item in told(made, "error")] == ([code] if code else [])


def test_a_list_that_does_not_add_up_stops_it(tmp_path: Path) -> None:
    """A referral that was closed before it came in: the events leave minus one, the rows none."""
    made = delivery(tmp_path, [visit(1, "2026-05-01", "2026-05-20", received=date(2026, 6, 2))])
    assert [item[3] for item in told(made, "error")] == ["sum_differs"]
    assert "NB vid U1 går inte ihop: 1 behandlade och -1 väntande" in str(made.findings[0].message)


@pytest.mark.parametrize(
    ("changed", "codes"), [({}, []), ({"completed": 3}, ["sum_differs"]), ({"waiting": 6}, ["sum_differs"])]
)
def test_both_sums_are_held_to_the_lakes(changed: Row, codes: list[str]) -> None:
    line = {"service_id": "NB", "unit_id": "U1", "before": 0, "inflow": 1, "removed": 0}
    line |= {"treated": 4, "closing": 7, "completed": 4, "waiting": 5, "not_begun": 2}
    assert [item.code for item in about_sums([line | changed])] == codes


def test_a_unit_gone_silent_is_asked_about(tmp_path: Path) -> None:
    referrals = [visit(number, "2026-03-10", "2026-04-09", unit_id="U2") for number in range(10)]
    made = delivery(tmp_path, [*referrals, visit(50, "2026-05-02")])
    (found,) = [item for item in made.findings if item.code == "silent_unit"]
    assert "Enheten U2 har inga händelser i månaden men hade 20" in str(found.message)


@pytest.mark.parametrize("specialty", ["P1", "Kirurgi, P1", "121212-1212"])
def test_a_key_of_a_person_stops_it_wherever_it_came_in(specialty: str, tmp_path: Path) -> None:
    areas = (Area("U1", date(2020, 1, 1), mvo="100", specialty=specialty),)
    made = delivery(tmp_path, [visit(1, "2026-04-01", "2026-05-09")], source=mapping(areas=areas))
    assert {(item[2], item[3]) for item in told(made, "error")} == {
        ("specialitet", "personal_number" if "-" in specialty else "identifier")
    }
    assert "P1" not in " ".join(str(item.message) for item in made.findings)
    with pytest.raises(DeliveryRefused, match="Inget skrevs"):
        write(made, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_delivered_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Lagret är tomt"):
        prepare(Lake(tmp_path / "empty"), MAY, read_mapping())
    lake = Lake(tmp_path / "store")
    lake.commit({"services": rows("services", SERVICES)}, by="Ada", at=AT)
    with pytest.raises(BadInput, match="Remisser och beslut saknas i version 1"):
        prepare(lake, MAY, read_mapping())
    with pytest.raises(BadPeriod, match="2026-W05 är ingen månad"):
        prepare(lake, Period.parse("2026-W05"), read_mapping())
    with pytest.raises(BadMapping, match="gäller från 2019-01-01"):
        prepare(lake, Period.parse("2018-12"), read_mapping())
