"""``vardbalans forecast``: keys, csv, exit codes, and findings with file and row."""

import csv

import numpy as np
import pytest

from vardbalans.cli import run
from vardbalans.engine.sampling import stream

QUANTILES = ["q05", "q10", "q20", "q25", "q30", "q40", "q50", "q60", "q70", "q75", "q80", "q90", "q95"]


@pytest.fixture
def write(tmp_path):
    def _write(text, name="series.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return _write


def months(count, name="A", level=100, first=2021, ending=""):
    drawn = stream(1, name).poisson(level, count)
    return "".join(f"{name},{first + n // 12}-{n % 12 + 1:02d}{ending},{value}\n" for n, value in enumerate(drawn))


HEAD = "series_id,period,value\n"


def test_the_document_and_the_csv_say_the_same(call, write, tmp_path):
    out = tmp_path / "out.csv"
    file = write(HEAD + months(48) + months(60, "B", 7))
    code, found = call("forecast", file, "--horizon", 3, "--season", 12, "--frequency", "month", "--out", out)
    assert code == 0
    assert found["seed"] == 1
    assert found["findings"] == []
    assert [row["series_id"] for row in found["series"]] == ["A", "B"]
    first = found["series"][0]
    assert {"series_id", "method", "periods", "mean", "quantiles"} <= set(first)
    assert first["periods"] == ["2025-01", "2025-02", "2025-03"]
    assert list(first["quantiles"]) == QUANTILES
    assert first["mean"] == pytest.approx([100] * 3, rel=0.2)
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert list(rows[0]) == ["series_id", "period", "mean", *QUANTILES, "method"]
    assert len(rows) == 6
    assert [float(row["mean"]) for row in rows[:3]] == first["mean"]
    assert [float(row["q90"]) for row in rows[:3]] == first["quantiles"]["q90"]
    assert rows[0]["method"] == first["method"]


def test_days_can_mean_months_and_a_missing_month_is_missing(call, write):
    text = HEAD + months(48, ending="-01").replace("A,2022-03-01", "A,2022-03-01,\nX,2022-03-01")
    code, found = call("forecast", write(text), "--horizon", 1)
    assert code == 0
    assert found["series"][0]["periods"] == ["2025-01"]


def test_weeks_and_days_have_their_own_seasons(call, write):
    counts = stream(1, "w").poisson(50, 90)
    days = np.arange("2025-01-01", "2025-04-01", dtype="datetime64[D]")
    text = HEAD + "".join(f"D,{day},{value}\n" for day, value in zip(days, counts, strict=True))
    code, found = call("forecast", write(text), "--horizon", 7)
    assert code == 0
    assert found["series"][0]["method"] == "daily_regression"
    assert found["series"][0]["periods"][0] == "2025-04-01"
    weeks = "".join(f"W,2025-W{week:02d},{value}\n" for week, value in enumerate(counts[:40], start=1))
    code, found = call("forecast", write(HEAD + weeks), "--horizon", 2, "--season", 13)
    assert code == 0
    assert found["series"][0]["periods"] == ["2025-W41", "2025-W42"]


def test_the_same_file_and_seed_give_the_same_bytes(write, capsys):
    file = write(HEAD + months(40) + months(40, "B", 30))
    printed = []
    for _ in range(2):
        assert run(["forecast", str(file), "--horizon", "2", "--json"]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]


@pytest.mark.parametrize(
    ("line", "row", "column", "code"),
    [
        ("A,2025-13,5\n", 50, "period", "not_a_period"),
        ("A,2025-01,fem\n", 50, "value", "not_a_number"),
        ("A,2024-12,5\n", 50, "period", "period_twice"),
        ("A,2025-W05,5\n", 50, "period", "other_frequency"),
        (",2025-01,5\n", 50, "series_id", "required"),
    ],
)
def test_a_bad_row_is_found_where_it_is_and_nothing_is_guessed(call, write, line, row, column, code):
    status, found = call("forecast", write(HEAD + months(48) + line), "--horizon", 3)
    assert status == 3
    assert found["series"] == []
    told = [(item["file"], item["row"], item["column"], item["code"]) for item in found["findings"]]
    assert told == [("series.csv", row, column, code)]


def test_a_series_that_cannot_be_forecast_is_told_and_the_others_are(call, write):
    text = HEAD + months(48) + "N,2024-01,-3\nE,2024-01,\n"
    status, found = call("forecast", write(text), "--horizon", 3)
    assert status == 0
    assert [row["series_id"] for row in found["series"]] == ["A"]
    assert {(item["column"], item["code"]) for item in found["findings"]} == {
        ("N", "negative_count"),
        ("E", "no_values"),
    }


def test_a_file_without_anything_to_go_on_is_bad_input(call, write, tmp_path):
    assert call("forecast", write(HEAD + "E,2024-01,\n"), "--horizon", 3)[0] == 3
    assert call("forecast", write(""), "--horizon", 3)[0] == 3
    assert call("forecast", write("a,b\n1,2\n"), "--horizon", 3)[0] == 3
    assert call("forecast", tmp_path / "no.csv", "--horizon", 3)[0] == 3
    status, found = call("forecast", write(HEAD), "--horizon", 3)
    assert (status, [item["code"] for item in found["findings"]]) == (3, ["no_rows"])
    assert run(["forecast", str(write(HEAD + months(30)))]) == 2
    assert run(["forecast", str(write(HEAD + months(30))), "--horizon", "0"]) == 2
    status, found = call("forecast", write(HEAD + months(30)), "--horizon", 3, "--country", "XX")
    assert (status, found["findings"][0]["code"]) == (3, "bad_input")


def test_a_place_that_cannot_be_written_to_is_wrong_input(call, write, tmp_path):
    status, found = call("forecast", write(HEAD + months(30)), "--horizon", 3, "--out", tmp_path)
    assert (status, found["findings"][0]["code"]) == (3, "bad_input")


def test_the_text_tells_what_it_leaves_out(write, capsys):
    assert run(["forecast", str(write(HEAD + months(30) + months(30, "B"))), "--horizon", "24"]) == 0
    printed = capsys.readouterr().out
    assert sum(line.startswith(("A ", "B ")) for line in printed.splitlines()) == 40
    assert printed.endswith("8 rader till; --json visar alla.\n")


def test_a_store_with_population_gives_the_yearly_need_of_every_service(call, store, tmp_path):
    out = tmp_path / "years.csv"
    code, found = call("forecast", "--years", 15, "--store", store, "--draws", 100, "--out", out)
    assert code == 0
    assert found["findings"] == []
    assert len(found["series"]) > 20
    for row in found["series"]:
        assert row["periods"] == [str(year) for year in range(2027, 2042)]
        assert list(row["quantiles"]) == QUANTILES
        assert row["unplaced_share"] == 0
        for step in row["steps"]:
            assert sum(term["value"] for term in step["terms"]) == pytest.approx(step["value"])
        assert [step["figure"] for step in row["steps"]] == ["need", "growth"] * 15
        assert row["mean"][0] == pytest.approx(row["base"], rel=0.25)
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 15 * len(found["series"])
    assert [float(row["mean"]) for row in rows[:15]] == found["series"][0]["mean"]


def test_need_is_where_its_patients_are_by_age(call, store):
    """Child psychiatry is drawn from those under 18, eye care from the old: so say the age groups of their need."""
    _, found = call("forecast", "--years", 1, "--store", store, "--draws", 10)
    rates = {
        row["series_id"]: {term["values"]["group"]: term["factor"] for term in row["steps"][0]["terms"]}
        for row in found["series"]
    }
    child, eye = rates["BUP-S-NB"], rates["OGO-A-NB"]
    assert max(child[group] for group in ("20–24", "40–44", "70–74")) < 0.05 * child["10–14"]
    assert 3 < eye["75–79"] / eye["35–39"] < 20  # planted: 3.0 at eighty, 0.4 at forty


def test_one_unit_or_one_service_alone_is_as_in_the_whole(call, store):
    given = ("forecast", "--years", 3, "--store", store, "--draws", 50)
    _, whole = call(*given)
    _, clinic = call(*given, "--unit", "K-ORT-A")
    _, alone = call(*given, "--service", "ORT-A-NB")
    names = [row["series_id"] for row in clinic["series"]]
    assert names == [row["series_id"] for row in whole["series"] if row["series_id"].startswith("ORT-A")]
    assert alone["series"] == [row for row in whole["series"] if row["series_id"] == "ORT-A-NB"]
    assert call(*given, "--service", "FINNS-EJ")[0] == 3


def test_a_person_reads_one_row_per_service(capsys, store):
    assert run(["forecast", "--years", "5", "--store", str(store), "--service", "ORT-A-NB", "--draws", "50"]) == 0
    text = capsys.readouterr().out
    assert "ORT-A-NB" in text
    assert "till 2031" in text
    assert "av sammansättning" in text


@pytest.mark.parametrize("options", [[], ["--years", "3", "--horizon", "2"], ["x.csv"], ["x.csv", "--years", "3"]])
def test_it_is_a_file_and_a_horizon_or_a_store_and_years(options):
    assert run(["forecast", *options]) == 2
