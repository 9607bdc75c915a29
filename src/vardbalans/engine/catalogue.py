"""The shared nouns: unit, service (vårdtjänst), resource (resurs), recipe (resursuppsättning) and dated values."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, Literal, TypeVar

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.units import check_share

__all__ = [
    "Dated",
    "NonClinical",
    "Opening",
    "Per",
    "Recipe",
    "Resource",
    "ResourceSet",
    "Service",
    "ServiceStop",
    "Unit",
    "value_on",
]

Per = Literal["activity", "day", "session"]
T = TypeVar("T")


@dataclass(frozen=True)
class Unit:
    """A region, division, clinic, unit, ward or theatre; *parent_id* is empty at the top."""

    unit_id: str
    name: str
    level: str
    parent_id: str = ""


@dataclass(frozen=True)
class Service:
    """A care service (vårdtjänst) that a unit offers; *guarantee* names its legal limit, or ``none``.

    Services with the same *shared_list* have one waiting list; empty where it has its own. *urgent_share* of what can
    be treated is kept for the urgent priority classes.
    """

    service_id: str
    name: str
    unit_id: str
    kind: str
    guarantee: str = "none"
    shared_list: str = ""
    urgent_share: float = 0.0


@dataclass(frozen=True)
class Resource:
    """Something a service needs: staff of a competence, a room, equipment or beds. A shift is *shift_minutes* long.

    Kind ``observed`` stands for all that a service needs, where only its production is known; it has no shifts.
    """

    resource_id: str
    name: str
    unit_id: str
    kind: str
    shift_minutes: int | None

    def __post_init__(self) -> None:
        if self.shift_minutes is not None and self.shift_minutes <= 0:
            raise BadInput(Message("Resurs {id}: passets längd måste vara över noll minuter.", id=self.resource_id))


@dataclass(frozen=True)
class Recipe:
    """How many minutes of one resource one activity of a service takes. A service has one per resource of its set.

    *per* ``activity``: minutes each time. ``day``: minutes per day of stay (a bed takes 1 440). ``session``:
    minutes of preparation per shift that the service's activities fill on the same resource. *set_id* is empty for the
    ordinary set, which the balance is reckoned with; any other names an alternative, such as another profession.
    """

    service_id: str
    resource_id: str
    minutes: float
    per: Per
    valid_from: date
    set_id: str = ""

    def __post_init__(self) -> None:
        if not self.minutes > 0:
            raise BadInput(
                Message(
                    "Receptet {service} – {resource}: minuterna måste vara över noll, inte {minutes}.",
                    service=self.service_id,
                    resource=self.resource_id,
                    minutes=self.minutes,
                )
            )


@dataclass(frozen=True)
class ResourceSet:
    """What is known of an alternative set of a service: its name, and the terms on which it may be used.

    At most the *share* of what the service produces may be done with it (None: all), and an activity costs *cost_ore*
    more than with the ordinary set (None: not known).
    """

    service_id: str
    set_id: str
    name: str
    share: float | None = None
    cost_ore: int | None = None

    def __post_init__(self) -> None:
        if self.share is not None:
            check_share(self.share, f"Andelen med uppsättningen {self.name}")


@dataclass(frozen=True)
class Opening:
    """When a resource is open: *sets* resource sets during *minutes* a day.

    The narrowest row wins: one for a *date*, then one for a *week* and weekday, then one for a weekday alone.
    A weekday row holds from *valid_from* until *valid_to*, on holidays only when *open_holidays*.
    """

    sets: float
    minutes: float
    open_holidays: bool
    valid_from: date
    valid_to: date | None = None
    weekday: int | None = None
    week: str | None = None
    day: date | None = None


@dataclass(frozen=True)
class ServiceStop:
    """Maintenance on *day*: *sets* of a resource are out of use, *minutes* each."""

    day: date
    sets: float
    minutes: float


@dataclass(frozen=True)
class NonClinical:
    """Time that is not for patients, such as administration: *minutes* of each post or set that is there.

    On one *day*; or each *weekday* that is a working day from *valid_from* until *valid_to*, in one *week* alone where
    that is given; or, with a *week* and no weekday, spread evenly over its working days. *movable*: it may be moved to
    another day.
    """

    kind: str
    minutes: float
    movable: bool
    valid_from: date
    valid_to: date | None = None
    weekday: int | None = None
    week: str | None = None
    day: date | None = None

    def __post_init__(self) -> None:
        if not (self.minutes >= 0 and math.isfinite(self.minutes)):
            raise BadInput(
                Message("Icke-klinisk tid måste vara noll minuter eller mer, inte {value}.", value=self.minutes)
            )


@dataclass(frozen=True)
class Dated(Generic[T]):
    """A value that holds from a date until the next one: a rate, a limit, a share."""

    valid_from: date
    value: T


def value_on(series: Sequence[Dated[T]], day: date) -> T | None:
    """Return the value that holds on *day*, or None before the first."""
    held = [item for item in series if item.valid_from <= day]
    return max(held, key=lambda item: item.valid_from).value if held else None
