"""The demo region keeps what it promises: deterministic, sound by our own checks, and whole as a waiting list."""

from datetime import UTC, date, datetime
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.data.demo_region import IDS, SEEDS, TODAY, rows, small
from vardbalans.data.checks import check_table
from vardbalans.data.demo import generate
from vardbalans.data.tables import TABLES

AS_OF = date(2026, 10, 25)


def test_same_seed_gives_the_same_region() -> None:
    again = generate("small", 1)
    assert all(table.equals(small(1).tables[name]) for name, table in again.tables.items())
    assert again.truth == small(1).truth


def test_another_seed_gives_other_draws_of_the_same_organisation() -> None:
    one, two = small(1), small(2)
    assert not one.tables["contacts"].equals(two.tables["contacts"])
    assert not one.tables["absences"].equals(two.tables["absences"])
    for name in ("units", "services", "resources", "recipes", "openings"):
        assert one.tables[name].equals(two.tables[name]), name
    assert one.truth["growth"] == two.truth["growth"]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_table_has_the_registrys_schema(seed: int) -> None:
    for name, table in small(seed).tables.items():
        fields = [field for field in TABLES[name].schema() if not field.name.startswith("_")]
        assert table.schema == pa.schema(fields), name


@pytest.mark.parametrize("seed", SEEDS)
def test_our_own_checks_find_nothing(seed: int) -> None:
    demo = small(seed)
    known = {name: demo.tables[name][column] for name, column in IDS.items()}
    for name, table in demo.tables.items():
        count = table.num_rows
        origin = {"_file": pa.array([name] * count, pa.string()), "_row": pa.array(range(2, count + 2), pa.int64())}
        whole = pa.table({**{column: table[column] for column in table.column_names}, **origin})
        assert check_table(TABLES[name], whole, known, today=TODAY) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_links_lead_to_rows_that_exist(seed: int) -> None:
    demo = small(seed)
    contacts, referrals = demo.tables["contacts"], demo.tables["referrals"]
    for ids, links in (
        (referrals["referral_id"], contacts["referral_id"]),
        (contacts["contact_id"], referrals["origin_contact_id"]),
        (contacts["contact_id"], demo.tables["operations"]["contact_id"]),
    ):
        assert set(links.drop_null().unique().to_pylist()) <= set(ids.to_pylist())
    used = set(contacts["unit_id"].to_pylist()) | set(demo.tables["stays"]["ward_id"].to_pylist())
    assert used <= set(demo.tables["units"]["unit_id"].to_pylist())


@pytest.mark.parametrize("seed", SEEDS)
def test_the_waiting_list_is_conserved(seed: int) -> None:
    """In = treated + otherwise removed + waiting, and a treated referral has exactly one performed contact."""
    demo = small(seed)
    referrals = demo.tables["referrals"]
    for service, counts in demo.truth["realised"].items():
        mine = rows(demo, "referrals", service_id=service)
        treated = pc.sum(pc.equal(mine["closed_reason"], "treated")).as_py()
        waiting = mine["closed"].null_count
        assert (treated, waiting) == (counts["treated"], counts["waiting"])
        assert counts["opening"] + counts["inflow"] == mine.num_rows == treated + counts["removed"] + waiting
    performed = rows(demo, "contacts", status="performed")
    performed = performed.filter(pc.is_valid(performed["referral_id"]))
    performed = performed.select(["referral_id", "service_id", "starts_at"])
    done = referrals.join(performed, ["referral_id", "service_id"], join_type="inner")
    since = pc.greater_equal(referrals["closed"], date(2023, 10, 30))
    treated_here = referrals.filter(pc.and_(pc.equal(referrals["closed_reason"], "treated"), since))
    assert done.num_rows == treated_here.num_rows == len(set(done["referral_id"].to_pylist()))
    local = pc.local_timestamp(pc.cast(done["starts_at"], pa.timestamp("us", "Europe/Stockholm")))
    assert pc.all(pc.equal(pc.cast(local, pa.date32()), done["closed"])).as_py()


