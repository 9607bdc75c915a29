"""One list instead of several: whoever came first within a recorded priority is next, whichever unit they belong to.

People are counted by cohort (unit, recorded priority, week they came) and flow as fractions; slots are those that the
units have anyhow. Nothing is decided about anyone: the order is priority as recorded, then the week.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = ["Cohort", "Served", "Sharing", "served", "shared_list"]

_NOBODY = 1e-9
_Key = tuple[str, str, int]


@dataclass(frozen=True)
class Cohort:
    """*count* people of one unit's list (*home*) who came in week *came* (from 0; negative: before the plan).

    *priority* is as recorded; the lower it sorts, the sooner.
    """

    home: str
    priority: str
    came: int
    count: float

    def __post_init__(self) -> None:
        if not self.count >= 0:
            raise BadInput(Message("Antalet som kom till {home} kan inte vara negativt.", home=self.home))


@dataclass(frozen=True, eq=False)
class Served:
    """What becomes of the cohorts: *treated* by (home, performer), person-weeks waited and those left, by home.

    *waits* is the mean weeks waited by cohort (home, priority, came); those who are left have waited to the end.
    """

    treated: Mapping[tuple[str, str], float]
    left: Mapping[str, float]
    waits: Mapping[_Key, float]
    counts: Mapping[_Key, float] = field(repr=False)

    @property
    def spread(self) -> float:
        """Return how many weeks differ between units for people of one priority who came in the same week.

        The longest wait less the shortest, averaged over all who have someone to be compared with.
        """
        alike: dict[tuple[str, int], list[tuple[float, float]]] = defaultdict(list)
        for key, wait in self.waits.items():
            alike[key[1:]].append((wait, self.counts[key]))
        rows = [row for row in alike.values() if len(row) > 1]
        people = sum(count for row in rows for _, count in row)
        differ = sum((max(w for w, _ in row) - min(w for w, _ in row)) * sum(c for _, c in row) for row in rows)
        return differ / people if people else 0.0

    def wait_of(self, home: str) -> float:
        """Return the mean weeks waited by those of *home*; zero where there are none."""
        mine = [(wait, self.counts[key]) for key, wait in self.waits.items() if key[0] == home]
        people = sum(count for _, count in mine)
        return sum(wait * count for wait, count in mine) / people if people else 0.0


@dataclass(frozen=True, eq=False)
class Sharing:
    """The same people and slots with a list each (*apart*), and with one list (*together*)."""

    apart: Served
    together: Served

    @property
    def moved(self) -> float:
        """Return how many people are treated by another unit than their own with one list."""
        return sum(count for (home, by), count in self.together.treated.items() if home != by)


def shared_list(cohorts: Sequence[Cohort], slots: Mapping[str, Floats]) -> Sharing:
    """Return what one list would mean. *slots*: unit → people it can treat each week (weeks,). Raises BadInput.

    Every unit with people or slots takes part; where all slots are used either way, as many are treated.
    """
    by_home: dict[str, list[Cohort]] = defaultdict(list)
    for row in cohorts:
        by_home[row.home].append(row)
    if missing := by_home.keys() - slots.keys():
        raise BadInput(Message("{units} saknar tider att dela.", units=", ".join(sorted(missing))))
    alone = [served(by_home.get(home, ()), {home: values}) for home, values in slots.items()]
    apart = Served(
        {key: count for row in alone for key, count in row.treated.items()},
        {home: count for row in alone for home, count in row.left.items()},
        {key: wait for row in alone for key, wait in row.waits.items()},
        {key: count for row in alone for key, count in row.counts.items()},
    )
    return Sharing(apart, served(cohorts, slots))


def served(cohorts: Iterable[Cohort], slots: Mapping[str, Floats]) -> Served:
    """Treat the cohorts from one list with all *slots*: by priority, then week; of equals, all homes alike.

    Units treat their own first, so that no one travels who need not.
    """
    counts: dict[_Key, float] = defaultdict(float)
    for row in cohorts:
        if row.count > _NOBODY:
            counts[row.home, row.priority, row.came] += row.count
    left, waited = dict(counts), dict.fromkeys(counts, 0.0)
    treated: dict[tuple[str, str], float] = defaultdict(float)
    weeks = min((len(values) for values in slots.values()), default=0)
    turn: dict[tuple[str, int], list[_Key]] = defaultdict(list)
    for key in sorted(counts):
        turn[key[1:]].append(key)
    for week in range(weeks):
        room = {unit: float(values[week]) for unit, values in slots.items()}
        now = _next(turn, left, week, sum(room.values()))
        taken: dict[str, float] = defaultdict(float)
        for key, count in now.items():
            left[key] -= count
            waited[key] += count * (week - key[2])
            taken[key[0]] += count
        for pair, count in _who_treats(taken, room).items():
            treated[pair] += count
    for key, count in left.items():
        waited[key] += count * max(weeks - key[2], 0)
    remaining: dict[str, float] = defaultdict(float)
    for key, count in left.items():
        remaining[key[0]] += count
    return Served(dict(treated), dict(remaining), {key: waited[key] / counts[key] for key in counts}, dict(counts))


def _next(
    turn: Mapping[tuple[str, int], Sequence[_Key]], left: Mapping[_Key, float], week: int, free: float
) -> dict[_Key, float]:
    """Return who is treated in *week* by *free* slots: by turn, and of equals the same share of each."""
    found: dict[_Key, float] = {}
    for (_, came), keys in sorted(turn.items()):
        waiting = sum(left[key] for key in keys)
        if came <= week and waiting > _NOBODY and free > _NOBODY:
            share = min(1.0, free / waiting)
            found |= {key: share * left[key] for key in keys}
            free -= min(free, waiting)
    return found


def _who_treats(taken: Mapping[str, float], room: Mapping[str, float]) -> dict[tuple[str, str], float]:
    """Return who treats whom in a week: each unit its own first, then others in proportion to the room they have."""
    own = {home: min(count, room.get(home, 0.0)) for home, count in taken.items()}
    found = {(home, home): count for home, count in own.items() if count > _NOBODY}
    spare = {unit: minutes - own.get(unit, 0.0) for unit, minutes in room.items()}
    total = float(np.sum(list(spare.values())))
    for home, count in taken.items():
        rest = count - own[home]
        if rest > _NOBODY:
            for unit, free in spare.items():
                if free > _NOBODY:
                    found[home, unit] = found.get((home, unit), 0.0) + rest * free / total
    return found
