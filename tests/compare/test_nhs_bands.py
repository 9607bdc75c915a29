"""English waiting-time bands with their published medians: rotated columns are told, the files as they are are not."""

import csv
import math
import re
from pathlib import Path

import numpy as np
import pytest

from vardbalans.data.band_waits import band_waits
from vardbalans.data.bands import shifted_columns
from vardbalans.data.read import profile_named, read_file
from vardbalans.engine.waitlist.bands import band_quantile

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "nhs" / "rtt-weekbands"
FILES = ("RTT waiting list for september 2025.csv", "Completed NonAdmitted provider Sep25 data.csv")
pytestmark = pytest.mark.skipif(
    not (FOLDER / FILES[0]).exists(), reason=f"the public data in {FOLDER.name} is not on this machine"
)


def read(name: str) -> tuple[list[str], np.ndarray, dict[float, np.ndarray]]:
    """Return the bands' headings, the counts per row and band, and the published percentiles in weeks."""
    with (FOLDER / name).open(encoding="utf-8-sig", newline="") as file:
        head, *lines = csv.reader(file)
    head = [heading.strip() for heading in head]
    bands = [place for place, heading in enumerate(head) if re.fullmatch(r">\d+-\d+|104 plus", heading)]
    counts = np.array([[number(line[place]) for place in bands] for line in lines])
    said = {}
    for share, heading in ((0.5, "median_wait"), (0.95, "percentile_95")):
        place = [other.casefold() for other in head].index(heading)
        said[share] = np.array([number(line[place], math.nan) for line in lines])
    return [head[place] for place in bands], counts, said


def number(text: str, empty: float = 0.0) -> float:
    """Return a count or a week; a dash is nobody, and ``104+`` lies in the open band."""
    text = text.strip().replace(",", "")
    return empty if text in ("", "-", "104+") else float(text)


@pytest.fixture(scope="module", params=FILES)
def file(request):
    return request.param, *read(request.param)


def test_the_published_percentiles_follow_from_the_bands(file):
    _, _, counts, said = file
    for share, values in said.items():
        both = np.isfinite(values) & (counts.sum(axis=1) >= 50)
        found = band_quantile(counts[both], share)
        assert np.nanmean(np.abs(found - values[both]) <= 0.051) >= 0.997


@pytest.mark.parametrize("name", FILES[:1])
def test_the_command_gives_the_published_percentiles_of_every_row(name):
    """Each row of fifty or more, the total of all specialties too, within half a decimal of what was published."""
    document, is_wrong = band_waits(FOLDER / name, profile_named("nhs-rtt-weekbands"))
    assert not is_wrong
    found = {(row["provider"], row["specialty"]): row for row in document["rows"]}
    with (FOLDER / name).open(encoding="utf-8-sig", newline="") as file:
        lines = [{key.strip(): value for key, value in line.items()} for line in csv.DictReader(file)]
    for key, heading in (("median_weeks", "median_wait"), ("p95_weeks", "percentile_95")):
        right, tested = 0, 0
        for line in lines:
            row = found.get((line["Provider_code"], line["Treatment_function_code"]))
            said = number(line[heading], math.nan)
            if row and row["n"] >= 50 and math.isfinite(said):
                tested += 1
                right += row[key] is not None and abs(row[key] - said) <= 0.0501
        assert tested > 1000
        assert right / tested >= 0.995


def test_the_full_extracts_waiting_list_is_what_was_worked_out():
    """One trust in November 2024, rows of all commissioners together (checks from NHSRtt and the published file)."""
    extract = FOLDER / "20241130-RTT-November-2024-RBD.csv.gz"
    for profile in ("nhs-rtt-weekbands", "nhs-rtt-commissioners"):
        document, _ = band_waits(extract, profile_named(profile))
        rows = {row["pathway"]: row for row in document["rows"] if row["specialty"] == "C_999"}
        row = rows["Incomplete Pathways"]
        assert row["n"] == 21_702
        assert row["share_within"] == pytest.approx(0.5778, abs=5e-5)
        assert row["median_weeks"] == pytest.approx(14.334, abs=5e-4)
        assert row["p92_weeks"] == pytest.approx(42.614, abs=5e-4)
        # Those treated are rows of their own.
        assert rows["Completed Pathways For Admitted Patients"]["n"] == 1544
    document, _ = band_waits(extract, profile_named("nhs-rtt-weekbands"), limit_days=52 * 7)
    (row,) = (row for row in document["rows"] if (row["specialty"], row["pathway"]) == ("C_999", "Incomplete Pathways"))
    assert round((1 - row["share_within"]) * row["n"]) == 647


def test_the_file_as_it_is_gives_no_finding(file):
    name, headings, counts, said = file
    assert shifted_columns(name, headings, counts, said) is None


@pytest.mark.parametrize("first", [4, 12, 20, 33, 45])
def test_three_neighbouring_columns_rotated_are_told_by_their_headings(file, first):
    name, headings, counts, said = file
    rotated = counts.copy()
    rotated[:, first : first + 3] = counts[:, [first + 1, first + 2, first]]
    found = shifted_columns(name, headings, rotated, said)
    assert (found.file, found.code, found.severity) == (name, "shifted_columns", "error")
    assert any(heading in str(found.message) for heading in headings[first : first + 3])


@pytest.mark.parametrize("columns", [(3, 30, 60), (8, 17, 52), (15, 22, 41)])
def test_three_columns_far_apart_rotated_are_told(file, columns):
    name, headings, counts, said = file
    rotated = counts.copy()
    rotated[:, list(columns)] = counts[:, [*columns[1:], columns[0]]]
    assert shifted_columns(name, headings, rotated, said) is not None


def test_a_rotated_file_is_refused_when_it_is_read_and_the_right_one_is_not(tmp_path):
    lines = (FOLDER / FILES[0]).read_text(encoding="utf-8-sig").splitlines()
    rows = list(csv.reader(lines))
    first = rows[0].index(">20-21")
    for row in rows[1:]:
        row[first : first + 3] = [row[first + 1], row[first + 2], row[first]]
    wrong = tmp_path / "rotated.csv"
    with wrong.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    codes = [
        {item.code for draft in read_file(path, "nhs-rtt-weekbands") for item in draft.findings}
        for path in (FOLDER / FILES[0], wrong)
    ]
    assert [("shifted_columns" in found) for found in codes] == [False, True]


def test_all_columns_moved_three_steps_are_told(file):
    name, headings, counts, said = file
    assert shifted_columns(name, headings, np.roll(counts, 3, axis=1), said) is not None
