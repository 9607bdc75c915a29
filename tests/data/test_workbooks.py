"""Workbooks as people make them: titles, merged cells, hidden sheets, formulas, errors, and traps for the reader."""

import re
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from vardbalans.data.read import Draft, read_file
from vardbalans.data.read.draft import UPLOAD, Limits, Refused
from vardbalans.data.read.header_rows import Sought
from vardbalans.data.read.workbooks import read_workbook

BEDS = ["Avdelning", "Datum", "Fysiska platser", "Disponibla platser"]
DAY = date(2026, 5, 17)


def _book(path: Path, fill: Callable[[Workbook, Worksheet], object], name: str = "Vårdplatser") -> Path:
    book = Workbook()
    book.active.title = name
    fill(book, book.active)
    book.save(path)
    return path


def _beds(folder: Path, *rows: list[object], **more: object) -> Draft:
    def fill(book: Workbook, sheet: Worksheet) -> None:
        for row in rows:
            sheet.append(row)
        for area in more.get("merged", ()):
            sheet.merge_cells(area)
        book.epoch = more.get("epoch", book.epoch)

    (draft,) = read_file(_book(folder / "x.xlsx", fill))
    return draft


def _codes(draft: Draft) -> list[tuple[int | None, str, str, str]]:
    return [(item.row, item.column, item.code, item.severity) for item in draft.findings]


def _rewritten(path: Path, member: str, change: Callable[[bytes], bytes]) -> Path:
    """Rewrite one part of the workbook at *path*."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[member] = change(parts[member])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


SHEET = "xl/worksheets/sheet1.xml"


# Where the table begins


def test_titles_above_and_headings_over_two_rows(tmp_path: Path) -> None:
    """Rows keep the numbers that the sheet shows."""
    draft = _beds(
        tmp_path,
        ["Vårdplatser, vecka 20"],
        [],
        ["Avdelning", "Datum", "Platser", None],
        [None, None, "Fysiska platser", "Disponibla platser"],
        ["A", DAY, 20, 18],
    )
    assert "unknown_column" in [code for _, _, code, _ in _codes(draft)]  # "Platser Fysiska platser"
    draft = _beds(tmp_path, ["Vårdplatser, vecka 20"], [], [None, None, "Platser"], BEDS, ["A", DAY, 20, 18])
    assert draft.findings == []
    assert draft.rows.drop_columns(["_file", "closed_reason"]).to_pylist() == [
        {"ward_id": "A", "date": DAY, "physical": 20, "available": 18, "_row": 5}
    ]


def test_text_of_merged_cells_goes_to_every_row_and_a_number_to_the_first_only(tmp_path: Path) -> None:
    """A ward's name stands for its rows; twenty beds in a merged cell are twenty, not forty."""
    rows = [BEDS, ["A", DAY, 20, 18], [None, date(2026, 5, 18), None, 17], [None, date(2026, 5, 19), 20, 17]]
    draft = _beds(tmp_path, *rows, merged=["A2:A4", "C2:C3"])
    assert draft.rows["ward_id"].to_pylist() == ["A", "A", "A"]
    assert draft.rows["physical"].to_pylist() == [20, None, 20]
    assert _codes(draft) == [(None, "", "merged_cells", "info")]
    assert "2 tomma celler" in str(draft.findings[0].message)


# Dates that are numbers


def test_a_day_number_is_read_and_told(tmp_path: Path) -> None:
    """A date without date format is a number of days; a number that is no plausible day is not read."""
    draft = _beds(tmp_path, BEDS, ["A", 46159, 20, 18], ["A", 46160.75, 20, 18], ["A", 461, 20, 18])
    assert draft.rows["date"].to_pylist() == [DAY, date(2026, 5, 18), None]
    assert _codes(draft) == [
        (2, "date", "serial_date", "warning"),
        (3, "date", "serial_date", "warning"),
        (4, "date", "not_a_date", "error"),
    ]


def test_a_workbook_that_counts_from_1904_is_read_so(tmp_path: Path) -> None:
    """Only where days stand: beds are not moved by four years."""
    draft = _beds(tmp_path, BEDS, ["A", DAY, 20, 18], ["A", 44698, 44698, 18], epoch=CALENDAR_MAC_1904)
    assert draft.rows["date"].to_pylist() == [DAY, date(2026, 5, 18)]
    assert draft.rows["physical"].to_pylist() == [20, 44698]
    assert _codes(draft) == [(3, "date", "serial_date", "warning")]


