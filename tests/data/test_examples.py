"""The region's own list: every measure can be followed, no figure is made up, and the arithmetic comes out."""

import re

import pytest

from vardbalans.data.improving.examples import SOURCES, examples, matching, stock_by_year
from vardbalans.data.improving.series import INDICATORS, SERIES
from vardbalans.data.scenarios import levers


@pytest.mark.parametrize("row", examples().values(), ids=examples())
def test_every_example_says_what_measures_it_and_invents_nothing(row):
    assert row.indicator in INDICATORS or row.indicator.startswith(SERIES)
    assert row.data
    assert row.follow_up
    assert row.arithmetic
    assert row.figure
    assert not row.lever or row.lever in levers()
    for figure in row.figure:
        has_value = figure.value is not None or bool(figure.values)
        assert has_value == (figure.source in SOURCES) == (not figure.is_assumption)


def test_what_the_arithmetic_says_is_what_the_figures_give():
    rows = {name: {figure.what: figure for figure in row.figure} for name, row in examples().items()}
    share, base = (figure.value for figure in rows["digital_notices"].values())
    assert share * base == 22_000_000
    hour, hours = (figure.value for figure in rows["rpa"].values())
    assert hour * hours == 125_000_000
    assert stock_by_year(next(iter(rows["vehicle_pool"].values())).values) == (6, 32, 52)


def test_the_list_is_that_of_the_region():
    assert len(examples()) == 14
    numbers = [number for row in examples().values() for number in row.capabilities]
    assert len(numbers) == len(set(numbers))
    assert set(numbers) <= set(range(1, 52))


def test_words_are_sought_in_all_an_example_says():
    assert {row.id for row in matching("graddagar")} == {"energy"}
    assert {row.id for row in matching("250 KR robot")} == {"rpa", "cleaning_robots"}
    assert matching("finns inte") == ()
    assert len(matching("")) == len(examples())


def test_no_text_holds_a_figure_that_is_not_among_the_figures():
    """Kronor and shares in the arithmetic come from the figures, or follow from them."""
    derived = {"22", "125", "32", "52", "60", "1", "100", "2026", "2027", "2028", "6", "26", "20", "25", "0", "5"}
    for row in examples().values():
        known = {f"{value:g}" for figure in row.figure for value in (figure.value, *figure.values) if value is not None}
        known |= {"88", "500", "000", "250"} | derived | known
        assert set(re.findall(r"\d+", row.arithmetic)) <= known, row.id
