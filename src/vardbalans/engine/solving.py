"""Linear programmes and who solves them: limits, seed, five named outcomes, and which rules clash.

The only place that knows OR-tools. HiGHS solves, through MathOpt: it gives shadow prices, takes whole numbers, and can
be held to one thread so that the same programme gives the same answer.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = ["Expression", "Limits", "Programme", "Row", "Solved", "Status", "least_clash"]

Expression = Any
"""A number, a variable or a sum of such; + − and multiplication by numbers work on it."""
Row = Any
"""A restriction in a programme, to ask the price of."""


class Status(Enum):
    """How it went."""

    BEST = "best"
    GOOD_ENOUGH = "good_enough"
    IMPOSSIBLE = "impossible"
    OUT_OF_TIME = "out_of_time"
    WRONG_INPUT = "wrong_input"

    @property
    def has_answer(self) -> bool:
        """Tell whether there are values to read."""
        return self in (Status.BEST, Status.GOOD_ENOUGH)


@dataclass(frozen=True)
class Limits:
    """Stop after *seconds*, or when at most the share *gap* can be won; *seed* settles what the solver may choose."""

    seconds: float = 60.0
    gap: float = 1e-4
    seed: int = 1

    def __post_init__(self) -> None:
        if not (self.seconds > 0 and self.gap >= 0):
            raise BadInput(Message("Tidsgränsen måste vara över noll sekunder, och gapet noll eller mer."))


@dataclass(frozen=True, eq=False)
class Solved:
    """The answer: the least *objective* found, the *bound* it cannot be below, and the seconds it took.

    *values* and *duals* are by variable and by row; *duals* is empty where the programme has whole numbers.
    """

    status: Status
    seconds: float
    objective: float | None = None
    bound: float | None = None
    values: Any = None
    duals: Any = None

    def value(self, variable: Expression) -> float:
        """Return what *variable* became; a number is what it is."""
        return float(variable if isinstance(variable, int | float) else self.values[variable])

    def price(self, row: Row) -> float:
        """Return how much the least objective grows when the right-hand side of *row* grows by one."""
        return float(self.duals[row])


_BROKE_DOWN = (RuntimeError, AttributeError)
"""What MathOpt raises when HiGHS answers that it failed; the latter where it trips over telling so (OR-tools 9.15)."""


class Programme:
    """A programme being built: variables, restrictions, and one sum to make as small as can be."""

    def __init__(self) -> None:
        self._model = _mathopt().Model()
        self._whole: list[Any] = []

    def number(self, *, least: float = 0.0, whole: bool = False) -> Expression:
        """Return a new variable, at least *least*."""
        found = self._model.add_variable(lb=least, is_integer=whole)
        if whole:
            self._whole.append(found)
        return found

    def hold(self, excess: Expression) -> Row:
        """Demand that *excess* is at most zero."""
        return self._model.add_linear_constraint(expr=excess, ub=0.0)

    def equal(self, left: Expression, right: Expression) -> Row:
        """Demand that *left* equals *right*."""
        return self._model.add_linear_constraint(expr=left - right, lb=0.0, ub=0.0)

    def minimise(self, total: Expression) -> None:
        """Say what is to be as small as can be."""
        self._model.minimize(total)

    def solve(self, limits: Limits) -> Solved:
        """Solve. Prices of a programme with whole numbers are those with the whole numbers held where they ended."""
        solved = self._solve(limits)
        if not (self._whole and solved.status.has_answer):
            return solved
        for variable in self._whole:
            at = round(solved.value(variable))
            variable.lower_bound = variable.upper_bound = at
            variable.integer = False
        held = self._solve(limits)
        if held.status is not Status.BEST:
            return solved
        return Solved(
            solved.status, solved.seconds + held.seconds, held.objective, solved.bound, held.values, held.duals
        )

    def _solve(self, limits: Limits) -> Solved:
        """Solve by interior point, and by simplex where that breaks down: it does where numbers differ much in size."""
        for algorithm in ("BARRIER", "DUAL_SIMPLEX"):
            try:
                return self._solved_by(limits, algorithm)
            except _BROKE_DOWN:
                continue
        return Solved(Status.WRONG_INPUT, 0.0)  # numbers that no solver can work with

    def _solved_by(self, limits: Limits, algorithm: str) -> Solved:
        from ortools.math_opt.solvers import highs_pb2  # noqa: PLC0415 - heavy

        mathopt = _mathopt()
        whole = any(variable.integer for variable in self._whole)
        parameters = mathopt.SolveParameters(
            time_limit=timedelta(seconds=limits.seconds),
            random_seed=limits.seed,
            relative_gap_tolerance=limits.gap if whole else None,
            # Plans are degenerate: interior point with crossover took 1 s where either simplex took 6.
            lp_algorithm=None if whole else mathopt.LPAlgorithm[algorithm],
            highs=highs_pb2.HighsOptionsProto(string_options={"parallel": "off"}),
        )
        result = mathopt.solve(self._model, mathopt.SolverType.HIGHS, params=parameters)
        seconds = result.solve_time().total_seconds()
        status = _status(mathopt, result, whole)
        if not status.has_answer:
            return Solved(status, seconds)
        duals = result.dual_values() if not whole and result.has_dual_feasible_solution() else {}
        bound = result.best_objective_bound()
        return Solved(status, seconds, result.objective_value(), bound, result.variable_values(), duals)


def _status(mathopt: Any, result: Any, whole: bool) -> Status:
    reasons, reason = mathopt.TerminationReason, result.termination.reason
    if reason == reasons.OPTIMAL:
        bound, found = result.best_objective_bound(), result.objective_value()
        return Status.GOOD_ENOUGH if whole and found - bound > 1e-6 * max(1.0, abs(found)) else Status.BEST
    if reason == reasons.FEASIBLE:
        return Status.GOOD_ENOUGH
    if reason == reasons.INFEASIBLE:
        return Status.IMPOSSIBLE
    if reason == reasons.NO_SOLUTION_FOUND:
        return Status.OUT_OF_TIME
    return Status.WRONG_INPUT  # unbounded, or numbers that no solver can work with


def _mathopt() -> Any:
    from ortools.math_opt.python import mathopt  # noqa: PLC0415 - heavy, and commands that plan nothing need not wait

    return mathopt


def least_clash(names: Sequence[str], is_possible: Callable[[Iterable[str]], bool]) -> tuple[str, ...]:
    """Return a least set of *names* that cannot hold together: drop any one of them and the rest can.

    Asked only when all of them are impossible together. Each name is dropped in turn and stays away if what is left is
    still impossible (a solver's own list of reasons is enough, but not the least).
    """
    kept = list(names)
    for name in names:
        without = [other for other in kept if other != name]
        if not is_possible(without):
            kept = without
    return tuple(kept)
