"""A source that publishes its median beside the bands tells by it when columns have changed places."""

import random
from pathlib import Path

import pytest

from vardbalans.data.read import read_file
from vardbalans.data.read.profiles import profile_of
from vardbalans.engine.errors import BadInput

PROFILE = """
sentence = "Väntande per klinik och vecka."
delimiter = ";"
decimal = ","
[bands]
pattern = 'v(\\d+)-(\\d+)'
open = 'v(\\d+) och mer'
step_days = 7
published = { "0.5" = "Median" }
[[source]]
name = "unit"
header = "Klinik"
[[source]]
name = "day"
header = "Datum"
type = "date"
[[source]]
name = "from"
header = "days_from"
type = "integer"
[[source]]
name = "count"
header = "count"
type = "integer"
[[output]]
table = "waiting"
[output.columns]
unit_id = "{unit}"
service_id = "{unit}"
date = { from = "day" }
days_from = { from = "from" }
count = { from = "count" }
"""
BANDS = 12


def write(path: Path, order: list[int], *, swap_headings: bool = False) -> Path:
    """Write forty clinics' lists, with the median of each; the counts under the headings in *order*."""
    rng = random.Random(1)  # noqa: S311
    headings = [f"v{week}-{week + 1}" for week in range(BANDS)] + [f"v{BANDS} och mer"]
    if swap_headings:
        headings[3], headings[4] = headings[4], headings[3]
    lines = [";".join(["Klinik", "Datum", *headings, "Median"])]
    for clinic in range(40):
        counts = [rng.randrange(20, 60) for _ in range(BANDS)] + [0]
        rank, below = sum(counts) / 2, 0
        for week, count in enumerate(counts):
            if below + count >= rank:
                median = week + (rank - below) / count
                break
            below += count
        shown = [f" {counts[place]}" if counts[place] else "-" for place in [*order, BANDS]]
        lines.append(";".join([f"K{clinic}", "2026-05-31", *shown, f"{median:.1f}".replace(".", ",")]))
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def codes(path: Path) -> set[str]:
    return {item.code for draft in read_file(path, profile_of("egen", PROFILE)) for item in draft.findings}


def test_a_file_in_order_is_read_and_a_rotated_one_is_refused_by_its_own_headings(tmp_path: Path) -> None:
    own = list(range(BANDS))
    assert "shifted_columns" not in codes(write(tmp_path / "a.csv", own))
    turned = [*own[:4], 5, 6, 4, *own[7:]]
    found = [
        item
        for draft in read_file(write(tmp_path / "b.csv", turned), profile_of("egen", PROFILE))
        for item in draft.findings
        if item.code == "shifted_columns"
    ]
    assert [(item.file, item.severity) for item in found] == [("b.csv", "error")]
    assert "v4-5, v5-6, v6-7" in str(found[0].message)


def test_headings_that_only_stand_in_another_order_are_no_fault(tmp_path: Path) -> None:
    order = list(range(BANDS))
    order[3], order[4] = 4, 3
    assert "shifted_columns" not in codes(write(tmp_path / "c.csv", order, swap_headings=True))


def test_a_profile_names_percentiles_by_their_share() -> None:
    with pytest.raises(BadInput, match=r"0\.5"):
        profile_of("egen", PROFILE.replace('"0.5" = "Median"', '"50" = "Median"'))


@pytest.mark.parametrize(("published", "severity"), [('{ "0.5" = "Median" }', "error"), ("{}", "warning")])
def test_a_band_that_is_lacking_between_two_others_is_told_by_its_days(tmp_path: Path, published, severity) -> None:
    whole = write(tmp_path / "d.csv", list(range(BANDS)))
    rows = [line.split(";") for line in whole.read_text(encoding="utf-8").splitlines()]
    lacking = tmp_path / "e.csv"
    lacking.write_text("\n".join(";".join([*row[:6], *row[7:]]) for row in rows), encoding="utf-8")
    profile = profile_of("egen", PROFILE.replace('{ "0.5" = "Median" }', published))
    told = {
        path: [item for draft in read_file(path, profile) for item in draft.findings if item.code == "missing_band"]
        for path in (whole, lacking)
    }
    assert told[whole] == []
    (found,) = told[lacking]
    assert (found.row, found.severity) == (1, severity)
    assert "28–34" in str(found.message)
