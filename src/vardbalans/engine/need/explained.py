"""A forecast's figure as terms that sum to it: level, its development, season, calendar, other methods, spread."""

from itertools import pairwise

from vardbalans.engine.explain import Figure, Step
from vardbalans.engine.messages import Message
from vardbalans.engine.need.distribution import Counts
from vardbalans.engine.need.outlook import Outlook
from vardbalans.engine.need.reasons import METHOD_NAMES

__all__ = ["explained"]

_LABELS = (
    Message("nivån efter det senaste värdet"),
    Message("nivåns utveckling"),
    Message("säsong"),
    Message("arbetsdagar och helger"),
    Message("andra metoder i sammanvägningen"),
    Message("medelvärdet ligger över medianen, eftersom stora avvikelser är uppåt"),
)


def explained(outlook: Outlook, step: int) -> Figure:
    """Return the mean of the period number *step* (from 0) as a figure.

    The parts add up on the square-root scale; each term is what the count grows by as its part is added, in the order
    given. A forecast by a written rule is one term.
    """
    value = float(outlook.mean[step])
    unit = "antal"
    if not outlook.parts or not isinstance(outlook.distribution, Counts) or outlook.level_now is None:
        terms: tuple[Step, ...] = (Step(outlook.reason, value, unit),)
    else:
        level, season, calendar = (float(outlook.parts[name][step]) for name in ("level", "season", "calendar"))
        combined = float(outlook.distribution.centre[step])
        roots = (0.0, outlook.level_now, level, level + season, level + season + calendar, combined)
        counts = [outlook.distribution.scale * max(root, 0.0) ** 2 for root in roots] + [value]
        terms = tuple(
            Step(label, after - before, unit) for label, (before, after) in zip(_LABELS, pairwise(counts), strict=True)
        )
    shares = tuple(
        Step(Message("vikt för {method}", method=METHOD_NAMES.get(name, name)), share, "andel")
        for name, share in outlook.weights.items()
    )
    errors = tuple(
        Step(Message("tidigare fel med {method}", method=METHOD_NAMES.get(name, name)), error, "av förra säsongens fel")
        for name, error in outlook.errors.items()
        if outlook.parts
    )
    return Figure("forecast", value, unit, Message("summan av prognosens delar"), terms, shares + errors)
