"""The reconciliation: contacts + unused + excluded + unmatched against the ledger, computed and never assumed."""

from collections.abc import Iterable
from dataclasses import dataclass

from vardbalans.engine.cost.notes import Note
from vardbalans.engine.explain import Figure, Source, Step
from vardbalans.engine.messages import Message

__all__ = ["Certificate"]


@dataclass(frozen=True)
class Certificate:
    """What the ledger says and where it went, in öre, each counted by itself.

    *ledger* is summed from the ledger's own rows, *contacts* from the rounded contacts as they are stored; the rest
    from their lists. The difference says whether the chain between them lost or made an öre.
    """

    ledger_ore: int
    contacts_ore: int
    unused_ore: int
    excluded_ore: int
    unmatched_ore: int

    @property
    def difference_ore(self) -> int:
        """Return ledger less all that was placed; 0 when nothing was lost."""
        return self.ledger_ore - self.contacts_ore - self.unused_ore - self.excluded_ore - self.unmatched_ore

    def figure(self, notes: Iterable[Note] = ()) -> Figure:
        """Return the ledger's sum as a figure whose terms are where it went; *notes* say what is to be repaired."""
        return Figure(
            "ledger_ore",
            self.ledger_ore,
            "öre",
            Message("kontakter + outnyttjad kapacitet + uteslutet + omatchat = huvudboken"),
            (
                Step(Message("Kostnad på vårdkontakter"), self.contacts_ore, "öre", source=Source.of("contacts")),
                Step(Message("Outnyttjad kapacitet"), self.unused_ore, "öre", source=Source.of("openings")),
                Step(Message("Uteslutet enligt regler"), self.excluded_ore, "öre", source=Source.of("cost_rules")),
                Step(Message("Omatchat"), self.unmatched_ore, "öre", source=Source.of("ledger")),
            ),
            tuple(Step(note.message, note.ore, "öre") for note in notes if note.ore),
        )
