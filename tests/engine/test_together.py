"""The forecasts of all services: months borrow from each other, weeks stand alone, both are told by the week."""

from dataclasses import replace

import numpy as np
import pytest

from tests.strategies import CALENDAR, HISTORY, flat_series, series, service
from vardbalans.engine.inputs import Adjustment
from vardbalans.engine.need import forecast, forecasts, judged_forecasts
from vardbalans.engine.need.together import periods_of_all
from vardbalans.engine.periods import Period, month_shares, weeks_from
from vardbalans.engine.sampling import stream

MONTHS = 48
FIRST = Period.parse("2022-11")
WEEKS = weeks_from(Period.parse("2026-W45"), 52)


def monthly(count=12, months=MONTHS):
    """Counts with one season in common, of different sizes."""
    season = 1 + 0.2 * np.sin(2 * np.pi * np.arange(months) / 12)
    return {f"m{n:02d}": series(stream(n, "months").poisson((40 + 20 * n) * season), start=FIRST) for n in range(count)}


def of(needs, draws=200, seed=1):
    return forecasts(needs, WEEKS, CALENDAR, draws, seed)


def test_the_order_of_services_plays_no_part():
    needs = monthly()
    one, two = of(needs), of(dict(reversed(needs.items())))
    for name in needs:
        assert one[name].mean == pytest.approx(two[name].mean, rel=1e-9)
        assert one[name].draws == pytest.approx(two[name].draws, rel=1e-6)


def test_a_weekly_service_is_forecast_as_if_it_were_alone():
    weekly = flat_series(40)
    found = of({"w": weekly, **monthly(3)}, 50, 7)["w"]
    alone = forecast(weekly, WEEKS, CALENDAR, 50, stream(7, "need", "w"))
    assert np.array_equal(found.mean, alone.mean)
    assert np.array_equal(found.draws, alone.draws)


def test_months_are_split_over_their_weeks_by_working_days():
    found = of(monthly())["m05"]
    shares = month_shares(found.weeks, CALENDAR)
    by_hand = sum(found.months.mean[n] * shares.get(month, 0) for n, month in enumerate(found.months.periods))
    assert found.mean == pytest.approx(by_hand)
    assert found.draws.shape == (200, 52)
    assert found.draws.mean(axis=0) == pytest.approx(found.mean, rel=0.1)


def test_the_factors_of_a_month_multiply_to_its_mean():
    months = of(monthly())["m05"].months
    assert np.prod(list(months.factors.values()), axis=0) == pytest.approx(months.mean)
    top = max(range(12), key=lambda n: months.factors["season"][n])
    assert months.periods[top].start.month in (1, 2, 3)  # the sine is at its height in February


def test_services_borrow_what_they_have_in_common():
    """A small service's season is lost in its noise when alone, and seen in the others'."""
    small = {"small": series(stream(3, "small").poisson(4 * (1 + 0.5 * np.sin(np.arange(MONTHS) * np.pi / 6))), FIRST)}
    others = {
        f"o{n}": series(stream(n, "o").poisson(300 * (1 + 0.5 * np.sin(np.arange(MONTHS) * np.pi / 6))), FIRST)
        for n in range(20)
    }
    truth = 1 + 0.5 * np.sin((MONTHS + np.arange(12)) * np.pi / 6)

    def miss(found):
        mean = found["small"].months.mean[:12]
        return np.abs(mean / mean.mean() - truth).mean()

    assert miss(of(small | others)) < miss(of(small))


def test_short_and_sparse_series_keep_the_regression_and_say_so():
    needs = monthly(2) | {"short": monthly(1, 20)["m00"], "none": series([0.0] * MONTHS, start=FIRST)}
    needs["short"] = series(needs["short"].values, start=FIRST.next(MONTHS - 20))
    found = of(needs)
    assert (found["short"].method, found["m00"].method) == ("short_regression", "together")
    assert found["none"].mean == pytest.approx(np.zeros(52), abs=0.2)
    assert "none" not in periods_of_all(needs, 3, CALENDAR, 5, 1)


def test_own_periods_are_those_that_were_split_over_weeks():
    needs = monthly(3) | {"w": series(stream(9, "counts").poisson(40, HISTORY))}
    used = of(needs, draws=50)["m01"].months
    made = periods_of_all(needs, len(used.periods), CALENDAR, 50, 1)
    assert made["m01"][0] == pytest.approx(used.mean, rel=1e-9)
    assert made["m01"][1] == pytest.approx(used.draws, rel=1e-9)
    assert made["w"][0].shape == used.mean.shape


def test_what_planners_know_is_applied_to_both():
    weekly, month = service(need=flat_series(40)), service(need=monthly(1)["m00"])
    month = replace(month, service=replace(month.service, service_id="m"))
    first, last = WEEKS[0].start, WEEKS[-1].days[-1]
    more = [
        Adjustment(name, name, first, last, first, "Planerare", "clinic", "Skäl", factor=1.5)
        for name in (weekly.service.service_id, "m")
    ]
    plain = judged_forecasts([weekly, month], WEEKS, [], 20, 1)
    found = judged_forecasts([weekly, month], WEEKS, more, 20, 1)
    assert found["m"].base.method == "together"
    for name, row in found.items():
        assert row.forecast.mean == pytest.approx(1.5 * plain[name].forecast.mean)
    assert judged_forecasts([], WEEKS, [], 20, 1) == {}
