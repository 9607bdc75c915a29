"""What a plan may use beyond what there ordinarily is, as it is agreed and dated: nothing here is computed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal, Protocol, TypeVar

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.units import check_share

__all__ = ["ExtraTime", "LeaveRule", "Leeway", "Performer", "StaffLoan", "in_force"]


@dataclass(frozen=True)
class ExtraTime:
    """Extra time of a resource: a piece gives *minutes* and costs *cost_ore* (None: not known)."""

    resource_id: str
    kind: Literal["overtime", "agency", "session"]
    minutes: float
    cost_ore: int | None
    weekly_most: float
    whole: bool
    valid_from: date
    valid_to: date | None
    source: str


@dataclass(frozen=True)
class LeaveRule:
    """Leave to give a resource from *date_from* through *date_to*, beyond what is expected as absence."""

    resource_id: str
    date_from: date
    date_to: date
    minutes: float
    most_share: float
    source: str

    def __post_init__(self) -> None:
        check_share(self.most_share, "Andelen ledig tid")
        if self.date_to < self.date_from:
            raise BadInput(Message("Ledigheten för {id} slutar innan den börjar.", id=self.resource_id))


@dataclass(frozen=True)
class Performer:
    """*performer_service*, of another unit, may do *service_id* with its own resources, where *competence* is there."""

    service_id: str
    performer_service: str
    competence: str
    weekly_most: float | None
    cost_ore: int | None
    valid_from: date
    valid_to: date | None
    source: str


@dataclass(frozen=True)
class StaffLoan:
    """Staff of *from_resource* may work at *to_resource*, *weekly_minutes* at most, journeys included."""

    from_resource: str
    to_resource: str
    weekly_minutes: float
    valid_from: date
    valid_to: date | None
    source: str


@dataclass(frozen=True, eq=False)
class Leeway:
    """All of it. *sites*: unit id → where it is; *travel*: (from site, to site) → minutes one way.

    *notes* tell which tables are not there and what is switched off for that, and which rows cannot be used.
    """

    extra_time: tuple[ExtraTime, ...] = ()
    leave_rules: tuple[LeaveRule, ...] = ()
    performers: tuple[Performer, ...] = ()
    staff_loans: tuple[StaffLoan, ...] = ()
    sites: Mapping[str, str] = field(default_factory=dict)
    travel: Mapping[tuple[str, str], float] = field(default_factory=dict)
    notes: tuple[Message, ...] = ()

    def minutes_between(self, one: str, other: str) -> float | None:
        """Return the minutes from unit *one* to unit *other*; None where it is not known.

        Within one site it is zero unless the table says otherwise; the way back takes as long as the way there.
        """
        sites = (self.sites.get(one, ""), self.sites.get(other, ""))
        if "" in sites:
            return None
        there = self._both_ways.get(sites)
        return 0.0 if there is None and sites[0] == sites[1] else there

    @cached_property
    def _both_ways(self) -> dict[tuple[str, str], float]:
        return {(there, here): minutes for (here, there), minutes in self.travel.items()} | dict(self.travel)


class _Dated(Protocol):
    @property
    def valid_from(self) -> date: ...
    @property
    def valid_to(self) -> date | None: ...


T = TypeVar("T", bound=_Dated)


def in_force(rows: Iterable[T], first: date, last: date) -> list[T]:
    """Return the rows that hold on any day of a plan from *first* through *last*, oldest first."""
    held = [row for row in rows if row.valid_from <= last and (row.valid_to is None or row.valid_to >= first)]
    return sorted(held, key=lambda row: row.valid_from)
