"""Purchased care against its contract: volumes by the days that have gone, prices as they held."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from tests.strategies import inputs, series, service
from vardbalans.engine.inputs import Contract
from vardbalans.engine.periods import Period
from vardbalans.engine.purchased import contract_outcomes

START = Period.parse("2025-W50")


def given(contracts, values=(9, 9, 9, 10, 10, 10, 10)):
    """Three weeks of 2025, of which the last begins on 29 December 2025 by the ISO calendar, and some of 2026."""
    item = service("op", need=series(values, START))
    return replace(inputs([item]), contracts=tuple(contracts))


def contract(price, volume, since=date(2025, 1, 1), provider="clinic"):
    return Contract(provider, "op", price, volume, since)


def test_what_is_performed_this_year_is_set_against_the_share_of_the_volume():
    (found,) = contract_outcomes(given([contract(1000, 365.25)]))
    assert (found.first, found.last) == (date(2026, 1, 5), date(2026, 1, 25))
    assert (found.performed, found.agreed, found.cost_ore) == (30, pytest.approx(21), 30_000)
    assert "143 %" in str(found.sentence)


def test_each_price_counts_from_its_day():
    rows = [contract(1000, 365.25), contract(2000, 730.5, date(2026, 1, 12))]
    (found,) = contract_outcomes(given(rows))
    assert found.cost_ore == 10 * 1000 + 20 * 2000
    assert found.agreed == pytest.approx(7 + 2 * 14)


def test_without_a_volume_there_is_no_share_and_without_activity_no_outcome():
    (found,) = contract_outcomes(given([contract(1000, None)]))
    assert found.agreed is None
    assert "inget tak" in str(found.sentence)
    assert contract_outcomes(given([contract(1000, 10.0, provider="other")])) == ()
    assert contract_outcomes(given([contract(1000, 10.0, date(2030, 1, 1))])) == ()
    assert contract_outcomes(given([])) == ()
    assert np.isfinite(found.cost_ore)
