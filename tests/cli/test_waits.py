"""``vardbalans waits``: the contract's keys, by file and by store, and what is refused."""

import csv

import numpy as np
import pytest

from vardbalans.cli import run

CONTRACT = {"provider", "specialty", "pathway", "n", "median_weeks", "p92_weeks", "p95_weeks", "share_within"}
HEAD = ["Provider_code", "Provider_Name", "Treatment_function_code", "Treatment_function_name", "Time_period"]
BANDS = [*(f">{week}-{week + 1}" for week in range(30)), "30 plus"]


@pytest.fixture
def file(tmp_path):
    """Write rows of (provider, specialty, people per band) with their published medians."""

    def _file(rows, *, order=None):
        path = tmp_path / "bands.csv"
        with path.open("w", encoding="utf-8", newline="") as target:
            writer = csv.writer(target)
            writer.writerow([*HEAD, *BANDS, "median_wait"])
            for provider, specialty, counts, median in rows:
                shown = [counts[place] for place in order] if order else counts
                cells = [str(count) if count else "-" for count in shown]
                writer.writerow([provider, "Namn", specialty, "Namn", "2025-09-01", *cells, median])
        return path

    return _file


def uneven(number):
    """Return people per band, some bands with many and some with few, and their median in weeks."""
    counts = [int(count) for count in np.random.default_rng(number).integers(1, 60, 12)] + [0] * 19
    half, so_far = sum(counts) / 2, 0
    for week, count in enumerate(counts):
        if so_far + count >= half:
            return counts, round(week + (half - so_far) / count, 1)
        so_far += count
    raise AssertionError


def test_a_file_gives_a_row_per_provider_and_specialty_the_total_too(call, file):
    few = [0] * 31
    few[2:6], few[20], few[30] = [10, 10, 10, 10], 5, 5
    code, found = call(
        "waits", file([("R1", "C_100", few, 4.5), ("R1", "C_999", few, 4.5)]), "--profile", "nhs-rtt-weekbands"
    )
    assert code == 0
    assert [(row["provider"], row["specialty"], row["n"]) for row in found["rows"]] == [
        ("R1", "C_100", 50),
        ("R1", "C_999", 50),
    ]
    (row, _) = found["rows"]
    assert set(row) >= CONTRACT
    assert row["pathway"] == "waiting"
    assert row["median_weeks"] == pytest.approx(4.5)
    assert (row["p92_weeks"], row["p95_weeks"]) == (None, None)  # over the last band that has an end
    assert (row["limit_days"], row["share_within"]) == (126, pytest.approx(0.8))


def test_bands_that_nobody_is_in_do_not_make_others_wider(call, file):
    counts = [0] * 31
    counts[4], counts[29] = 10, 10
    code, found = call("waits", file([("R1", "C_100", counts, 5.0)]), "--profile", "nhs-rtt-weekbands", "--limit", 42)
    assert code == 0
    assert found["rows"][0]["median_weeks"] == 5.0
    assert found["rows"][0]["p90_weeks"] == pytest.approx(29.8)
    assert found["rows"][0]["share_within"] == 0.5


def test_three_columns_rotated_are_told(call, file):
    rows = [(f"R{number}", "C_100", *uneven(number)) for number in range(40)]
    assert call("waits", file(rows), "--profile", "nhs-rtt-weekbands")[0] == 0
    order = [*range(31)]
    order[5:8] = [6, 7, 5]
    code, found = call("waits", file(rows, order=order), "--profile", "nhs-rtt-weekbands")
    assert code == 3
    assert "shifted_columns" in {item["code"] for item in found["findings"]}


def test_a_source_without_bands_gives_the_number_and_says_so(call, tmp_path):
    path = tmp_path / "flow.csv"
    path.write_text(
        "stp20_nhs_code,date,year,month,completed,incomplete,new\nQF7,2020-04-01,2020.0,Apr,20.0,121.0,15.0\n"
    )
    code, found = call("waits", path, "--profile", "nhs-rtt-flow")
    assert code == 0
    assert [(row["provider"], row["n"], row["median_weeks"], row["share_within"]) for row in found["rows"]] == [
        ("QF7", 121, None, None)
    ]
    assert [item["code"] for item in found["findings"]] == ["no_bands"]


