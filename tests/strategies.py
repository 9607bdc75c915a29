"""Small worlds to test the engine in: one clinic by hand, and random ones by Hypothesis."""

from datetime import date

import numpy as np
from hypothesis import strategies as st

from vardbalans.engine.catalogue import Dated, Opening, Recipe, Resource, Service, Unit
from vardbalans.engine.explain import Source
from vardbalans.engine.inputs import Inputs, ListState, ResourceInput, Series, ServiceInput
from vardbalans.engine.periods import Period, swedish_calendar, weeks_from

CALENDAR = swedish_calendar(2020, 2030)
START = Period.parse("2023-W44")
HISTORY = 156
WEEKS = weeks_from(START.next(HISTORY), 52)
LONG_AGO = date(2020, 1, 6)


def series(values, start=START, table="referrals"):
    return Series(start, np.asarray(values, dtype=np.float64), Source.of(table, service_id="s"))


def flat_series(level, weeks=HISTORY):
    """Counts that follow the working days and nothing else."""
    days = CALENDAR.working_days_of(weeks_from(START, weeks))
    return series(level * days / 5)


def waiting_list(inflow, treated, queue):
    """A list over the same weeks that ends with *queue* waiting."""
    flows = inflow - treated
    waiting = queue - flows.sum() + np.cumsum(flows)
    return ListState(
        series(inflow), series(treated), series(waiting), series(np.zeros(len(inflow))), float(waiting[0] - flows[0])
    )


def service(name="s", *, need=None, state=None, limit_days=None, kind="first_visit", **more):
    need = state.inflow if state else need
    return ServiceInput(
        Service(name, name, "clinic", kind, "first_visit" if limit_days else "none"),
        CALENDAR,
        need,
        state is not None,
        state,
        more.pop("performed", need),
        limit_days=limit_days,
        **more,
    )


def room(name="room", *, sets=3.0, minutes=420.0, utilisation=0.75, unit_id="clinic", shift=420):
    openings = tuple(Opening(sets, minutes, False, LONG_AGO, weekday=day) for day in range(1, 6))
    return ResourceInput(
        Resource(name, name, unit_id, "room", shift), CALENDAR, openings, (Dated(LONG_AGO, utilisation),)
    )


def recipe(service_id="s", resource_id="room", minutes=90.0, per="activity"):
    return Recipe(service_id, resource_id, minutes, per, LONG_AGO)


def inputs(services, resources=(), recipes=(), conversions=()):
    return Inputs(
        1,
        "f" * 64,
        WEEKS[0].start,
        WEEKS,
        {"clinic": Unit("clinic", "Kliniken", "clinic")},
        tuple(services),
        tuple(resources),
        tuple(recipes),
        tuple(conversions),
    )


levels = st.floats(5, 200)
weekly_counts = st.lists(st.integers(0, 300), min_size=HISTORY, max_size=HISTORY).filter(
    lambda counts: sum(counts) > 50
)
