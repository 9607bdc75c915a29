"""Files as they come: encodings, decimal marks, Excel's own cells, and everything that can be wrong with them."""

import gzip
import io
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from vardbalans.data.read import Draft, Limits, read_file

UNITS = "unit_id;name;level\n"
RECIPES = "service_id;resource_id;minutes;per;valid_from\n"


def _draft(folder: Path, name: str, content: str | bytes) -> Draft:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    (draft,) = read_file(path)
    return draft


def _codes(draft: Draft) -> list[tuple[int | None, str, str, str]]:
    return [(item.row, item.column, item.code, item.severity) for item in draft.findings]


def _naive(*parts: int) -> datetime:
    """Return a time without zone, as Excel and many exports write it."""
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)


def _minutes(folder: Path, *texts: str, delimiter: str = ";") -> Draft:
    rows = [["service_id", "resource_id", "minutes", "per", "valid_from"]]
    rows += [["S", "R", f'"{text}"', "activity", "2026-01-01"] for text in texts]
    return _draft(folder, "recipes.csv", "\n".join(delimiter.join(row) for row in rows))


# Headings, delimiters, rows


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_the_delimiter_is_told_from_the_heading(delimiter: str, tmp_path: Path) -> None:
    """Semicolon, comma and tab need no setting."""
    draft = _draft(tmp_path, "units.csv", "unit_id;name;level\nK1;Kirurgen;clinic\n".replace(";", delimiter))
    assert draft.rows.to_pylist()[0] | {"name": "Kirurgen"} == draft.rows.to_pylist()[0]
    assert draft.findings == []
    assert (draft.file.name, draft.file.size) == ("units.csv", 38)


def test_a_heading_with_two_possible_delimiters_is_told(tmp_path: Path) -> None:
    """A choice that could have been another is said aloud."""
    draft = _draft(tmp_path, "units.csv", 'unit_id;name;level;"a";b,c\nK1;Kirurgen;clinic;1;2\n')
    assert (1, "", "delimiter_told", "info") in _codes(draft)
    assert draft.rows["name"].to_pylist() == ["Kirurgen"]


def test_headings_may_be_swedish_or_english_in_any_case(tmp_path: Path) -> None:
    """A template's star for required columns is no part of the name."""
    draft = _draft(tmp_path, "Enheter 2026.csv", "ENHETS-ID*;Namn;level\nK1;Kirurgen;Klinik\n")
    assert draft.table == "units"
    assert draft.rows.select(["unit_id", "name", "level"]).to_pylist() == [
        {"unit_id": "K1", "name": "Kirurgen", "level": "clinic"}
    ]


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    """Empty lines are passed over but counted; a row of another width is told and left out."""
    draft = _draft(tmp_path, "units.csv", UNITS + "A;a;unit\n\nB;b;unit;extra\n;;\nC;c;unit\n")
    assert draft.rows.select(["unit_id", "_row"]).to_pylist() == [
        {"unit_id": "A", "_row": 2},
        {"unit_id": "C", "_row": 6},
    ]
    assert _codes(draft) == [(4, "", "wrong_cell_count", "error")]


def test_a_quoted_line_break_is_one_row(tmp_path: Path) -> None:
    """The row after it keeps its number as rows are counted, not lines."""
    draft = _draft(tmp_path, "units.csv", UNITS + 'A;"två\nrader";unit\nB;b;unit\n')
    assert draft.rows["name"].to_pylist() == ["två\nrader", "b"]
    assert draft.rows["_row"].to_pylist() == [2, 3]


def test_a_missing_column_is_told_once_and_not_for_every_row(tmp_path: Path) -> None:
    """An unknown column is a warning: it may be somebody's note."""
    draft = _draft(tmp_path, "units.csv", "unit_id;level;anm\nK1;clinic;x\n")
    assert _codes(draft) == [(1, "anm", "unknown_column", "warning"), (1, "name", "missing_column", "error")]
    assert "Namn (name)" in str(draft.findings[1].message)


