"""How long people wait by a store: SQL and the engine agree, two populations, several limits, and small numbers."""

from collections import defaultdict
from datetime import date, timedelta

import numpy as np
import pytest

from tests.data.delivery_rows import SERVICES, lake_of, operation, stop, visit
from tests.data.lake_rows import AT, rows
from vardbalans.data.lake import Lake
from vardbalans.data.waits_run import DIMENSIONS, waits_of
from vardbalans.engine.errors import BadInput

DAY = date(2026, 5, 31)
PATIENTS = [
    {
        "patient_key": f"P{number}",
        "birth_year": 1940 + number % 80,
        "sex": ("female", "male")[number % 2],
        "municipality": ("0180", "0181", "0182")[number % 3],
        "protected": number % 11 == 0,
    }
    for number in range(500)
]


def many(seed: int = 1):
    """Return 500 referrals and decisions over two years, and stops for a third of them."""
    rng = np.random.default_rng(seed)
    referrals, stops = [], []
    for number in range(500):
        issued = DAY - timedelta(int(rng.integers(0, 400)))
        closed = issued + timedelta(int(rng.integers(0, 200)))
        ends = closed.isoformat() if rng.random() < 0.6 else None
        priority = (None, "1", "2", "2", "3")[number % 5]
        target = issued + timedelta(60) if number % 4 else None
        make = visit if number % 2 else lambda n, day, *rest, **more: operation(n, day, day, *rest, **more)
        referrals.append(make(number, issued.isoformat(), ends, priority=priority, target_date=target))
        if number % 3 == 0:
            first = issued + timedelta(int(rng.integers(1, 60)))
            kind = ("medical", "patient_choice", "other_region")[int(rng.integers(0, 3))]
            offered = (
                {"offered_at": AT.replace(year=first.year, month=first.month, day=first.day)}
                if kind == "patient_choice"
                else {}
            )
            stops.append(stop(number, first.isoformat(), (first + timedelta(20)).isoformat(), kind, **offered))
    return referrals, stops


@pytest.fixture(scope="module")
def lake(tmp_path_factory) -> Lake:
    referrals, stops = many()
    return lake_of(tmp_path_factory.mktemp("waits"), referrals, stops, patients=PATIENTS)


def found(lake, **asked):
    return waits_of(lake, lake.required_head(), as_of=DAY, weeks=26, **asked)


def of_all(document, service=None):
    return {
        (row["measure"], row["part"]): row
        for row in document["rows"]
        if row["dimension"] == "all" and row["service_id"] == service
    }


def test_the_figures_agree_with_sql_over_the_referrals(lake):
    """Median, percentiles and shares without stops, straight from the rows by DuckDB's own functions."""
    document = found(lake)
    query = """
        with waits as (
            select 'treated' as part, *, closed as until from referrals
            where closed_reason = 'treated' and closed between $since and $day
            union all
            select 'waiting', *, $day from referrals
            where coalesce(received, decided, issued) <= $day and (closed is null or closed > $day)
        ),
        measured as (
            select s.guarantee as measure, part, w.service_id,
                w.until - case when s.guarantee = 'treatment' then w.decided else w.issued end as days
            from waits w join services s using (service_id)
        )
        select measure, part, service_id, count(*), quantile_cont(days, [0.5, 0.9, 0.92, 0.95]),
            avg((days <= 90)::int) from measured group by all
    """
    with lake.connect() as con:
        answers = con.execute(query, {"since": date.fromisoformat(document["treated_since"]), "day": DAY}).fetchall()
    assert len(answers) == 4
    for measure, part, service, people, percentiles, within in answers:
        row = of_all(document, service)[measure, part]["included"]
        assert row["n"] == people
        assert [row[name] for name in ("median_days", "p90_days", "p92_days", "p95_days")] == pytest.approx(percentiles)
        assert row["within"] == pytest.approx(within)


