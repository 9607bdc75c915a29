"""What judging gives out: scores by hand, lists to repair from, judgements kept per version, and what is stale."""

import csv
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest

from tests.data.lake_rows import AT, rows
from tests.data.quality_rows import SERVICES, UNITS, judged, request, visit
from vardbalans.data.lake import Lake, Version
from vardbalans.data.lake.versions import TableVersion
from vardbalans.data.quality import Judgements, delivered, judge, judge_version, stored
from vardbalans.data.quality import rows as quality_rows
from vardbalans.data.quality.freshness import event_days, freshness, rhythm_of
from vardbalans.data.quality.lists import write_lists
from vardbalans.data.quality.rows import COUNTS
from vardbalans.data.quality.scores import scores_of, source_of
from vardbalans.data.sources import SourceFile


def counts(*given: tuple[str, str, str, str, int, int]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(COUNTS.names, row, strict=True)) for row in given], COUNTS)


def test_a_score_is_the_weighted_mean_of_points_that_fall_in_a_straight_line() -> None:
    found = scores_of(
        counts(
            ("ends_before_starts", "contacts", "contacts_2025.csv", "U1", 1000, 5),  # error: half of 1 %
            ("impossible_age", "contacts", "contacts_2025.csv", "U1", 100, 1),  # warning: a fifth of 5 %
            ("jump", "contacts", "contacts_2026.csv", "U1", 10, 9),  # info: far beyond 20 %
            ("impossible_age", "contacts", "contacts_2026.csv", "U2", 100, 0),
        )
    )
    scores = {(score.kind, score.name): score for score in found}
    unit = scores["unit", "U1"]
    assert [(step.rule, step.points, step.weight) for step in unit.steps] == [
        ("ends_before_starts", pytest.approx(50), 3),
        ("impossible_age", pytest.approx(80), 2),
        ("jump", 0, 1),
    ]
    assert unit.value == pytest.approx((3 * 50 + 2 * 80 + 0) / 6)
    assert scores["unit", "U2"].value == 100
    # Both years are one source: 1 of 200 ages.
    assert scores["source", "contacts_*.csv"].value == pytest.approx((3 * 50 + 2 * 90 + 0) / 6)


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("contacts_2026.parquet", "contacts_*.parquet"),
        ("remisser-2026-11-24.csv", "remisser-*.csv"),
        ("remisser 2026-11-24 kl 0300.csv", "remisser * kl *.csv"),
        ("organisation.xlsx", "organisation.xlsx"),
    ],
)
def test_deliveries_of_one_source_are_known_by_their_name_without_numbers(file, source) -> None:
    assert source_of(file) == source


def test_steps_sum_to_every_score_and_all_counts_are_there() -> None:
    report = judged(contacts=[visit(1, age=115), visit(2), visit(3, patient_key="P2")], referrals=[request(9)])
    assert report.scores
    for score in report.scores:
        weight = sum(step.weight for step in score.steps)
        assert score.value == pytest.approx(sum(step.weight * step.points for step in score.steps) / weight)
        assert 0 <= score.value <= 100
    sources = {step.rule: step.broken for score in report.scores if score.kind == "source" for step in score.steps}
    assert sources["impossible_age"] == 1
    assert sources["duplicate_contact"] == 2


@pytest.fixture
def report():
    ages = [visit(number, age=150, unit_id="=U1", service_id="S9") for number in range(12)]
    return judged(contacts=[*ages, visit(99, contact_id="191212121212 Tolvan")])


def test_lists_have_a_sheet_and_a_file_per_rule_and_tell_how_many_there_are(report, tmp_path: Path) -> None:
    paths = write_lists(tmp_path, report)
    assert [path.name for path in paths] == ["att_ratta.xlsx", "sammanstallning.csv", "contacts_impossible_age.csv"]
    with paths[2].open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file, delimiter=";"))
    assert lines[0] == ["Fil", "Rad", "Enhets-id", "Vårdtjänst-id", "Dag", "Nyckel", "Vad är fel"]
    assert lines[1][:4] == ["contacts.csv", "2", "'=U1", "S9"]  # no spreadsheet takes it for a formula
    assert lines[1][6].startswith("Åldern är under 0 eller över 110 år. Rätta")
    assert len(lines) == 13
    book = openpyxl.load_workbook(paths[0])
    assert book.sheetnames == ["Sammanställning", "1 Vårdkontakter", "Hjälp"]
    told = dict(zip(*(next(book["Sammanställning"].iter_rows(n, n, values_only=True)) for n in (1, 2)), strict=True))
    assert (told["Prövade"], told["Fel"], told["Visade"]) == (13, 12, 12)
    assert book["1 Vårdkontakter"]["C2"].data_type == "s"


def test_lists_are_cut_but_the_total_is_told(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(quality_rows, "LISTED_ROWS", 5)
    cut = judged(contacts=[visit(number, age=150) for number in range(12)])
    assert [row["row"] for row in cut.rows.to_pylist()] == [2, 3, 4, 5, 6]
    with write_lists(tmp_path, cut)[1].open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file, delimiter=";"))[1][4:7] == ["12", "12", "5"]


def test_the_same_report_writes_the_same_bytes_and_no_personal_number(tmp_path: Path) -> None:
    named = judged(contacts=[visit(1, age=115, contact_id="191212121212")])
    first, second = (write_lists(tmp_path / name, named) for name in ("a", "b"))
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
    assert b"1212121212" not in first[2].read_bytes()
    assert "•••" in first[2].read_text(encoding="utf-8-sig")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    tables = {"units": rows("units", UNITS), "services": rows("services", SERVICES)}
    first = tables | {"contacts": rows("contacts", [visit(1, age=115), visit(2)], "contacts_2025.csv")}
    lake.commit(first, by="Ada", at=AT, files=[SourceFile("contacts_2025.csv", "1", 1)])
    more = rows("contacts", [visit(3), visit(4), visit(1)], "contacts_2026.csv")
    lake.commit(
        {"contacts": more}, by="Ada", at=AT + timedelta(days=1), files=[SourceFile("contacts_2026.csv", "2", 1)]
    )
    return lake