@pytest.mark.parametrize(
    "heading",
    [
        "Namn", "name", "Förnamn", "EFTERNAMN", "Patientens namn", "patient_name", "personnamn", "First name", "Adress",
        "gatuadress", "c/o adress", "Postnr", "Telefon", "telefonnummer 2", "Mobil", "Anhörigs telefon", "E-post",
        "e-postadress", "Email", "Personnummer", "Personnr", "pnr",
    ],
)  # fmt: skip
def test_a_column_that_names_or_reaches_someone_is_left_out(heading: str, tmp_path: Path) -> None:
    """Told as information: the file is right, and such columns are never read."""
    for table in ("contacts", "patients", "referrals", "stays", "employments"):
        draft = _draft(tmp_path, f"{table}.csv", f"patient_key;{heading}\nP1;Anna\n")
        assert (1, heading, "identifying_column", "info") in _codes(draft)
        assert "Anna" not in str(draft.rows.to_pylist())


@pytest.mark.parametrize(
    "heading", ["Enhetsnamn", "unit_name", "Klinikens adress", "Namnteckning", "besökstyp", "post"]
)
def test_other_unknown_columns_are_a_question(heading: str, tmp_path: Path) -> None:
    """They may be a misspelt heading; and what is no data about people has no such columns to guard."""
    assert (1, heading, "unknown_column", "warning") in _codes(_draft(tmp_path, "contacts.csv", f"{heading}\nx\n"))
    assert (1, "telefon", "unknown_column", "warning") in _codes(_draft(tmp_path, "units.csv", "telefon\nx\n"))


def test_a_column_given_twice_is_an_error(tmp_path: Path) -> None:
    """Neither can be trusted over the other."""
    draft = _draft(tmp_path, "units.csv", "unit_id;name;Namn;level\nK1;a;b;clinic\n")
    assert _codes(draft) == [(1, "name", "column_twice", "error")]


# Encodings


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-8", []), ("utf-8-sig", []), ("cp1252", ["Windows-1252"]), ("utf-16", ["UTF-16"])],
)
def test_swedish_letters_come_through_and_a_guess_is_said(encoding: str, told: list[str], tmp_path: Path) -> None:
    """UTF-8 needs no word; anything else is told so that someone looks at å, ä and ö."""
    draft = _draft(tmp_path, "units.csv", (UNITS + "K1;Öron näsa hals på Åland;clinic\n").encode(encoding))
    assert draft.rows["name"].to_pylist() == ["Öron näsa hals på Åland"]
    assert [item.code for item in draft.findings] == ["encoding_told"] * len(told)
    assert all(name in str(item.message) for name, item in zip(told, draft.findings, strict=True))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("K1;Åland;clinic\n".encode("cp437"), "unknown_encoding"),
        ((UNITS + "K1;a;clinic\n").encode("utf-16-le"), "not_text"),
        (b"", "empty_file"),
        (b"\n\n", "empty_file"),
    ],
)
def test_text_that_cannot_be_read_is_refused(content: bytes, code: str, tmp_path: Path) -> None:
    """One finding about the file, no rows."""
    draft = _draft(tmp_path, "units.csv", content)
    assert len(draft.rows) == 0
    assert [(item.code, item.severity) for item in draft.findings] == [(code, "error")]


def test_a_quote_that_is_never_closed_is_told(tmp_path: Path) -> None:
    """The rest of the file has become one cell; nothing of it is taken."""
    draft = _draft(tmp_path, "units.csv", UNITS + 'K1;"never closed;clinic\nx;y;z\nx;y;z\n')
    assert _codes(draft) == [(2, "", "wrong_cell_count", "error"), (None, "", "no_rows", "warning")]


def test_a_heading_alone_is_no_rows(tmp_path: Path) -> None:
    """With or without a line break after it."""
    for text in (UNITS, UNITS.strip()):
        assert _codes(_draft(tmp_path, "units.csv", text)) == [(None, "", "no_rows", "warning")]


