"""A hospital of finite wards: which beds are open when, who comes, who may lie where, and what if it is full."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np

from vardbalans.engine.beds.clock import WEEK_HOURS, DischargeClock
from vardbalans.engine.beds.events import CROWD, LOST, POSTPONE, WAIT
from vardbalans.engine.beds.stay import Ints
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = ["Hospital", "PatientGroup", "Ward", "WhenFull", "staffed_beds"]

HOURS_A_DAY = 24


class WhenFull(IntEnum):
    """What is done when neither the own ward nor any other that the group may lie in has a free open bed."""

    LOST = LOST
    """The patient goes to another hospital."""
    WAIT = WAIT
    """The patient waits for a bed in the own ward, the most urgent first."""
    CROWD = CROWD
    """The patient is laid in the own ward above its open beds, while there is physical room; else waits."""
    POSTPONE = POSTPONE
    """The patient comes again after :attr:`Hospital.retry_days`."""


@dataclass(frozen=True, eq=False)
class Ward:
    """*staffed* (D,): the beds open each day; *physical*: how many it can hold when overcrowded.

    *reserve*: open beds that are kept free from those who can be postponed.
    """

    name: str
    staffed: Ints
    physical: int
    reserve: int = 0


@dataclass(frozen=True, eq=False)
class PatientGroup:
    """Patients of ward *home* who come *per_day*, spread by *hourly* (168,) and *season* (D,), the mean of each one.

    *stays* (Q,) are their hours on the discharge clock at evenly spaced quantiles from the shortest to the longest.
    *elsewhere* are the wards they may lie in instead, in order, and *own* those of the same clinic: who lies there is
    no outlier, and may be laid there above the open beds too. *kept*: the share who need a bed at all, of every day or
    each (D,), the others being cared for otherwise (such as by day surgery). *onward*: group → share who go on to it
    afterwards. *acute* tells only what is counted as elective.
    """

    name: str
    home: str
    per_day: float
    stays: Floats
    when_full: WhenFull
    acute: bool = True
    elsewhere: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    priority: int = 0
    hourly: Floats | None = None
    season: Floats | None = None
    kept: float | Floats = 1.0
    onward: Mapping[str, float] | None = None


@dataclass(frozen=True, eq=False)
class Hospital:
    """Wards and groups over D days, the first of which is weekday *first_weekday* (0: Monday).

    The first *warm_days* only fill the beds and are counted in nothing. *returns*: who lies elsewhere is moved home
    when there is room. *freest*: of the wards that a patient may lie in elsewhere, the one with most free beds is taken
    instead of the first with any; those of the own clinic come first. Raises BadInput where the parts contradict each
    other.
    """

    wards: tuple[Ward, ...]
    groups: tuple[PatientGroup, ...]
    clock: DischargeClock
    first_weekday: int = 0
    warm_days: int = 60
    retry_days: float = 7.0
    returns: bool = True
    census_hour: int = 6
    freest: bool = False

    def __post_init__(self) -> None:
        names = [ward.name for ward in self.wards]
        days = {len(ward.staffed) for ward in self.wards}
        if not self.wards or not self.groups:
            raise BadInput(Message("Ett sjukhus behöver minst en vårdavdelning och en patientgrupp."))
        if len(set(names)) < len(names) or len({group.name for group in self.groups}) < len(self.groups):
            raise BadInput(Message("Två vårdavdelningar eller två patientgrupper har samma namn."))
        if len(days) > 1 or self.warm_days < 0 or self.warm_days >= min(days):
            raise BadInput(
                Message(
                    "Alla vårdavdelningar ska ha lika många dagar, fler än {warm} för att fylla dem.",
                    warm=self.warm_days,
                )
            )
        if self.retry_days <= 0 or not 0 <= self.census_hour < HOURS_A_DAY or not 0 <= self.first_weekday < 7:
            raise BadInput(
                Message("Dagarna tills en uppskjuten kommer åter, mätningens timme eller veckodagen är fel.")
            )
        for ward in self.wards:
            if np.any(ward.staffed < 0) or ward.physical < np.max(ward.staffed) or ward.reserve < 0:
                raise BadInput(
                    Message(
                        "Vårdavdelning {ward}: öppna vårdplatser ska vara noll eller fler och högst de fysiska.",
                        ward=ward.name,
                    )
                )
        for group in self.groups:
            self._check(group, set(names))

    def _check(self, group: PatientGroup, wards: set[str]) -> None:
        if unknown := {group.home, *group.elsewhere, *group.own} - wards:
            raise BadInput(
                Message(
                    "Patientgrupp {group}: vårdavdelningen {ward} finns inte.",
                    group=group.name,
                    ward=", ".join(sorted(unknown)),
                )
            )
        stays = np.asarray(group.stays)
        if len(stays) < 2 or np.any(stays < 0) or np.any(np.diff(stays) < 0) or not np.all(np.isfinite(stays)):
            raise BadInput(
                Message(
                    "Patientgrupp {group}: vårdtiderna ska vara minst två tal i stigande ordning.", group=group.name
                )
            )
        if not (group.per_day >= 0 and np.isfinite(group.per_day)) or not _are_shares(group.kept, self.days):
            raise BadInput(Message("Patientgrupp {group}: inflödet per dag ska vara noll eller mer.", group=group.name))
        for shape, size in ((group.hourly, WEEK_HOURS), (group.season, self.days)):
            if shape is not None and (len(shape) != size or np.any(shape < 0)):
                raise BadInput(
                    Message(
                        "Patientgrupp {group}: säsong eller veckomönster ska vara {size} tal från noll.",
                        group=group.name,
                        size=size,
                    )
                )
        rules = {other.name: other.when_full for other in self.groups}
        for onward, share in (group.onward or {}).items():
            if onward not in rules or rules[onward] == WhenFull.POSTPONE or share < 0:
                raise BadInput(
                    Message(
                        "Patientgrupp {group} leder till {onward}, som saknas eller kan skjutas upp.",
                        group=group.name,
                        onward=onward,
                    )
                )
        if sum((group.onward or {}).values()) > 1 + 1e-9:
            raise BadInput(Message("Patientgrupp {group}: fler än alla går vidare.", group=group.name))

    @property
    def days(self) -> int:
        """Return how many days are played, those that only fill the beds included."""
        return len(self.wards[0].staffed)

    @cached_property
    def places(self) -> dict[str, int]:
        """Return the number of each ward by name."""
        return {ward.name: place for place, ward in enumerate(self.wards)}

    @property
    def staffed(self) -> Ints:
        """Return the open beds, (W, D)."""
        return np.array([ward.staffed for ward in self.wards], np.int64)


def _are_shares(values: float | Floats, days: int) -> bool:
    return np.shape(values) in ((), (days,)) and bool(np.all((np.asarray(values) >= 0) & (np.asarray(values) <= 1)))


def staffed_beds(staff: Floats, patients_each: float, physical: int) -> Ints:
    """Return the beds that *staff* (D,) at work at the leanest hour can keep open: whole beds, at most *physical*.

    Raises BadInput unless each looks after more than no patients and staff is zero or more.
    """
    if not patients_each > 0 or np.any(~(np.asarray(staff) >= 0)):
        raise BadInput(Message("Patienter per medarbetare ska vara över noll och bemanningen noll eller mer."))
    found: Ints = np.minimum(np.floor(np.asarray(staff) * patients_each + 1e-9), physical).astype(np.int64)
    return found
