"""Stays and beds of a store: the census in SQL against a plain count, and what is loaded from it."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

from tests.data.demo_region import small
from vardbalans.data.beds_changes import KINDS, change_of
from vardbalans.data.beds_run import census_of, need_of, projection_of, scenario_of
from vardbalans.data.beds_study import beds_told
from vardbalans.data.lake import Lake
from vardbalans.data.load.beds import bed_data, census, changes_of_clock, hour_of, moment_of, moments_told
from vardbalans.data.results.beds import beds_tables, counts_at, figure_of
from vardbalans.data.tables import TABLES
from vardbalans.engine.beds.clock import even_clock, local_hours
from vardbalans.engine.beds.wards import Hospital, PatientGroup, Ward, WhenFull
from vardbalans.engine.catalogue import Unit
from vardbalans.engine.errors import BadInput

ZONE = ZoneInfo("Europe/Stockholm")
NEEDED = ("units", "services", "contacts", "stays", "beds", "rules")


def commit(folder, tables):
    rows = {}
    for name, table in tables.items():
        table = table.append_column("_file", pa.array([name] * len(table)))  # noqa: PLW2901
        table = table.append_column("_row", pa.array(range(2, len(table) + 2), pa.int64()))  # noqa: PLW2901
        schema = TABLES[name].schema()
        rows[name] = table.select(schema.names).cast(schema)
    lake = Lake(folder)
    return lake, lake.commit(rows, by="test", at=datetime(2026, 11, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def region():
    return small(2)


@pytest.fixture(scope="module")
def stored(region, tmp_path_factory):
    return commit(tmp_path_factory.mktemp("beds"), {name: region.tables[name] for name in NEEDED})


def counted(tables, first, days, hour):
    """The same census by looking at each stay at each moment; a ward belongs to the clinic above it."""
    clinic = {row["unit_id"]: row["parent_id"] for row in tables["units"].to_pylist()}
    beds = {(row["ward_id"], row["date"]): row for row in tables["beds"].to_pylist()}
    stays = tables["stays"].to_pylist()
    found = {}
    for day in (first + timedelta(days=number) for number in range(days)):
        moment = datetime(day.year, day.month, day.day, hour, tzinfo=ZONE).astimezone(UTC)
        there = [s for s in stays if s["admitted"] <= moment and (not s["discharged"] or s["discharged"] > moment)]
        lying = Counter(stay["ward_id"] for stay in there)
        out = [stay for stay in there if clinic[stay["ward_id"]] != stay["clinic_id"]]
        outliers, away = Counter(s["ward_id"] for s in out), Counter(f"V-{s['clinic_id'][2:]}" for s in out)
        for ward in sorted({ward for ward, _ in beds}):
            row = beds[ward, day]
            found[day, ward] = (
                lying[ward], outliers[ward], away[ward], max(0, lying[ward] - row["available"]),
                row["available"], row["physical"],
            )  # fmt: skip
    return found


@pytest.mark.parametrize(
    ("first", "days", "hour"),
    [(date(2025, 1, 13), 30, 6), (date(2025, 3, 28), 5, 4), (date(2025, 10, 24), 5, 1), (date(2026, 7, 1), 20, 15)],
)
def test_the_census_is_that_of_looking_at_each_stay(region, stored, first, days, hour):
    """Among the days are both changes of the clock."""
    lake, version = stored
    with lake.connect(version.number) as connection:
        rows = census(connection, set(version.tables), first, first + timedelta(days), hour).to_pylist()
    names = ("occupied", "outliers", "away", "overcrowded", "available", "physical")
    found = {(row["moment"].date(), row["ward_id"]): tuple(row[name] for name in names) for row in rows}
    expected = counted(region.tables, first, days, hour)
    assert found == expected
    assert all(row["moment"].hour == hour for row in rows)
    assert sum(row[0] for row in expected.values()) > 50


def test_planted_outliers_are_counted_again(region, stored):
    found = census_of(stored[0].root, first=date(2023, 10, 30), last=date(2026, 10, 25))
    everyone = found["rows"][0]
    true = region.truth["outliers"]
    assert everyone["outliers_per_100"] == pytest.approx(true["per_100_at_06"], abs=1e-9)
    days = len(found["days"])
    assert round(everyone["outliers"] * days) == true["patient_mornings"]
    assert sum(day["occupied"] for day in found["days"]) == pytest.approx(everyone["occupied"] * days)
    levels = {row["level"] for row in found["rows"]}
    assert levels == {"all", "hospital", "clinic", "ward"}
    for row in found["rows"]:
        assert row["physical"] == pytest.approx(row["available"] + row["closed"])
        assert {figure["figure"] for figure in row["figures"]} == {
            "occupancy",
            "overcrowded_per_100",
            "outliers_per_100",
        }
        assert all(figure["remainder"] == pytest.approx(0) for figure in row["figures"])


def test_one_unit_and_wrong_days(stored):
    found = census_of(stored[0].root, unit="K-MED-A")
    assert {row["unit_id"] for row in found["rows"]} == {"K-MED-A", "V-MED-A"}
    with pytest.raises(BadInput, match="K-XXX"):
        census_of(stored[0].root, unit="K-XXX")
    with pytest.raises(BadInput, match="efter den sista"):
        census_of(stored[0].root, first=date(2026, 2, 1), last=date(2026, 1, 1))


def test_a_census_is_only_of_hours_that_the_stays_tell_of(region, stored):
    begins = min(stay["admitted"] for stay in region.tables["stays"].to_pylist()).astimezone(ZONE).date()
    for first, last in ((begins - timedelta(1), begins), (begins, date(2026, 10, 26)), (begins, date.max)):
        with pytest.raises(BadInput, match=f"från {begins} till 2026-10-25"):
            census_of(stored[0].root, first=first, last=last)
    spring = date(2026, 3, 29)
    with pytest.raises(BadInput, match="02:00 finns inte"):
        census_of(stored[0].root, first=spring, last=spring, hour=2)
    assert len(census_of(stored[0].root, first=spring, last=spring + timedelta(1), hour=2)["days"]) == 1
    assert len(census_of(stored[0].root, first=date(2025, 10, 26), last=date(2025, 10, 26), hour=2)["days"]) == 1


def test_beds_that_are_not_told_leave_the_rates_out(region, tmp_path):
    beds = region.tables["beds"]
    known = beds.filter(pa.compute.not_equal(beds["ward_id"], "V-ORT-A"))
    lake, _ = commit(tmp_path, {**{name: region.tables[name] for name in NEEDED}, "beds": known})
    found = census_of(lake.root)
    rows = {row["unit_id"]: row for row in found["rows"]}
    assert rows["V-ORT-A"]["occupancy"] is None
    assert rows["V-ORT-A"]["overcrowded"] is rows[""]["overcrowded"] is None
    assert rows[""]["outliers_per_100"] is None
    assert rows["V-MED-A"]["occupancy"] > 0
    assert "V-ORT-A" in found["findings"][0]["message"]


def test_more_open_than_physical_hides_nothing_that_is_closed_elsewhere(region, tmp_path):
    day, open_ = date(2026, 10, 25), {"V-KIR-N": (6, 9), "V-MED-A": (10, 7), "V-ORT-A": (5, 5)}
    beds = [
        {"ward_id": ward, "date": day, "physical": physical, "available": available, "closed_reason": None}
        for ward, (physical, available) in open_.items()
    ]
    table = pa.Table.from_pylist(beds, region.tables["beds"].schema)
    lake, _ = commit(tmp_path, {**{name: region.tables[name] for name in NEEDED}, "beds": table})
    rows = {row["unit_id"]: row for row in census_of(lake.root)["rows"]}
    assert {name: rows[name]["closed"] for name in ("", *open_)} == {"": 3, "V-KIR-N": 0, "V-MED-A": 3, "V-ORT-A": 0}
    assert all(row["physical"] == row["available"] + row["closed"] for row in rows.values())


def test_without_stays_there_is_a_sentence(region, tmp_path):
    lake, _ = commit(tmp_path, {name: region.tables[name] for name in ("units", "beds")})
    with pytest.raises(BadInput, match="vårdtillfällen"):
        census_of(lake.root)


def test_without_units_everyone_is_at_home_where_most_lie(region, tmp_path):
    lake, version = commit(tmp_path, {name: region.tables[name] for name in ("stays", "beds")})
    with lake.connect(version.number) as connection:
        data = bed_data(connection, set(version.tables))
    assert {place.ward_id: place.clinic_id for place in data.places} == {
        f"V-{name}": f"K-{name}" for name in ("KIR-N", "MED-A", "ORT-A")
    }


def test_what_is_loaded_is_what_was_delivered(region, stored):
    lake, version = stored
    with lake.connect(version.number) as connection:
        data = bed_data(connection, set(version.tables))
    observed, stays = data.observed, region.tables["stays"].to_pylist()
    assert len(observed.stays.since) == len(stays)
    assert int(np.isnan(observed.stays.until).sum()) == sum(stay["discharged"] is None for stay in stays)
    first = min(stay["admitted"] for stay in stays).astimezone(ZONE).replace(tzinfo=None)
    assert moment_of(float(observed.stays.since.min())) == first
    assert hour_of(first) == pytest.approx(observed.stays.since.min())
    assert moment_of(0.0).weekday() == 0
    assert {place.site for place in data.places} == {"Älvsta sjukhus", "Norrhamra sjukhus"}
    assert not observed.moved_home
    led = ~np.isnan(observed.bookings.admitted)
    elective = sum(not stay["acute"] for stay in stays)
    assert 0.9 * elective <= led.sum() <= elective


def test_the_projection_tells_its_figures_and_how_it_held(stored):
    found = projection_of(stored[0].root, days=3, draws=2000, origins=3)
    assert len(found["hours"]) == 72
    for row in found["rows"]:
        exact, played = np.array(row["p_full"]), np.array(row["simulated"]["p_full"])
        assert np.mean(np.abs(exact - played) <= 2.58 * np.sqrt(exact * (1 - exact) / 2000) + 1e-3) > 0.9
        assert np.all(np.array(row["q05"]) <= np.array(row["q95"]))
        assert row["inputs"]["lying"] > 0
    parts = {row["unit_id"]: row for row in found["rows"]}
    together = np.array(parts["V-MED-A"]["mean"]) + np.array(parts["V-ORT-A"]["mean"])
    assert np.allclose(parts["Älvsta sjukhus"]["mean"], together)
    assert [row["days"] for row in found["calibration"]] == [1, 3]
    assert all(0 <= row["inside"] <= 1 for row in found["calibration"])


def test_need_and_pooling(stored):
    found = need_of(stored[0].root)
    assert (found["guide"]["occupancy"], found["guide"]["valid_from"]) == (0.9, "2023-01-01")
    rows = {row["unit_id"]: row for row in found["rows"]}
    apart = sum(rows[f"V-{name}"]["beds_for_blocking"] for name in ("KIR-N", "MED-A", "ORT-A"))
    assert rows[""]["pooling_gain"] > 0
    assert rows[""]["beds_for_blocking"] < apart
    assert all(row["beds_for_guide"] >= row["load"] / 0.9 - 1e-9 for row in found["rows"])


WRITTEN = {
    "beds": ("V-MED-A=3", "V-MED-A=-3:28-31"),
    "new-ward": ("KAVA=5:V-MED-A,V-ORT-A",),
    "day-surgery": ("V-ORT-A=0.5",),
    "shorter-stay": ("V-MED-A=0.9",),
    "staffed": ("V-MED-A=2:4",),
    "weekend": ("1",),
    "surge": ("V-MED-A=2.5:46-50", "V-MED-A=2:46-50:0.5"),
}


def test_every_change_can_be_written_and_played(stored):
    assert WRITTEN.keys() == KINDS.keys()
    changes = {text: change_of(kind, text) for kind, texts in WRITTEN.items() for text in texts}
    found = scenario_of(stored[0].root, changes, among=["Älvsta sjukhus"], replications=4)
    assert [row["scenario"] for row in found["scenarios"]] == [*changes, "allt tillsammans"]
    by = {row["scenario"]: row["difference"] for row in found["scenarios"]}
    assert by["V-MED-A=3"]["outliers_per_100"]["mean"] < 0
    assert by["KAVA=5:V-MED-A,V-ORT-A"]["outliers_per_100"]["mean"] < 0
    assert by["V-MED-A=-3:28-31"]["crowded_per_100"]["mean"] > 0
    assert by["V-MED-A=2.5:46-50"]["bed_days_per_year"]["mean"] > 0
    assert by["V-MED-A=2:4"]["crowded_per_100"]["mean"] > 0
    assert by["V-MED-A=0.9"]["bed_days_per_year"]["mean"] < 0
    assert len(found["base"]["wards"]) == 2


def test_weeks_at_both_ends_of_the_days_are_those_weeks_only():
    """The year played begins in the middle of week 30 and ends in the middle of it a year later."""
    first = date(2025, 7, 24)
    hospital = Hospital(
        (Ward("w", np.full(368, 10), 12),),
        (PatientGroup("w/acute", "w", 1.0, np.array([1.0, 2.0]), WhenFull.CROWD),),
        even_clock(),
        warm_days=2,
    )
    for weeks, numbers in (("28-31", {28, 29, 30, 31}), ("51-2", {51, 52, 1, 2}), ("30-30", {30})):
        for kind, text in (("beds", f"w=-4:{weeks}"), ("staffed", f"w=2:3:{weeks}"), ("surge", f"w=2:{weeks}")):
            changed = change_of(kind, text)(hospital, first)
            moved = (
                changed.groups[-1].season > 0 if kind == "surge" else changed.wards[0].staffed != hospital.staffed[0]
            )
            within = [(first + timedelta(day)).isocalendar().week in numbers for day in range(368)]
            assert moved.tolist() == [False, False, *within[2:]], text


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("beds", "V-MED-A"),
        ("beds", "V-MED-A=x"),
        ("beds", f"V-MED-A={10**20}"),
        ("new-ward", "KAVA=5"),
        ("surge", "V-MED-A=2"),
        ("weekend", "mycket"),
    ],
)
def test_a_change_that_is_written_wrong_is_told_how(kind, text):
    with pytest.raises(BadInput, match="ska skrivas"):
        change_of(kind, text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [("beds", "V-X=1"), ("shorter-stay", "V-X=0.9"), ("surge", "V-X=1:1-2"), ("beds", "V-MED-A=1:60-61")],
)
def test_a_change_that_does_not_fit_is_refused(stored, kind, text):
    with pytest.raises(BadInput):
        scenario_of(stored[0].root, {"x": change_of(kind, text)}, replications=2)


def test_an_unknown_hospital_is_refused(stored):
    with pytest.raises(BadInput, match="Ingenstans"):
        scenario_of(stored[0].root, {}, among=["Ingenstans"], replications=2)


# What is kept with a run


@pytest.fixture(scope="module")
def told(stored):
    lake, version = stored
    with lake.connect(version.number) as connection:
        rows = connection.execute("select unit_id, name, level, coalesce(parent_id, '') from units").fetchall()
    return beds_told(lake, version, {row[0]: Unit(*row) for row in rows})


def test_a_run_keeps_the_census_the_days_ahead_and_the_need(stored, told):
    tables = beds_tables(told)
    facts = json.loads(tables["bed_facts"]["facts"][0].as_py())
    units = {row["unit_id"]: row | {"ahead": json.loads(row["ahead"])} for row in tables["beds"].to_pylist()}
    assert set(units["R"]["wards"]) == {"V-KIR-N", "V-MED-A", "V-ORT-A"}
    assert "M-ORT-A" not in units
    hours = tables["bed_hours"].to_pylist()
    assert (
        len({(row["moment"], row["ward_id"]) for row in hours}) == len(hours) == 3 * (24 * 28 + 1)
    )  # 25 October has 25 hours
    everyone = {row["unit_id"]: row for row in census_of(stored[0].root)["rows"]}
    now = [row for row in hours if row["moment"] == "2026-10-25T06:00"]
    assert counts_at(now, units["R"]["wards"]).occupied == everyone[""]["occupied"]
    assert counts_at(now, ["V-MED-A"]).outliers == everyone["V-MED-A"]["outliers"]
    ahead = {row["unit_id"]: row for row in projection_of(stored[0].root, draws=0, origins=0)["rows"]}
    assert np.allclose(units["R"]["ahead"]["p_full"], ahead[""]["p_full"], atol=1e-5)
    for name, row in units.items():
        parts = [row["ahead"][part] for part in ("lying", "booked", "others")]
        assert np.allclose(np.sum(parts, axis=0), row["ahead"]["mean"], atol=1e-4), name
        for figure in ("expected", "p_full", "occupancy", "overcrowded_per_100", "outliers_per_100"):
            moment = facts["hours"][7] if figure in ("expected", "p_full") else "2026-10-25T06:00"
            found = figure_of(figure, row, facts, moment, now, {})
            assert found.remainder == pytest.approx(0, abs=1e-9)
    need = {row["unit_id"]: row for row in need_of(stored[0].root)["rows"]}
    assert units["R"]["beds_for_share"] == need[""]["beds_for_share"]
    assert figure_of("expected", units["R"], facts, "2030-01-01T00:00", now, {}) is None


def test_a_run_tells_of_no_day_before_the_first_stay(region, tmp_path):
    stays = region.tables["stays"]
    begin = datetime(2026, 10, 20, tzinfo=ZONE)
    late = stays.filter(pa.compute.greater_equal(stays["admitted"], pa.scalar(begin, stays["admitted"].type)))
    lake, version = commit(tmp_path, {**{name: region.tables[name] for name in NEEDED}, "stays": late})
    tables = beds_tables(beds_told(lake, version, {"V-MED-A": Unit("V-MED-A", "Medicin", "ward", "")}))
    assert {row["moment"][:10] for row in tables["bed_hours"].to_pylist()} == {
        f"2026-10-{day}" for day in range(20, 26)
    }
    # They are less than a week: in some of its hours nobody is known to have lain there.
    facts = json.loads(tables["bed_facts"]["facts"][0].as_py())
    assert (facts["pace"], facts["hours"]) == ([], [])


def test_what_is_told_leads_back_to_its_stays(stored, region):
    lake, version = stored
    where = {"lying_at": "2026-03-10T06:00", "ward_id": "V-MED-A|V-ORT-A"}
    rows = census_of(lake.root, first=date(2026, 3, 10), last=date(2026, 3, 10))["rows"]
    by = {row["unit_id"]: row for row in rows}
    both = by["V-MED-A"]["occupied"] + by["V-ORT-A"]["occupied"]
    assert lake.sources("stays", where, version.number).count == both > 0
    elsewhere = sum(
        lake.sources(
            "stays", {"lying_at": f"2026-03-{day:02d}T06:00", "ward_id": "V-MED-A", "not_clinic": "K-MED-A"}
        ).count
        for day in range(1, 29)
    )
    told = {row["unit_id"]: row for row in census_of(lake.root, first=date(2026, 3, 1), last=date(2026, 3, 28))["rows"]}
    assert elsewhere == round(28 * told["V-MED-A"]["outliers"])


def test_days_of_23_and_25_hours_have_so_many():
    spring, autumn = changes_of_clock(date(2026, 1, 1), date(2026, 12, 31))
    assert (moment_of(spring[0]), spring[1]) == (datetime(2026, 3, 29, 2), 1.0)  # noqa: DTZ001 - local time
    assert (moment_of(autumn[0]), autumn[1]) == (datetime(2026, 10, 25, 3), -1.0)  # noqa: DTZ001 - local time
    begin = hour_of(datetime(2026, 3, 28))  # noqa: DTZ001 - local time
    told = moments_told(local_hours(begin, 47, [spring]))
    assert told[-1] == "2026-03-30T00:00"
    assert "2026-03-29T02:00" not in told
    told = moments_told(local_hours(hour_of(datetime(2026, 10, 25)), 25, [autumn]))  # noqa: DTZ001 - local time
    assert told[1:4] == ["2026-10-25T02:00", "2026-10-25T02:00+01:00", "2026-10-25T03:00"]
    assert told[-1] == "2026-10-26T00:00"


def test_each_hour_of_a_night_on_which_the_clock_is_moved_is_counted(region, stored):
    lake, version = stored
    stays = region.tables["stays"].to_pylist()
    for first, hours in ((date(2025, 10, 26), 25), (date(2025, 3, 30), 23)):
        with lake.connect(version.number) as connection:
            rows = census(connection, set(version.tables), first, first + timedelta(1), None).to_pylist()
        by_ward = [row for row in rows if row["ward_id"] == "V-MED-A"]
        begin = datetime(first.year, first.month, first.day, tzinfo=ZONE).astimezone(UTC)
        moments = [begin + timedelta(hours=hour) for hour in range(hours)]
        lying = [
            sum(
                stay["ward_id"] == "V-MED-A"
                and stay["admitted"] <= moment
                and (not stay["discharged"] or stay["discharged"] > moment)
                for stay in stays
            )
            for moment in moments
        ]
        assert [row["occupied"] for row in by_ward] == lying
        assert [row["moment"].hour for row in by_ward] == [moment.astimezone(ZONE).hour for moment in moments]
        assert [row["is_again"] for row in by_ward] == [hours == 25 and hour == 3 for hour in range(hours)]
        text = f"{first}T02:00"
        found = {
            moment: lake.sources("stays", {"lying_at": moment, "ward_id": "V-MED-A"}, version.number).count
            for moment in (text, f"{text}+01:00")
        }
        assert hours == 23 or list(found.values()) == lying[2:4]


def test_who_comes_or_leaves_in_the_hour_before_the_clock_is_moved_back_is_counted_by_the_first_of_the_two(
    region, tmp_path
):
    """One comes at 01.20 summer time and one leaves at 01.40; the clock shows 02 an hour later again."""
    schema = region.tables["stays"].schema
    begin = datetime(2026, 10, 24, 22, tzinfo=UTC)  # midnight
    rows = [
        {"stay_id": name, "patient_key": name, "clinic_id": "K-MED-A", "ward_id": "V-MED-A", "acute": True,
         "admitted": begin + timedelta(minutes=come), "discharged": begin + timedelta(minutes=left)}
        for name, come, left in (("a", 80, 230), ("b", -600, 100), ("c", 120, 180), ("d", 150, 150))
    ]  # fmt: skip
    stays = pa.Table.from_pylist(rows, schema)
    lake, version = commit(tmp_path, {**{name: region.tables[name] for name in NEEDED}, "stays": stays})
    with lake.connect(version.number) as connection:
        found = census(connection, set(version.tables), date(2026, 10, 25), date(2026, 10, 26), None).to_pylist()
    lying = [row["occupied"] for row in found if row["ward_id"] == "V-MED-A"]
    assert lying == [1, 1, 2, 1, *[0] * 21]


def test_the_days_ahead_end_at_midnight_though_the_clock_is_moved(region, tmp_path):
    """The region's stays until two days before a change."""
    for number, (day, hours) in enumerate(((date(2026, 3, 28), 47), (date(2025, 10, 25), 49))):
        end = datetime(day.year, day.month, day.day, tzinfo=ZONE)
        stays = region.tables["stays"]
        known = stays.filter(pa.compute.less(stays["admitted"], pa.scalar(end)))
        left = known["discharged"]
        gone = pa.compute.less(left, pa.scalar(end))
        known = known.set_column(
            known.schema.get_field_index("discharged"),
            "discharged",
            pa.compute.if_else(gone, left, pa.scalar(None, left.type)),
        )
        lake, _ = commit(tmp_path / str(number), {**{name: region.tables[name] for name in NEEDED}, "stays": known})
        found = projection_of(lake.root, days=2, draws=200, origins=0)
        assert len(found["hours"]) == hours == len(set(found["hours"]))
        assert found["hours"][-1] == f"{day + timedelta(2)}T00:00"
        everyone = found["rows"][0]
        assert len(everyone["mean"]) == len(everyone["simulated"]["mean"]) == hours
        assert np.allclose(everyone["mean"], everyone["simulated"]["mean"], atol=1.2)


def test_a_version_without_stays_has_no_beds_to_tell_of(stored, tmp_path):
    lake, _ = stored
    other, version = commit(tmp_path, {"units": lake.read("units", 1).drop_columns(["_file", "_row"])})
    assert beds_told(other, version, {}) is None