def test_the_ways_differ_as_they_should(lake):
    rows = of_all(found(lake))
    assert rows.keys() == {
        (measure, part) for measure in ("first_visit", "treatment") for part in ("treated", "waiting")
    }
    for row in rows.values():
        assert row["law"]["n"] == row["included"]["n"] > row["excluded"]["n"]
        assert row["law"]["median_days"] < row["included"]["median_days"]
        assert row["law"]["within"] >= row["included"]["within"]


def test_every_division_sums_to_its_whole_where_all_of_it_is_told(lake):
    document = found(lake)
    parts = defaultdict(list)
    for row in document["rows"]:
        parts[row["service_id"], row["measure"], row["part"], row["dimension"]].append(row["included"]["n"])
    assert {key[3] for key in parts} == {"all", *DIMENSIONS}
    summed = 0
    for (service, measure, part, dimension), counts in parts.items():
        (whole,) = parts[service, measure, part, "all"]
        if None not in counts:
            assert sum(counts) == whole
            summed += dimension != "all"
        else:
            assert sum(count for count in counts if count) <= whole - document["below"]
    assert summed > 4
    for key, row in of_all(document).items():
        line = [
            each["n"]
            for each in document["intervals"]
            if (each["measure"], each["part"]) == key and not each["service_id"]
        ]
        assert len(line) == 7
        assert None in line or sum(line) == row["included"]["n"]


def test_nothing_small_is_told_and_less_outside_the_region(lake):
    inside, outside = found(lake), found(lake, outside=True)
    assert (inside["below"], outside["below"]) == (5, 20)
    hidden = []
    for document in (inside, outside):
        told = [
            figures["n"]
            for row in document["rows"]
            for figures in map(row.get, ("included", "excluded", "law", "target"))
        ]
        assert all(count is None or count == 0 or count >= document["below"] for count in told)
        hidden.append(told.count(None))
    assert 0 < hidden[0] < hidden[1]


@pytest.mark.parametrize(("day", "below"), [("2026-05-31", 20), ("2022-05-31", 5), ("2010-05-31", 5)])
def test_the_smallest_count_is_the_one_in_force(lake, day, below):
    document = waits_of(lake, lake.required_head(), as_of=date.fromisoformat(day), outside=True)
    assert document["below"] == below


def test_equity_names_who_waits_longest_and_shortest_of_those_told(lake):
    document = found(lake)
    assert {row["dimension"] for row in document["equity"]} == {"age", "municipality"}, "not of priorities"
    for row in document["equity"]:
        where = ("service_id", "measure", "part", "dimension")
        groups = {
            each["group"]: each["included"]["median_days"]
            for each in document["rows"]
            if all(each[name] == row[name] for name in where) and each["group"] is not None
        }
        told = [days for days in groups.values() if days is not None]
        assert (groups[row["longest"]], groups[row["shortest"]]) == (max(told), min(told))
        assert row["ratio"] == (max(told) / min(told) if min(told) else None)


def test_what_is_small_cannot_be_worked_out_from_its_sum(tmp_path):
    """Three who wait for surgery follow from eleven in all, so that the eight others are not told either."""
    few = [
        {"guarantee": "first_visit"} | service
        for service in (
            {"service_id": name, "name": name, "unit_id": "U1", "kind": "first_visit"} for name in ("NB", "OP")
        )
    ]
    referrals = [visit(n, "2026-05-01", service_id="NB" if n < 8 else "OP") for n in range(11)]
    document = found(lake_of(tmp_path, referrals, services=few))
    people = {(row["service_id"], row["dimension"]): row["included"]["n"] for row in document["rows"]}
    assert people[None, "all"] == 11
    assert {count for (service, _), count in people.items() if service} == {None}
    told = {(row["service_id"], row["n"]) for row in document["intervals"] if row["days_to"] in (30, 60)}
    assert told == {(None, 11), (None, 0), ("NB", None), ("OP", None)}


def test_how_few_have_a_deviation_is_not_told(tmp_path):
    lake = lake_of(tmp_path, [visit(n, "2026-05-01") for n in range(8)], [stop(1, "2026-05-05", "2026-05-08")])
    row = of_all(found(lake))["first_visit", "waiting"]
    assert (row["included"]["n"], row["law"]["n"], row["excluded"]["n"]) == (8, 8, None)
    assert row["excluded"]["within"] is None