def test_a_gzipped_csv_is_read_and_a_broken_or_swelling_one_refused(tmp_path: Path) -> None:
    """The limit holds while unpacking, not after."""
    packed = gzip.compress((UNITS + "K1;a;clinic\n").encode())
    assert len(_draft(tmp_path, "units.csv.gz", packed).rows) == 1
    assert _codes(_draft(tmp_path, "units.csv.gz", packed[:20])) == [(None, "", "broken_archive", "error")]
    bomb = tmp_path / "units.csv.gz"
    bomb.write_bytes(gzip.compress(UNITS.encode() + b"A;a;unit\n" * 4_000_000))
    (draft,) = read_file(bomb, limits=Limits(1 << 30, 1 << 40, ratio=100))
    assert _codes(draft) == [(None, "", "too_large", "error")]


# Numbers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("45,5", 45.5),
        ("1 234,5", 1234.5),
        ("1\u00a0234", 1234.0),
        ("12\u202f345,25", 12345.25),
        ("\u22125", -5.0),
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("1.234.567", 1234567.0),
        ("1e-3", 0.001),
        (" 7 ", 7.0),
        ("+3", 3.0),
        ("0,125", 0.125),
        ("1234", 1234.0),
        ("20076.0", 20076.0),
        ("1,234", 1.234),
    ],
)
def test_numbers_as_people_and_systems_write_them(text: str, value: float, tmp_path: Path) -> None:
    """Swedish and English forms that can mean one thing only."""
    draft = _minutes(tmp_path, text)
    assert draft.rows["minutes"].to_pylist() == [value]
    assert draft.findings == []


@pytest.mark.parametrize("text", ["abc", "12x", "1 23", "1,2,3", "12..5", "NaN", "inf", "1 2345", "0x1F", "--5"])
def test_text_in_a_number_is_told_with_its_row(text: str, tmp_path: Path) -> None:
    """The cell is empty in the draft and listed as unreadable, not missing."""
    draft = _minutes(tmp_path, "45", text)
    assert _codes(draft) == [(3, "minutes", "not_a_number", "error")]
    assert draft.rows["minutes"].to_pylist() == [45.0, None]
    assert draft.unreadable.filter(pc.is_valid(draft.unreadable["_row"])).to_pylist() == [
        {"column": "minutes", "_file": "recipes.csv", "_row": 3}
    ]


def test_a_number_that_can_be_read_in_two_ways_is_asked_about(tmp_path: Path) -> None:
    """1.234 may be twelve hundred or one and a quarter, unless the column's other values tell."""
    assert _codes(_minutes(tmp_path, "1.234")) == [(2, "minutes", "ambiguous_number", "error")]
    assert _codes(_minutes(tmp_path, "1.234", "7,5")) == [(2, "minutes", "ambiguous_number", "error")]
    assert _minutes(tmp_path, "1.234", "7.5").rows["minutes"].to_pylist() == [1.234, 7.5]
    assert _codes(_minutes(tmp_path, "1,234", delimiter=",")) == [(2, "minutes", "ambiguous_number", "error")]
    assert _minutes(tmp_path, "1,234", "7,5", delimiter=",").rows["minutes"].to_pylist() == [1.234, 7.5]


@pytest.mark.parametrize("mark", ["–", "x", "saknas", "#N/A", "#SAKNAS!", "-", "NULL"])
def test_marks_for_missing_are_empty_cells_and_counted(mark: str, tmp_path: Path) -> None:
    """They are said in one line, never turned into zero."""
    draft = _minutes(tmp_path, "5", mark)
    assert draft.rows["minutes"].to_pylist() == [5.0, None]
    assert [(item.code, item.severity, item.column) for item in draft.findings] == [
        ("missing_marks", "info", "minutes")
    ]


def test_an_x_is_a_value_in_a_text_column(tmp_path: Path) -> None:
    """Somebody's unit may be called X; only Excel's own marks are missing everywhere."""
    draft = _draft(tmp_path, "units.csv", UNITS + "x;–;unit\n#N/A;b;unit\n")
    assert draft.rows["unit_id"].to_pylist() == ["x", None]
    assert draft.rows["name"].to_pylist() == ["–", "b"]


