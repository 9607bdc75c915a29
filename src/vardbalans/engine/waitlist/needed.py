"""How much must be produced to be within the limit by a date, and to stay there: solved per draw, with an interval.

The weekly production until the date has two parts: the *steady* one, which is what holding the limit afterwards takes,
and the *relief* above it, which ends with the date. A list that is short of its limit needs no relief; its slack is not
used up, since the production after it would have to jump: the steady part is never less than what comes and would still
wait at the limit. See :mod:`~vardbalans.engine.waitlist.fluid` for how it is solved.
"""

from dataclasses import dataclass

import numpy as np

from vardbalans.engine.errors import BadInput, Impossible
from vardbalans.engine.explain import Figure, Step
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats
from vardbalans.engine.waitlist.fluid import Course, least_production
from vardbalans.engine.waitlist.lists import Ints, WaitingList
from vardbalans.engine.waitlist.run import group_of

__all__ = ["Needed", "needed_figure", "production_needed"]


@dataclass(frozen=True, eq=False)
class Needed:
    """Treated people per ordinary step: *until* (D,) the end of step *by*, and *hold* (D,) from then on, by draw.

    *until* is never below *hold*. *ordinary_steps* is how many ordinary steps there are through *by*; *price_ore* what
    one treatment costs, or None.
    """

    by: int
    ordinary_steps: float
    until: Floats
    hold: Floats
    price_ore: float | None

    @property
    def relief(self) -> Floats:
        """Return what is needed above holding, until the date only (D,)."""
        return np.asarray(self.until - self.hold)

    def enough(self, probability: float) -> tuple[float, float]:
        """Return production until and after the date that is enough, each with *probability*."""
        until, hold = (float(np.quantile(draws, probability)) for draws in (self.until, self.hold))
        return until, hold

    def figure(self) -> Figure:
        """Return the production per ordinary step until the date, on average, as its steady and its relief part."""
        steady, relief = self.parts()
        return needed_figure(float(self.until.mean()), steady, relief)

    def parts(self) -> tuple[float, float]:
        """Return the mean production per ordinary step until the date as its steady and its relief part."""
        return float(self.hold.mean()), float(self.relief.mean())

    def cost_ore(self) -> tuple[float, float] | None:
        """Return the mean cost of the relief in all, and of the steady part per ordinary step; None without a price."""
        if self.price_ore is None:
            return None
        return float(self.relief.mean()) * self.ordinary_steps * self.price_ore, float(
            self.hold.mean()
        ) * self.price_ore


def needed_figure(until: float, steady: float, relief: float) -> Figure:
    """Return the production per ordinary step *until* the date as the *steady* and the *relief* part of it."""
    parts = (
        Step(Message("håller gränsen, också efter datumet"), steady, "people"),
        Step(Message("arbetar ned väntelistan, till datumet"), relief, "people"),
    )
    formula = Message("behandlade per vecka = för att hålla gränsen + för att arbeta ned väntelistan")
    return Figure("production_needed", until, "people", formula, parts)


def production_needed(
    item: WaitingList,
    incoming: Ints,
    *,
    by: int,
    share: float = 1.0,
    profile: Floats | None = None,
    price_ore: float | None = None,
    step_days: int = 7,
) -> Needed:
    """Solve for the production with which a *share* of those waiting are within the limit at the end of step *by*.

    *incoming* (D, T) is all who come, as a projection has them. *profile* (T,) says what part of an ordinary step's
    production there is in each (working days); even without it. The list's own capacity plays no part. Where the date
    takes less than holding does, one production is enough throughout, and both are that. Raises BadInput
    for a list without a limit, or a step outside the projection; Impossible where no production is enough.
    """
    if item.limit_days is None:
        raise BadInput(Message("Lista {id} har ingen gräns att nå.", id=item.list_id))
    draws, steps = incoming.shape
    if not 0 <= by < steps:
        raise BadInput(Message("Datumet ligger utanför de {steps} veckor som räknas.", steps=steps))
    shape = np.ones(steps) if profile is None else np.asarray(profile, np.float64)
    group = group_of([item], steps, step_days)
    classes, ages = group.waiting.shape[1:]
    found = np.zeros((3, draws))
    hazard = np.pad(group.hazard[0], (0, ages + steps), mode="edge")
    work = np.exp(-hazard[: ages + steps]), np.zeros((classes, ages + steps)), np.zeros(classes, np.int64)
    least_production(group, Course(np.ascontiguousarray(incoming, np.int32), shape, by, share, *work), found)
    if not np.isfinite(found).all():
        raise Impossible(
            Message("Lista {id}: ingen produktion räcker, för det finns ingen arbetsdag.", id=item.list_id)
        )
    until, after, throughout = found
    # Whoever comes and has not left untreated within the limit is to be treated, if not in these weeks then after them.
    stay = np.exp(-hazard[: max(0, int(group.limit[0, -1]) - 1)].sum())
    steady = incoming.sum(axis=1) * stay / shape.sum()
    hold = np.maximum(np.where(until < after, throughout, after), steady)
    return Needed(by, float(shape[: by + 1].sum()), np.maximum(until, hold), hold, price_ore)