@pytest.mark.parametrize("seed", SEEDS)
def test_bookings_lie_ahead_and_belong_to_people_who_wait(seed: int) -> None:
    demo = small(seed)
    contacts, referrals = demo.tables["contacts"], demo.tables["referrals"]
    ahead = pc.greater_equal(pc.cast(contacts["starts_at"], pa.date32()), date(2026, 10, 26))
    assert contacts.filter(ahead)["status"].unique().to_pylist() == ["booked"]
    booked = rows(demo, "contacts", status="booked")
    assert booked.num_rows == pc.sum(ahead).as_py() > 500
    assert pc.max(pc.cast(booked["booked_at"], pa.date32())).as_py() <= AS_OF
    waiting = set(referrals.filter(pc.is_null(referrals["closed"]))["referral_id"].to_pylist())
    assert set(booked["referral_id"].drop_null().to_pylist()) <= waiting
    assert pc.max(referrals["issued"]).as_py() <= AS_OF


def test_office_hours_are_local_time_summer_and_winter() -> None:
    visits = rows(small(1), "contacts", service_id="RAD-A-US")["starts_at"]
    local = pc.local_timestamp(pc.cast(visits, pa.timestamp("us", "Europe/Stockholm")))
    for month in (1, 7):
        hours = pc.hour(local.filter(pc.equal(pc.month(local), month)))
        assert (pc.min(hours).as_py(), pc.max(hours).as_py()) == (8, 15)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_one_is_away_twice_at_once_or_after_leaving(seed: int) -> None:
    order = [("person_key", "ascending"), ("date_from", "ascending")]
    spells = small(seed).tables["absences"].sort_by(order).to_pylist()
    posts = {row["person_key"]: row for row in small(seed).tables["employments"].to_pylist()}
    for before, after in pairwise(spells):
        assert before["person_key"] != after["person_key"] or before["date_to"] < after["date_from"]
    for spell in spells:
        post = posts[spell["person_key"]]
        assert post["valid_from"] <= spell["date_from"]
        assert post["valid_to"] is None or spell["date_to"] <= post["valid_to"]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_voucher_sums_to_zero(seed: int) -> None:
    ledger = small(seed).tables["ledger"]
    sums = ledger.group_by(["year", "voucher"]).aggregate([("amount_ore", "sum"), ("line", "count")])
    assert pc.all(pc.equal(sums["amount_ore_sum"], 0)).as_py()
    assert pc.min(sums["line_count"]).as_py() >= 2
    assert set(ledger["year"].to_pylist()) == {"2024", "2025", "2026"}


def test_sizes_differ_in_what_exists() -> None:
    assert small(1).tables["services"].num_rows == 37
    medium = generate("medium", 1)
    assert medium.tables["contacts"].num_rows > 8 * small(1).tables["contacts"].num_rows
    clinics = [row for row in medium.tables["units"].to_pylist() if row["level"] == "clinic"]
    assert len(clinics) == 16 + 8 + 1


@pytest.mark.parametrize("seed", SEEDS)
def test_no_theatre_and_no_patient_is_in_two_places_at_once(seed: int) -> None:
    tables = small(seed).tables
    for table, holder, begins, ends in (
        ("operations", "theatre_id", "room_in", "room_out"),
        ("stays", "patient_key", "admitted", "discharged"),
    ):
        rows = tables[table].filter(pc.is_valid(tables[table][begins]))
        rows = rows.sort_by([(holder, "ascending"), (begins, "ascending")]).to_pylist()
        for before, after in pairwise(rows):
            assert before[holder] != after[holder] or before[ends] <= after[begins]
    done = rows_of_performed_surgery(tables)
    assert done.num_rows > 3000
    assert pc.all(pc.equal(done["room_in"], done["starts_at"])).as_py()


