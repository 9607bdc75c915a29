"""How many beds it takes: by a share of the time, by blocking, by a guide value of occupancy; and what pooling gains.

The load is patients per day · mean stay in days: how many would lie there if nobody was turned away. Then their number
is Poisson whatever the stays are (M/G/∞; Erlang 1917), around a load that follows the season.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Figure, Step
from vardbalans.engine.messages import Message
from vardbalans.engine.queueing import servers_needed
from vardbalans.engine.units import Floats, check_share

__all__ = [
    "GuideValue",
    "beds_for_guide",
    "beds_for_share",
    "guide_on",
    "need_of_beds",
    "offered_load",
    "pooling_gain",
]


@dataclass(frozen=True)
class GuideValue:
    """The highest mean *occupancy* to plan for, from a day on, and whose value it is."""

    occupancy: float
    valid_from: date
    source: str


def guide_on(values: Sequence[GuideValue], day: date) -> GuideValue:
    """Return the guide value in force on *day*. Raises BadInput where none is yet."""
    held = [value for value in values if value.valid_from <= day]
    if not held:
        raise BadInput(Message("Inget riktvärde för beläggning gäller den {day}.", day=day))
    return max(held, key=lambda value: value.valid_from)


def offered_load(per_day: float, mean_days: float) -> float:
    """Return how many would lie there in the mean: patients per day · days each. Raises BadInput below zero."""
    if not (per_day >= 0 and mean_days >= 0):
        raise BadInput(Message("Patienter per dag och vårdtid måste vara noll eller mer."))
    return per_day * mean_days


def beds_for_share(loads: Floats, share: float) -> int:
    """Return the fewest beds that are enough during *share* of the time, over *loads* (periods,) of equal length."""
    from scipy import stats  # noqa: PLC0415 - heavy

    if not 0 < share < 1:
        raise BadInput(Message("Andelen av tiden ska ligga mellan 0 och 1, inte {value}.", value=share))
    load = _checked(loads)
    beds = int(stats.poisson.ppf(share, load.min()))
    while float(np.mean(stats.poisson.cdf(beds, load))) < share:
        beds += 1
    return beds


def beds_for_guide(loads: Floats, guide: GuideValue) -> int:
    """Return the fewest beds whose mean occupancy is at most the guide value."""
    check_share(guide.occupancy, "Riktvärdet för beläggning")
    if guide.occupancy == 0:
        raise BadInput(Message("Riktvärdet för beläggning måste vara över noll."))
    return int(np.ceil(float(_checked(loads).mean()) / guide.occupancy - 1e-9))


def pooling_gain(loads: Sequence[float], most_blocked: float) -> Figure:
    """Return the beds that wards of *loads* need by themselves less those they need together, at the same blocking."""
    apart = [servers_needed(load, most_blocked) for load in loads]
    together = servers_needed(float(np.sum(loads)), most_blocked)
    return Figure(
        "pooling_gain",
        float(sum(apart) - together),
        "beds",
        Message("Vinst = vårdplatser var för sig − vårdplatser tillsammans"),
        (
            *(
                Step(Message("Vårdavdelning {number} för sig", number=number), float(beds), "beds")
                for number, beds in enumerate(apart, 1)
            ),
            Step(Message("Tillsammans"), -float(together), "beds", -1.0),
        ),
        (Step(Message("Högsta andel som inte får plats"), most_blocked, "share"),),
    )


def need_of_beds(loads: Floats, guide: GuideValue, share: float, most_blocked: float) -> tuple[Figure, ...]:
    """Return the need of beds by *share* of the time, by the guide value, and by blocking at the mean load."""
    load = float(_checked(loads).mean())
    mean = Step(Message("Belastning, medel över perioderna"), load, "beds")
    rows = (
        ("beds_for_share", beds_for_share(loads, share), Message("Fler än belastningen för att det varierar"),
         Message("Vårdplatserna räcker {share} av tiden", share=share), share),
        ("beds_for_guide", beds_for_guide(loads, guide), Message("Lediga i medel, enligt riktvärdet"),
         Message("Belastning / riktvärde ({source})", source=guide.source), guide.occupancy),
        ("beds_for_blocking", servers_needed(load, most_blocked), Message("Fler än belastningen för att det varierar"),
         Message("Andel som inte får plats högst {share} (Erlang B)", share=most_blocked), most_blocked),
    )  # fmt: skip
    return tuple(
        Figure(
            name,
            float(beds),
            "beds",
            formula,
            (mean, Step(margin, beds - load, "beds")),
            (Step(Message("Krav"), given, "share"),),
        )
        for name, beds, margin, formula, given in rows
    )


def _checked(loads: Floats) -> Floats:
    found = np.atleast_1d(np.asarray(loads, np.float64))
    if not len(found) or not np.all(np.isfinite(found)) or np.any(found < 0):
        raise BadInput(Message("Belastningen måste vara noll eller mer i varje period."))
    return found
