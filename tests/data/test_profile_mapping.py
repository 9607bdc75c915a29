"""What a profile does to a sheet: headings, values, dates, bands, filters and sums, whole or part by part."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vardbalans.data.findings import Gathered
from vardbalans.data.read import Draft
from vardbalans.data.read.draft import RawSheet
from vardbalans.data.read.profiles import Profile, mapped, over_parts, profile_of
from vardbalans.data.sources import SourceFile

FILE = SourceFile("egen.csv", "", 0)


def _sheet(text: str, **more: object) -> RawSheet:
    """Return a sheet drawn with bars, as a csv file without marks of its own."""
    head, *rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    columns = tuple(pa.array([row[index] for row in rows], pa.string()) for index in range(len(head)))
    numbers = pa.array(range(2, 2 + len(rows)), pa.int64())
    return RawSheet("egen", tuple(head), columns, numbers, ",", ";", **more)


def _profile(sources: str, outputs: str, top: str = "") -> Profile:
    return profile_of("egen", f'sentence = "Egen."\n{top}\n{sources}\n{outputs}')


def _source(name: str, more: str = "") -> str:
    return f'[[source]]\nname = "{name}"\nheader = "{name.title()}"\n{more}\n'


BEDS = """
[[output]]
table = "beds"
[output.columns]
ward_id = "{ward}"
date = { from = "day" }
physical = 20
available = { from = "beds" }
"""
WARD, DAY, COUNT = (
    _source("ward", "required = true"),
    _source("day", 'type = "date"'),
    _source("beds", 'type = "integer"'),
)


def _beds(sheet: RawSheet, sources: str = WARD + DAY + COUNT, top: str = "") -> Draft:
    (draft,) = mapped(sheet, _profile(sources, BEDS, top), FILE)
    return draft


def _codes(draft: Draft) -> list[tuple[int | None, str, str, str]]:
    return [(item.row, item.column, item.code, item.severity) for item in draft.findings]


# Headings


def test_a_column_may_stand_under_any_of_several_headings() -> None:
    """In any case, whatever the order; what is ignored by pattern is not told, the rest is."""
    sheet = _sheet("DAG | Anm 1 | Anm 2 | avd_nr | Färg\n2026-05-17 | a | b | A1 | röd")
    sources = WARD.replace('"Ward"', '["Avdelning", "Avd-nr"]') + DAY.replace('"Day"', '"Dag"') + COUNT
    draft = _beds(sheet, sources, 'ignored = ["Anm *"]')
    assert draft.rows.select(["ward_id", "date"]).to_pylist() == [{"ward_id": "A1", "date": date(2026, 5, 17)}]
    assert _codes(draft) == [(1, "Färg", "unknown_column", "warning")]


def test_a_missing_or_doubled_column_leaves_no_rows() -> None:
    """An optional one that is missing is empty."""
    draft = _beds(_sheet("Avd | Day\nA | 2026-05-17"))
    assert (1, "Ward", "missing_column", "error") in _codes(draft)
    assert (len(draft.rows), "Heter den något annat" in str(draft.findings[0].message)) == (0, True)
    draft = _beds(_sheet("Ward | Ward | Day\nA | B | 2026-05-17"))
    assert (_codes(draft), len(draft.rows)) == ([(1, "Ward", "column_twice", "error")], 0)
    draft = _beds(_sheet("Ward\nA"))
    assert (_codes(draft), draft.rows.num_rows, draft.rows["date"].to_pylist()) == ([], 1, [None])


def test_a_heading_that_is_another_columns_name_is_not_taken_for_it() -> None:
    """Names are the profile's own; only headings are looked for in the file."""
    sources = _source("ward", "required = true").replace('"Ward"', '"Avd"') + DAY + COUNT
    draft = _beds(_sheet("Ward | Avd\nfel | A"), sources)
    assert draft.rows["ward_id"].to_pylist() == ["A"]
    assert _codes(draft) == [(1, "Ward", "unknown_column", "warning")]


def test_a_column_the_table_needs_and_the_profile_does_not_make_is_told_once() -> None:
    """Not once for every row."""
    (draft,) = mapped(
        _sheet("Ward\nA\nB"), _profile(WARD, '[[output]]\ntable = "beds"\ncolumns = { ward_id = "{ward}" }'), FILE
    )
    assert [(column, code) for _, column, code, _ in _codes(draft)] == [
        (name, "missing_output") for name in ("date", "physical", "available")
    ]
    assert draft.unreadable["column"].to_pylist() == ["date", "physical", "available"]


# Values


KIND = _source("kind", 'values = { U = "performed", "01" = "booked", "9" = "" }')
CONTACTS = '[[output]]\ntable = "contacts"\ncolumns = { contact_id = "{ward}", status = { from = "kind" } }'


