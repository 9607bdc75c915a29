"""The lake: one commit over many tables, as-of reads, upserts, fingerprints, tracing and verifying."""

import hashlib
import multiprocessing
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.data.lake_rows import AT, bed, contact, contacts, rows
from vardbalans.data.identity.errors import SealBroken
from vardbalans.data.lake import (
    Difference,
    DuplicateKeys,
    HeadMoved,
    Lake,
    NothingToStore,
    SourceFile,
    UnfitRows,
    UnknownName,
    UnknownOriginal,
    UnknownVersion,
)
from vardbalans.data.lake.content import tag
from vardbalans.data.lake.delta import open_at
from vardbalans.data.tables import TABLES
from vardbalans.engine.errors import BadInput, BadPeriod


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lagret med å och 'citat'")


def ids(lake: Lake, version: int | None = None) -> list[str]:
    return sorted(lake.read("contacts", version, ["contact_id"])["contact_id"].to_pylist())


def scalar(con: duckdb.DuckDBPyConnection, query: str) -> object:
    return con.sql(query).fetchall()[0][0]


# Versions


def test_an_empty_store_has_no_version(lake: Lake) -> None:
    assert lake.head() is None
    assert lake.versions() == []
    assert lake.verify() == []
    assert lake.files("contacts") == []
    assert lake.read("contacts").schema == TABLES["contacts"].schema()
    with lake.connect() as con:
        assert con.sql("SHOW TABLES").fetchall() == []


def test_a_commit_is_one_version_over_all_its_tables(lake: Lake) -> None:
    made = lake.commit({"contacts": contacts(range(3)), "beds": rows("beds", [bed(1, 18)])}, by="Ada", at=AT)
    assert (made.number, made.parent, made.by, made.at) == (1, None, "Ada", AT)
    assert {name: table.rows for name, table in made.tables.items()} == {"beds": 1, "contacts": 3}
    assert lake.head() == made
    assert lake.versions() == [made]
    assert lake.verify() == []


def test_rows_come_back_as_they_went_in(lake: Lake) -> None:
    given_rows = rows(
        "contacts",
        [
            contact(1, drg_weight=1.87, age=57, booked_at=datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)),
            contact(2, diagnosis="", form="video"),
        ],
    )
    lake.commit({"contacts": given_rows}, by="Ada", at=AT)
    assert lake.read("contacts").sort_by("contact_id") == given_rows


def test_an_older_version_reads_as_it_was(lake: Lake) -> None:
    lake.commit({"contacts": contacts([1, 2])}, by="Ada", at=AT)
    lake.commit({"contacts": contacts([2, 3], status="no_show")}, by="Bo", at=AT)
    lake.commit({"beds": rows("beds", [bed(1, 18)])}, by="Bo", at=AT)
    assert (ids(lake, 1), ids(lake, 2), ids(lake)) == (["C1", "C2"], ["C1", "C2", "C3"], ["C1", "C2", "C3"])
    assert lake.read("contacts", 1)["status"].to_pylist() == ["performed", "performed"]
    assert lake.read("beds", 2).num_rows == 0
    with lake.connect(1) as con:
        assert scalar(con, "SELECT count(*) FROM contacts WHERE status = 'performed'") == 2
        assert con.sql("SHOW TABLES").fetchall() == [("contacts",)]
    assert [lake.version(number).parent for number in (1, 2, 3)] == [None, 1, 2]
    assert [lake.verify(number) for number in (1, 2, 3)] == [[], [], []]


def test_an_unknown_version_is_refused(lake: Lake) -> None:
    lake.commit({"contacts": contacts([1])}, by="Ada", at=AT)
    with pytest.raises(UnknownVersion, match="Version 7 finns inte"):
        lake.read("contacts", 7)


def test_a_preview_made_on_an_older_head_is_refused_and_changes_nothing(lake: Lake) -> None:
    first = lake.commit({"contacts": contacts([1])}, by="Ada", at=AT, expected_head=None)
    with pytest.raises(HeadMoved, match="version 1, inte –"):
        lake.commit({"contacts": contacts([2])}, by="Bo", at=AT, expected_head=None)
    with pytest.raises(BadInput):
        lake.commit({"contacts": contacts([2])}, by="Bo", at=AT, expected_head=4)
    assert lake.head() == first
    assert lake.commit({"contacts": contacts([2])}, by="Bo", at=AT, expected_head=1).number == 2


# What a delivery changes


