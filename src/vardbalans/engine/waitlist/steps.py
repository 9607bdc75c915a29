"""One step of the lists after another, person by person counts: the inner loops of the cohort simulation, compiled.

People of one class who came in the same step are one cohort. A cohort stays in its cell for the whole run (its age is
the distance to the step at hand), so nothing is moved as time passes, and treatment by age is a pointer per class that
only goes forward. Removals are found by walking from one to the next (gaps of a Poisson process over the people, each
as long as their hazard), which asks for a random number per removal instead of one per person.

Every function here is plain Python on arrays and runs as such where numba is told not to compile; compiled it is a
hundred times faster and lets other threads run meanwhile.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vardbalans.engine.compiling import compiled, part
from vardbalans.engine.units import Floats
from vardbalans.engine.waitlist.lists import Ints

__all__ = ["GUIDED", "Group", "Here", "Onward", "simulate"]
GUIDED = 64


class Group(NamedTuple):
    """Lists that are simulated together: L lists, K classes, A steps waited at the start, T steps ahead.

    *waiting* (L, K, A) by whole steps waited; *shares* (L, K) cumulative shares of those who come; *tier* and
    *target* (L, K): the lowest tier first, within it the lowest step of arrival + target; *urgent* (L, K); *hazard*
    (L, H) on the scale −ln(1 − probability); *in_order*, *urgent_share* and *moved_age* (L,); *limit* (L, A + T) in
    steps, by the step people came in, and *shortest* (L,) of them; *moved* (L, T) people who come from elsewhere having
    waited *moved_age* steps; *came_waited* (L, E) cumulative shares of the others who come, by steps waited.
    """

    waiting: Ints
    shares: Floats
    tier: Ints
    target: Ints
    urgent: npt.NDArray[np.bool_]
    hazard: Floats
    in_order: Floats
    urgent_share: Floats
    limit: Floats
    shortest: Floats
    moved: Ints
    moved_age: Ints
    came_waited: Floats


class Onward(NamedTuple):
    """Where the treated go on to: *origin* and *inside* (M,) are places in the group (−1: a list outside it).

    *share* (M, D) by draw, above one where each leads to several; *lags* (M, G) cumulative by whole steps; *guide*
    (M, GUIDED) where to begin the search in them for a number drawn between n / GUIDED and the next.
    """

    origin: Ints
    inside: Ints
    share: Floats
    lags: Floats
    guide: Ints


class Here(NamedTuple):
    """One draw as it stands, and where the outcome is written.

    *cells* (L, K, A + T): people by the step they came in; *first* (L, K): the first cell that may hold someone;
    *by_age* (A + T,): the treated of the step at hand. *flows* (4, L, K, D, T), zero at first: in, treated, removed,
    and waiting at the end; *waits* (6, L, D, T): people over the limit, median and 90th percentile of the steps
    waited, among those waiting and then among those treated.
    """

    cells: Ints
    first: Ints
    by_age: Ints
    flows: Ints
    waits: Floats

    @classmethod
    def of(cls, group: Group, draws: int, steps: int) -> "Here":
        """Return the place for *draws* of *group* over *steps*."""
        lists, classes, ages = group.waiting.shape
        return cls(
            np.zeros((lists, classes, ages + steps), np.int64),
            np.zeros((lists, classes), np.int64),
            np.zeros(ages + steps, np.int64),
            np.zeros((4, lists, classes, draws, steps), np.int32),
            np.empty((6, lists, draws, steps), np.float32),
        )


@compiled
def simulate(
    rng: np.random.Generator,
    group: Group,
    arriving: Ints,
    capacity: Ints,
    onward: Onward,
    led: Ints,
    here: Here,
) -> None:
    """Run all draws and fill in what happened, in *here* and in *led* (M, D, T), the people led on.

    *arriving* and *capacity* (L, D, T); to the former is added what the group leads to itself.
    """
    lists, ages = group.waiting.shape[0], group.waiting.shape[2]
    draws, steps = capacity.shape[1], capacity.shape[2]
    for draw in range(draws):
        _open(group, here)
        for step in range(steps):
            now = ages + step
            for at in range(lists):
                _remove(rng, group, here, at, now, draw, step)
                _arrive(rng, group, here, at, now, arriving[at, draw, step], draw, step)
                _enter(rng, group, here, at, now - group.moved_age[at], group.moved[at, step], draw, step)
                treated, youngest, oldest = _treat(rng, group, here, at, now, capacity[at, draw, step], draw, step)
                _describe_treated(group, here, at, treated, youngest, oldest, draw, step)
                _lead_on(rng, onward, at, treated, draw, step, led, arriving)
                waiting = _count(group, here, at, draw, step)
                _describe_waiting(group, here, at, waiting, now, draw, step)
        _check(here, draw, steps - 1)


@part
def _open(group: Group, here: Here) -> None:
    lists, classes, ages = group.waiting.shape
    for at in range(lists):
        for kind in range(classes):
            here.first[at, kind] = 0
            for cell in range(here.cells.shape[2]):
                here.cells[at, kind, cell] = group.waiting[at, kind, ages - 1 - cell] if cell < ages else 0


@part
def _remove(rng: np.random.Generator, group: Group, here: Here, at: int, now: int, draw: int, step: int) -> None:
    """Let each of those who waited when the step began leave with the probability of the steps waited."""
    last = group.hazard.shape[1] - 1
    gap = rng.standard_exponential()
    for kind in range(here.first.shape[1]):
        for cell in range(here.first[at, kind], now):
            people = here.cells[at, kind, cell]
            each = group.hazard[at, min(now - 1 - cell, last)]
            length = people * each if people > 0 else 0.0
            if length <= gap:
                gap -= length
                continue
            gone = people
            if each < np.inf:
                gone, taken = 0, -1
                while gap < length:
                    person = min(int(gap / each), people - 1)
                    if person != taken:
                        gone += 1
                        taken = person
                    gap += rng.standard_exponential()
                gap -= length
            here.cells[at, kind, cell] -= gone
            here.flows[2, at, kind, draw, step] += gone


@part
def _arrive(
    rng: np.random.Generator, group: Group, here: Here, at: int, now: int, people: int, draw: int, step: int
) -> None:
    """Let *people* come, each having waited as long as chance says."""
    left, shared = people, 0.0
    for age in range(group.came_waited.shape[1]):
        until = group.came_waited[at, age]
        some = left if until >= 1 else rng.binomial(left, (until - shared) / (1 - shared))
        shared = until
        left -= some
        _enter(rng, group, here, at, now - age, some, draw, step)
        if left == 0:
            break


@part
def _enter(
    rng: np.random.Generator, group: Group, here: Here, at: int, cell: int, people: int, draw: int, step: int
) -> None:
    """Put *people* into *cell*, each in a class by chance."""
    last = here.first.shape[1] - 1
    left, shared = people, 0.0
    for kind in range(last + 1):
        if left == 0:
            break
        share = (group.shares[at, kind] - shared) / (1 - shared) if shared < 1 else 1.0
        some = left if kind == last else rng.binomial(left, min(share, 1.0))
        shared = group.shares[at, kind]
        if some > 0:
            here.cells[at, kind, cell] += some
            here.flows[0, at, kind, draw, step] += some
            here.first[at, kind] = min(here.first[at, kind], cell)
            left -= some


@part
def _treat(
    rng: np.random.Generator, group: Group, here: Here, at: int, now: int, capacity: int, draw: int, step: int
) -> tuple[int, int, int]:
    """Treat as many as there is capacity for; return how many, and the fewest and most steps that they had waited."""
    kept = int(capacity * group.urgent_share[at] + 0.5)
    left, youngest, oldest = capacity, now, 0
    if kept > 0:
        unused, youngest, oldest = _in_order(group, here, at, now, kept, True, draw, step)
        left += unused - kept
    if group.in_order[at] < 1:
        anyone = int((1 - group.in_order[at]) * left + rng.random())
        unused, young, old = _whoever(rng, here, at, now, anyone, draw, step)
        left += unused - anyone
        youngest, oldest = min(youngest, young), max(oldest, old)
    left, young, old = _in_order(group, here, at, now, left, False, draw, step)
    return capacity - left, min(youngest, young), max(oldest, old)


@part
def _in_order(
    group: Group, here: Here, at: int, now: int, capacity: int, only_urgent: bool, draw: int, step: int
) -> tuple[int, int, int]:
    """Treat by tier, then by date of arrival + target; return the capacity left, fewest and most steps waited."""
    youngest, oldest = now, 0
    while capacity > 0:
        best, best_tier, best_due = -1, 0, 0
        for kind in range(here.first.shape[1]):
            cell = here.first[at, kind]
            while cell <= now and here.cells[at, kind, cell] == 0:
                cell += 1
            here.first[at, kind] = cell
            if cell > now or (only_urgent and not group.urgent[at, kind]):
                continue
            tier, due = group.tier[at, kind], cell + group.target[at, kind]
            if best < 0 or tier < best_tier or (tier == best_tier and due < best_due):
                best, best_tier, best_due = kind, tier, due
        if best < 0:
            break
        age = now - here.first[at, best]
        people = min(capacity, here.cells[at, best, now - age])
        here.cells[at, best, now - age] -= people
        here.flows[1, at, best, draw, step] += people
        here.by_age[age] += people
        youngest, oldest = min(youngest, age), max(oldest, age)
        capacity -= people
    return capacity, youngest, oldest


@part
def _whoever(
    rng: np.random.Generator, here: Here, at: int, now: int, capacity: int, draw: int, step: int
) -> tuple[int, int, int]:
    """Treat people drawn from all who wait, each as likely; return the capacity left, fewest and most steps waited."""
    waiting = 0
    for kind in range(here.first.shape[1]):
        for cell in range(here.first[at, kind], now + 1):
            waiting += here.cells[at, kind, cell]
    youngest, oldest = now, 0
    while capacity > 0 and waiting > 0:
        drawn = int(rng.random() * waiting)
        kind, cell = 0, here.first[at, 0]
        while cell > now or drawn >= here.cells[at, kind, cell]:
            if cell > now:
                kind += 1
                cell = here.first[at, kind]
            else:
                drawn -= here.cells[at, kind, cell]
                cell += 1
        here.cells[at, kind, cell] -= 1
        here.flows[1, at, kind, draw, step] += 1
        here.by_age[now - cell] += 1
        youngest, oldest = min(youngest, now - cell), max(oldest, now - cell)
        waiting -= 1
        capacity -= 1
    return capacity, youngest, oldest


@part
def _count(group: Group, here: Here, at: int, draw: int, step: int) -> int:
    """Write those who wait now, by class, and return how many: who waited before, and who came, less who left."""
    everyone = 0
    for kind in range(here.first.shape[1]):
        people = 0
        if step > 0:
            people = here.flows[3, at, kind, draw, step - 1]
        else:
            for age in range(group.waiting.shape[2]):
                people += group.waiting[at, kind, age]
        people += here.flows[0, at, kind, draw, step]
        people -= here.flows[1, at, kind, draw, step] + here.flows[2, at, kind, draw, step]
        here.flows[3, at, kind, draw, step] = people
        everyone += people
    return everyone


@part
def _check(here: Here, draw: int, last: int) -> None:
    """Hold the account against the people who are still in their cells: the two are kept apart all the way."""
    for at in range(here.cells.shape[0]):
        for kind in range(here.cells.shape[1]):
            people = 0
            for cell in range(here.cells.shape[2]):
                people += here.cells[at, kind, cell]
            if people != here.flows[3, at, kind, draw, last]:
                raise AssertionError("a list's account does not hold")


@part
def _describe_treated(
    group: Group, here: Here, at: int, people: int, youngest: int, oldest: int, draw: int, step: int
) -> None:
    """Write the treated over the limit, median and 90th percentile, linear inside a step; empty the counts by age."""
    here.waits[3, at, draw, step] = 0.0
    here.waits[4, at, draw, step] = here.waits[5, at, draw, step] = np.nan
    if people == 0:
        return
    age, reached, over, now = youngest, 0, 0.0, group.waiting.shape[2] + step
    for row in range(4, 6):
        rank = (0.5 if row == 4 else 0.9) * people
        while reached + here.by_age[age] < rank:
            reached += here.by_age[age]
            age += 1
        here.waits[row, at, draw, step] = age + (rank - reached) / here.by_age[age]
    for age in range(youngest, oldest + 1):
        over += here.by_age[age] * min(1.0, max(0.0, age + 1 - group.limit[at, now - age]))
        here.by_age[age] = 0
    here.waits[3, at, draw, step] = over


@part
def _describe_waiting(group: Group, here: Here, at: int, people: int, now: int, draw: int, step: int) -> None:
    """Write the waiting over the limit, median and 90th percentile, as for the treated: from the oldest on."""
    here.waits[0, at, draw, step] = 0.0
    here.waits[1, at, draw, step] = here.waits[2, at, draw, step] = np.nan
    if people == 0:
        return
    cell = here.first[at, 0]
    for kind in range(1, here.first.shape[1]):
        cell = min(cell, here.first[at, kind])
    older, over, row = 0, 0.0, 2
    rank = 0.1 * people  # counted from the oldest
    while row > 0 or now - cell + 1 > group.shortest[at]:
        some = 0
        for kind in range(here.first.shape[1]):
            some += here.cells[at, kind, cell]
        age = now - cell
        while row > 0 and older + some >= rank:
            here.waits[row, at, draw, step] = age + 1 - (rank - older) / some
            row -= 1
            rank = 0.5 * people
        if age + 1 > group.limit[at, cell]:
            over += some * min(1.0, age + 1 - group.limit[at, cell])
        older += some
        cell += 1
    here.waits[0, at, draw, step] = over


@part
def _lead_on(
    rng: np.random.Generator, onward: Onward, at: int, treated: int, draw: int, step: int, led: Ints, arriving: Ints
) -> None:
    """Send the treated on, each by chance, after a lag by chance; within a group at the earliest in the next step."""
    last = onward.lags.shape[1] - 1
    steps = led.shape[2]
    for link in range(len(onward.origin)):
        if onward.origin[link] != at:
            continue
        share = onward.share[link, draw]
        several = int(share)
        people = several * treated + rng.binomial(treated, share - several)
        inside = onward.inside[link]
        for _ in range(people):
            drawn = rng.random()
            lag = onward.guide[link, int(drawn * GUIDED)]
            while lag < last and drawn >= onward.lags[link, lag]:
                lag += 1
            when = step + (max(lag, 1) if inside >= 0 else lag)
            if when < steps:
                led[link, draw, when] += 1
                if inside >= 0:
                    arriving[inside, draw, when] += 1