def test_values_are_translated_and_unknown_ones_listed_with_their_count() -> None:
    """Exactly or in another case; an empty meaning is no value; rows with unknown values are left out."""
    sheet = _sheet("Ward | Kind\n1 | U\n2 | u \n3 | 01\n4 | 9\n5 | \n6 | X\n7 | 1\n8 | X")
    (draft,) = mapped(sheet, _profile(WARD + KIND, CONTACTS), FILE)
    assert dict(zip(draft.rows["contact_id"].to_pylist(), draft.rows["status"].to_pylist(), strict=True)) == {
        "1": "performed",
        "2": "performed",
        "3": "booked",
        "4": None,
        "5": None,
    }
    told = [item for item in draft.findings if item.code == "unmapped_value"]
    assert [(item.row, item.column, item.severity) for item in told] == [(None, "Kind", "error")] * 2
    assert [item.message.values["value"] for item in told] == ["X", "1"]
    assert [item.message.values["count"] for item in told] == [2, 1]


def test_one_meaning_may_cover_all_other_values() -> None:
    """How many there were is said."""
    sheet = _sheet("Ward | Kind\n1 | U\n2 | Q\n3 | Z\n4 | ")
    (draft,) = mapped(sheet, _profile(WARD + KIND + 'otherwise = "no_show"', CONTACTS), FILE)
    assert draft.rows["status"].to_pylist() == ["performed", "no_show", "no_show", None]
    assert [
        (item.code, item.severity, item.message.values["count"]) for item in draft.findings if item.column == "Kind"
    ] == [("other_values", "info", 2)]


def test_one_heading_may_serve_two_columns() -> None:
    """First visit tells both the kind of service and its guarantee."""
    sources = (
        WARD
        + _source("kind", 'values = { N = "a" }')
        + _source("kind2", 'values = { N = "b" }').replace("Kind2", "Kind")
    )
    output = '[[output]]\ntable = "contacts"\ncolumns = { contact_id = "{kind}{kind2}", status = "performed" }'
    draft, *_ = mapped(_sheet("Ward | Kind\nA | N"), _profile(sources, output), FILE)
    assert draft.rows["contact_id"].to_pylist() == ["ab"]


def test_values_that_could_be_personal_numbers_are_never_shown() -> None:
    """Not even when a whole column of them is taken for codes."""
    (draft, *_) = mapped(_sheet("Ward | Kind\n1 | 19121212-1212"), _profile(WARD + KIND, CONTACTS), FILE)
    assert "1212" not in " ".join(str(item.message) for item in draft.findings)


def test_keys_of_people_say_whose_numbers_they_are() -> None:
    """Where the profile tells the system; a key that states its own keeps it."""
    sources = WARD + _source("who")
    output = '[[output]]\ntable = "patients"\ncolumns = { patient_key = "{who}", protected = false }'
    sheet = replace(
        _sheet("Ward | Who\nA | \nB | \nC | "), columns=(pa.array(["A", "B", "C"]), pa.array(["17", "annat|18", ""]))
    )
    for top, made in (("", ["17", "annat|18"]), ('identifiers = { patient = "cosmic" }', ["cosmic|17", "annat|18"])):
        (draft,) = mapped(sheet, _profile(sources, output, top), FILE)
        assert draft.rows["patient_key"].drop_null().to_pylist() == made


# Dates and times


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ('"%d/%m/%Y"', "03/04/2026"),
        ('"%m/%d/%Y"', "04/03/2026"),
        ('"%y%m%d"', "260403"),
        ('["%d.%m.%Y", "%d/%m/%y"]', "3/4/26"),
        ('"%d %b %Y"', "3 apr 2026"),
        ('"%d-%B-%Y"', "03-April-2026"),
        ('"%d-%m-%Y %H:%M"', "03-04-2026 08:30"),
        ('"%d/%m/%Y"', "2026-04-03"),
        ('"%d/%m/%Y"', "3 april 2026"),
    ],
)
def test_dates_in_the_sources_own_form(form: str, text: str) -> None:
    """What a reader would have to ask about, the profile answers; certain forms are read all the same."""
    for sources, top in ((WARD + DAY + f"form = {form}\n" + COUNT, ""), (WARD + DAY + COUNT, f"form = {form}")):
        draft = _beds(_sheet(f"Ward | Day\nA | {text}"), sources, top)
        assert (draft.rows["date"].to_pylist(), draft.findings) == ([date(2026, 4, 3)], [])


def test_a_year_of_two_digits_is_no_year_of_four() -> None:
    """26 is not the year 26."""
    draft = _beds(_sheet("Ward | Day\nA | 17/05/26"), WARD + DAY + 'form = "%d/%m/%Y"\n' + COUNT)
    assert _codes(draft) == [(2, "Day", "ambiguous_date", "error")]