def test_the_same_rows_again_make_no_version_and_keep_their_source(lake: Lake) -> None:
    first = lake.commit({"contacts": contacts(range(5), "januari.csv")}, by="Ada", at=AT)
    again = lake.commit({"contacts": contacts(range(5), "kopia.csv")}, by="Bo", at=AT)
    assert again == first
    assert set(lake.read("contacts")["_file"].to_pylist()) == {"januari.csv"}


def test_changed_rows_are_replaced_and_take_the_new_source(lake: Lake) -> None:
    lake.commit({"contacts": contacts([1, 2], "januari.csv")}, by="Ada", at=AT)
    delivery = rows("contacts", [contact(2, status="no_show"), contact(1), contact(3)], "februari.csv")
    assert lake.compare("contacts", delivery) == Difference(new=1, changed=1, unchanged=1)
    lake.commit({"contacts": delivery}, by="Bo", at=AT)
    stored = lake.read("contacts", columns=["contact_id", "status", "_file", "_row"]).sort_by("contact_id")
    assert stored.to_pylist() == [
        {"contact_id": "C1", "status": "performed", "_file": "januari.csv", "_row": 2},
        {"contact_id": "C2", "status": "no_show", "_file": "februari.csv", "_row": 2},
        {"contact_id": "C3", "status": "performed", "_file": "februari.csv", "_row": 4},
    ]
    assert lake.verify() == []


def test_a_value_that_goes_away_is_a_change(lake: Lake) -> None:
    lake.commit({"contacts": contacts([1], form="video")}, by="Ada", at=AT)
    assert lake.compare("contacts", contacts([1])) == Difference(0, 1, 0)
    lake.commit({"contacts": contacts([1])}, by="Ada", at=AT)
    assert lake.read("contacts")["form"].to_pylist() == [None]


def test_empty_key_values_match_each_other(lake: Lake) -> None:
    opening = {"resource_id": "R1", "weekday": 1, "sets": 2.0, "valid_from": date(2026, 1, 1)}
    lake.commit({"openings": rows("openings", [opening, opening | {"date": date(2026, 5, 1)}])}, by="Ada", at=AT)
    delivery = rows("openings", [opening | {"sets": 3.0}, opening | {"weekday": 2}])
    assert lake.compare("openings", delivery) == Difference(new=1, changed=1, unchanged=0)
    lake.commit({"openings": delivery}, by="Ada", at=AT)
    stored = lake.read("openings", columns=["date", "weekday", "sets"]).to_pylist()
    assert sorted(map(str, stored)) == sorted(
        map(
            str,
            [
                {"date": None, "weekday": 1, "sets": 3.0},
                {"date": date(2026, 5, 1), "weekday": 1, "sets": 2.0},
                {"date": None, "weekday": 2, "sets": 2.0},
            ],
        )
    )


def test_compare_takes_another_key(lake: Lake) -> None:
    lake.commit({"contacts": contacts([1, 2])}, by="Ada", at=AT)
    renamed = contacts([1], contact_id="X1")
    assert lake.compare("contacts", renamed) == Difference(1, 0, 0)
    assert lake.compare("contacts", renamed, ["patient_key", "starts_at"]) == Difference(0, 1, 0)
    assert lake.head().number == 1


def test_the_same_key_twice_is_refused_with_its_rows(lake: Lake) -> None:
    with pytest.raises(DuplicateKeys, match=r"contacts har samma nyckel \(C1\) på rad 2 och rad 4"):
        lake.commit({"contacts": contacts([1, 2, 1])}, by="Ada", at=AT)
    assert lake.head() is None


def test_only_files_with_changed_rows_are_rewritten(lake: Lake) -> None:
    for start in (0, 10, 20):
        lake.commit({"contacts": contacts(range(start, start + 10))}, by="Ada", at=AT)
    before = set(lake.files("contacts"))
    lake.commit({"contacts": contacts([12], status="no_show")}, by="Ada", at=AT)
    after = set(lake.files("contacts"))
    assert (len(before), len(after), len(before & after)) == (3, 3, 2)


def test_many_small_files_are_folded_into_one(lake: Lake) -> None:
    for number in range(17):
        lake.commit({"contacts": contacts([number])}, by="Ada", at=AT)
    assert len(lake.files("contacts", 16)) == 16
    assert len(lake.files("contacts", 17)) == 1
    assert ids(lake) == sorted(f"C{number}" for number in range(17))
    assert lake.verify() == []


# What is refused


