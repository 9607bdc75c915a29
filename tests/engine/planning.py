"""Small planning problems, by hand and by Hypothesis, for the tests of the plan."""

import numpy as np
from hypothesis import strategies as st

from vardbalans.engine.periods import Period, weeks_from
from vardbalans.engine.plan.data import Link, Loan, Plan, PlannedResource, PlannedService, Problem, Use, Way, Weights

FIRST = Period.parse("2026-W10")


def flat(value, weeks):
    return np.full(weeks, float(value))


def service(name="s", *, need=0.0, minutes=10.0, weeks=1, resource="room", way=None, **more):
    ways = more.pop("ways", None) or (way or Way("own", "egen", (Use(resource, minutes),)),)
    series = need if isinstance(need, np.ndarray) else flat(need, weeks)
    return PlannedService(name, name, series, ways, **more)


def room(name="room", *, minutes=100.0, weeks=1, **more):
    series = minutes if isinstance(minutes, np.ndarray) else flat(minutes, weeks)
    return PlannedResource(name, name, series, **more)


def problem(services, resources=None, *, weeks=1, **more):
    return Problem(weeks_from(FIRST, weeks), tuple(services), tuple(resources or (room(weeks=weeks),)), **more)


def plan(**rows):
    """Return a plan of services made their own way: ``plan(s=[1, 2])``."""
    return Plan({(name, "own"): np.array(values, dtype=float) for name, values in rows.items()})


@st.composite
def problems(draw, *, guarantee=False):
    """Return problems of 1–3 services and 1–2 resources over 2–4 weeks, in whole numbers."""
    weeks = draw(st.integers(2, 4))
    counts = st.integers(0, 12)
    rooms = ["a", "b"][: draw(st.integers(1, 2))]
    services = []
    for name in ["x", "y", "z"][: draw(st.integers(1, 3))]:
        queue = float(draw(counts))
        limit = draw(st.sampled_from([None, 0, 1, 2]))
        due = flat(0, weeks)
        due[draw(st.integers(0, weeks - 1))] = draw(st.integers(0, int(queue)))
        uses = tuple(Use(resource, float(draw(st.integers(1, 6)))) for resource in rooms)
        services.append(
            service(
                name,
                need=np.array([float(draw(counts)) for _ in range(weeks)]),
                way=Way("own", "egen", uses),
                queue=queue,
                due=due if limit is not None else None,
                limit_weeks=limit,
            )
        )
    links = ()
    if len(services) > 1 and draw(st.booleans()):
        links = (Link("x", "y", 0.5, (0.0, 1.0)),)
    resources = [
        room(name, minutes=np.array([float(draw(st.integers(0, 80))) for _ in range(weeks)])) for name in rooms
    ]
    start = draw(st.integers(0, weeks - 1)) if guarantee else None
    return problem(services, resources, weeks=weeks, links=links, guarantee_from=start)


def performed(name, by, minutes, **more):
    """Return the way of *name* that the unit of *by* performs, in its own room."""
    return Way(by, by, (Use(f"room-{by}", minutes),), more.pop("cost_ore", 0.0), performer=by, **more)


@st.composite
def sites(draw):
    """Return 2–3 units over 2–4 weeks, each with a list and a room, that may do each other's work and lend staff."""
    weeks = draw(st.integers(2, 4))
    names = ["x", "y", "z"][: draw(st.integers(2, 3))]
    counts, services, loans = st.integers(0, 12), [], []
    for name in names:
        queue, limit = float(draw(counts)), draw(st.sampled_from([None, 0, 1, 2]))
        due = flat(0, weeks)
        due[draw(st.integers(0, weeks - 1))] = draw(st.integers(0, int(queue)))
        minutes = float(draw(st.integers(1, 6)))
        ways = [Way("own", "egen", (Use(f"room-{name}", minutes),))]
        for other in names:
            if other != name and draw(st.booleans()):
                most = draw(st.sampled_from([None, 1.0, 4.0]))
                travel = draw(st.sampled_from([None, 0.0, 30.0]))
                ways.append(performed(name, other, minutes, weekly_most=most, travel_minutes=travel))
                loans.append(Loan(f"room-{name}", f"room-{other}", float(draw(counts)), 0.25))
        need = np.array([float(draw(counts)) for _ in range(weeks)])
        services.append(
            service(
                name,
                need=need,
                ways=tuple(ways),
                queue=queue,
                due=due if limit is not None else None,
                limit_weeks=limit,
            )
        )
    rooms = [
        room(f"room-{name}", minutes=np.array([float(draw(st.integers(0, 60))) for _ in range(weeks)]))
        for name in names
    ]
    return problem(services, rooms, weeks=weeks, loans=tuple(loans) if draw(st.booleans()) else ())


PLAIN = Weights(change=0.0, waiting=0.0)