# What holds nothing though it looks filled


def test_error_cells_and_formulas_never_computed_are_missing_and_counted(tmp_path: Path) -> None:
    """One line per column, with the first row; a formula that gave an empty text is just empty."""

    def fill(_book: Workbook, sheet: Worksheet) -> None:
        for row in (["#N/A"], BEDS, ["A", DAY, "#REF!", 18], ["A", DAY, "#N/A", "=1+17"], ["A", DAY, 20, "=B5"]):
            sheet.append(row)
        sheet["A1"].data_type = sheet["C3"].data_type = sheet["C4"].data_type = "e"

    path = _book(tmp_path / "x.xlsx", fill)
    (draft,) = read_file(path)
    assert _codes(draft) == [
        (3, "Fysiska platser", "error_cells", "warning"),
        (4, "Disponibla platser", "uncomputed_cells", "warning"),
    ]
    assert ["2 celler" in str(item.message) or "2 formler" in str(item.message) for item in draft.findings] == [
        True
    ] * 2
    assert draft.rows["physical"].to_pylist() == [None, None, 20]
    assert draft.rows["available"].to_pylist() == [18, None, None]
    _rewritten(path, SHEET, lambda xml: re.sub(rb"<f>1\+17</f>(<v ?/>|<v></v>)", b"<f>1+17</f><v>18</v>", xml))
    _rewritten(path, SHEET, lambda xml: xml.replace(b'r="D5"', b'r="D5" t="str"'))
    (draft,) = read_file(path)
    assert draft.rows["available"].to_pylist() == [18, 18, None]
    assert [code for _, _, code, _ in _codes(draft)] == ["error_cells"]


def test_a_hidden_sheet_is_told_and_not_read(tmp_path: Path) -> None:
    """Unless it is asked for by name; empty ones are no news."""

    def fill(book: Workbook, sheet: Worksheet) -> None:
        for row in (BEDS, ["A", DAY, 20, 18]):
            sheet.append(row)
        for name, state, cell in (("units", "hidden", "x"), ("Koder", "veryHidden", 1), ("Tomt", "hidden", None)):
            other = book.create_sheet(name)
            other.sheet_state = state
            other.append([cell])

    path = _book(tmp_path / "x.xlsx", fill)
    (draft,) = read_file(path)
    assert _codes(draft) == [(None, "", "hidden_sheet", "warning")] * 2
    assert [sheet.headers for sheet in read_workbook(path, sheets=("koder", "Vårdplatser"))] == [("1",), tuple(BEDS)]
    with pytest.raises(Refused, match="Bladet Annat finns inte i arbetsboken"):
        read_workbook(path, sheets=("Annat",))


def test_a_label_above_the_headings_becomes_a_column(tmp_path: Path) -> None:
    """When it is asked for."""
    path = _book(
        tmp_path / "x.xlsx", lambda _, sheet: [sheet.append(row) for row in (["Period:", "maj 2026"], BEDS, ["A"])]
    )
    (sheet,) = read_workbook(path, sought=Sought(labels=("Period",)))
    assert (sheet.headers[-1], sheet.columns[-1].to_pylist()) == ("Period", ["maj 2026"])


# Traps


def test_a_cell_at_the_far_corner_is_refused_before_room_is_made_for_it(tmp_path: Path) -> None:
    """Opening it would ask for half a terabyte and end the process; in any spelling of its place."""
    for place in (b"XFD1048576", b"xfd1048576", b"AAA0000099999"):
        path = _book(tmp_path / "units.xlsx", lambda _, sheet: sheet.append(["unit_id", "name"]), "units")
        _rewritten(path, SHEET, lambda xml, place=place: xml.replace(b'"B1"', b'"%s"' % place))
        (draft,) = read_file(path)
        assert _codes(draft) == [(None, "", "archive_bomb", "error")]