def test_kronor_become_whole_ore(tmp_path: Path) -> None:
    """Under the name in kronor or the Swedish heading; the stored name means öre."""
    head = "provider_id;service_id;{};valid_from\nE;S;{};2026-01-01\n"
    for header, text, ore in (("price", "1 250,50", 125050), ("Pris", "0,1", 10), ("price_ore", "125050", 125050)):
        assert _draft(tmp_path, "contracts.csv", head.format(header, text)).rows["price_ore"].to_pylist() == [ore]
    assert _codes(_draft(tmp_path, "contracts.csv", head.format("price", "1,2345"))) == [
        (2, "price", "too_many_decimals", "error")
    ]


def test_a_whole_number_may_carry_a_zero_decimal_but_no_other(tmp_path: Path) -> None:
    """Systems export 12.0 for twelve."""
    head = "ward_id;date;physical;available\n"
    draft = _draft(tmp_path, "beds.csv", head + "A;2026-01-01;20.0;18,0\nA;2026-01-02;20,5;18\n")
    assert draft.rows["physical"].to_pylist() == [20, None]
    assert _codes(draft) == [(3, "physical", "not_an_integer", "error")]


def test_a_percentage_is_a_share(tmp_path: Path) -> None:
    """85 % and 0,85 are the same; 85 alone is left for the limits to stop."""
    rows = "resource_id;share;valid_from\nR;85 %;2026-01-01\nR;0,85;2026-02-01\nR;85;2026-03-01\n"
    assert _draft(tmp_path, "utilisation.csv", rows).rows["share"].to_pylist() == [0.85, 0.85, 85.0]


# Dates, times, periods, yes and no


@pytest.mark.parametrize("text", ["2026-05-17", "20260517", "2026-05-17 00:00:00", "2026-05-17T00:00"])
def test_dates(text: str, tmp_path: Path) -> None:
    """Year first, with or without hyphens; a midnight from a database is no harm."""
    draft = _draft(tmp_path, "beds.csv", f"ward_id;date;physical;available\nA;{text};1;1\n")
    assert draft.rows["date"].to_pylist() == [date(2026, 5, 17)]


@pytest.mark.parametrize(
    ("text", "code", "severity"),
    [
        ("April 2022", "not_a_date", "error"),
        ("2026-02-30", "not_a_date", "error"),
        ("05/06/2026", "ambiguous_date", "error"),
        ("2026-05-17 12:00", "time_left_out", "warning"),
        ("46159", "serial_date", "warning"),
    ],
)
def test_what_is_no_plain_date_is_told(text: str, code: str, severity: str, tmp_path: Path) -> None:
    """Day and month are never guessed; all forms stand in test_cells.py."""
    draft = _draft(tmp_path, "beds.csv", f"ward_id;date;physical;available\nA;{text};1;1\n")
    assert _codes(draft) == [(2, "date", code, severity)]
    assert draft.rows["date"].to_pylist() == [None if severity == "error" else date(2026, 5, 17)]
    assert text in str(draft.findings[0].message)


STAYS = "stay_id;patient_key;clinic_id;ward_id;admitted;acute\n1;P;K;A;{};ja\n"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-17 08:30", datetime(2026, 1, 17, 7, 30, tzinfo=UTC)),
        ("2026-05-17T08:30:15", datetime(2026, 5, 17, 6, 30, 15, tzinfo=UTC)),
        ("2026-05-17 08:30+02:00", datetime(2026, 5, 17, 6, 30, tzinfo=UTC)),
        ("2026-05-17 08:30:00-0330", datetime(2026, 5, 17, 12, 0, tzinfo=UTC)),
        ("2026-05-17T08:30:00.25Z", datetime(2026, 5, 17, 8, 30, 0, 250000, tzinfo=UTC)),
        ("9999-12-31 00:00", datetime(9999, 12, 30, 23, 0, tzinfo=UTC)),
    ],
)
def test_times_without_an_offset_are_swedish(text: str, instant: datetime, tmp_path: Path) -> None:
    """Winter and summer differ; an offset is followed."""
    draft = _draft(tmp_path, "stays.csv", STAYS.format(text))
    assert draft.rows["admitted"].to_pylist() == [instant]
    assert draft.findings == []


