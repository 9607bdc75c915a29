"""The Sicilian smoking ban: the published figures of a teaching data set, and the classic error beside them.

Source: Lopez Bernal, Cummins and Gasparrini 2017, *Interrupted time series regression for the evaluation of public
health interventions: a tutorial*.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

from vardbalans.engine.effects.interrupted import Form, Series, effect

FILE = Path(__file__).parents[3] / "shared" / "data" / "spc-its" / "sicily" / "sicily.csv"
pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the Sicilian series is not on this machine")
START = 36


@pytest.fixture(scope="module")
def admissions():
    rows = list(csv.DictReader(FILE.read_text().splitlines()))
    values, people = (np.array([float(row[name]) for row in rows]) for name in ("aces", "stdpop"))
    return Series(np.arange(len(rows)), values, people, season=12)


def told(interval):
    return interval.estimate, interval.low, interval.high


def test_a_step_without_season(admissions):
    assert told(effect(admissions, START, Form("poisson")).step) == pytest.approx((0.8944, 0.8647, 0.9251), abs=5e-5)


def test_a_step_with_two_harmonics(admissions):
    found = effect(admissions, START, Form("quasipoisson", harmonics=2))
    assert told(found.step) == pytest.approx((0.8851, 0.8394, 0.9332), abs=5e-5)
    assert found.dispersion == pytest.approx(2.2622, abs=5e-5)
    assert found.verdict == "shown"


def test_a_change_of_slope_is_centred_and_not_the_classic_error(admissions):
    found = effect(admissions, START, Form("quasipoisson", harmonics=2, slope=True))
    assert told(found.step) == pytest.approx((0.8765, 0.8268, 0.9292), abs=5e-5)
    # Uncentred, the step is the change at the beginning of time: 36 months of slope before the start.
    assert found.step.estimate * found.slope.estimate**-START == pytest.approx(0.8309, abs=5e-5)


def test_our_own_interval_holds_the_published_and_shows_the_effect(admissions):
    found = effect(admissions, START)
    assert (found.model, found.harmonics) == ("quasipoisson", 2)
    assert found.step.low < 0.8851 < found.step.high
    assert found.verdict == "shown"
