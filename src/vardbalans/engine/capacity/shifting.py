"""Work and time that change place: tasks from one competence to another, and non-clinical time out of the peaks.

Nothing is gained by moving but what was short where it was and is not where it goes: every sum stays, except what a
stated efficiency makes of it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vardbalans.engine.errors import BadInput, Impossible
from vardbalans.engine.messages import Message
from vardbalans.engine.solving import Limits, Programme
from vardbalans.engine.units import Floats

__all__ = ["MovedTime", "TaskShift", "TimeMove", "move_time", "shift_tasks"]

_LIMITS = Limits()
_NOTHING = 1e-6  # minutes that are rounding noise


@dataclass(frozen=True, eq=False)
class TaskShift:
    """*moved* minutes (weeks,) leave one competence and take *taken* of the other; balances before and after."""

    moved: Floats
    taken: Floats
    giver_before: Floats
    receiver_before: Floats

    @property
    def giver_after(self) -> Floats:
        """Return the balance of the competence that is relieved."""
        return self.giver_before + self.moved

    @property
    def receiver_after(self) -> Floats:
        """Return the balance of the competence that takes over."""
        return self.receiver_before - self.taken

    @property
    def by_efficiency(self) -> float:
        """Return the minutes that the work grew by (negative: shrank) since the other does it at another pace."""
        return float((self.taken - self.moved).sum())


def shift_tasks(
    giver: Floats, receiver: Floats, movable: Floats, efficiency: float = 1.0, wanted: Floats | None = None
) -> TaskShift:
    """Return what becomes of the balances *giver* and *receiver* (weeks,) when tasks are handed over.

    *movable* (weeks,) minutes of the giver's work may be done by the other, who does in a minute what takes the giver
    *efficiency* minutes. *wanted* (weeks,) are handed over; where None, as much as covers the giver's shortage without
    making the receiver short. Raises BadInput for more than is movable.
    """
    if not (efficiency > 0 and math.isfinite(efficiency)):
        raise BadInput(Message("Effektiviteten måste vara över noll, inte {value}.", value=efficiency))
    _require_alike((giver, receiver, movable), movable)
    if wanted is None:
        wanted = np.minimum(np.maximum(-giver, 0), np.maximum(receiver, 0) * efficiency)
        wanted = np.minimum(wanted, movable)
    elif len(wanted) != len(movable) or bool((wanted < 0).any() or (wanted > movable * (1 + 1e-9) + 1e-9).any()):
        raise BadInput(Message("Det som flyttas måste vara noll eller mer, och högst det som kan göras av båda."))
    return TaskShift(wanted, wanted / efficiency, giver, receiver)


@dataclass(frozen=True)
class TimeMove:
    """Move *minutes* of non-clinical time from one period to another, both counted from 0."""

    origin: int
    target: int
    minutes: float


@dataclass(frozen=True, eq=False)
class MovedTime:
    """The *moves*, and the balance (periods,) *before* and *after* them."""

    moves: tuple[TimeMove, ...]
    before: Floats
    after: Floats

    @property
    def short_before(self) -> float:
        """Return how many minutes are short as things are."""
        return float(np.maximum(-self.before, 0).sum())

    @property
    def short_after(self) -> float:
        """Return how many minutes are short when the time is moved."""
        return float(np.maximum(-self.after, 0).sum())

    @property
    def gain(self) -> float:
        """Return how many minutes less are short."""
        return self.short_before - self.short_after


def move_time(
    balance: Floats, movable: Floats, window: int, worth: Floats | None = None, limits: Limits = _LIMITS
) -> MovedTime:
    """Move non-clinical time out of periods that are short to those with time to spare, at most *window* periods away.

    *balance* and *movable* minutes have shape (periods,): weeks, or days. A minute of non-clinical time is *worth*
    (periods,) minutes of the balance, less than one where some of the time cannot be used (None: one). The least that
    can be short is found, and of all moves that lead there those of the fewest minutes and the shortest way: a linear
    programme, in which a period may pass its own time on to make room. No period gets shorter than it was, and the
    moved minutes are as many after as before. Raises Impossible when *limits* are too narrow to find an answer.
    """
    rates = np.ones(len(balance)) if worth is None else worth
    _require_alike((balance, movable, rates), movable)
    if window < 1 or not bool(((rates > 0) & (rates <= 1)).all()):
        raise BadInput(
            Message("Fönstret måste vara minst ett, och en flyttad minut vara värd mer än noll och högst en.")
        )
    if not bool((balance < 0).any()) or not movable.any():
        return MovedTime((), balance, balance)
    moves = _best_moves(balance, movable, window, rates, limits)
    change = np.zeros(len(balance))
    for move in moves:
        change[move.origin] += move.minutes * rates[move.origin]
        change[move.target] -= move.minutes * rates[move.target]
    return MovedTime(moves, balance, balance + change)


def _best_moves(balance: Floats, movable: Floats, window: int, rates: Floats, limits: Limits) -> tuple[TimeMove, ...]:
    programme, count = Programme(), len(balance)
    flow = {
        (origin, target): programme.number()
        for origin in range(count)
        if movable[origin] > 0
        for target in range(max(0, origin - window), min(count, origin + window + 1))
        if target != origin
    }
    sent, got = [0.0] * count, [0.0] * count
    for (origin, target), minutes in flow.items():
        sent[origin] += minutes
        got[target] += minutes
    short = []
    for period in range(count):
        change = float(rates[period]) * (sent[period] - got[period])
        programme.hold(sent[period] - float(movable[period]))
        programme.hold(min(0.0, float(balance[period])) - float(balance[period]) - change)
        short.append(programme.number())
        programme.hold(-float(balance[period]) - change - short[period])
    way = sum(abs(origin - target) * minutes for (origin, target), minutes in flow.items())
    # The longest way of a minute is through all periods: it must never cost as much as the least it can gain.
    programme.minimise(sum(short) + 0.5 * float(rates.min()) / (window * count) * way)
    solved = programme.solve(limits)
    if not solved.status.has_answer:
        raise Impossible(
            Message("Tiden tog slut innan något förslag fanns. Ge färre veckor, eller ett mindre fönster.")
        )
    found = [TimeMove(*place, solved.value(minutes)) for place, minutes in flow.items()]
    return tuple(move for move in found if move.minutes > _NOTHING)


def _require_alike(series: Sequence[Floats], movable: Floats) -> None:
    if len({np.shape(row) for row in series}) > 1 or not all(np.isfinite(row).all() for row in series):
        raise BadInput(Message("Balanser och flyttbar tid ska ha ett tal för varje period."))
    if bool((movable < 0).any()):
        raise BadInput(Message("Flyttbar tid kan inte vara negativ."))
