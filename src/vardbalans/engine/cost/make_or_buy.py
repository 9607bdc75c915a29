"""Make or buy: what own production of a volume costs against a contract, and the volume where they meet."""

from dataclasses import dataclass

from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Figure, Step
from vardbalans.engine.messages import Message

__all__ = ["MakeOrBuy"]


@dataclass(frozen=True)
class MakeOrBuy:
    """Own production costs *fixed_ore* (what must be added for it: a room opened, a team) and *variable_ore* each.

    What is there anyway and unused costs nothing more; it is no part of *fixed_ore*. Bought, each costs *price_ore*.
    """

    fixed_ore: int
    variable_ore: int
    price_ore: int

    def __post_init__(self) -> None:
        if min(self.fixed_ore, self.variable_ore, self.price_ore) < 0:
            raise BadInput(Message("Kostnad och pris kan inte vara under noll."))

    @property
    def break_even(self) -> float | None:
        """Return the volume above which own production is cheaper; None where it never is.

        250 000 kr to open a room, 8 000 kr each against 13 000 kr bought: 50.
        """
        gain = self.price_ore - self.variable_ore
        return self.fixed_ore / gain if gain > 0 else None

    def saved(self, volume: int) -> Figure:
        """Return what making *volume* saves over buying it; below zero, buying is cheaper."""
        bought, made = volume * self.price_ore, volume * self.variable_ore
        return Figure(
            "make_saves_ore",
            bought - made - self.fixed_ore,
            "öre",
            Message("antal · pris − antal · rörlig kostnad − fast kostnad"),
            (
                Step(Message("Att köpa"), bought, "öre", self.price_ore),
                Step(Message("Rörlig kostnad i egen regi"), -made, "öre", self.variable_ore),
                Step(Message("Fast kostnad i egen regi"), -self.fixed_ore, "öre"),
            ),
        )
