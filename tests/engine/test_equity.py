"""Equity of waiting: the longest median over the shortest."""

from hypothesis import given
from hypothesis import strategies as st

from vardbalans.engine.waitlist.equity import Equity, equity_of

MEDIANS = st.dictionaries(st.text(min_size=1, max_size=3), st.none() | st.integers(0, 400).map(float), max_size=6)


def test_who_waits_longest_and_shortest() -> None:
    found = equity_of({"Söderby": 20.0, "Älvsta": 50.0, "Norrhamra": None})
    assert found == Equity("Älvsta", 50.0, "Söderby", 20.0)
    assert found.ratio == 2.5


def test_fewer_than_two_are_compared_with_nothing_and_no_wait_has_no_ratio() -> None:
    assert equity_of({}) is None
    assert equity_of({"a": 3.0, "b": None}) is None
    found = equity_of({"a": 3.0, "b": 0.0})
    assert found is not None
    assert found.ratio is None


@given(MEDIANS, st.integers(1, 9))
def test_the_ratio_is_at_least_one_and_knows_no_unit_of_time(medians, times) -> None:
    found = equity_of(medians)
    known = [days for days in medians.values() if days is not None]
    if found is None:
        assert len(known) < 2
        return
    assert (found.longest_days, found.shortest_days) == (max(known), min(known))
    assert (medians[found.longest], medians[found.shortest]) == (max(known), min(known))
    scaled = equity_of({name: None if days is None else days * times for name, days in medians.items()})
    assert scaled is not None
    assert scaled.ratio == found.ratio
    assert found.ratio is None or found.ratio >= 1