def test_a_store_gives_the_same_keys(call, store):
    code, found = call("waits", "--store", store, "--service", "ORT-A-NB", "--weeks", 8)
    assert code == 0
    assert {row["part"] for row in found["rows"]} == {"waiting", "treated"}
    assert all(set(row) >= CONTRACT for row in found["rows"])
    assert found["version"] == 1
    whole = next(row for row in found["rows"] if row["dimension"] == "all" and row["part"] == "waiting")
    assert whole["median_weeks"] == whole["included"]["median_days"] / 7


def test_a_store_with_summed_lists_alone_gives_them_by_band(call, tmp_path):
    files = {
        "units": "unit_id;name;level\nU;Enheten;clinic\n",
        "services": "service_id;name;unit_id;kind;guarantee\nA;Besök;U;first_visit;first_visit\n",
        "waiting": "unit_id;service_id;date;days_from;days_to;count\nU;A;2026-05-31;0;90;30\nU;A;2026-05-31;91;;10\n",
    }
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    store = tmp_path / "store"
    assert call("import", *(tmp_path / f"{name}.csv" for name in files), "--store", store)[0] == 0
    code, found = call("waits", "--store", store)
    assert code == 0
    assert [(row["specialty"], row["n"], row["share_within"]) for row in found["rows"]] == [("A", 40, 0.75)]


def test_a_profile_may_take_its_unit_from_a_column_as_it_is(call, tmp_path):
    profile = """
sentence = "Egen"
[bands]
pattern = '(\\d+)-(\\d+)'
inclusive = true
limit = "first_visit"
[[source]]
name = "unit"
header = "Klinik"
[[source]]
name = "day"
header = "Datum"
type = "date"
[[source]]
name = "days_from"
header = "days_from"
type = "integer"
[[source]]
name = "days_to"
header = "days_to"
type = "integer"
[[source]]
name = "count"
header = "count"
type = "integer"
[[output]]
table = "waiting"
[output.columns]
unit_id = { from = "unit" }
service_id = "NB"
date = { from = "day" }
days_from = { from = "days_from" }
days_to = { from = "days_to" }
count = { from = "count" }
"""
    kept = tmp_path / "store" / "profiles"
    kept.mkdir(parents=True)
    (kept / "egen.toml").write_text(profile, encoding="utf-8")
    file = tmp_path / "lista.csv"
    file.write_text("Klinik;Datum;0-90;91-180\nKIR;2026-05-31;3;1\n", encoding="utf-8")
    code, found = call("waits", file, "--profile", "egen", "--store", tmp_path / "store")
    assert code == 0
    assert [(row["provider"], row["specialty"], row["n"], row["share_within"]) for row in found["rows"]] == [
        ("KIR", "NB", 4, 0.75)
    ]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("waits", "/nonexistent.csv", "--profile", "nhs-rtt-weekbands"), 3),
        (("waits", "/nonexistent.csv"), 2),
        (("waits", "--profile", "nhs-rtt-weekbands"), 2),
        (("waits", "--store", "/nonexistent/store"), 3),
    ],
)
def test_what_cannot_be_counted_is_refused(call, arguments, status):
    code, found = call(*arguments)
    assert code == status
    assert found is None or found["findings"][0]["message"]


def test_a_profile_without_a_waiting_list_is_refused(call, tmp_path):
    path = tmp_path / "par.csv"
    path.write_text("a;b\n")
    code, found = call("waits", path, "--profile", "par")
    assert code == 3
    assert "par" in found["findings"][0]["message"]


def test_people_get_a_table_and_how_much_is_left_out(store, file, capsys):
    assert run(["waits", "--store", str(store)]) == 0
    assert "utan PvV och MoV" in capsys.readouterr().out
    rows = [(f"R{number}", "C_100", *uneven(number)) for number in range(45)]
    assert run(["waits", str(file(rows)), "--profile", "nhs-rtt-weekbands"]) == 0
    out = capsys.readouterr().out
    assert out.count("C_100") == 40
    assert "5 rader till; --json visar alla." in out


def test_a_file_with_nobody_in_it_says_so(file, capsys):
    assert run(["waits", str(file([])), "--profile", "nhs-rtt-weekbands"]) == 0
    assert "Ingen väntade" in capsys.readouterr().out


def test_a_file_that_cannot_be_read_does_not_say_that_nobody_waits(tmp_path, capsys):
    path = tmp_path / "annat.csv"
    path.write_text("a;b\n1;2\n", "utf-8")
    assert run(["waits", str(path), "--profile", "nhs-rtt-weekbands"]) == 3
    told = capsys.readouterr()
    assert "Ingen väntade" not in told.out
    assert "Ingen rubrik är ett väntetidsintervall" in told.err