def test_nothing_for_an_empty_store_is_refused(lake: Lake) -> None:
    with pytest.raises(NothingToStore):
        lake.commit({"contacts": contacts([])}, by="Ada", at=AT)


def test_an_empty_table_is_not_a_table_of_the_version(lake: Lake) -> None:
    made = lake.commit({"contacts": contacts([1]), "beds": rows("beds", [])}, by="Ada", at=AT)
    assert list(made.tables) == ["contacts"]


def test_columns_types_and_tables_must_be_the_declared(lake: Lake) -> None:
    good = contacts([1])
    with pytest.raises(UnfitRows, match=r"Saknas: status. Okända: –"):
        lake.commit({"contacts": good.drop_columns("status")}, by="Ada", at=AT)
    with pytest.raises(UnfitRows, match=r"Saknas: –. Okända: colour"):
        lake.commit({"contacts": good.append_column("colour", pa.array(["red"]))}, by="Ada", at=AT)
    with pytest.raises(UnfitRows, match="fel typ"):
        lake.commit({"contacts": good.set_column(10, "age", pa.array(["old"]))}, by="Ada", at=AT)
    with pytest.raises(UnfitRows, match="Nyckelkolumnen contact_id"):
        lake.commit({"contacts": contacts([1], contact_id=None)}, by="Ada", at=AT)
    with pytest.raises(UnfitRows, match="saknar tidszon"):
        lake.commit({"contacts": good}, by="Ada", at=datetime(2026, 1, 1))  # noqa: DTZ001 - the fault under test
    with pytest.raises(UnknownName, match="Tabellen wishes"):
        lake.commit({"wishes": good}, by="Ada", at=AT)
    with pytest.raises(UnknownName, match="Kolumnen colour"):
        lake.read("contacts", columns=["colour"])
    assert lake.head() is None


# Fingerprints


def md5_number(text: str) -> str:
    """Return the md5 of *text* read as a little-endian number, as 32 hexadecimal digits."""
    return f"{int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest(), 'little'):032x}"


def test_a_fingerprint_can_be_recomputed_by_hand(lake: Lake) -> None:
    made = lake.commit({"beds": rows("beds", [bed(2, 18)])}, by="Ada", at=AT)
    day = (date(2026, 5, 2) - date(1970, 1, 1)).days
    text = f"{tag('available')}18{tag('date')}{day}{tag('physical')}20{tag('ward_id')}2|W1"
    assert made.tables["beds"].fingerprint == md5_number(text)
    line = f"beds\t1\t{made.tables['beds'].fingerprint}\n"
    assert made.fingerprint == hashlib.sha256(line.encode()).hexdigest()


def test_no_two_columns_of_a_table_have_the_same_tag() -> None:
    assert tag("contact_id") == "ESB"
    for table in TABLES.values():
        assert len({tag(name) for name in table.names}) == len(table.names)


def test_every_type_has_a_stable_text(lake: Lake) -> None:
    row = contact(1, drg_weight=-0.0, age=0, form="Åsa;=1:")
    made = lake.commit({"contacts": rows("contacts", [row])}, by="Ada", at=AT)
    starts = int(row["starts_at"].timestamp()) * 1_000_000
    said = {
        "age": 0,
        "contact_id": 2,
        "drg_weight": 0.0,
        "form": 8,
        "patient_key": 2,
        "service_id": 2,
        "starts_at": starts,
        "status": 9,
        "unit_id": 2,
    }
    text = "".join(f"{tag(name)}{value}" for name, value in said.items()) + "|C1Åsa;=1:P1S1performedU1"
    assert made.tables["contacts"].fingerprint == md5_number(text)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    numbers=st.lists(st.integers(0, 400), unique=True, min_size=2, max_size=12),
    data=st.data(),
)
def test_same_content_has_the_same_fingerprint_however_it_came(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[int], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(numbers))
    cut = data.draw(st.integers(1, len(numbers) - 1))
    wrong_first = data.draw(st.booleans())
    one = Lake(tmp_path_factory.mktemp("one")).commit({"contacts": contacts(numbers)}, by="Ada", at=AT)
    steps = Lake(tmp_path_factory.mktemp("steps"))
    steps.commit({"contacts": contacts(shuffled[:cut], **({"form": "phone"} if wrong_first else {}))}, by="Bo", at=AT)
    two = steps.commit({"contacts": contacts(shuffled)}, by="Bo", at=AT)
    assert two.number == 2
    assert two.fingerprint == one.fingerprint
    assert steps.verify() == []


