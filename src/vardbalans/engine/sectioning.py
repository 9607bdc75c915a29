"""Theatre days shared between specialties: whole days to each, so that as few as possible wait too long.

A specialty with b days a week treats at most (b · minutes of a day − what acute care takes) / minutes of an operation.
The same days every week; :func:`judge_sections` tells what any sharing leads to, without a solver.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.plan.data import Weights
from vardbalans.engine.solving import Expression, Limits, Programme, Status
from vardbalans.engine.units import Floats

__all__ = ["Sections", "Specialty", "Verdict", "judge_sections", "pro_rata_days", "share_days"]

_NOTHING = 1e-9


@dataclass(frozen=True, eq=False)
class Specialty:
    """A specialty that operates: *need* (weeks,) people who come, *queue* who wait, *due* (weeks,) of them past limit.

    Whoever comes is due *limit_weeks* later. An operation takes *minutes*, a theatre day gives *day_minutes*; acute
    operations take *acute_minutes* a week first, and must have room. It can staff *most* (weekdays,) theatres on each
    weekday, and must have *least* days a week, its share at the least.
    """

    name: str
    need: Floats
    queue: float
    due: Floats
    limit_weeks: int
    minutes: float
    day_minutes: float
    acute_minutes: float
    most: tuple[int, ...]
    least: int = 0

    def treats(self, days: float) -> float:
        """Return how many can be treated in a week with *days* theatre days."""
        return max(0.0, days * self.day_minutes - self.acute_minutes) / self.minutes


@dataclass(frozen=True)
class Verdict:
    """What a sharing leads to: person-weeks *late* and *waiting*, the *longest* mean wait in weeks, and its *total*.

    *broken* says which rules it breaks: rooms, staff or least days.
    """

    late: float
    waiting: float
    longest: float
    total: float
    broken: tuple[Message, ...]


@dataclass(frozen=True, eq=False)
class Sections:
    """The proposal: *days* by specialty and weekday, and the verdicts on it and on the sharing by need alone."""

    status: Status
    days: Mapping[str, tuple[int, ...]]
    verdict: Verdict | None
    pro_rata: Mapping[str, tuple[int, ...]]
    pro_rata_verdict: Verdict


def share_days(
    specialties: Sequence[Specialty], rooms: Sequence[int], weights: Weights | None = None, limits: Limits | None = None
) -> Sections:
    """Return the best sharing of *rooms* (weekdays,) theatres, with what sharing in proportion to need would give.

    Raises BadInput for specialties of one name, or weekdays that do not match.
    """
    weights = weights or Weights()
    _require_sound(specialties, rooms)
    programme, total = Programme(), 0.0
    chosen = {row.name: [programme.number(whole=True) for _ in rooms] for row in specialties}
    for day, room in enumerate(rooms):
        programme.hold(sum(chosen[row.name][day] for row in specialties) - room)
    for row in specialties:
        total += _added(programme, row, chosen[row.name], weights)
    programme.minimise(total)
    solved = programme.solve(limits or Limits())
    by_need = pro_rata_days(specialties, rooms)
    verdict_by_need = judge_sections(specialties, rooms, by_need, weights)
    if not solved.status.has_answer:
        return Sections(solved.status, {}, None, by_need, verdict_by_need)
    days = {name: tuple(round(solved.value(number)) for number in numbers) for name, numbers in chosen.items()}
    return Sections(solved.status, days, judge_sections(specialties, rooms, days, weights), by_need, verdict_by_need)


def judge_sections(
    specialties: Sequence[Specialty],
    rooms: Sequence[int],
    days: Mapping[str, Sequence[int]],
    weights: Weights | None = None,
) -> Verdict:
    """Return what *days* lead to when each specialty treats all that it can of those who wait, longest first."""
    weights, late, waiting, longest, broken = weights or Weights(), 0.0, 0.0, 0.0, []
    for weekday, room in enumerate(rooms):
        given = sum(days[row.name][weekday] for row in specialties)
        if given > room:
            broken.append(
                Message("Dag {day}: {given} salar delas ut av {room}.", day=weekday + 1, given=given, room=room)
            )
    for row in specialties:
        mine = days[row.name]
        if any(not 0 <= number <= most for number, most in zip(mine, row.most, strict=True)):
            broken.append(Message("{name}: fler salar en dag än det finns operationslag till.", name=row.name))
        if sum(mine) < row.least:
            broken.append(
                Message(
                    "{name}: {days} dagar, minst {least} ska den ha.", name=row.name, days=sum(mine), least=row.least
                )
            )
        if sum(mine) * row.day_minutes < row.acute_minutes - _NOTHING:
            broken.append(Message("{name}: det akuta ryms inte.", name=row.name))
        queue, treats, recent = row.queue, row.treats(sum(mine)), _recent(row)
        mine_waiting = 0.0
        for week, came in enumerate(row.need):
            queue = max(0.0, queue + float(came) - treats)
            late += max(0.0, queue - float(recent[week]))
            mine_waiting += queue
        waiting += mine_waiting
        rate = float(row.need.mean())
        longest = max(longest, mine_waiting / len(row.need) / rate if rate > 0 else 0.0)
    return Verdict(late, waiting, longest, weights.late * late + weights.waiting * waiting, tuple(broken))


def pro_rata_days(specialties: Sequence[Specialty], rooms: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """Return whole days in proportion to the minutes that each needs a week; largest remainders get what is left over.

    A weekday's theatres go first to whom they can be staffed by and who has most days to get.
    """
    minutes = np.array([row.need.mean() * row.minutes + row.acute_minutes for row in specialties])
    wanted = sum(rooms) * minutes / minutes.sum() if minutes.sum() > 0 else np.zeros(len(specialties))
    owed = np.floor(wanted).astype(int)
    for index in np.argsort(-(wanted - owed), kind="stable")[: sum(rooms) - int(owed.sum())]:
        owed[index] += 1
    found = {row.name: [0] * len(rooms) for row in specialties}
    for weekday, room in enumerate(rooms):
        for _ in range(room):
            able = [
                n for n, row in enumerate(specialties) if owed[n] > 0 and found[row.name][weekday] < row.most[weekday]
            ]
            if not able:
                break
            index = max(able, key=lambda n: owed[n])
            found[specialties[index].name][weekday] += 1
            owed[index] -= 1
    return {name: tuple(row) for name, row in found.items()}


def _added(programme: Programme, row: Specialty, chosen: Sequence[Expression], weights: Weights) -> Expression:
    """Add what a specialty does with its days to the programme; return what it weighs."""
    days, total, before = sum(chosen), 0.0, row.queue
    programme.hold(row.least - days)
    for number, most in zip(chosen, row.most, strict=True):
        programme.hold(number - most)
    recent = _recent(row)
    used = [programme.number() for _ in row.need]
    for week, came in enumerate(row.need):
        queue, late = programme.number(), programme.number()
        programme.hold(row.minutes * used[week] + row.acute_minutes - row.day_minutes * days)
        programme.equal(queue, before + float(came) - used[week])
        programme.hold(queue - late - float(recent[week]))
        total += weights.late * late + weights.waiting * queue
        before = queue
    return total


def _recent(row: Specialty) -> Floats:
    """Return how many may still wait at the end of each week without anyone being late (weeks,)."""
    weeks = len(row.need)
    came = np.convolve(row.need, np.ones(row.limit_weeks))[:weeks] if row.limit_weeks else np.zeros(weeks)
    allowed: Floats = row.queue - np.cumsum(row.due) + came
    return allowed


def _require_sound(specialties: Sequence[Specialty], rooms: Sequence[int]) -> None:
    if len({row.name for row in specialties}) < len(specialties):
        raise BadInput(Message("Samma beteckning förekommer två gånger."))
    if any(len(row.most) != len(rooms) for row in specialties):
        raise BadInput(Message("Ange hur många salar som kan bemannas för var och en av dagarna."))