def test_a_clock_time_may_stand_in_a_column_of_its_own() -> None:
    """In its own form; without it the day is read as midnight, and told."""
    sources = WARD + _source("day", 'type = "datetime"\ntime = ["Klockan", "Tid"]\nform = "%d/%m/%Y"')
    output = '[[output]]\ntable = "contacts"\ncolumns = { contact_id = "{ward}", starts_at = { from = "day" } }'
    sheet = _sheet("Ward | Day | Tid\n1 | 03/04/2026 | 8.30\n2 | 20260403 | 0830\n3 | 03/04/2026 |")
    draft, *_ = mapped(sheet, _profile(sources, output), FILE)
    assert draft.rows["starts_at"].to_pylist() == [
        datetime(2026, 4, 3, 6, 30, tzinfo=UTC),
        datetime(2026, 4, 3, 6, 30, tzinfo=UTC),
        datetime(2026, 4, 2, 22, 0, tzinfo=UTC),
    ]
    assert [code for _, column, code, _ in _codes(draft) if column == "Day"] == ["date_without_time"]


def test_parts_of_a_date_make_periods_and_the_months_last_day() -> None:
    """Week by ISO: the last days of December may belong to next year's first week."""
    output = """
        [[output]]
        table = "counts"
        columns = { series_id = "S", period = { from = "day", as = "PART" }, value = 1 }
    """
    for part, period in (("day", "2026-12-31"), ("week", "2026-W53"), ("month", "2026-12")):
        draft, *_ = mapped(
            _sheet("Ward | Day\nA | 2026-12-31"), _profile(WARD + DAY, output.replace("PART", part)), FILE
        )
        assert draft.rows["period"].to_pylist() == [period]


# Numbers


def test_thousands_with_the_mark_that_the_profile_names() -> None:
    """Without it 1,147 is a question; kronor in the profile are öre in the table."""
    sources = WARD + _source("beds", 'type = "integer"')
    output = '[[output]]\ntable = "beds"\ncolumns = { ward_id = "{ward}", available = { from = "beds" } }'
    sheet = replace(_sheet("Ward | Beds\nA | 1,147\nB | 1147\nC | −1,234,567"), decimal=".", delimiter=",")
    (draft,) = mapped(sheet, _profile(sources, output, 'thousands = ","'), FILE)
    assert draft.rows["available"].to_pylist() == [1147, 1147, -1234567]
    (draft,) = mapped(sheet, _profile(sources, output), FILE)
    assert (2, "Beds", "ambiguous_number", "error") in _codes(draft)
    price = '[[output]]\ntable = "contracts"\ncolumns = { provider_id = "{ward}", price_ore = 12.5 }'
    (draft,) = mapped(sheet, _profile(sources, price), FILE)
    assert draft.rows["price_ore"].to_pylist()[0] == 1250


# Which rows


def test_rows_are_chosen_by_value_and_an_empty_cell_is_no_value() -> None:
    """Left out only where a value says so; chosen only where one does."""
    sheet = _sheet("Ward | Kind | Day\nA | U | 2026-05-17\nB | | 2026-05-18\nC | X |\nTotalt | U | 2026-05-17")
    sources = WARD + _source("kind") + DAY + COUNT
    beds = BEDS.replace('table = "beds"', 'table = "beds"\nMORE')
    for more, wards in (
        ("", ["A", "B", "C"]),
        ('present = "day"', ["A", "B"]),
        ('only = { kind = ["U", "Q"] }', ["A"]),
        ("only = { kind = [] }", []),
    ):
        profile = _profile(sources, beds.replace("MORE", more), '[exclude]\nward = ["Totalt"]\nkind = ["Q"]')
        assert mapped(sheet, profile, FILE)[0].rows["ward_id"].to_pylist() == wards


# Bands


BANDS = "[bands]\npattern = '(\\d+)–(\\d+)'\nopen = '(\\d+)–'\nover = 'över (\\d+)'\n"
WAITING = """
[[output]]
table = "units"
distinct = true
columns = { unit_id = "{ward}", name = "{ward}", level = "clinic" }
[[output]]
table = "waiting"
present = "count"
columns = { unit_id = "{ward}", days_from = { from = "from" }, days_to = { from = "to" }, count = { from = "count" } }
[[output]]
table = "inflow"
columns = { series_id = "{ward}", value = { from = "new" } }
"""
BAND_SOURCES = (
    WARD
    + _source("new", 'type = "integer"')
    + '[[source]]\nname = "from"\nheader = "days_from"\ntype = "integer"\n'
    + '[[source]]\nname = "to"\nheader = "days_to"\ntype = "integer"\n'
    + '[[source]]\nname = "count"\nheader = "count"\ntype = "integer"\n'
)