def test_other_content_has_another_fingerprint(tmp_path: Path) -> None:
    made = [
        Lake(tmp_path / str(number)).commit({"contacts": table}, by="Ada", at=AT).fingerprint
        for number, table in enumerate(
            [contacts([1, 2]), contacts([1]), contacts([1, 2], form="video"), contacts([1, 2], profession="video")]
        )
    ]
    assert len(set(made)) == 4


# Originals and verifying


def test_originals_are_kept_by_content(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "januari å.csv"
    path.write_bytes(b"contact_id\nC1\n")
    sha256 = hashlib.sha256(b"contact_id\nC1\n").hexdigest()
    elsewhere = SourceFile("fjärran.csv", "0" * 64, 12)
    made = lake.commit({"contacts": contacts([1])}, by="Ada", at=AT, originals=[path], files=[elsewhere])
    assert made.files == (SourceFile("januari å.csv", sha256, 14), elsewhere)
    assert [kept.name for kept in (lake.root / "originals").iterdir()] == [f"{sha256}.sealed"]
    assert b"contact_id" not in (lake.root / "originals" / f"{sha256}.sealed").read_bytes()
    assert lake.original("januari å.csv") == lake.original(sha256) == made.files[0]
    assert b"".join(lake.open_original(sha256)) == path.read_bytes()
    for other in ("fjärran.csv", "0" * 64, "finns inte"):
        with pytest.raises(UnknownOriginal, match=other):
            lake.original(other)
    assert lake.head() == made
    assert lake.verify() == []


def test_verify_names_a_changed_and_a_lost_original(lake: Lake, tmp_path: Path) -> None:
    for number, name in enumerate(("a.csv", "b.csv")):
        (tmp_path / name).write_text(name)
        lake.commit({"contacts": contacts([number])}, by="Ada", at=AT, originals=[tmp_path / name])
    sealed = {name: lake.root / "originals" / f"{lake.original(name).sha256}.sealed" for name in ("a.csv", "b.csv")}
    sealed["a.csv"].write_bytes(sealed["b.csv"].read_bytes())
    sealed["b.csv"].unlink()
    assert {(item.kind, item.name) for item in lake.verify()} == {("original", "a.csv"), ("original", "b.csv")}
    assert [item.name for item in lake.verify(1)] == ["a.csv"]
    assert "a.csv stämmer inte" in str(lake.verify(1)[0].message)
    sealed["a.csv"].write_bytes(b"other")
    assert "bruten försegling" in str(lake.verify(1)[0].message)
    with pytest.raises(SealBroken):
        list(lake.open_original(lake.original("b.csv").sha256))


def test_a_name_means_the_latest_original_of_that_name(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for number in (1, 2):
        path.write_text(f"{number}")
        lake.commit({"contacts": contacts([number])}, by="Ada", at=AT, originals=[path])
    assert b"".join(lake.open_original(lake.original("a.csv").sha256)) == b"2"


def test_without_the_key_originals_are_only_looked_for(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And that is said: silence would pass for a check."""
    (tmp_path / "a.csv").write_text("a")
    lake.commit({"contacts": contacts([1])}, by="Ada", at=AT, originals=[tmp_path / "a.csv"])
    (sealed,) = (lake.root / "originals").iterdir()
    sealed.write_bytes(b"other")
    monkeypatch.setenv("VARDBALANS_KEY_FILE", str(tmp_path / "no" / "key"))
    without = Lake(lake.root)
    assert without.verify() == []
    assert "VARDBALANS_KEY_FILE" in str(without.key_trouble())
    sealed.unlink()
    assert [item.name for item in without.verify()] == ["a.csv"]
    assert not (tmp_path / "no").exists()


def test_verify_names_a_table_whose_file_was_swapped_or_lost(lake: Lake) -> None:
    lake.commit({"contacts": contacts([1]), "beds": rows("beds", [bed(1, 18)])}, by="Ada", at=AT)
    lake.commit({"contacts": contacts([2])}, by="Ada", at=AT)
    one, two = map(Path, lake.files("contacts"))
    shutil.copy(one, two)
    assert [(item.kind, item.name) for item in lake.verify()] == [("table", "contacts")]
    Path(lake.files("beds")[0]).unlink()
    assert [item.name for item in lake.verify()] == ["beds", "contacts"]


# Tracing


def test_sources_lead_back_to_file_and_row(lake: Lake) -> None:
    lake.commit({"contacts": contacts(range(10), "januari.csv", age=50)}, by="Ada", at=AT)
    found = lake.sources("contacts", {"service_id": "S1", "age": "50"}, limit=2)
    assert found.count == 3
    assert [(row["_file"], row["_row"], row["contact_id"]) for row in found.rows] == [
        ("januari.csv", 3, "C1"),
        ("januari.csv", 6, "C4"),
    ]
    assert found.rows[0]["starts_at"] == datetime(2026, 1, 26, 8, 1, tzinfo=UTC)
    assert str(found.rows[0]["starts_at"]) == "2026-01-26 09:01:00+01:00"
    assert lake.sources("contacts", {"service_id": "S1"}, limit=0).count == 3
    assert lake.sources("contacts", {"service_id": "S9"}).count == 0
    assert lake.sources("beds", {}).count == 0


def test_a_week_is_the_local_iso_week(lake: Lake) -> None:
    # Monday 00:00 in Stockholm is Sunday 23:00 UTC in winter, 22:00 in summer.
    times = {
        "A": datetime(2026, 1, 25, 22, 59, tzinfo=UTC),
        "B": datetime(2026, 1, 25, 23, 0, tzinfo=UTC),
        "C": datetime(2026, 7, 5, 21, 59, tzinfo=UTC),
        "D": datetime(2026, 7, 5, 22, 0, tzinfo=UTC),
        "E": datetime(2026, 12, 31, 12, 0, tzinfo=UTC),
    }
    given_rows = [contact(1, contact_id=name, starts_at=at) for name, at in times.items()]
    lake.commit({"contacts": rows("contacts", given_rows)}, by="Ada", at=AT)
    weeks = {
        week: [row["contact_id"] for row in lake.sources("contacts", {"week": week}).rows]
        for week in ("2026-W04", "2026-W05", "2026-W27", "2026-W28", "2026-W53")
    }
    assert weeks == {"2026-W04": ["A"], "2026-W05": ["B"], "2026-W27": ["C"], "2026-W28": ["D"], "2026-W53": ["E"]}


def test_the_week_of_a_referral_is_when_it_was_received_else_issued(lake: Lake) -> None:
    base = {"patient_key": "P1", "unit_id": "U1", "service_id": "S1", "issued": date(2026, 1, 20)}
    given_rows = [base | {"referral_id": "A"}, base | {"referral_id": "B", "received": date(2026, 1, 26)}]
    lake.commit({"referrals": rows("referrals", given_rows)}, by="Ada", at=AT)
    assert [row["referral_id"] for row in lake.sources("referrals", {"week": "2026-W04"}).rows] == ["A"]
    assert [row["referral_id"] for row in lake.sources("referrals", {"week": "2026-W05"}).rows] == ["B"]


def test_sources_refuses_what_it_does_not_know(lake: Lake) -> None:
    with pytest.raises(UnknownName, match="Kolumnen colour finns inte i contacts"):
        lake.sources("contacts", {"colour": "red"})
    with pytest.raises(UnknownName, match="Kolumnen week"):
        lake.sources("units", {"week": "2026-W05"})
    with pytest.raises(BadPeriod, match="2026-05 är ingen vecka"):
        lake.sources("contacts", {"week": "2026-05"})
    with pytest.raises(UnknownName, match="Tabellen wishes"):
        lake.sources("wishes", {})


# DuckDB over the files


def test_views_show_local_time_and_declared_columns(lake: Lake) -> None:
    lake.commit({"contacts": contacts([1])}, by="Ada", at=AT)
    with lake.connect() as con:
        assert con.sql("SELECT * FROM contacts LIMIT 0").columns == TABLES["contacts"].schema().names
        assert scalar(con, "SELECT strftime(starts_at, '%G-W%V %H:%M') FROM contacts") == "2026-W05 09:01"


def test_a_query_larger_than_memory_spills_and_leaves_no_trace(lake: Lake) -> None:
    lake.commit({"contacts": contacts(range(100))}, by="Ada", at=AT)
    with lake.connect(memory_limit="60MB", threads=1) as con:
        con.execute("CREATE TEMP TABLE large AS SELECT i, md5(i::VARCHAR) AS x FROM contacts, range(40000) r(i)")
        assert list((lake.root / "lake" / ".scratch").rglob("*"))
        assert scalar(con, "SELECT count(*) FROM large") == 4_000_000
    assert not list((lake.root / "lake" / ".scratch").rglob("*"))


def test_a_column_declared_later_is_empty_in_older_rows_and_moves_no_fingerprint(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = TABLES["beds"]
    older = type(full)(full.name, full.title, full.meaning, full.group, full.needed_for, full.columns[:-1])
    newer_rows = rows("beds", [bed(2, 17) | {"closed_reason": "sommar"}])
    registry = dict(TABLES)
    monkeypatch.setattr("vardbalans.data.lake.store.TABLES", registry)
    registry["beds"] = older
    first = lake.commit({"beds": rows("beds", [bed(1, 18)]).drop_columns("closed_reason")}, by="Ada", at=AT)
    registry["beds"] = full
    assert lake.verify() == []
    assert lake.compare("beds", rows("beds", [bed(1, 18)])) == Difference(0, 0, 1)
    lake.commit({"beds": newer_rows}, by="Ada", at=AT)
    assert lake.read("beds").sort_by("date")["closed_reason"].to_pylist() == [None, "sommar"]
    assert lake.read("beds", first.number)["closed_reason"].to_pylist() == [None]
    lake.commit({"beds": rows("beds", [bed(1, 16)])}, by="Ada", at=AT)
    assert lake.read("beds").sort_by("date")["closed_reason"].to_pylist() == [None, "sommar"]
    assert lake.verify() == []


def test_other_tools_read_the_same_tables(lake: Lake) -> None:
    """A reader that knows Delta only sees the head, in the declared types."""
    lake.commit({"contacts": contacts([1, 2])}, by="Ada", at=AT)
    lake.commit({"contacts": contacts([2], form="video")}, by="Ada", at=AT)
    seen = DeltaTable(lake.root / "lake" / "contacts").to_pyarrow_table()
    assert seen.schema.equals(TABLES["contacts"].schema())
    assert seen.sort_by("contact_id").equals(lake.read("contacts").sort_by("contact_id"))


def test_a_store_deleted_and_made_anew_is_not_read_from_memory(tmp_path: Path) -> None:
    for number in (1, 2):
        lake = Lake(tmp_path / "store")
        lake.commit({"contacts": contacts([number])}, by="Ada", at=AT)
        assert ids(lake) == [f"C{number}"]
        shutil.rmtree(tmp_path / "store")


@pytest.mark.parametrize("left", [b"", b'{"add":{"path":"00'])
def test_torn_last_log_entries_are_set_aside(lake: Lake, left: bytes) -> None:
    """A power cut may leave the newest, never acknowledged entry empty or cut; nothing else is touched."""
    first = lake.commit({"contacts": contacts([1])}, by="Ada", at=AT)
    for folder in ("contacts", "_versions"):
        (lake.root / "lake" / folder / "_delta_log" / f"{2:020d}.json").write_bytes(left)
    assert lake.head() == first
    assert lake.commit({"contacts": contacts([2])}, by="Ada", at=AT).number == 2
    assert ids(lake) == ["C1", "C2"]


def test_a_head_beyond_the_reference_is_restored(lake: Lake) -> None:
    made = lake.commit({"contacts": contacts([1])}, by="Ada", at=AT)
    folder, schema = lake.root / "lake" / "contacts", TABLES["contacts"].schema()
    lake.commit({"contacts": contacts([2])}, by="Ada", at=AT)
    assert DeltaTable(folder).count() == 2
    assert open_at(folder, schema, made.tables["contacts"].delta_version).count() == 1
    assert open_at(folder, schema, None).count() == 0


# Several writers


def commit_five(root: str, writer: int) -> None:
    for number in range(5):
        Lake(Path(root)).commit(
            {
                "contacts": contacts([writer * 100 + number]),
                "beds": rows("beds", [bed(1 + number, writer, f"W{writer}")]),
            },
            by=f"writer {writer}",
            at=AT,
        )


def test_three_writers_lose_no_commit(lake: Lake) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=commit_five, args=(str(lake.root), number)) for number in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    versions = lake.versions()
    assert [version.number for version in versions] == list(range(1, 16))
    assert [version.parent for version in versions] == [None, *range(1, 15)]
    assert {by: sum(version.by == by for version in versions) for by in ("writer 0", "writer 1", "writer 2")} == {
        "writer 0": 5,
        "writer 1": 5,
        "writer 2": 5,
    }
    assert ids(lake) == sorted(f"C{writer * 100 + number}" for writer in range(3) for number in range(5))
    assert lake.read("beds").num_rows == 15
    assert lake.verify() == []
