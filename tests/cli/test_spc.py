"""``vardbalans spc``: keys, kinds, phases, words, and findings with file, row and column."""

import pytest

from vardbalans.cli import run

COSTS = [
    *(310, 288, 297, 298, 307, 303, 294, 297, 308, 306, 294, 299, 297, 299, 314, 295, 293, 306, 301, 304),
    *(305, 282, 305, 296, 314, 295, 287, 301, 298, 311, 310, 292, 305, 299, 304, 310, 304, 305, 333, 328),
]


@pytest.fixture
def write(tmp_path):
    def _write(text, name="measured.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return _write


def months(values, first=2023, head="period,value"):
    rows = [f"{first + place // 12}-{place % 12 + 1:02d},{value}" for place, value in enumerate(values)]
    return "\n".join([head, *rows]) + "\n"


def found_at(document):
    return [(row["row"], row["column"], row["code"]) for row in document["findings"]]


def test_the_document_of_an_xmr_chart(call, write):
    code, found = call("spc", write(months(COSTS)), "--chart", "xmr", "--freeze", 20)
    assert code == 0
    assert found["findings"] == []
    assert found["centre"] == 300.5
    assert (found["lower"], found["upper"]) == pytest.approx((279.783, 321.217), abs=5e-3)
    assert [point["period"] for point in found["points"]][::39] == ["2023-01", "2026-04"]
    assert [point["period"] for point in found["points"] if "outside" in point["signals"]] == ["2026-03", "2026-04"]
    assert found["signals"][0]["text"] == "2026-03 ligger över den övre gränsen."
    assert found["moving_range"]["centre"] == pytest.approx(7.78947, abs=5e-5)
    assert found["moving_range"]["upper"] == pytest.approx(25.4482, abs=5e-4)
    _, exact = call("spc", write(months(COSTS)), "--chart", "i", "--freeze", 20)
    assert (exact["lower"], exact["upper"]) == pytest.approx((279.7833, 321.2167), abs=5e-5)


def test_limits_are_lists_where_they_vary(call, write):
    text = "period,value,denominator\n2024-01,5,50\n2024-02,12,100\n2024-03,4,50\n"
    code, found = call("spc", write(text), "--chart", "p")
    assert code == 0
    assert found["centre"] == pytest.approx(21 / 200)
    assert len(found["upper"]) == 3
    assert found["upper"][1] < found["upper"][0] == found["upper"][2]
    assert found["points"][1]["value"] == pytest.approx(0.12)
    assert found_at(found) == [(None, "period", "short_phase")]


def test_a_month_that_is_absent_or_empty_is_a_gap(call, write):
    text = "period,value\n2024-01,5\n2024-02,6\n2024-04,5\n2024-05,\n2024-06,6\n2024-07,5\n"
    code, found = call("spc", write(text), "--chart", "xmr")
    assert code == 0
    assert [point["value"] for point in found["points"]] == [5, 6, None, 5, None, 6, 5]
    assert [point["period"] for point in found["points"]][2] == "2024-03"
    assert found["centre"] == pytest.approx(27 / 5)
    assert found["upper"] - found["centre"] == pytest.approx(2.66)


def test_days_that_are_absent_are_no_gaps_and_rows_may_come_in_any_order(call, write):
    text = "period,value\n2024-05-06,7\n2024-05-02,5\n2024-05-03,6\n"
    _, found = call("spc", write(text), "--chart", "run")
    assert [point["period"] for point in found["points"]] == ["2024-05-02", "2024-05-03", "2024-05-06"]
    assert (found["centre"], found["lower"], found["upper"]) == (6, None, None)


def test_phases_begin_at_the_dates_given(call, write):
    file = write(months([4, 6] * 6 + [14, 16] * 6))
    code, found = call("spc", file, "--chart", "xmr", "--rebase", "2024-01-15", "--rebase", "2024-07")
    assert code == 0
    assert [phase["first"] for phase in found["phases"]] == ["2023-01", "2024-01", "2024-07"]
    assert found["centre"] == [5] * 12 + [15] * 12
    assert found["signals"] == []
    code, found = call("spc", file, "--chart", "xmr", "--rebase", "2030-01")
    assert code == 3
    assert "2030-01" in found["findings"][0]["message"]


def test_shift_and_run_charts_are_told_in_words(call, write):
    file = write(months([4, 6] * 7 + [7] * 10))
    _, found = call("spc", file, "--chart", "xmr", "--freeze", 14)
    shift = next(signal for signal in found["signals"] if signal["rule"] == "shift")
    assert shift["text"] == "11 i rad på samma sida om medellinjen, 2024-02 till 2024-12; 7 räcker."
    assert shift["side"] == "above"
    _, run_chart = call("spc", file, "--chart", "run", "--freeze", 14)
    assert run_chart["rules"] == "anhoej"
    assert run_chart["phases"][0]["longest_run_max"] == 8
    assert {signal["rule"] for signal in run_chart["signals"]} == {"longest_run"}


def test_samples_have_many_rows_per_period(call, write):
    text = "period,value\n" + "".join(f"{n},{value}\n" for n in range(1, 6) for value in (n, n + 2, n + 4))
    _, means = call("spc", write(text), "--chart", "xbar")
    _, spread = call("spc", write(text), "--chart", "s")
    assert means["centre"] == 5
    assert means["upper"] == pytest.approx(5 + 1.954410 * 2, rel=1e-5)
    assert (spread["centre"], spread["lower"]) == (2, 0)
    assert spread["upper"] == pytest.approx(2.568170 * 2, rel=1e-5)
    assert call("spc", write(months([1, 2, 3])), "--chart", "s")[0] == 3


def test_points_kept_out_and_targets(call, write):
    file = write(months([5, 6, 5, 6, 50, 5, 6, 5, 6, 5, 6, 5, 6, 5]))
    _, found = call("spc", file, "--chart", "xmr", "--exclude", "2023-05", "--target", 10, "--better", "lower")
    assert found["centre"] == pytest.approx(71 / 13)
    assert found["points"][4]["signals"] == ["outside"]
    assert found["target"] == {"value": 10, "better": "lower", "assurance": "pass"}
    assert call("spc", file, "--chart", "xmr", "--exclude", "2029-05")[0] == 3


@pytest.mark.parametrize(
    ("text", "chart", "where"),
    [
        ("period,value\n2024-01,5\n2024-02,fem\n", "xmr", (3, "value", None)),
        ("period,value\n2024-13,5\n", "xmr", (2, "period", None)),
        ("period,value\n2024-01,5\n,6\n", "xmr", (3, "period", "required")),
        ("period,value\n2024-01,5\n2024-W05,6\n", "xmr", (3, "period", "other_frequency")),
        ("period,value\n2024-01,5\n2024-01,6\n", "xmr", (3, "period", "period_twice")),
        ("period,antal\n2024-01,5\n", "xmr", (1, "value", None)),
        ("period,value\n2024-01,5\n", "p", (None, "denominator", "required_column")),
        ("period,value,denominator\n2024-01,5,9\n2024-02,5,0\n", "p", (3, "denominator", "denominator")),
        ("period,value,denominator\n2024-01,5,9\n2024-02,5,\n", "u", (3, "denominator", "denominator")),
        ("period,value,denominator\n2024-01,10,9\n", "p", (2, "value", "above_denominator")),
        ("period,value,denominator\n2024-01,10,9\n", "c", (None, "denominator", "no_denominator")),
        ("period,value\n2024-01,3\n2024-02,-1\n", "c", (3, "value", "out_of_range")),
        ("period,value\n1,3\n2,0\n", "t", (3, "value", "out_of_range")),
        ("period,value\n", "xmr", (None, "", None)),
        ("", "xmr", (1, "", None)),
    ],
)
def test_a_bad_file_is_told_by_row_and_column(call, write, text, chart, where):
    code, found = call("spc", write(text), "--chart", chart)
    assert code == 3
    assert "points" not in found
    rows = [item for item in found["findings"] if item["severity"] == "error"]
    assert (rows[0]["row"], rows[0]["column"]) == where[:2]
    assert where[2] in (None, rows[0]["code"])
    assert rows[0]["file"] == "measured.csv"


def test_a_missing_file_and_a_chart_of_another_kind(call, tmp_path, write, capsys):
    code, found = call("spc", tmp_path / "none.csv", "--chart", "xmr")
    assert code == 3
    assert "finns inte" in found["findings"][0]["message"]
    assert run(["spc", str(write(months([1, 2]))), "--chart", "pie"]) == 2
    assert capsys.readouterr().out == ""


def test_people_get_a_table_and_sentences(write, capsys):
    assert run(["spc", str(write(months(COSTS))), "--chart", "xmr", "--freeze", "20", "--target", "400"]) == 0
    out = capsys.readouterr().out
    assert "utanför gränsen" in out
    assert "2026-03 ligger över den övre gränsen." in out
    assert "Processen når inte målet som den är" in out
    assert run(["spc", str(write(months([5, 6] * 8))), "--chart", "xmr"]) == 0
    assert "Inga signaler" in capsys.readouterr().out
