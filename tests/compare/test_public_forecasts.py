"""The forecast on public series, against the seasonal naive: error, coverage, sums that hold."""

import csv
import gzip
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from vardbalans.engine.need import LEVELS, History, coherent_outlooks, hourly_outlook, outlooks
from vardbalans.engine.periods import Period, country_calendar, swedish_calendar

DATA = Path(__file__).parents[3] / "shared" / "data"
LOW, MEDIAN, HIGH = (LEVELS.index(level) for level in (0.1, 0.5, 0.9))


def rows_of(path):
    file = DATA / path
    if not file.exists():
        pytest.skip(f"the public data file {file.name} is not on this machine")
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        return list(csv.reader(stream))


def covered(values, quantiles):
    return float(np.mean((values >= quantiles[:, LOW]) & (values <= quantiles[:, HIGH])))


@pytest.mark.parametrize("origin", [60, 54, 48, 42])
def test_hospital_series_are_forecast_a_fifth_better_and_intervals_hold(origin):
    rows = rows_of("forecasting/hospital_dev.csv.gz")
    values = np.array([[float(cell) for cell in row[1:]] for row in rows[1:]]).T
    past, came = values[:, :origin], values[:, origin : origin + 12]
    start = Period.parse(rows[1][0])
    histories = [History(f"s{n}", start, series) for n, series in enumerate(past)]
    found = outlooks(histories, 12, 12, swedish_calendar(2000, 2007)).series
    scale = np.abs(past[:, 12:] - past[:, :-12]).mean(axis=1)
    error = (np.abs(np.stack([outlook.mean for outlook in found]) - came).mean(axis=1) / scale).mean()
    naive = (np.abs(past[:, -12:] - came).mean(axis=1) / scale).mean()
    assert error < 0.82 * naive
    quantiles = np.stack([outlook.quantiles for outlook in found])
    assert 0.77 < covered(came, quantiles) < 0.83
    assert 0.87 < float(np.mean((came >= quantiles[:, 0]) & (came <= quantiles[:, -1]))) < 0.93


def emergency():
    rows = rows_of("forecasting/ed_hourly_iowa_dev.csv.gz")
    first = date.fromisoformat(rows[1][6])
    hours = np.full(((date.fromisoformat(rows[-1][6]) - first).days + 1, 24), np.nan)
    for row in rows[1:]:
        hours[(date.fromisoformat(row[6]) - first).days, int(float(row[4]))] = float(row[5])
    return Period(first, "day"), hours


def test_weekly_arrivals_are_forecast_better_and_intervals_hold():
    """By hour of the day, and by part of the day on weekdays and weekends: 36 series of three and a half years."""
    start, hours = emergency()
    weeks = hours[: len(hours) // 7 * 7].reshape(-1, 7, 24)
    parts = [
        days[:, :, hour : hour + 4].sum(axis=(1, 2))
        for days in (weeks[:, :5], weeks[:, 5:])
        for hour in range(0, 24, 4)
    ]
    counts = np.vstack([weeks.sum(axis=1).T, *parts])
    first, made, plain, inside = Period(start.start, "week"), 0.0, 0.0, []
    for end in range(counts.shape[1] - 52, counts.shape[1], 13):
        histories = [History(f"s{n}", first, row[:end]) for n, row in enumerate(counts)]
        found = outlooks(histories, 13, 52, country_calendar("US", 2012, 2018)).series
        came = counts[:, end : end + 13]
        made += np.abs(np.stack([outlook.mean for outlook in found]) - came).sum()
        plain += np.abs(counts[:, end - 52 : end - 39] - came).sum()
        inside.append(covered(came, np.stack([outlook.quantiles for outlook in found])))
    assert made < 0.82 * plain
    assert 0.77 < np.mean(inside) < 0.83


def test_daily_arrivals_are_forecast_a_fifth_better():
    start, hours = emergency()
    days, made, plain, inside = hours.sum(axis=1), [], [], []
    for end in range(len(days) - 28, len(days) - 14 * 28, -28):
        (found,) = outlooks([History("ed", start, days[:end])], 28, 7, country_calendar("US", 2012, 2018)).series
        came = days[end : end + 28]
        made.append(np.abs(found.mean - came).mean())
        plain.append(np.abs(np.tile(days[end - 7 : end], 4) - came).mean())
        inside.append(covered(came[None], found.quantiles[None]))
    assert np.mean(made) < 0.8 * np.mean(plain)
    assert 0.77 < np.mean(inside) < 0.83


def test_hourly_arrivals_are_forecast_a_fifth_better():
    start, hours = emergency()
    came = hours[-28:]
    found = hourly_outlook(start, hours[:-28], 28, country_calendar("US", 2012, 2018))
    assert np.abs(found.mean - came).mean() < 0.8 * np.abs(np.tile(hours[-35:-28], (4, 1)) - came).mean()
    assert 0.76 < np.mean((came >= found.quantiles[LOW]) & (came <= found.quantiles[HIGH])) < 0.84


def areas():
    rows = rows_of("nhs/england_rtt_flow_stp.csv.gz")
    months = sorted({row[1][:7] for row in rows[1:]})
    values = {row[0]: np.full(len(months), np.nan) for row in rows[1:]}
    for row in rows[1:]:
        values[row[0]][months.index(row[1][:7])] = float(row[6])
    return Period.parse(months[0]), values


def inflow(start, values, past, horizon):
    histories = [History(name, start, series[:past]) for name, series in values.items()]
    return coherent_outlooks(histories, {"all": list(values)}, horizon, 12, country_calendar("GB-ENG", 2019, 2026))


def test_inflow_of_areas_adds_up_and_beats_last_year():
    start, values = areas()
    past = len(next(iter(values.values()))) - 6
    found = inflow(start, values, past, 6)
    came = np.stack([series[past:] for series in values.values()])
    made = np.stack([found.mean[name] for name in values])
    last_year = np.stack([series[past - 12 : past - 6] for series in values.values()])
    assert np.abs(made - came).sum() < 0.8 * np.abs(last_year - came).sum()
    assert found.mean["all"] == pytest.approx(made.sum(axis=0), rel=1e-9)


@pytest.mark.parametrize("horizon", [6, 12])
def test_intervals_of_areas_hold_in_the_mean_of_all_months_they_can_be_made_in(horizon):
    """From two years of history on. Single months are far off: the areas are right or wrong together."""
    start, values = areas()
    inside, within_ninety = [], []
    for past in range(24, len(next(iter(values.values()))) - horizon + 1):
        found = inflow(start, values, past, horizon)
        quantiles = np.stack([found.quantiles[name] for name in values])
        came = np.stack([series[past : past + horizon] for series in values.values()])
        inside.append(covered(came, quantiles))
        within_ninety.append(np.mean((came >= quantiles[:, 0]) & (came <= quantiles[:, -1])))
    assert 0.77 < np.mean(inside) < 0.83
    assert 0.87 < np.mean(within_ninety) < 0.93
