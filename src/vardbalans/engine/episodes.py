"""Episodes of shortage: weeks in a row when the risk is above a stated limit.

A resource is short, or a waiting list over its limit, from the first of so many weeks in a row with a risk above the
limit, and until the risk has been at or below it for as many weeks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vardbalans.engine.inputs import WarningRule
from vardbalans.engine.units import Floats

__all__ = ["Episode", "list_episodes", "shortages"]

_QUANTILES = (0.05, 0.95)


@dataclass(frozen=True)
class Episode:
    """Weeks from place *first* to *last*: what is short or over in all (*size*, 90 % from *low* to *high*).

    *certainty* is the share of draws in which it is short, or over, at all.
    """

    first: int
    last: int
    size: float
    low: float
    high: float
    certainty: float


def shortages(gap: Floats, gap_draws: Floats, rule: WarningRule) -> tuple[Episode, ...]:
    """Return the episodes of a shortage over the weeks.

    *gap* (weeks,) is expected required less available, *gap_draws* (draws, weeks) the same in draws. The size is the
    gap summed over the episode.
    """
    found = []
    for first, last in _runs(list((gap_draws > 1e-9).mean(axis=0) > rule.risk), rule.weeks):
        summed = gap_draws[:, first : last + 1].sum(axis=1)
        low, high = np.quantile(summed, _QUANTILES)
        size, certainty = float(gap[first : last + 1].sum()), float((summed > 0).mean())
        found.append(Episode(first, last, size, float(low), float(high), certainty))
    return tuple(found)


def list_episodes(queue: Floats, queue_draws: Floats, limit: float, rule: WarningRule) -> tuple[Episode, ...]:
    """Return the episodes of a list over *limit* people; the size is how many over it is in its worst week.

    *queue* (weeks,) is expected, *queue_draws* has shape (draws, weeks).
    """
    found = []
    for first, last in _runs(list((queue_draws > limit).mean(axis=0) > rule.risk), rule.weeks):
        worst = first + int(queue[first : last + 1].argmax())
        over = queue_draws[:, worst] - limit
        low, high = np.quantile(over, _QUANTILES)
        found.append(
            Episode(first, last, float(queue[worst] - limit), float(low), float(high), float((over > 0).mean()))
        )
    return tuple(found)


def _runs(above: Sequence[bool], weeks: int) -> Iterator[tuple[int, int]]:
    """Yield first and last place of each run: *weeks* in a row that are above begin it, *weeks* that are not end it."""
    first, last, inside = 0, 0, False
    streak, since = 0, 0
    for place, is_above in enumerate(above):
        streak = streak + 1 if is_above else 0
        since = 0 if is_above else since + 1
        if inside and is_above:
            last = place
        if inside and since == weeks:
            yield first, last
            inside = False
        if not inside and streak == weeks:
            first, last, inside = place - weeks + 1, place, True
    if inside:
        yield first, last