def test_a_version_is_judged_once_and_kept_with_its_trend(lake: Lake) -> None:
    kept = Judgements(lake.root)
    assert kept.latest() is None
    for version in lake.versions():
        judge_version(lake, version)
    assert kept.versions() == [1, 2]
    number, report = kept.latest() or (0, None)
    assert number == 2
    with stored(lake, 2) as con:
        again = judge(con, report.today)
    for name in ("counts", "rows", "alarms"):
        assert getattr(again, name).equals(getattr(report, name))
    assert (again.untested, again.scores) == (report.untested, report.scores)
    trend = {row["version"]: row["value"] for row in kept.trend().to_pylist() if row["name"] == "U1"}
    assert trend[1] < trend[2] == 100
    assert kept.get(3) is None


def test_a_judgement_by_other_rules_or_in_another_form_is_made_anew(lake: Lake) -> None:
    version = lake.version(1)
    first, _ = judge_version(lake, version)
    path = lake.root / "quality" / f"{1:012d}" / "judgement.json"
    meta = json.loads(path.read_text())
    for key in ("format", "rules"):
        path.write_text(json.dumps(meta | {key: "other"}))
        assert Judgements(lake.root).get(1) is None
    assert judge_version(lake, version)[0].counts.equals(first.counts)
    assert Judgements(lake.root).versions() == [1]


def test_a_stored_version_is_seen_against_the_one_before(lake: Lake) -> None:
    with stored(lake, 1) as con:
        assert ("contacts", "late_contacts") in judge(con, date(2026, 11, 22)).untested
    with stored(lake, 2) as con:
        assert ("contacts", "late_contacts") not in judge(con, date(2026, 11, 22)).untested


def test_a_delivery_is_judged_before_it_is_stored(lake: Lake) -> None:
    with lake.delivery() as delivery:
        delivery.add("contacts", rows("contacts", [visit(7, age=130), visit(8)], "ny.csv"))
        delivery.finish()
        with delivered(lake, delivery) as con:
            report = judge(con, date(2026, 11, 22))
    assert {(row["file"], row["row"], row["rule"]) for row in report.rows.to_pylist()} == {
        ("ny.csv", 2, "impossible_age")
    }
    assert {row["file"] for row in report.counts.to_pylist() if row["table"] == "contacts"} == {"ny.csv"}
    # The store's services are there to be seen against.
    assert any(row["rule"] == "other_unit" for row in report.counts.to_pylist())
    assert lake.head().number == 2


# Freshness

FIRST = datetime(2026, 9, 1, 3, tzinfo=UTC)


def versions(*days: int, name: str = "kontakter_{}.csv") -> list[Version]:
    """Return versions made so many days after the first, each from a file of its own."""
    return [
        Version(
            number,
            FIRST + timedelta(days=day),
            "Ada",
            None,
            "",
            {"contacts": TableVersion(1, 1, "")},
            (SourceFile(name.format(number), str(number), 1),),
        )
        for number, day in enumerate(days, start=1)
    ]


@pytest.mark.parametrize(
    ("days", "rhythm"),
    [
        ([0, 1, 2, 3, 6, 7], "daily"),
        ([0, 7, 14, 22], "weekly"),
        ([0, 30, 61, 91], "monthly"),
        ([0, 1], None),
        ([0, 200, 400, 600], None),
    ],
)
def test_the_rhythm_is_learnt_from_the_days_between(days, rhythm) -> None:
    assert rhythm_of([FIRST.date() + timedelta(days=day) for day in days]) == rhythm


@pytest.mark.parametrize(
    ("days", "today", "event", "state"),
    [
        ([0, 1, 2, 3], 5, 2, "fresh"),
        ([0, 1, 2, 3], 7, 2, "fresh"),  # a long weekend
        ([0, 1, 2, 3], 8, 2, "late"),
        ([0, 7, 14], 27, 13, "fresh"),
        ([0, 7, 14], 28, 13, "late"),
        ([0, 30, 60], 104, 50, "fresh"),
        ([0, 30, 60], 105, 50, "late"),
        ([0, 1, 2, 30], 31, 19, "old"),  # it comes, but tells of nothing new
        ([0, 1], 300, 1, "unknown"),
    ],
)
def test_a_source_is_late_when_it_should_have_come_and_old_when_nothing_is_new(days, today, event, state) -> None:
    events = {
        ("contacts", "kontakter_1.csv"): FIRST.date(),
        ("contacts", "kontakter_2.csv"): FIRST.date() + timedelta(days=event),
    }
    (found,) = freshness(versions(*days), events, FIRST.date() + timedelta(days=today))
    assert (found.source, found.state, found.is_stale) == ("kontakter_*.csv", state, state in ("late", "old"))
    assert found.last_event == FIRST.date() + timedelta(days=event)
    assert "kontakter_*.csv" in str(found.message)
    assert ("brukar komma" in str(found.message)) == (state == "late")


def test_the_newest_day_is_read_per_file_of_what_has_happened(lake: Lake) -> None:
    with stored(lake, 2) as con:
        found = event_days(con, {"contacts", "units"})
    assert found == {
        ("contacts", "contacts_2025.csv"): date(2026, 5, 4),
        ("contacts", "contacts_2026.csv"): date(2026, 5, 4),
        ("units", "units.csv"): None,
    }
