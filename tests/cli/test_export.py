"""Out and in again by the command line, over the whole demo region, and a month's waiting times."""

import csv
import json

import pytest

from vardbalans.cli import run
from vardbalans.data.lake import Lake
from vardbalans.data.tables import TABLES


@pytest.fixture(scope="module")
def exported(store, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out") / "export"
    assert run(["export", str(folder), "--store", str(store)]) == 0
    return folder


def test_the_region_comes_back_whole_in_an_empty_store(call, exported, store, tmp_path):
    """Through every check of an import: counts, fingerprints, and the file and row of every row are the same."""
    code, found = call("import", exported, "--store", tmp_path)
    assert code == 0
    assert [row for row in found["findings"] if row["severity"] == "error"] == []
    old, new = Lake(store).head(), Lake(tmp_path).head()
    assert new.fingerprint == old.fingerprint
    assert {name: (table.rows, table.fingerprint) for name, table in new.tables.items()} == {
        name: (table.rows, table.fingerprint) for name, table in old.tables.items()
    }
    for name in old.tables:
        columns = [*TABLES[name].key, "_file", "_row"]
        order = [(column, "ascending") for column in columns]
        one, other = (Lake(root).read(name, columns=columns).sort_by(order) for root in (store, tmp_path))
        assert one.equals(other)
    code, again = call("import", exported, "--store", store)
    assert (code, {counts["unchanged"] == counts["rows"] for counts in again["tables"].values()}) == (0, {True})


def test_an_export_answers_with_what_it_wrote(call, store, tmp_path):
    code, found = call("export", tmp_path / "out", "--tables", "units, waiting", "--version", 1, "--store", store)
    assert code == 0
    assert set(found) == {"folder", "version", "fingerprint", "tables", "findings"}
    assert list(found["tables"]) == ["units"]
    assert [(row["file"], row["code"]) for row in found["findings"]] == [("waiting", "no_rows")]
    assert (tmp_path / "out" / found["tables"]["units"]["files"][0]["name"]).exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("export", "{}/out", "--version", "9"), "unknown_version"),
        (("export", "{}/out", "--tables", "wishes"), "unknown_name"),
        (("export", "/proc/out"), "export_failed"),
        (("delivery", "--month", "maj"), "bad_period"),
        (("delivery", "--month", "2026-05-17"), "bad_period"),
        (("delivery", "--month", "2026-05", "--mapping", "{}/none.toml"), "bad_mapping"),
        (("delivery", "--month", "2026-05", "--out", "/proc/out"), "delivery_refused"),
    ],
)
def test_what_cannot_be_done_is_one_finding(call, store, tmp_path, arguments, code):
    status, found = call(*(part.format(tmp_path) for part in arguments), "--store", store)
    assert (status, [row["code"] for row in found["findings"]]) == (3, [code])
    assert list(tmp_path.iterdir()) == []


def test_a_month_of_the_demo_is_delivered_and_adds_up(call, store, tmp_path):
    code, found = call("delivery", "--month", "2026-05", "--out", tmp_path / "out", "--store", store)
    assert code == 0
    assert [row for row in found["findings"] if row["severity"] == "error"] == []
    counts = {}
    for part, name in (("completed", "genomforda"), ("waiting", "vantande")):
        text = (tmp_path / "out" / f"{name}_2026-05.csv").read_text(encoding="utf-8-sig")
        rows = list(csv.DictReader(text.splitlines(), delimiter=";"))
        counts[part] = len(rows)
        assert len(rows) == found["rows"][part] > 100
        assert {row["flode"] for row in rows} == {"A-E", "D-E"}
        assert [int(row["lopnummer"]) for row in rows] == list(range(1, len(rows) + 1))
    lake = Lake(store)
    with lake.connect() as con:
        waiting, treated = con.sql("""
            select count(*) filter (where coalesce(received, decided, issued) < date '2026-06-01'
                    and (closed is null or closed >= date '2026-06-01')),
                count(*) filter (where closed_reason = 'treated' and strftime(closed, '%Y-%m') = '2026-05')
            from referrals where service_id in (
                select service_id from services where guarantee in ('first_visit', 'treatment'))
        """).fetchall()[0]
    assert counts["completed"] == treated
    assert counts["waiting"] + sum(line["not_begun"] for line in found["control"]) == waiting
    assert sorted(found["files"]) == sorted(str(path) for path in (tmp_path / "out").iterdir())
    said = json.loads((tmp_path / "out" / "kontroll_2026-05.json").read_text(encoding="utf-8"))
    assert said["fingerprint"] == lake.head().fingerprint


def test_a_delivery_with_errors_writes_nothing_and_leaves_with_three(call, store, tmp_path):
    """The demo ends before October does."""
    code, found = call("delivery", "--month", "2026-10", "--out", tmp_path / "out", "--store", store)
    assert code == 3
    assert {row["code"] for row in found["findings"] if row["severity"] == "error"} == {"month_not_whole"}
    assert (found["files"], (tmp_path / "out").exists()) == ([], False)


def test_without_a_folder_a_delivery_is_only_checked(store, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["delivery", "--month", "2026-05", "--store", str(store)]) == 0
    printed = capsys.readouterr()
    assert "vantetider-utkast 0.1" in printed.out
    assert "utkast: mottagarens fältspecifikation är inte fastställd" in printed.err
    assert list(tmp_path.iterdir()) == []
