"""How texts become values: the forms that Swedish people, systems and spreadsheets write, as a table of examples.

The tables here are the definition; what is not in them and not certain gets a code and no value.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vardbalans.data.read.cells import is_missing, typed
from vardbalans.data.read.moments import MONTHS
from vardbalans.data.tables import Column
from vardbalans.data.tables.contract import Type

FEW = settings(max_examples=25, deadline=None)
NBSP, NARROW, MINUS = "\u00a0", "\u202f", "\u2212"


def _read(kind: Type, *texts: str | None, decimal: str | None = ",") -> list[tuple[object, str | None]]:
    """Return value and code of each text, read as one column of the kind."""
    column = Column("c", kind, False, "", "C")
    cells = typed(column, pa.array(texts, pa.string()), decimal)
    return list(zip(cells.values.to_pylist(), cells.codes.to_pylist(), strict=True))


# Numbers

NUMBERS = {
    "1234": 1234.0,
    "1 234 567,9": 1234567.9,
    f"1{NBSP}234{NBSP}567,9": 1234567.9,
    f"{MINUS}1{NBSP}234": -1234.0,
    f"12{NARROW}345,25": 12345.25,
    "1'234,5": 1234.5,
    "1’234": 1234.0,
    "1.234,5": 1234.5,
    "1,234.5": 1234.5,
    "1.234.567": 1234567.0,
    "(12)": -12.0,
    "(1 234,5)": -1234.5,
    "12-": -12.0,
    "1 234,5-": -1234.5,
    "- 12": -12.0,
    "-12": -12.0,
    "+12": 12.0,
    ",5": 0.5,
    "12,": 12.0,
    "1E3": 1000.0,
}


def test_a_number_in_each_form() -> None:
    """Where commas are decimal marks."""
    read = dict(zip(NUMBERS, _read("number", *NUMBERS), strict=True))
    assert read == {text: (value, None) for text, value in NUMBERS.items()}


@pytest.mark.parametrize(
    "text", ["((12))", "(12-)", "(-12)", "-12-", "12 -5", "1 23", "1'2", "12 %", "()", "-", "١٢", "1 ٢٣٤", "--1", "(1"]
)
def test_what_is_no_number(text: str) -> None:
    """Two signs, broken groups, other digits: told, never mended."""
    assert _read("number", text) == [(None, "not_a_number")]


@pytest.mark.parametrize("text", ["1e308", "1000000000000000", "-9999999999999999,5", "1E15"])
@pytest.mark.parametrize("kind", ["number", "integer", "money_kr"])
def test_a_number_beyond_fifteen_digits_is_told_as_that(kind: str, text: str) -> None:
    """Sums and squares of such numbers are no numbers; one less is read."""
    assert _read(kind, text) == [(None, "too_large")]
    assert _read("number", "999999999999999") == [(999999999999999.0, None)]


def test_a_share_may_be_a_percentage() -> None:
    """Whole, with decimals, negative."""
    assert _read("share", "12,3 %", "100%", f"0,5{NBSP}%", "0,85") == [
        (0.123, None),
        (1.0, None),
        (0.005, None),
        (0.85, None),
    ]


@FEW
@given(
    st.lists(
        st.tuples(
            st.decimals(0, 10**9, places=2),
            st.sampled_from([" ", NBSP, NARROW, "'", "’", ""]),
            st.sampled_from(["{}", "({})", "{}-", "-{}", f"{MINUS}{{}}", f"{MINUS} {{}}"]),
        ),
        min_size=1,
    )
)
def test_a_number_written_in_any_swedish_form_reads_back(written: list[tuple[Decimal, str, str]]) -> None:
    """Grouping and minus sign in every combination; two decimals, so that nothing looks like thousands."""
    texts = [
        minus.format(f"{number:,.2f}".replace(",", "_").replace(".", ",").replace("_", group))
        for number, group, minus in written
    ]
    values = [float(number) * (1 if minus == "{}" else -1) for number, _, minus in written]
    assert _read("number", *texts) == [(value, None) for value in values]


# Dates

DATES = {
    "2026-05-17": (date(2026, 5, 17), None),
    "20260517": (date(2026, 5, 17), None),
    "2026/05/17": (date(2026, 5, 17), None),
    "2026.5.17": (date(2026, 5, 17), None),
    "2026-5-7": (date(2026, 5, 7), None),
    "2026-05-17 00:00:00": (date(2026, 5, 17), None),
    "2026-05-17T08:30": (date(2026, 5, 17), "time_left_out"),
    "17/5 2026 kl. 08.30": (date(2026, 5, 17), "time_left_out"),
    "17/5 2026": (date(2026, 5, 17), None),
    "3/4 2026": (date(2026, 4, 3), None),
    "3/4-2026": (date(2026, 4, 3), None),
    "17 maj 2026": (date(2026, 5, 17), None),
    "den 1:e maj 2026": (date(2026, 5, 1), None),
    "17 okt. 2026": (date(2026, 10, 17), None),
    "17 MAJ 2026": (date(2026, 5, 17), None),
    f"17{NBSP}maj{NBSP}2026": (date(2026, 5, 17), None),
    "17 May 2026": (date(2026, 5, 17), None),
    "May 17, 2026": (date(2026, 5, 17), None),
    "17/05/2026": (date(2026, 5, 17), None),
    "05/17/2026": (date(2026, 5, 17), None),
    "17.05.2026": (date(2026, 5, 17), None),
    "05/05/2026": (date(2026, 5, 5), None),
    "45123": (date(2023, 7, 16), "serial_date"),
    "45123,354": (date(2023, 7, 16), "serial_date"),
    "29221": (date(1980, 1, 1), "serial_date"),
    "03/04/2026": (None, "ambiguous_date"),
    "03-04-2026": (None, "ambiguous_date"),
    "3.4.2026": (None, "ambiguous_date"),
    "03/04/2026 08:30": (None, "ambiguous_date"),
    "260517": (None, "ambiguous_date"),
    "26-05-17": (None, "ambiguous_date"),
    "17/5": (None, "not_a_date"),
    "maj 2026": (None, "not_a_date"),
    "17 foo 2026": (None, "not_a_date"),
    "2026-02-30": (None, "not_a_date"),
    "30/2 2026": (None, "not_a_date"),
    "31/31/2026": (None, "not_a_date"),
    "2026-05-17 25:00": (None, "not_a_date"),
    "45123 08:30": (None, "not_a_date"),
    "29220": (None, "not_a_date"),
    "99999": (None, "not_a_date"),
    "123456": (None, "not_a_date"),
    "i går": (None, "not_a_date"),
    "maj": (None, "not_a_date"),
}


def test_a_date_in_each_form() -> None:
    """What can mean one day only is read; what can mean two is asked about."""
    assert dict(zip(DATES, _read("date", *DATES), strict=True)) == DATES
    assert _read("date", "17 maj 2026", None) == [(date(2026, 5, 17), None), (None, None)]


def _swedish(day: date, form: str) -> str:
    """Write *day*; besides strftime's own marks SHORT is day/month and MONTH the month's Swedish name."""
    month = next(name for name, number in MONTHS.items() if number == day.month)
    return day.strftime(form).replace("MONTH", month).replace("SHORT", f"{day.day}/{day.month}")


_DAYS = st.dates(date(1900, 1, 1), date(2150, 1, 1))


@FEW
@given(
    st.lists(_DAYS, min_size=1),
    st.sampled_from(["%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "SHORT %Y", "SHORT-%Y", "%d MONTH %Y", "den %d MONTH %Y"]),
)
def test_a_date_written_in_any_swedish_form_reads_back(written: list[date], form: str) -> None:
    """Every certain form gives the day back, without a word."""
    assert _read("date", *(_swedish(day, form) for day in written)) == [(day, None) for day in written]


@FEW
@given(st.lists(_DAYS, min_size=1), st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%m-%d-%Y"]))
def test_day_and_month_are_never_exchanged(written: list[date], form: str) -> None:
    """Either the very day, or a question when another day could be meant."""
    for day, read in zip(written, _read("date", *(day.strftime(form) for day in written)), strict=True):
        twofold = day.day <= 12 and day.day != day.month
        assert read == ((None, "ambiguous_date") if twofold else (day, None))


# Instants

SUMMER = datetime(2026, 5, 17, 6, 30, tzinfo=UTC)
INSTANTS = {
    "2026-05-17 08:30": (SUMMER, None),
    "2026-05-17T08:30": (SUMMER, None),
    "2026-05-17 08.30": (SUMMER, None),
    "2026-05-17 8:30": (SUMMER, None),
    "2026-05-17 08:30:00,000": (SUMMER, None),
    "2026-05-17 08:30:15,250": (SUMMER + timedelta(seconds=15, milliseconds=250), None),
    "2026-05-17 08:30:00.000000000": (SUMMER, None),
    "20260517 0830": (SUMMER, None),
    "202605170830": (SUMMER, None),
    "20260517083000": (SUMMER, None),
    "20260517T083000": (SUMMER, None),
    "20260517T083000Z": (SUMMER + timedelta(hours=2), None),
    "2026-05-17 08:30+02:00": (SUMMER, None),
    "17/5 2026 08.30": (SUMMER, None),
    "17/5 2026 kl 8.30": (SUMMER, None),
    "17 maj 2026 kl. 08.30": (SUMMER, None),
    "17 maj 2026, 08:30": (SUMMER, None),
    "17/05/2026 08:30": (SUMMER, None),
    "2026-05-16 24:00": (datetime(2026, 5, 16, 22, tzinfo=UTC), None),
    "45123,354166667": (datetime(2023, 7, 16, 6, 30, tzinfo=UTC), "serial_date"),
    "45123": (datetime(2023, 7, 15, 22, tzinfo=UTC), "serial_date"),
    "17/5 2026": (datetime(2026, 5, 16, 22, tzinfo=UTC), "date_without_time"),
    "20260517": (datetime(2026, 5, 16, 22, tzinfo=UTC), "date_without_time"),
    "25/10 2026 02.30": (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "ambiguous_time"),
    "03/04/2026 08:30": (None, "ambiguous_date"),
    "03/04/2026": (None, "ambiguous_date"),
    "260517 0830": (None, "ambiguous_date"),
    "2026-05-17 25:00": (None, "not_a_datetime"),
    "17/5 2026 08.70": (None, "not_a_datetime"),
    "17/5 08:30": (None, "not_a_datetime"),
    "08:30": (None, "not_a_datetime"),
    "i morgon kl. 08.30": (None, "not_a_datetime"),
    "123456,5": (None, "not_a_datetime"),
}


def test_a_time_in_each_form() -> None:
    """Times without an offset are Swedish; a clock may have dots, no mark, or a comma before its fractions."""
    assert dict(zip(INSTANTS, _read("datetime", *INSTANTS), strict=True)) == INSTANTS
    assert _read("datetime", "17/5 2026 8.30", None) == [(SUMMER, None), (None, None)]


@FEW
@given(
    st.lists(
        st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).filter(lambda moment: moment.hour > 3),  # noqa: DTZ001
        min_size=1,
    ),
    st.sampled_from(["%Y-%m-%d", "%Y%m%d", "SHORT %Y", "%d MONTH %Y"]),
    st.sampled_from([" %H:%M:%S", " %H.%M.%S", " kl. %H.%M.%S", " %H%M%S", "T%H:%M:%S", " %H:%M:%S,000"]),
)
def test_a_time_written_in_any_swedish_form_reads_back(written: list[datetime], day: str, clock: str) -> None:
    """Outside the hours when the clocks change: every form gives the second back."""
    read = _read("datetime", *(_swedish(moment, day + clock) for moment in written))
    plain = _read("datetime", *(moment.isoformat(" ", "seconds") for moment in written))
    assert read == [(value, None) for value, _ in plain]
    assert None not in [value for value, _ in plain]


# Periods

PERIODS = {
    "2026-W05": ("2026-W05", None),
    "2026W5": ("2026-W05", None),
    "2026v5": ("2026-W05", None),
    "2026 v. 6": ("2026-W06", None),
    "2026 vecka 6": ("2026-W06", None),
    "v. 6 2026": ("2026-W06", None),
    f"v.{NBSP}6 2026": ("2026-W06", None),
    "v6 2026": ("2026-W06", None),
    "vecka 53, 2026": ("2026-W53", None),
    "V06-2026": ("2026-W06", None),
    "maj 2026": ("2026-05", None),
    "Maj-2026": ("2026-05", None),
    "2026 maj": ("2026-05", None),
    "sept. 2026": ("2026-09", None),
    "2026-05": ("2026-05", None),
    "2026/05": ("2026-05", None),
    "2026M05": ("2026-05", None),
    "202605": ("2026-05", None),
    "2026-05-17": ("2026-05-17", None),
    "20260517": ("2026-05-17", None),
    "17 maj 2026": ("2026-05-17", None),
    "03/04/2026": (None, "ambiguous_date"),
    "2027-W53": (None, "not_a_period"),
    "vecka 6": (None, "not_a_period"),
    "maj": (None, "not_a_period"),
    "maj -26": (None, "not_a_period"),
    "fjol 2026": (None, "not_a_period"),
    "2026": (None, "not_a_period"),
    "45123": (None, "not_a_period"),
    "2026-05-01 00:00:00": (None, "not_a_period"),
}


def test_a_period_in_each_form() -> None:
    """Weeks, months and days."""
    assert dict(zip(PERIODS, _read("period", *PERIODS), strict=True)) == PERIODS


def test_six_digits_are_months_unless_the_column_shows_that_they_are_weeks() -> None:
    """202613 can only be a week; then 202605 beside it may be one too, and neither is read."""
    assert _read("period", "202605", "202612") == [("2026-05", None), ("2026-12", None)]
    assert _read("period", "202605", "202613") == [(None, "ambiguous_period"), (None, "ambiguous_period")]


# Yes and no


def test_words_for_yes_and_no() -> None:
    """Swedish and English, whole and one letter."""
    yes, no = ["ja", "J", "Yes", "true", "SANT", "1", "x"], ["nej", "N", "No", "false", "FALSKT", "0"]
    assert _read("boolean", *yes) == [(True, None)] * len(yes)
    assert _read("boolean", *no) == [(False, None)] * len(no)
    assert _read("boolean", "kanske") == [(None, "not_a_boolean")]


def test_a_column_ticked_with_x_says_no_where_it_is_empty() -> None:
    """It is told once; where any other word stands, or no X at all, an empty cell is missing."""
    assert _read("boolean", "X", None, "x", None) == [
        (True, None),
        (False, "blank_is_no"),
        (True, None),
        (False, None),
    ]
    assert _read("boolean", "X", None, "nej") == [(True, None), (None, None), (False, None)]
    assert _read("boolean", None, None) == [(None, None), (None, None)]


# Missing


@pytest.mark.parametrize("mark", ["–", ".", "..", "x", "saknas", "#N/A", "#SAKNAS!", "#REF!", "#DIVISION/0!"])
def test_marks_for_missing(mark: str) -> None:
    """In numbers and dates; in free text only what a spreadsheet shows for an error, in yes and no all but X."""
    alike = {kind: is_missing(Column("c", kind, False, "", "C"), pa.array([mark])).to_pylist() for kind in _KINDS}
    assert alike == {"number": [True], "date": [True], "text": [mark.startswith("#")], "boolean": [mark != "x"]}


_KINDS: tuple[Type, ...] = ("number", "date", "text", "boolean")
