"""Numbers, weeks and order of names, by the table that defines them."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import translation

from vardbalans.engine.errors import BadInput
from vardbalans.web import numbers
from vardbalans.web.ordering import swedish_order
from vardbalans.web.typed import read_count, read_number

CASES = json.loads((Path(__file__).parent / "numbers.json").read_text("utf-8"))
SHOWN = [(name, *case) for name in ("number", "signed", "percent", "hours") for case in CASES[name]]


@pytest.mark.parametrize(("name", "value", "decimals", "swedish", "english"), SHOWN)
def test_shown_as_the_table_says(name, value, decimals, swedish, english) -> None:
    value = float(value) if isinstance(value, str) else value
    for language, expected in (("sv", swedish), ("en", english)):
        with translation.override(language):
            assert getattr(numbers, name)(value, decimals) == expected


def test_weeks() -> None:
    with translation.override("sv"):
        assert numbers.week("2026-W05") == "v.\u00a05"
        assert numbers.week_and_year("2026-W53") == "v.\u00a053\u00a02026"
        assert numbers.week_and_year("2025-07") == "2025-07"
    with translation.override("en"):
        assert numbers.week_and_year("2026-W05") == "wk\u00a05\u00a02026"


def test_moments_are_shown_in_stockholm_on_both_sides_of_the_autumn_night() -> None:
    assert numbers.moment(datetime(2026, 10, 25, 0, 30, tzinfo=UTC)) == "2026-10-25 02:30"
    assert numbers.moment(datetime(2026, 10, 25, 1, 30, tzinfo=UTC)) == "2026-10-25 02:30"
    assert numbers.moment("2026-11-22T03:50:00+00:00") == "2026-11-22 04:50"
    assert numbers.moment("2026-11-20") == "2026-11-20"
    assert numbers.moment(None) == "–"


def test_names_stand_in_swedish_order_and_numbers_by_size() -> None:
    right = ["Arboga", "Sal 2", "Sal 10", "Zinkgruvan", "Ånge", "Ängelholm", "Öland"]
    assert sorted({*right}, key=swedish_order) == right


@pytest.mark.parametrize(("text", "swedish", "english"), CASES["read"])
def test_read_as_the_table_says(text, swedish, english) -> None:
    for language, expected in (("sv", swedish), ("en", english)):
        if expected in {"no", "two"}:
            with pytest.raises(BadInput, match="två sätt" if expected == "two" else "inget tal"):
                read_number(text, language)
        else:
            assert read_number(text, language) == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize("text", ["5 %", "-1", "1,234", "1000000001"])
def test_a_count_is_from_zero_with_two_decimals_and_no_per_cent(text) -> None:
    assert read_count("12,25") == Decimal("12.25")
    with pytest.raises(BadInput):
        read_count(text)
