"""What comes in and what can be treated, per service and week: level × growth × season × noise, and planned slots."""

from datetime import date

import numpy as np

from vardbalans.data.demo import clock
from vardbalans.data.demo.clock import FIRST, LAST, TOTAL, YEARS, Floats, Ints
from vardbalans.data.demo.region import BAD_CLINICS, Service, throughput

__all__ = ["BAD_YEAR", "CLOSED_ROOM", "REMINDER", "arrivals", "expected_inflow", "lost_shares", "mean_shape", "slots"]

BAD_YEAR = (date(2024, 2, 5), date(2024, 6, 30), 0.62)
"""First and last day of the bad year's cut, and the share of planned care that was left."""
CLOSED_ROOM = ("MED-A", date(2026, 3, 2), 0.85)
"""The clinic that closed a room, from when, and the share of its visits that was left."""
REMINDER = ("BUP-S", date(2025, 9, 1), 0.65)
"""The clinic whose reminders worked, from when, and the true factor on its no-shows."""


def mean_shape(service: Service) -> float:
    """Return the mean of the seasonal shape over the data's weeks."""
    return float(clock.demand_shape(not service.round_the_clock)[FIRST:LAST].mean())


def expected_inflow(service: Service) -> Floats:
    """Return expected demand per week of a service with demand from outside (shape TOTAL)."""
    growth = np.exp(service.clinic.profile.growth * YEARS)
    return service.level * growth * clock.demand_shape(not service.round_the_clock)


def arrivals(service: Service, rng: np.random.Generator) -> Ints:
    """Return the week of every request from outside, until the data end: negative binomial around the expected."""
    noise = service.clinic.profile.noise
    expected = expected_inflow(service)[:LAST]
    counts = rng.poisson(expected * rng.gamma(1 / noise, noise, LAST))
    return np.repeat(np.arange(LAST), counts)


def slots(service: Service, rng: np.random.Generator) -> Ints:
    """Return how many can be given a time each week; bookings ahead fill up less and less."""
    kept = throughput(service) * mean_shape(service) / service.attended
    growth = np.exp(service.clinic.profile.growth * YEARS)
    planned = kept * service.supply * growth * clock.availability() * _setbacks(service)
    planned[: service.backlog_weeks + (8 if service.mode == "induced" else 0)] = 0
    planned[LAST:] *= np.linspace(0.95, 0.25, TOTAL - LAST)
    whole: Ints = np.floor(planned + rng.random(TOTAL)).astype(np.int64)
    return whole


def _setbacks(service: Service) -> Floats:
    factor = np.ones(TOTAL)
    first, last, left = BAD_YEAR
    if service.clinic.profile.code in BAD_CLINICS and service.suffix in ("NB", "OP") and service.unit_id[0] != "E":
        factor[clock.day_index(first) // 7 : clock.day_index(last) // 7 + 1] *= left
    clinic, since, left = CLOSED_ROOM
    if service.clinic.code == clinic:
        factor[clock.day_index(since) // 7 :] *= left
    return factor


def lost_shares(service: Service) -> tuple[Floats, Floats]:
    """Return the probabilities per week of no-show and of late cancellation."""
    no_show = np.full(TOTAL, service.no_show)
    clinic, since, factor = REMINDER
    if service.clinic.code == clinic:
        no_show[clock.day_index(since) // 7 :] *= factor
    return no_show, np.full(TOTAL, service.late_cancel)
