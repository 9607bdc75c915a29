"""What decides a delivery, its mapping, and what becomes of it: the summary and the files."""

import csv
import io
import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from tests.data.delivery_rows import MAY, delivery, lake_of, mapping, operation, visit
from vardbalans.data.write.delivery import BadMapping, prepare, read_mapping, write
from vardbalans.data.write.delivery.mapping import Area, Below
from vardbalans.data.write.delivery.summary import hidden

# The mapping


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('from = "mvo"', 'from = "patient_key"', "patient_key, som inte finns"),
        ('from = "mvo"', "", "antingen from eller constant"),
        ('from = "mvo"\nformat = "text"', 'from = "mvo"\nformat = "date"', "kan inte ha formatet date"),
        ('name = "mvo"', 'name = "kon"', "kon finns två gånger"),
        ('name = "mvo"', 'name = "=1+1"', "går inte att läsa"),
        ("[30, 60,", "[60, 30,", "ska vara stigande"),
        ('guarantee = "treatment"', 'guarantee = "first_visit"', "två flöden"),
        ("draft = true", "draft = true\ncolour = 1", "unknown field `colour`"),
        ("due_day = 20", "due_day = 31", "due_day"),
        ("draft = true", "draft =", "går inte att läsa"),
        ('version = "0.1"', "version = '0.1", "går inte att läsa"),
        ("other_region", "capacity", "går inte att läsa"),
    ],
)
def test_a_mapping_that_is_wrong_is_refused_with_what_and_where(
    before: str, after: str, said: str, tmp_path: Path
) -> None:
    """No key of a person can be asked for, and lack of capacity is no reason to stop a clock."""
    text = read_mapping().content.decode()
    assert before in text
    path = tmp_path / "egen.toml"
    path.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(BadMapping, match=r"egen\.toml") as refused:
        read_mapping(path)
    assert said in str(refused.value)


def test_a_mapping_of_ones_own_decides_names_formats_and_codes(tmp_path: Path) -> None:
    path = tmp_path / "egen.toml"
    path.write_text(
        """
        name = "egen"
        version = "1"
        draft = false
        valid_from = 2026-01-01
        source = "Mottagarens specifikation 1.0"
        due_day = 20
        intervals = [90]
        interval_value = "days_counted"
        suppress_below = { inside = 0, outside = 20 }
        deviations = {}
        flow = [{ code = "1", guarantee = "first_visit", start = "issued" }]
        [[field]]
        name = "Start"
        meaning = "Startdag."
        from = "start"
        format = "compact_date"
        [[field]]
        name = "Sändare"
        meaning = "Vem som sänder."
        constant = "=Region"
        format = "text"
        [[field]]
        name = "Slag"
        meaning = "Vårdtjänstens slag."
        from = "kind"
        format = "text"
        codes = { first_visit = "01", surgery = "02" }
        """,
        encoding="utf-8",
    )
    referrals = [visit(1, "2026-04-01", "2026-05-09"), operation(2, "2026-04-01", "2026-04-02", "2026-05-09")]
    made = delivery(tmp_path, referrals, source=read_mapping(path))
    assert made.findings == ()
    paths = {item.name: item for item in write(made, tmp_path / "out")}
    assert paths["genomforda_2026-05.csv"].read_bytes() == (
        b"\xef\xbb\xbf" + "Start;Sändare;Slag\r\n20260401;'=Region;01\r\n".encode()
    )
    assert paths["mappning_2026-05.toml"].read_bytes() == path.read_bytes()


def test_the_shipped_mapping_says_that_it_is_a_draft() -> None:
    draft = read_mapping()
    assert draft.mapping.draft
    assert "utkast" in draft.mapping.name
    assert "utkast" in draft.name


# The summary


def test_intervals_are_the_national_ones(tmp_path: Path) -> None:
    """Both ends of an interval are in it."""
    edges = [0, 30, 31, 60, 61, 90, 91, 120, 121, 180, 181, 365, 366, 900]
    end = date(2026, 5, 9)
    referrals = [visit(n, str(end - timedelta(days=days)), str(end)) for n, days in enumerate(edges)]
    made = delivery(tmp_path, referrals, source=mapping(suppress_below=Below(0, 20)))
    names = ["0–30", "31–60", "61–90", "91–120", "121–180", "181–365", "366+"]
    assert made.summary.column_names[3:] == names
    assert made.summary.to_pylist()[:2] == [
        {"part": "Genomförda", "flow": "A-E", "unit_id": unit} | dict.fromkeys(names, 2) for unit in (None, "U1")
    ]


def test_more_is_hidden_from_others_than_within_the_region(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [visit(number, "2026-05-01", "2026-05-09") for number in range(12)])
    shown = [
        prepare(lake, MAY, read_mapping(), outside=outside).summary.to_pylist()[0]["0–30"] for outside in (False, True)
    ]
    assert shown == [12, None]