@pytest.mark.parametrize(("shown", "refused"), [(1, False), (70_000, True)])
def test_a_long_text_shown_in_very_many_cells_is_refused(shown: int, refused: bool, tmp_path: Path) -> None:
    """Some megabytes would become gigabytes, since each cell gets a text of its own; one long text does no harm."""
    path = _book(tmp_path / "units.xlsx", lambda _, sheet: sheet.append(["unit_id"]), "units")
    cells = "".join(
        f'<row r="{row}"><c r="A{row}" t="s"><v>{int(row > shown + 1)}</v></c></row>' for row in range(2, 70_002)
    )
    _rewritten(path, SHEET, lambda xml: xml.replace(b"</sheetData>", cells.encode() + b"</sheetData>"))
    strings = f"<sst><si><t>{'å' * 16_000}</t></si><si><t>kort</t></si></sst>".encode()
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", strings)
    limits = Limits(UPLOAD.packed, UPLOAD.unpacked // 2, ratio=1000)
    if refused:
        with pytest.raises(Refused) as found:
            read_workbook(path, limits)
        assert found.value.finding.code == "archive_bomb"
    else:
        assert len(read_workbook(path, limits)[0].rows) == 70_000


def test_one_part_shown_as_very_many_sheets_is_refused(tmp_path: Path) -> None:
    """Each of them would be read by itself."""
    path = _book(tmp_path / "units.xlsx", lambda _, sheet: sheet.append(["unit_id"]), "units")
    _rewritten(path, SHEET, lambda xml: xml.replace(b'"A1"', b'"ZZ999"'))
    many = "".join(f'<sheet name="S{number}" sheetId="{number}" r:id="rId1"/>' for number in range(2, 60))
    _rewritten(path, "xl/workbook.xml", lambda xml: xml.replace(b"</sheets>", many.encode() + b"</sheets>"))
    (draft,) = read_file(path)
    assert _codes(draft) == [(None, "", "archive_bomb", "error")]


def test_an_empty_cell_far_down_that_only_has_a_colour_does_no_harm(tmp_path: Path) -> None:
    """Spreadsheets leave them behind."""
    path = _book(tmp_path / "x.xlsx", lambda _, sheet: [sheet.append(row) for row in (BEDS, ["A", DAY, 20, 18])])
    _rewritten(
        path,
        SHEET,
        lambda xml: xml.replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576" s="1"/></row></sheetData>'),
    )
    (draft,) = read_file(path)
    assert (draft.findings, len(draft.rows)) == ([], 1)


def test_a_part_that_is_larger_than_it_claims_is_refused(tmp_path: Path) -> None:
    """The archive's directory is not believed."""
    path = _rewritten(
        _book(tmp_path / "units.xlsx", lambda _, sheet: sheet.append(["unit_id"]), "units"),
        "docProps/app.xml",
        lambda _: b" " * 3_000_000,
    )
    content = path.read_bytes()
    size = (3_000_000).to_bytes(4, "little")
    assert content.count(size) == 2  # in the part's own heading and in the directory
    path.write_bytes(content.replace(size, (100).to_bytes(4, "little")))
    limits = Limits(UPLOAD.packed, 1_000_000, ratio=1000)
    with pytest.raises(Refused) as refused:
        read_workbook(path, limits)
    assert refused.value.finding.code == "archive_bomb"


def test_a_broken_part_is_one_finding(tmp_path: Path) -> None:
    """A part whose bytes are not those that were packed."""
    path = _book(tmp_path / "units.xlsx", lambda _, sheet: sheet.append(["unit_id"] * 50), "units")
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo(SHEET).header_offset + 80
    content[start : start + 20] = bytes(20)
    path.write_bytes(content)
    (draft,) = read_file(path)
    assert _codes(draft) == [(None, "", "broken_workbook", "error")]


def test_instants_in_cells_are_local_time(tmp_path: Path) -> None:
    """Half an hour's cell reads to the second though a spreadsheet holds it as a fraction of a day."""
    moment = datetime(2026, 5, 17, 8, 30, tzinfo=UTC).replace(tzinfo=None)
    rows = (["stay_id", "patient_key", "clinic_id", "ward_id", "admitted", "acute"], [1, "P", "K", "A", moment, "x"])
    path = _book(tmp_path / "x.xlsx", lambda _, sheet: [sheet.append(row) for row in rows], "stays")
    (draft,) = read_file(path)
    assert draft.rows.select(["admitted", "acute"]).to_pylist() == [
        {"admitted": datetime(2026, 5, 17, 6, 30, tzinfo=UTC), "acute": True}
    ]
