"""``vardbalans effect``: keys, models, controls, verdicts, and findings with file, row and column."""

import numpy as np
import pytest

from benchmarks.effects import counts
from vardbalans.cli import run
from vardbalans.engine.sampling import stream


@pytest.fixture
def write(tmp_path):
    def _write(columns, name="measured.csv", first=2021):
        head = ",".join(["period", *columns])
        rows = [
            ",".join(
                [f"{first + place // 12}-{place % 12 + 1:02d}", *("" if cell is None else f"{cell:g}" for cell in row)]
            )
            for place, row in enumerate(zip(*columns.values(), strict=True))
        ]
        path = tmp_path / name
        path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
        return path

    return _write


def drawn(seed, ratio=1.0):
    return counts(stream(seed, "cli"), 36, 12, 300.0, ratio).tolist()


def test_an_effect_is_found_and_told_with_all_keys(call, write):
    code, found = call("effect", write({"value": drawn(1, 0.7)}), "--start", "2024-01", "--expected", 0.8)
    assert code == 0
    assert found["scale"] == "ratio"
    assert found["low"] < 0.7 < found["high"]
    assert found["low"] < found["estimate"] < found["high"]
    assert found["verdict"] == "shown"
    assert found["model"] == "quasipoisson"
    assert found["dispersion"] > 1
    assert (found["periods_before"], found["periods_after"]) == (36, 12)
    assert 0 < found["power"]["detectable"] < 1
    assert 0 < found["power"]["probability"] <= 1
    assert found["placebo"]["shown"] <= found["placebo"]["tried"]
    assert found["findings"] == []


def test_no_effect_is_not_claimed(call, write):
    verdicts = [
        call("effect", write({"value": drawn(seed)}), "--start", "2024-01-17")[1]["verdict"] for seed in range(10, 13)
    ]
    assert verdicts.count("not_shown") >= 2


def test_a_known_step_of_five_is_covered_with_a_control_series(call, write):
    generator = stream(1, "step")
    control = 100 + generator.normal(size=100).cumsum()
    outcome = 1.2 * control + generator.normal(size=100) + 5 * (np.arange(100) >= 70)
    beside = write({"value": outcome, "control": control}, first=2010)
    code, found = call("effect", beside, "--start", "2015-11")
    assert code == 0
    assert found["scale"] == "difference"
    assert found["low"] < 5 < found["high"]
    assert found["verdict"] == "shown"
    assert found["controls"] == ["control"]
    alone, other = write({"value": outcome}, first=2010), write({"value": control}, "control.csv", first=2010)
    _, by_file = call("effect", alone, "--start", "2015-11", "--control", other)
    assert by_file["estimate"] == pytest.approx(found["estimate"])


def test_named_models_have_their_own_intervals_and_running_numbers_no_season(call, tmp_path):
    path = tmp_path / "numbers.csv"
    values = stream(2, "numbers").poisson(np.where(np.arange(40) >= 25, 60, 100))
    path.write_text("period,value\n" + "".join(f"{n + 1},{value}\n" for n, value in enumerate(values)))
    widths = {}
    for model in ("poisson", "quasipoisson", "negative_binomial"):
        code, found = call("effect", path, "--start", 26, "--model", model)
        assert code == 0
        assert found["harmonics"] == 0
        assert found["low"] < 0.6 < found["high"]
        widths[model] = found["high"] / found["low"], found["dispersion"]
    ratio = np.log(widths["quasipoisson"][0]) / np.log(widths["poisson"][0])
    assert ratio == pytest.approx(np.sqrt(widths["poisson"][1]))


def test_a_change_of_slope_is_told_beside_the_step(call, write):
    level = np.exp(6 + np.where(np.arange(48) >= 36, -0.2 + 0.02 * (np.arange(48) - 35), 0))
    _, found = call(
        "effect", write({"value": np.round(1e3 * level)}), "--start", "2024-01", "--slope", "--model", "poisson"
    )
    assert found["estimate"] == pytest.approx(np.exp(-0.2), rel=1e-3)
    assert found["slope"]["estimate"] == pytest.approx(np.exp(0.02), rel=1e-3)


def test_too_few_periods_are_impossible_with_reasons(call, write):
    code, found = call("effect", write({"value": [5, 6, 7, 5, 6]}), "--start", "2021-03")
    assert code == 4
    assert found["findings"][0]["code"] == "impossible"
    assert call("effect", write({"value": drawn(1)}), "--start", "2030-01")[0] == 4


def test_bad_files_are_told_by_file_row_and_column(call, write, tmp_path):
    good = write({"value": drawn(1)})
    bad = tmp_path / "bad.csv"
    for text, row, column in (
        ("period,value\n2021-01,5\n2021-02,fem\n", 3, "value"),
        ("period,value\n2021-01,5\n2021-01,6\n", 3, "period"),
        ("period,value,denominator\n2021-01,5,1\n2021-02,6,0\n", 3, "denominator"),
    ):
        bad.write_text(text)
        for arguments in ((bad,), (good, "--control", bad)):
            code, found = call("effect", *arguments, "--start", "2021-02")
            assert code == 3
            assert (found["findings"][0]["file"], found["findings"][0]["row"]) == ("bad.csv", row)
            assert found["findings"][0]["column"] == column
            assert "verdict" not in found
    assert call("effect", good, "--start", "snart")[0] == 3
    assert call("effect", good, "--start", "2024-01", "--model", "linear")[0] == 2


def test_a_period_without_its_control_is_left_out_and_told(call, write):
    control = [10.0 + place % 5 for place in range(48)]
    control[7] = None
    code, found = call("effect", write({"value": drawn(1), "other": control}), "--start", "2024-01")
    assert code == 0
    assert found["periods_before"] == 35
    assert [(row["row"], row["code"]) for row in found["findings"]] == [(9, "control_missing")]


def test_people_get_sentences(write, capsys):
    assert run(["effect", str(write({"value": drawn(1, 0.6)})), "--start", "2024-01", "--expected", "0.9"]) == 0
    out = capsys.readouterr().out
    assert "visad." in out
    assert "95 % intervall" in out
    assert "kräver" in out
    assert run(["effect", str(write({"value": drawn(3)})), "--start", "2024-01"]) == 0
    assert "ej visad" in capsys.readouterr().out