def rows_of_performed_surgery(tables: dict[str, pa.Table]) -> pa.Table:
    """Return the performed operations with the start of their contact."""
    operations = tables["operations"].filter(pc.equal(tables["operations"]["status"], "performed"))
    return operations.join(tables["contacts"].select(["contact_id", "starts_at"]), "contact_id", join_type="inner")


@pytest.mark.parametrize("seed", SEEDS)
def test_no_one_is_in_care_after_death(seed: int) -> None:
    tables = small(seed).tables
    dead = tables["patients"].filter(pc.is_valid(tables["patients"]["deceased"]))
    assert dead.num_rows
    dead = dead.select(["patient_key", "deceased"])
    seen = tables["contacts"].join(dead, "patient_key", join_type="inner")
    assert pc.all(pc.less(pc.cast(seen["starts_at"], pa.date32()), seen["deceased"])).as_py()
    closed = tables["referrals"].join(dead, "patient_key", join_type="inner")
    assert closed["closed"].null_count == 0
    assert pc.all(pc.less_equal(closed["closed"], closed["deceased"])).as_py()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_time_book_agrees_with_the_contacts(seed: int) -> None:
    """A booked time is someone's; a time that is free or blocked ahead is nobody's; the dead have no times ahead."""
    demo = small(seed)
    slots, contacts = demo.tables["slots"], rows(demo, "contacts", unit_id="M-ORT-A")
    given = {
        (row["service_id"], row["starts_at"])
        for row in contacts.to_pylist()
        if row["status"] not in ("cancelled_patient", "cancelled_provider")
    }
    taken = [(row["service_id"], row["starts_at"]) for row in rows(demo, "slots", status="booked").to_pylist()]
    assert set(taken) <= given
    ahead = rows(demo, "contacts", unit_id="M-ORT-A", status="booked")
    assert len(taken) > ahead.num_rows == sum(starts.date() > AS_OF for _, starts in taken) > 50
    assert rows(demo, "slots", status="free").num_rows > 50
    assert 0 < rows(demo, "slots", status="blocked").num_rows < 0.1 * slots.num_rows
    patients = demo.tables["patients"]
    assert set(ahead["patient_key"].to_pylist()) <= set(patients["patient_key"].to_pylist())
    dead = patients.filter(pc.is_valid(patients["deceased"]))["patient_key"].to_pylist()
    waiting = demo.tables["referrals"].filter(pc.is_null(demo.tables["referrals"]["closed"]))
    expected = {
        *rows(demo, "contacts", status="booked")["patient_key"].to_pylist(),
        *waiting["patient_key"].to_pylist(),
    }
    assert not expected & set(dead)
    assert pc.max(patients["deceased"]).as_py() is None or pc.max(patients["deceased"]).as_py() <= AS_OF
    assert pc.any(patients["protected"]).as_py()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_population_is_the_people_who_are_patients_and_reaches_fifteen_years_ahead(seed: int) -> None:
    demo = small(seed)
    population, contacts = demo.tables["population"], demo.tables["contacts"]
    years = set(population["year"].to_pylist())
    assert years == set(range(2023, 2042))
    assert pc.sum(population.filter(pc.equal(population["year"], 2026))["count"]).as_py() == demo.truth["inhabitants"]
    assert set(contacts["municipality"].unique().to_pylist()) <= set(population["area"].unique().to_pylist())
    assert contacts["age"].null_count == contacts["sex"].null_count == 0
    # Whoever has been a patient lives in a cell of the population.
    now = population.filter(pc.equal(population["year"], 2026)).filter(pc.greater(pc.field("count"), 0)).to_pylist()
    lived_in = {(row["area"], row["sex"], row["age"]) for row in now}
    latest = contacts.filter(pc.greater_equal(contacts["starts_at"], pa.scalar(datetime(2026, 2, 1, tzinfo=UTC))))
    cells = set(zip(*(latest[name].to_pylist() for name in ("municipality", "sex", "age")), strict=True))
    assert cells
    assert {cell for cell in cells if cell not in lived_in} == set()
