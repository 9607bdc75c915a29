"""The cost quantum: ledger entries to cost centre and class by dated rules; what is left out is listed.

Every öre of the ledger ends in exactly one place: a cost, an exclusion (by rule), outside (accounts that are no cost,
such as balances, by rule), or unmapped, which is something to repair. Source: SKR's principles for cost per patient
(the total production cost, and what must not be in it); PLICS, costing process 1.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from vardbalans.engine.cost.notes import Note
from vardbalans.engine.messages import Message

__all__ = ["Action", "Entry", "Quantum", "Rule", "quantum"]

Action = Literal["include", "exclude", "outside"]


@dataclass(frozen=True)
class Entry:
    """What the ledger holds of one account at one cost centre (empty where none) in the month that begins *month*."""

    month: date
    cost_centre: str
    account: str
    ore: int


@dataclass(frozen=True)
class Rule:
    """Accounts from *account_from* to *account_to* (as text, both included) have a class, and are counted or not.

    An empty *cost_centre* means every centre; a rule for one centre goes before it. Of rules that say the same accounts
    the newest that holds on the day goes.
    """

    rule_id: str
    account_from: str
    account_to: str
    cost_class: str
    action: Action
    valid_from: date
    cost_centre: str = ""

    def covers(self, entry: Entry) -> bool:
        """Tell whether the rule speaks of *entry*'s account, centre and month."""
        return (
            self.account_from <= entry.account[: len(self.account_from)]
            and entry.account[: len(self.account_to)] <= self.account_to
            and self.cost_centre in ("", entry.cost_centre)
            and self.valid_from <= entry.month
        )


@dataclass(frozen=True)
class Quantum:
    """The ledger taken apart, all in öre.

    *costs* by (cost centre, class); *excluded* by (rule, cost centre, account); *outside* by (rule, account), which is
    no part of *ledger*; *unmapped* by (cost centre, account). *ledger* = costs + excluded + unmapped, exactly.
    """

    costs: Mapping[tuple[str, str], int]
    excluded: Mapping[tuple[str, str, str], int]
    outside: Mapping[tuple[str, str], int]
    unmapped: Mapping[tuple[str, str], int]
    notes: tuple[Note, ...]

    @property
    def by_centre(self) -> dict[str, int]:
        """Return the öre of each cost centre, all classes together."""
        found: dict[str, int] = defaultdict(int)
        for (centre, _), ore in self.costs.items():
            found[centre] += ore
        return dict(found)

    @property
    def excluded_ore(self) -> int:
        """Return the öre that rules exclude."""
        return sum(self.excluded.values())

    @property
    def unmapped_ore(self) -> int:
        """Return the öre that no rule speaks of, or that have no cost centre."""
        return sum(self.unmapped.values())


def quantum(entries: Iterable[Entry], rules: Sequence[Rule]) -> Quantum:
    """Return the cost quantum of *entries* under *rules*.

    A cost that no rule speaks of, or that has no cost centre, is unmapped and noted by account. Two rules of the same
    rank that say different things of an entry are noted; the first by id goes.
    """
    costs: dict[tuple[str, str], int] = defaultdict(int)
    excluded: dict[tuple[str, str, str], int] = defaultdict(int)
    outside: dict[tuple[str, str], int] = defaultdict(int)
    unmapped: dict[tuple[str, str], int] = defaultdict(int)
    clashes: dict[tuple[str, str], str] = {}
    for entry in entries:
        rule, rival = _chosen(entry, rules)
        if rule is not None and rival is not None:
            clashes.setdefault((rule.rule_id, rival.rule_id), entry.account)
        if rule is not None and rule.action == "outside":
            outside[rule.rule_id, entry.account] += entry.ore
        elif rule is not None and rule.action == "exclude":
            excluded[rule.rule_id, entry.cost_centre, entry.account] += entry.ore
        elif rule is None or not entry.cost_centre:
            unmapped[entry.cost_centre, entry.account] += entry.ore
        else:
            costs[entry.cost_centre, rule.cost_class] += entry.ore
    notes = [*_of_unmapped(unmapped), *_of_clashes(clashes)]
    return Quantum(dict(costs), dict(excluded), dict(outside), dict(unmapped), tuple(notes))


def _chosen(entry: Entry, rules: Sequence[Rule]) -> tuple[Rule | None, Rule | None]:
    """Return the rule that goes for *entry*, and one of the same rank that contradicts it."""
    found = sorted(
        (rule for rule in rules if rule.covers(entry)),
        key=lambda rule: (rule.cost_centre == "", -rule.valid_from.toordinal(), rule.rule_id),
    )
    if not found:
        return None, None
    first = found[0]
    rivals = (
        rule
        for rule in found[1:]
        if (rule.cost_centre, rule.valid_from) == (first.cost_centre, first.valid_from)
        and (rule.cost_class, rule.action) != (first.cost_class, first.action)
    )
    return first, next(rivals, None)


def _of_unmapped(unmapped: Mapping[tuple[str, str], int]) -> list[Note]:
    notes = []
    for (centre, account), ore in sorted(unmapped.items()):
        message = (
            Message(
                "Konto {account} på kostnadsställe {centre} har ingen kostnadsregel. Lägg till kontot i tabellen "
                "Kostnadsregler, med en klass eller som uteslutet.",
                account=account,
                centre=centre,
            )
            if centre
            else Message(
                "Konto {account} är bokfört utan kostnadsställe. Lägg till kostnadsstället i huvudboken, eller en "
                "regel som utesluter kontot.",
                account=account,
            )
        )
        notes.append(Note("unmapped_account", message, ore))
    return notes


def _of_clashes(clashes: Mapping[tuple[str, str], str]) -> list[Note]:
    return [
        Note(
            "overlapping_rules",
            Message(
                "Reglerna {first} och {second} säger olika om konto {account} från samma dag; {first} gäller. Dela "
                "kontona mellan dem, eller ge den ena ett senare datum.",
                first=first,
                second=second,
                account=account,
            ),
        )
        for (first, second), account in sorted(clashes.items())
    ]
