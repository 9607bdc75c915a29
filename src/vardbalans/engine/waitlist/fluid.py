"""The same lists in expectation: shares of people instead of whole ones, for questions that are solved backwards.

Within one draw of arrivals, removals are expected ones and production may be a fraction. The more is produced, the
fewer wait over the limit in any step, so the least production that is enough is found by halving the range it lies in.
"""

from typing import NamedTuple

import numpy as np

from vardbalans.engine.compiling import compiled, part
from vardbalans.engine.units import Floats
from vardbalans.engine.waitlist.lists import Ints
from vardbalans.engine.waitlist.steps import Group

__all__ = ["Course", "least_production"]

_NOBODY = 1e-6  # people over the limit that are rounding noise
_EXACT = 1e-3  # people per step
_THROUGHOUT = -1.0


class Course(NamedTuple):
    """What one list meets, and what it must reach.

    *incoming* (D, T) all who come, *profile* (T,) what production is multiplied by in each step; *share* of those
    waiting must be within the limit at the end of step *by*, and from then on. *stay* (A + T,) is the share of those
    who have waited so many steps that stay through the next. *cells* (K, A + T) and *first* (K,) are work space.
    """

    incoming: Ints
    profile: Floats
    by: int
    share: float
    stay: Floats
    cells: Floats
    first: Ints


@compiled
def least_production(group: Group, course: Course, found: Floats) -> None:
    """Fill in *found* (3, D): the least production per step that is enough at the end of step *by*, and after it.

    The third is the least that is enough from then on if there is as much in every step; it is zero where no more is
    needed after *by* than before. *group* is one list. Infinite where no production is enough: nothing can be produced
    in the steps there are.
    """
    by, steps = course.by, course.incoming.shape[1]
    for draw in range(course.incoming.shape[0]):
        found[0, draw] = _least(group, course, draw, _THROUGHOUT, by, by + 1)
        found[1, draw] = _least(group, course, draw, found[0, draw], by + 1, steps)
        if found[1, draw] > found[0, draw]:
            found[2, draw] = _least(group, course, draw, _THROUGHOUT, by, steps)


@compiled
def _least(group: Group, course: Course, draw: int, until: float, start: int, end: int) -> float:
    """Return the least production that is enough at the ends of *start* to *end*, after *until* through step *by*."""
    people = 0.0
    for kind in range(group.waiting.shape[1]):
        for age in range(group.waiting.shape[2]):
            people += group.waiting[0, kind, age]
    for step in range(course.incoming.shape[1]):
        people += course.incoming[draw, step]
    if start == end or _enough(group, course, draw, until, 0.0, start, end):
        return 0.0
    low, high = 0.0, 2 * people / course.incoming.shape[1] + 1
    while high < np.inf and not _enough(group, course, draw, until, high, start, end):
        low, high = high, (2 * high if high < people else np.inf)
    while high < np.inf and high - low > _EXACT:
        middle = (low + high) / 2
        if _enough(group, course, draw, until, middle, start, end):
            high = middle
        else:
            low = middle
    return float(high)


@part
def _enough(group: Group, course: Course, draw: int, until: float, after: float, start: int, end: int) -> bool:
    """Tell whether producing *until* through step *by*, then *after*, is enough at the ends of *start* to *end*.

    *until* may be _THROUGHOUT: as much as after it.
    """
    cells, first = course.cells, course.first
    classes, ages = group.waiting.shape[1], group.waiting.shape[2]
    for kind in range(classes):
        first[kind] = 0
        for cell in range(cells.shape[1]):
            cells[kind, cell] = group.waiting[0, kind, ages - 1 - cell] if cell < ages else 0.0
    enough = True
    left = 1.0  # of everyone in the cells, after those treated to whoever in the step before
    for step in range(end):
        now = ages + step
        waiting = _pass_on(course.stay, cells, first, now, left)
        moved = group.moved[0, min(draw, group.moved.shape[1] - 1), step]
        _let_in(group, cells, first, now, course.incoming[draw, step], moved)
        waiting += course.incoming[draw, step]
        capacity = (after if until < 0 or step > course.by else until) * course.profile[step]
        kept = capacity * group.urgent_share[0]
        urgent = kept - _treat(group, cells, first, now, kept, 1.0, True)
        waiting -= urgent
        capacity -= urgent
        alike = min((1 - group.in_order[0]) * capacity, waiting)
        left = 1 - alike / waiting if alike < waiting else 0.0
        waiting -= alike
        capacity -= alike
        waiting -= capacity - _treat(group, cells, first, now, capacity, left, False)
        if step >= start:
            over = 0.0
            for kind in range(classes):
                cell = first[kind]
                while now - cell + 1 > group.shortest[0] and cell <= now:
                    over += cells[kind, cell] * min(1.0, max(0.0, now - cell + 1 - group.limit[0, cell]))
                    cell += 1
            if over * left > (1 - course.share) * waiting + _NOBODY:
                enough = False
                break
    return enough


@part
def _pass_on(stay: Floats, cells: Floats, first: Ints, now: int, left: float) -> float:
    """Let one step pass for the share *left* of those who waited; return how many still do."""
    waiting = 0.0
    for kind in range(len(first)):
        for cell in range(first[kind], now):
            people = cells[kind, cell] * left * stay[now - 1 - cell]
            cells[kind, cell] = people
            waiting += people
    return waiting


@part
def _let_in(group: Group, cells: Floats, first: Ints, now: int, came: int, moved: int) -> None:
    """Let others come; *moved* of those who *came* have waited."""
    shared = 0.0
    for kind in range(len(first)):
        share = group.shares[0, kind] - shared
        shared = group.shares[0, kind]
        entered = 0.0
        for age in range(group.came_waited.shape[1]):
            cells[kind, now - age] += share * (came - moved) * (group.came_waited[0, age] - entered)
            entered = group.came_waited[0, age]
            if entered >= 1:
                break
        first[kind] = min(first[kind], now - group.came_waited.shape[1] + 1)
        if moved > 0:
            cells[kind, now - group.moved_age[0]] += share * moved
            first[kind] = min(first[kind], now - group.moved_age[0])


@part
def _treat(
    group: Group, cells: Floats, first: Ints, now: int, capacity: float, left: float, only_urgent: bool
) -> float:
    """Treat by tier, then by date of arrival + target, of the share *left* in the cells; return the capacity left."""
    while capacity > 0 and left > 0:
        best, best_tier, best_due = -1, 0, 0.0
        for kind in range(len(first)):
            cell = first[kind]
            while cell <= now and cells[kind, cell] <= 0:
                cell += 1
            first[kind] = cell
            if cell > now or (only_urgent and not group.urgent[0, kind]):
                continue
            tier, due = group.tier[0, kind], cell + group.target[0, kind]
            if best < 0 or tier < best_tier or (tier == best_tier and due < best_due):
                best, best_tier, best_due = kind, tier, due
        if best < 0:
            break
        people = cells[best, first[best]] * left
        if people <= capacity:
            cells[best, first[best]] = 0.0
            capacity -= people
        else:
            cells[best, first[best]] -= capacity / left
            capacity = 0.0
    return capacity
