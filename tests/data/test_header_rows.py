"""Where a table begins: titles above it, headings in two rows, and what keeps the columns apart."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vardbalans.data.read.draft import RawSheet
from vardbalans.data.read.header_rows import Sought, beginning, delimiter_of, header_row, with_labels
from vardbalans.data.tables import TABLES

ALL = tuple(TABLES.values())


def _rows(text: str) -> list[list[str]]:
    """Return rows drawn with bars."""
    return [[cell.strip() for cell in line.split("|")] for line in text.strip("\n").splitlines()]


BEDS = ["Avdelning", "Datum", "Fysiska platser", "Disponibla platser"]

SHAPES = {
    "headings first": ("Avdelning | Datum | Fysiska platser | Disponibla platser\nA1 | 2026-05-17 | 20 | 18", 0, BEDS),
    "titles above": (
        """
        Vårdplatser vecka 20 | | |
         | | |
        Uttaget | 2026-05-17 | |
        Avdelning | Datum | Fysiska platser | Disponibla platser
        A1 | 2026-05-17 | 20 | 18
        """,
        3,
        BEDS,
    ),
    "a heading over several columns": (
        """
        Enhets-id | Väntande | | | Utförda
         | 0–30 | 31–60 | 61– | Antal
        K1 | 12 | 3 | 1 | 40
        """,
        1,
        ["Enhets-id", "Väntande 0–30", "Väntande 31–60", "Väntande 61–", "Utförda Antal"],
    ),
    "groups above headings that are known by themselves": (
        """
        Var | | Platser |
        Avdelning | Datum | Fysiska platser | Disponibla platser
        A1 | 2026-05-17 | 20 | 18
        """,
        1,
        BEDS,
    ),
    "no heading is known": ("Rapport 7 | |\nOrt | Kod | Antal\nUmeå | 7 | 12", 1, ["Ort", "Kod", "Antal"]),
    "no heading is known, two rows": (
        "Rapport 7 | | |\nOrt | Antal | |\n | 2025 | 2026 |\nUmeå | 7 | 12 |",
        2,
        ["Ort", "Antal 2025", "Antal 2026", ""],
    ),
    "a label above that happens to be a heading": (
        "Status: | Published | | |\nOrt | Kod | Antal väntande | Medel | Median\nUmeå | 7 | 12 | 4 | 3",
        1,
        ["Ort", "Kod", "Antal väntande", "Medel", "Median"],
    ),
    "a gap among the headings is no second row": (
        "Enhets-id | Överordnad enhet | Namn | \nK1 | | Kirurgen | anm",
        0,
        ["Enhets-id", "Överordnad enhet", "Namn", ""],
    ),
    "a row of numbers is no heading": ("A | | \n1 | 2 | 3\nB | 4 | 5", 0, ["A", "", ""]),
    "nothing": ("", 0, []),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_row_of_headings_is_found(shape: str) -> None:
    """Rows as people draw them, the index of the last row of headings, and the headings."""
    drawn, index, headers = SHAPES[shape]
    assert header_row(_rows(drawn.replace("\n        ", "\n")), ALL) == (index, headers)


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(ALL),
    st.lists(st.lists(st.sampled_from(["", "Region Norr", "2026-05-17", "12,5"]), max_size=4), max_size=18),
    st.booleans(),
)
def test_a_tables_own_headings_are_found_below_anything(table, above, swedish) -> None:
    """Titles, dates and numbers above never hide a table whose headings are known."""
    headers = [column.header if swedish else column.file_name for column in table.columns]
    assert header_row([*above, headers, ["x"] * len(headers)], ALL) == (len(above), headers)


def test_a_given_number_of_rows_is_passed_over() -> None:
    """Even where other rows look more like headings; past the end there are none."""
    rows = [*_rows(SHAPES["titles above"][0]), ["Slut"]]
    assert beginning(rows, Sought(skip=len(rows) - 1)).headers == ("Slut",)
    assert beginning(rows, Sought(skip=99)).headers == ()


def test_values_beside_labels_above_belong_to_every_row() -> None:
    """In the next cell or after a colon; a label without a value is not there."""
    rows = [["Period:", "", "maj 2026"], ["Källa: Region Norr"], ["Enhet:"], *_rows("Avdelning | Datum\nA | B")]
    found = beginning(rows, Sought(labels=("Period", "källa", "Enhet", "Annat")))
    assert (found.header_rows, found.labels) == (4, (("Period", "maj 2026"), ("källa", "Region Norr")))
    sheet = with_labels(RawSheet("s", ("a",), (pa.array(["1", "2"]),), pa.array([5, 6])), found.labels)
    assert sheet.headers == ("a", "Period", "källa")
    assert [column.to_pylist() for column in sheet.columns[1:]] == [["maj 2026"] * 2, ["Region Norr"] * 2]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["unit_id;name;level", "K1;a;clinic"], (";", True)),
        (["unit_id,name,level"], (",", True)),
        (["unit_id\tname\tlevel"], ("\t", True)),
        (["Enheter, norra delen, 2026, utdrag", "unit_id;name;level", "K1;a;clinic"], (";", True)),
        (['unit_id;name;"a";b,c', "K1;a;1;2"], (";", False)),
        (["Ort;Vikt;Andel", "Umeå;1,5;2,5", "Kiruna;2,5;3,5"], (";", True)),
        (["Ort,Vikt", '"Umeå; norra",1'], (",", True)),
        (["ensam"], (";", True)),
        ([], (";", True)),
        (["x" * 200_000 + ";y"], (";", True)),
    ],
)
def test_the_delimiter_is_told_from_the_first_lines(lines: list[str], told: tuple[str, bool]) -> None:
    """By the headings that are known, else by what comes equally often; a title's commas do not count."""
    assert delimiter_of(lines, ALL) == told