def test_a_protected_patients_municipality_is_not_told(lake):
    groups = {row["group"] for row in found(lake)["rows"] if row["dimension"] == "municipality"}
    assert groups == {None, "0180", "0181", "0182"}


def test_the_regions_own_rules_go_before_the_national(tmp_path):
    own = [
        {
            "rule_id": f"egen-{number}",
            "kind": kind,
            "name": "egen",
            "applies_to": where,
            "value": value,
            "unit": "dagar",
            "valid_from": date(2026, 1, 1),
            "source": "Regionstyrelsen",
        }
        for number, (kind, where, value) in enumerate(
            [("care_guarantee", "first_visit", 60.0), ("small_numbers", "inside", 3.0)]
        )
    ]
    starts = ["2025-12-31", *["2026-03-10"] * 5]
    lake = lake_of(tmp_path, [visit(n, day) for n, day in enumerate(starts)], rules=own)
    document = found(lake)
    assert document["below"] == 3
    # 151 days by the old limit of 90, and 82 by the new one of 60: nobody is within their own.
    assert of_all(document)["first_visit", "waiting"]["included"]["within"] == 0.0
    assert {(limit["days"], limit["source"][:15]) for limit in document["limits"]} == {
        (90, "HSF (2017:80) 6"),
        (60, "Regionstyrelsen"),
    }


def test_a_wait_that_has_not_begun_is_counted_apart(tmp_path):
    document = found(
        lake_of(
            tmp_path,
            [operation(1, "2026-05-01", None), operation(2, "2026-05-01", "2026-06-02", received=date(2026, 5, 2))],
        )
    )
    assert (document["not_begun"], document["rows"]) == (2, [])


def test_one_unit_or_service_at_a_time_and_what_is_not_there_is_named(lake):
    assert {row["service_id"] for row in found(lake, service="NB")["rows"]} == {None, "NB"}
    assert {row["service_id"] for row in found(lake, unit="U1")["rows"]} == {None, "NB", "OP"}
    with pytest.raises(BadInput, match="XX"):
        found(lake, service="XX")
    with pytest.raises(BadInput, match="U9"):
        found(lake, unit="U9")


def test_without_referrals_there_is_nothing_to_count(tmp_path):
    empty = Lake(tmp_path / "store")
    empty.commit({"units": rows("units", [{"unit_id": "U1", "name": "A", "level": "unit"}])}, by="Ada", at=AT)
    with pytest.raises(BadInput, match="Utan remisser"):
        found(empty)


def test_a_shared_list_tells_nothing_that_its_services_hide(tmp_path):
    """Two services with one list: no count of either follows from the list's and the other's."""
    rng = np.random.default_rng(4)
    referrals = [
        visit(n, (date(2026, 6, 20) - timedelta(int(rng.integers(0, 170)))).isoformat(), service_id=name)
        | {"priority": str(rng.choice([1, 2, 3, 4], p=[0.05, 0.15, 0.3, 0.5]))}
        for n, name in enumerate(["NB"] * 40 + ["NB2"] * 26)
    ]
    services = [*SERVICES, next(row for row in SERVICES if row["service_id"] == "NB") | {"service_id": "NB2"}]
    store = lake_of(tmp_path, referrals, services=services)
    found = waits_of(
        store,
        store.required_head(),
        as_of=date(2026, 6, 21),
        together={"NB": "shared:NB", "NB2": "shared:NB"},
    )
    told, hidden = 0, 0
    for parts, count in ((found["rows"], lambda row: row["included"]["n"]), (found["intervals"], lambda row: row["n"])):
        cells = {}
        for row in parts:
            if row["service_id"] and row.get("dimension") != "all":
                cell = row["measure"], row["part"], row.get("dimension"), row.get("group"), row.get("days_from")
                cells.setdefault(cell, {})[row["service_id"]] = count(row)
        for cell in cells.values():
            own = [cell.get(name, 0) for name in ("NB", "NB2")]
            hidden += None in own
            told += cell["shared:NB"] is not None
            if cell["shared:NB"] is not None:
                assert own.count(None) != 1, cell
                assert None in own or cell["shared:NB"] == sum(own)
    assert told
    assert hidden
    whole = {row["service_id"]: row["included"]["n"] for row in found["rows"] if row["dimension"] == "all"}
    assert whole["shared:NB"] == 66