def test_a_hidden_count_cannot_be_worked_out_from_the_sum() -> None:
    assert hidden([[3, 8], [20, 9], [30, 0]], 5) == [[53, 17], [None, 8], [None, 9], [30, 0]]
    assert hidden([[3], [0]], 5) == [[None], [None], [0]]
    assert hidden([[6], [0]], 5) == [[6], [6], [0]]


@given(
    st.integers(1, 3).flatmap(
        lambda width: st.lists(st.lists(st.integers(0, 40), min_size=width, max_size=width), min_size=1, max_size=6)
    ),
    st.sampled_from([0, 5, 20]),
)
def test_no_small_count_is_shown_or_told(table: list[list[int]], below: int) -> None:
    """What is shown is true; what is hidden under a shown sum is at least two counts that are not small together."""
    for column, shown in zip(zip(*table, strict=True), zip(*hidden(table, below), strict=True), strict=True):
        whole, *cells = shown
        assert all(cell in (None, count) for cell, count in zip(cells, column, strict=True))
        assert not [cell for cell in (whole, *cells) if cell is not None and 0 < cell < below]
        away = [count for cell, count in zip(cells, column, strict=True) if cell is None]
        if whole is None:
            assert away or 0 < sum(column) < below
        else:
            assert whole == sum(column)
            assert not away or (len(away) > 1 and sum(away) >= below)


# The files


def test_files_open_in_a_swedish_spreadsheet_and_hold_no_formula(tmp_path: Path) -> None:
    """Semicolons, UTF-8 with its mark, CRLF; what looks like a formula is text in both forms."""
    areas = (Area("U1", date(2020, 1, 1), mvo="-5", specialty="=HYPERLINK(1)"),)
    made = delivery(
        tmp_path, [visit(1, "2026-04-01", "2026-05-09"), visit(2, "2026-05-30")], source=mapping(areas=areas)
    )
    paths = {path.name: path for path in write(made, tmp_path / "out")}
    assert set(paths) == {
        "genomforda_2026-05.csv",
        "vantande_2026-05.csv",
        "sammanstallning_2026-05.csv",
        "kontroll_2026-05.csv",
        "kontroll_2026-05.json",
        "mappning_2026-05.toml",
        "vantetider_2026-05.xlsx",
    }
    text = paths["genomforda_2026-05.csv"].read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    assert text.count(b"\r\n") == text.count(b"\n") == 2
    (row,) = csv.DictReader(io.StringIO(text.decode("utf-8-sig")), delimiter=";")
    assert (row["slutdatum"], row["mvo"], row["specialitet"]) == ("2026-05-09", "-5", "'=HYPERLINK(1)")
    book = load_workbook(paths["vantetider_2026-05.xlsx"])
    assert book.sheetnames == ["Genomförda", "Väntande", "Sammanställning", "Kontroll", "Hjälp"]
    cells = {cell.value: cell.data_type for line in book["Genomförda"].iter_rows(min_row=2) for cell in line}
    assert cells["=HYPERLINK(1)"] == "s"
    assert cells[datetime(2026, 5, 9)] == "d"  # noqa: DTZ001 - as a workbook has it


def test_the_control_summary_names_data_mapping_and_files(tmp_path: Path) -> None:
    made = delivery(tmp_path, [visit(1, "2026-04-01", "2026-05-09"), visit(2, "2026-05-30"), visit(3, "2026-03-01")])
    paths = write(made, tmp_path / "out")
    said = json.loads((tmp_path / "out" / "kontroll_2026-05.json").read_text(encoding="utf-8"))
    assert (said["month"], said["due"], said["version"], said["rows"]) == (
        "2026-05",
        "2026-06-20",
        1,
        {"completed": 1, "waiting": 2},
    )
    assert said["mapping"]["sha256"] == read_mapping().sha256
    assert {file["name"] for file in said["files"]} == {path.name for path in paths} - {"kontroll_2026-05.json"}
    assert said["control"] == [
        {
            "service_id": "NB",
            "unit_id": "U1",
            "opening": 2,
            "inflow": 1,
            "treated": 1,
            "removed": 0,
            "before": 2,
            "closing": 2,
            "completed": 1,
            "waiting": 2,
            "not_begun": 0,
        }
    ]
    assert {item["code"] for item in said["findings"]} >= {"draft_mapping"}


def test_no_identity_is_in_any_file(tmp_path: Path) -> None:
    made = delivery(tmp_path, [visit(1234, "2026-04-01", "2026-05-09"), operation(5678, "2026-03-01", "2026-03-02")])
    book = None
    for path in write(made, tmp_path / "out"):
        if path.suffix == ".xlsx":
            book = load_workbook(path)
            continue
        text = path.read_text(encoding="utf-8")
        assert not [key for key in ("P1234", "R1234", "P5678", "R5678") if key in text]
    assert book is not None
    values = {str(cell.value) for sheet in book for line in sheet.iter_rows() for cell in line}
    assert not values & {"P1234", "R1234", "P5678", "R5678"}