@pytest.mark.parametrize(
    ("more", "bands"),
    [
        ("inclusive = true", [(0, 30), (31, 60), (61, None), (61, None)]),
        ("", [(0, 29), (31, 59), (61, None), (61, None)]),
        ("step_days = 7", [(0, 209), (217, 419), (427, None), (421, None)]),
        ("step_days = 7\ninclusive = true", [(0, 216), (217, 426), (427, None), (421, None)]),
    ],
)
def test_headings_that_are_bands_become_rows(more: str, bands: list[tuple[int, int | None]]) -> None:
    """Other tables get each row of the source once."""
    sheet = _sheet("Ward | New | 0–30 | 31–60 | 61– | över 60\nA | 5 | 7 | – | 1 | 1\nB | 6 | | 2 | 3 | 3")
    drafts = {draft.table: draft for draft in mapped(sheet, _profile(BAND_SOURCES, WAITING, BANDS + more), FILE)}
    rows = drafts["waiting"].rows.filter(pa.array([row % 2 == 0 for row in drafts["waiting"].rows["_row"].to_pylist()]))
    found = [(row["days_from"], row["days_to"]) for row in rows.to_pylist()]
    assert sorted(found, key=str) == sorted([bands[0], *bands[2:]], key=str)
    assert drafts["inflow"].rows["value"].to_pylist() == [5.0, 6.0]
    assert drafts["units"].rows["unit_id"].to_pylist() == ["A", "B"]


def test_a_file_without_a_single_band_is_told() -> None:
    """No rows without a word."""
    draft, *_ = mapped(_sheet("Ward | New | 0-30\nA | 5 | 7"), _profile(BAND_SOURCES, WAITING, BANDS), FILE)
    assert (1, "", "missing_column", "error") in _codes(draft)


# Sums, and part by part


SUMMED = """
[[output]]
table = "units"
distinct = true
columns = { unit_id = "{ward}", name = "{ward}", level = "clinic" }
[[output]]
table = "waiting"
sum = ["count"]
columns = { unit_id = "{ward}", service_id = "S", date = { from = "day" }, days_from = 0, count = { from = "beds" } }
"""
ROWS = st.tuples(
    st.sampled_from(["A", "B", "C"]), st.sampled_from(["2026-05-17", "17/5 2026", "2026-05-18"]), st.integers(0, 9)
)


@settings(max_examples=8, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=12), st.data())
def test_a_file_in_parts_is_the_file(rows: list[tuple[str, str, int]], data: st.DataObject) -> None:
    """Wherever it is cut: sums over the whole, keys once, rows numbered as in the file, findings counted once."""
    text = "Ward | Day | Beds | Kind | Extra\n" + "\n".join(
        f"{ward} | {day} | {count} | X | –" for ward, day, count in rows
    )
    sheet, profile = _sheet(text), _profile(WARD + DAY + COUNT + KIND + 'otherwise = ""', SUMMED)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(rows) - 1), max_size=2))) if len(rows) > 1 else []
    parts = [_part(sheet, start, stop) for start, stop in zip([0, *cuts], [*cuts, len(rows)], strict=True)]
    whole = list(over_parts(mapped(sheet, profile, FILE), profile))
    split = list(
        over_parts(
            (draft.further_down(start) for start, part in parts for draft in mapped(part, profile, FILE)), profile
        )
    )
    assert _waiting(split) == _waiting(whole)
    expected: Counter[tuple[str, str]] = Counter()
    for ward, day, count in rows:
        expected[ward, day.replace("17/5 2026", "2026-05-17")] += count
    assert {(unit, str(day)): count for unit, day, count, _ in _waiting(split)} == dict(expected)
    assert _found(split) == _found(whole)
    assert {row for draft in split if draft.table == "units" for row in draft.rows["unit_id"].to_pylist()} == {
        ward for ward, _, _ in rows
    }


def _part(sheet: RawSheet, start: int, stop: int) -> tuple[int, RawSheet]:
    """Return how many rows of the file stand above a part, and the part as a reader gives it."""
    first = start == 0
    rows = pa.array(range(2, 2 + stop) if first else range(1, 1 + stop - start), pa.int64())
    columns = tuple(column.slice(start, stop - start) for column in sheet.columns)
    return 0 if first else start + 1, replace(sheet, columns=columns, rows=rows, first=first)


def _waiting(drafts: list[Draft]) -> list[tuple[object, ...]]:
    return [
        (row["unit_id"], row["date"], row["count"], row["_row"])
        for draft in drafts
        if draft.table == "waiting"
        for row in draft.rows.to_pylist()
    ]


def _found(drafts: list[Draft]) -> list[tuple[object, ...]]:
    gathered = Gathered()
    for draft in drafts:
        gathered.add(draft.findings)
    return [(item.row, item.column, item.code, str(item.message)) for item in gathered.findings()]