def test_groups_by_priority_have_the_regions_names_and_order(tmp_path):
    referrals, stops = many()
    recorded = [
        {"priority": "3", "place": 1, "name": "Genast", "urgent": True},
        {"priority": "1", "place": 2, "name": None, "urgent": None},
    ]
    document = found(lake_of(tmp_path, referrals, stops, patients=PATIENTS, priorities=recorded))
    told = [row for row in document["rows"] if (row["service_id"], row["part"]) == (None, "waiting")]
    by_measure = [row for row in told if row["measure"] == "first_visit"]
    groups = [row for row in by_measure if row["dimension"] == "priority"]
    assert [(row["group"], row["group_name"], row["group_place"]) for row in groups] == [
        ("3", "Genast", 0),
        ("1", None, 1),
        ("2", None, None),
        (None, None, None),
    ]
    assert {row["group_name"] for row in by_measure if row["dimension"] != "priority"} == {None}


def test_no_count_of_few_follows_from_sums_one_way_or_the_other(tmp_path):
    """By group, service, list, deviation, target date, days waited and limit: no sum told lacks a single part."""
    rng = np.random.default_rng(5)
    names = ("NB", "BUP", "ÖGA", "HUD")
    shared = {"NB": "shared:NB", "ÖGA": "shared:NB"}
    first = next(row for row in SERVICES if row["service_id"] == "NB")
    services = [first | {"service_id": name, "name": name} for name in names]
    services[1] |= {"guarantee": "child_first_visit"}
    referrals, stops = [], []
    for n in range(160):
        issued = DAY - timedelta(int(rng.integers(1, 300)))
        target = issued + timedelta(90) if rng.random() < 0.3 else None
        service, priority = (
            str(rng.choice(names, p=[0.5, 0.25, 0.15, 0.1])),
            str(rng.choice(["1", "2", "3"], p=[0.05, 0.3, 0.65])),
        )
        referrals.append(visit(n, issued.isoformat(), service_id=service, priority=priority, target_date=target))
        if rng.random() < 0.2:
            stops.append(stop(n, (issued + timedelta(1)).isoformat(), None))
    document = found(lake_of(tmp_path, referrals, stops, services=services, patients=PATIENTS), together=shared)
    counts = {}
    for row in document["rows"]:
        cell = row["service_id"], row["measure"], row["dimension"], row["group"]
        everyone, others = row["included"]["n"], row["excluded"]["n"]
        counts |= {("n", *cell): everyone, ("dated", *cell): row["target"]["n"]}
        counts["deviating", *cell] = None if others is None else everyone - others
    for row in document["intervals"]:
        counts["n", row["service_id"], row["measure"], "days", row["days_from"]] = row["n"]
    sums = defaultdict(list)
    for (kind, service, measure, dimension, group), count in counts.items():
        if dimension != "all":
            sums[(kind, service, measure, "all", None), dimension].append(count)
        if service in shared:
            sums[(kind, shared[service], measure, dimension, group), "service"].append(count)
        if service:
            by = "list" if service in shared.values() else "service"
            for each in ("list", "service") if service in ("BUP", "HUD") else (by,):
                sums[(kind, None, measure, dimension, group), each].append(count)
            same = [
                other
                for cell, other in counts.items()
                if cell[:2] == (kind, service) and cell[3:] == (dimension, group)
            ]
            assert None not in same or set(same) == {None}
    assert len(counts) > 200
    lacking = [
        (whole, by) for (whole, by), parts in sums.items() if counts[whole] is not None and parts.count(None) == 1
    ]
    assert not lacking
    assert 0 < sum(count is None for count in counts.values()) < len(counts)