@pytest.mark.parametrize(
    ("text", "instant", "code", "severity"),
    [
        ("2026-03-29 02:30", datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "nonexistent_time", "warning"),
        ("2026-10-25 02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "ambiguous_time", "warning"),
        ("2026-05-17", datetime(2026, 5, 16, 22, tzinfo=UTC), "date_without_time", "warning"),
        ("2026-05-17 25:00", None, "not_a_datetime", "error"),
        ("i morgon", None, "not_a_datetime", "error"),
    ],
)
def test_times_that_need_a_word(text: str, instant: datetime | None, code: str, severity: str, tmp_path: Path) -> None:
    """The nights when the clocks change, a day without a time, and nonsense."""
    draft = _draft(tmp_path, "stays.csv", STAYS.format(text))
    assert draft.rows["admitted"].to_pylist() == [instant]
    assert _codes(draft) == [(2, "admitted", code, severity)]


def test_periods_yes_and_no(tmp_path: Path) -> None:
    """Swedish v for week; a 53rd week only in years that have one."""
    head = "series_id;unit_id;service_id;period;value\n"
    texts = ["2026-W05", "2026v5", "2026-05", "2026-05-17", "2027-W53", "vecka 5"]
    draft = _draft(tmp_path, "counts.csv", head + "".join(f"1;K;S;{text};1\n" for text in texts))
    assert draft.rows["period"].to_pylist() == ["2026-W05", "2026-W05", "2026-05", "2026-05-17", None, None]
    assert _codes(draft) == [(6, "period", "not_a_period", "error"), (7, "period", "not_a_period", "error")]
    stays = STAYS + "2;P;K;A;2026-01-01 08:00;kanske\n"
    assert (3, "acute", "not_a_boolean", "error") in _codes(_draft(tmp_path, "stays.csv", stays))


# Workbooks


def _workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_a_workbook_has_a_sheet_per_table(tmp_path: Path) -> None:
    """English or Swedish sheet names, Excel's own dates, numbers and booleans; the help sheet is passed over."""
    path = _workbook(
        tmp_path / "allt.xlsx",
        {
            "Hjälp": [["fritt"]],
            "Vårdplatser": [
                ["Avdelning", "Datum", "Fysiska platser", "Disponibla platser"],
                ["A", _naive(2026, 5, 17), 20, 18.0],
                [None] * 4,
                ["A", date(2026, 5, 18), 20, 18],
            ],
            "stays": [
                ["stay_id", "patient_key", "clinic_id", "ward_id", "admitted", "acute"],
                [4011, "P", "K", "A", _naive(2026, 5, 17, 8, 30), True],
            ],
        },
    )
    beds, stays = read_file(path)
    assert beds.rows.select(["date", "available", "_row"]).to_pylist() == [
        {"date": date(2026, 5, 17), "available": 18, "_row": 2},
        {"date": date(2026, 5, 18), "available": 18, "_row": 4},
    ]
    assert stays.rows.select(["stay_id", "admitted", "acute"]).to_pylist() == [
        {"stay_id": "4011", "admitted": datetime(2026, 5, 17, 6, 30, tzinfo=UTC), "acute": True}
    ]
    assert beds.findings == stays.findings == []


def test_a_number_cell_is_never_ambiguous(tmp_path: Path) -> None:
    """Excel knows that 1.234 is a decimal number."""
    path = _workbook(
        tmp_path / "recipes.xlsx",
        {
            "Blad1": [
                ["service_id", "resource_id", "minutes", "per", "valid_from"],
                ["S", "R", 1.234, "activity", date(2026, 1, 1)],
            ]
        },
    )
    (draft,) = read_file(path)
    assert (draft.table, draft.rows["minutes"].to_pylist(), draft.findings) == ("recipes", [1.234], [])


def test_a_sheet_that_is_no_table_is_told(tmp_path: Path) -> None:
    """It may hold rows that someone expects to see."""
    sheets = {"Anteckn": [["a"]], "units": [["unit_id", "name", "level"], ["K", "k", "clinic"]]}
    stray, units = read_file(_workbook(tmp_path / "x.xlsx", sheets))
    assert (stray.table, [item.code for item in stray.findings]) == ("", ["unknown_sheet"])
    assert units.table == "units"


def test_bad_workbooks_are_refused_before_they_are_unpacked(tmp_path: Path) -> None:
    """Empty, no archive, a bomb, too many members: one finding each."""

    def members(count: int, size: int) -> bytes:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(count):
                archive.writestr(f"xl/{number}.xml", b"\0" * size)
        return stream.getvalue()

    for content, code in (
        (b"", "empty_file"),
        (b"unit_id;name\n", "not_a_workbook"),
        (members(1, 60_000_000), "archive_bomb"),
        (members(2001, 0), "archive_bomb"),
        (members(1, 10), "broken_workbook"),
    ):
        draft = _draft(tmp_path, "units.xlsx", content)
        assert _codes(draft) == [(None, "", code, "error")]


# Parquet


def test_parquet_types_are_followed(tmp_path: Path) -> None:
    """Naive timestamps are Swedish time; dictionaries, decimals and NaN are what tools write."""
    path = tmp_path / "contacts_2026.parquet"
    pq.write_table(
        pa.table(
            {
                "contact_id": pa.array([17], pa.int32()),
                "patient_key": pa.array(["P"]).dictionary_encode(),
                "unit_id": pa.array(["K"], pa.large_string()),
                "service_id": ["S"],
                "starts_at": pa.array([_naive(2026, 5, 17, 8)], pa.timestamp("ns")),
                "status": ["Utförd"],
                "age": pa.array([57.0]),
                "drg_weight": pa.array([float("nan")]),
            }
        ),
        path,
    )
    (draft,) = read_file(path)
    assert draft.findings == []
    (row,) = draft.rows.to_pylist()
    assert (row["contact_id"], row["starts_at"], row["age"], row["drg_weight"], row["status"], row["_row"]) == (
        "17",
        datetime(2026, 5, 17, 6, tzinfo=UTC),
        57,
        None,
        "performed",
        2,
    )


def test_a_wrong_type_in_parquet_is_one_finding(tmp_path: Path) -> None:
    """The export is at fault, not the rows."""
    path = tmp_path / "beds.parquet"
    pq.write_table(pa.table({"ward_id": ["A"], "date": ["2026-01-01"], "physical": [20.5], "available": [1]}), path)
    (draft,) = read_file(path)
    assert _codes(draft) == [(1, "date", "wrong_type", "error"), (2, "physical", "not_an_integer", "error")]


@pytest.mark.parametrize("content", [b"", b"PAR1 not really", b"PAR1" + b"\0" * 40 + b"PAR1"])
def test_a_broken_parquet_file_is_refused(content: bytes, tmp_path: Path) -> None:
    """No traceback, one sentence."""
    draft = _draft(tmp_path, "beds.parquet", content)
    assert [(item.code, item.severity) for item in draft.findings] == [
        ("broken_parquet" if content else "empty_file", "error")
    ]


# The file itself


@pytest.mark.parametrize(
    ("name", "code"), [("brev.docx", "unknown_format"), ("listan.csv", "unknown_table"), ("x.parquet", "unknown_table")]
)
def test_a_file_that_is_for_no_table(name: str, code: str, tmp_path: Path) -> None:
    """The sentence says how a file is named."""
    draft = _draft(tmp_path, name, "unit_id;name\nA;b\n")
    assert (draft.table, [item.code for item in draft.findings]) == ("", [code])
