"""Overhead: what support centres cost, moved to the centres that produce; reciprocal or step-down, nothing left behind.

Both methods come down to one table of shares: row j says which part of what support centre j itself costs ends at
each producing centre, by whatever way. Its rows sum to one, so the sum before is the sum after, and any krona can be
followed: direct cost of j times its share. Reciprocal: x = (I − A)⁻¹·d with A the driver shares among the centres, so
centres may serve one another. Step-down: in the given order, a centre that has been closed receives nothing more.
Sources: BHIMA (step-down); Kaplan, *Variable and self-service costs in reciprocal allocation models* (1973).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vardbalans.engine.cost.notes import Note
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats, apportion

__all__ = ["Allocation", "Method", "Support", "allocate"]

Method = Literal["reciprocal", "step-down"]


@dataclass(frozen=True)
class Support:
    """A support centre; *driver* is what it is used by (centre → amount, its own share is not counted)."""

    centre: str
    driver_name: str
    driver: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Allocation:
    """Where the cost of support centres ended.

    *shares* (supports, producing) are the parts of each support centre's own cost; *moved* the same in öre by (support,
    producing), which sum to what the support centres cost but for *stuck*: what could not leave, by support centre.
    """

    method: Method
    supports: tuple[str, ...]
    producing: tuple[str, ...]
    shares: Floats
    moved: Mapping[tuple[str, str], int]
    stuck: Mapping[str, int]
    notes: tuple[Note, ...]

    @property
    def stuck_ore(self) -> int:
        """Return the öre that no driver takes to a producing centre."""
        return sum(self.stuck.values())


def allocate(
    direct: Mapping[str, int], supports: Sequence[Support], producing: Sequence[str], method: Method = "reciprocal"
) -> Allocation:
    """Return the allocation of the support centres' *direct* öre to the *producing* centres.

    *supports* are in the order of step-down. A support centre without a driver, or whose cost can only go round among
    support centres, keeps what it has: *stuck*, with a note that says how to repair. Rounded by the largest remainder.
    """
    names = tuple(support.centre for support in supports)
    links = _links(supports, names, producing, method)
    shares, trapped = _shares(links, len(names))
    moved: dict[tuple[str, str], int] = {}
    stuck: dict[str, int] = {}
    for row, centre in enumerate(names):
        ore = direct.get(centre, 0)
        if not ore:
            continue
        weights = np.append(shares[row], trapped[row])
        *parts, left = apportion(ore, [float(weight) for weight in weights])
        moved |= {(centre, place): part for place, part in zip(producing, parts, strict=True) if part}
        if left:
            stuck[centre] = left
    notes = _notes(supports, links, shares, stuck, producing)
    return Allocation(method, names, tuple(producing), shares, moved, stuck, tuple(notes))


def _links(supports: Sequence[Support], names: Sequence[str], producing: Sequence[str], method: Method) -> Floats:
    """Return the shares (supports, supports + producing) in which each support centre is used; a row sums to 1 or 0."""
    centres = [*names, *producing]
    links = np.zeros((len(supports), len(centres)))
    for row, support in enumerate(supports):
        open_from = row + 1 if method == "step-down" else 0
        for column, centre in enumerate(centres):
            if centre != support.centre and column >= open_from:
                links[row, column] = support.driver.get(centre, 0.0)
        total = links[row].sum()
        links[row] = links[row] / total if total > 0 else 0.0
    return links


def _shares(links: Floats, count: int) -> tuple[Floats, Floats]:
    """Return the shares of each support's cost that end at producing centres, and that can end nowhere.

    Support centres from which no producing centre can be reached have no equation to solve: what comes there stays.
    """
    inside, outside = links[:, :count], links[:, count:]
    leaves = outside.sum(axis=1) > 0
    for _ in range(count):
        leaves = leaves | (inside[:, leaves].sum(axis=1) > 0)
    among = inside * leaves[None, :] * leaves[:, None]
    ends = np.column_stack([outside * leaves[:, None], inside[:, ~leaves].sum(axis=1) * leaves])
    solved = _ends(among, ends)
    trapped = np.where(leaves, solved[:, -1], 1.0)
    return solved[:, :-1], trapped


def _ends(among: Floats, ends: Floats) -> Floats:
    """Return (I − *among*)⁻¹ · *ends* without a subtraction; zero for rows of zeros.

    One centre at a time is passed over: what comes to it goes straight where it sends it. However little leaves a
    circle, it is all that leaves it (Grassmann, Taksar & Heyman 1985), where 1 − 1 would be no number to divide by.
    """
    among, ends = among.copy(), ends.copy()
    count = len(ends)
    for last in range(count - 1, -1, -1):
        sent = among[last, :last].sum() + ends[last].sum()
        if sent > 0:
            among[last, :last] /= sent
            ends[last] /= sent
            among[:last, :last] += np.outer(among[:last, last], among[last, :last])
            ends[:last] += np.outer(among[:last, last], ends[last])
    for row in range(1, count):
        ends[row] += among[row, :row] @ ends[:row]
    return ends


def _notes(
    supports: Sequence[Support],
    links: Floats,
    shares: Floats,
    stuck: Mapping[str, int],
    producing: Sequence[str],
) -> list[Note]:
    notes = []
    known = {support.centre for support in supports} | set(producing)
    for row, support in enumerate(supports):
        ore = stuck.get(support.centre, 0)
        if links[row].sum() == 0:
            text = Message(
                "Kostnadsställe {centre} har ingen fördelningsnyckel att gå efter: {driver} är noll för alla andra. "
                "Fyll i nyckelns värden i tabellen Fördelningsnycklar, eller byt nyckel.",
                centre=support.centre,
                driver=support.driver_name or "–",
            )
            notes.append(Note("driver_is_zero", text, ore))
        elif shares[row].sum() == 0:
            text = Message(
                "Kostnadsställe {centre} fördelas bara till stödjande kostnadsställen som skickar kostnaden runt. Ge "
                "nyckeln {driver} värden för minst ett producerande kostnadsställe.",
                centre=support.centre,
                driver=support.driver_name,
            )
            notes.append(Note("closed_circle", text, ore))
        elif ore:
            text = Message(
                "En del av kostnadsställe {centre} hamnar hos stödjande kostnadsställen som inte kan fördelas vidare. "
                "Rätta dem först.",
                centre=support.centre,
            )
            notes.append(Note("closed_circle", text, ore))
        for centre in sorted(set(support.driver) - known):
            text = Message(
                "Nyckeln {driver} har ett värde för {centre}, som inte är något kostnadsställe i körningen; det räknas "
                "inte. Lägg till kostnadsstället, eller ta bort raden.",
                driver=support.driver_name,
                centre=centre,
            )
            notes.append(Note("unknown_centre", text))
    return notes
