"""Everything one run reads, frozen: what a lake version holds, as values of the engine.

Nothing here is computed; the data room counts rows into these values and the engine never looks further.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal

import numpy as np

from vardbalans.engine.catalogue import (
    Dated,
    NonClinical,
    Opening,
    Recipe,
    Resource,
    ResourceSet,
    Service,
    ServiceStop,
    Unit,
)
from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Source
from vardbalans.engine.leeway import Leeway
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Calendar, Period
from vardbalans.engine.units import Floats, check_share

__all__ = [
    "Adjustment",
    "Contract",
    "Conversion",
    "Estimate",
    "Event",
    "Inputs",
    "ListState",
    "Measured",
    "Override",
    "Ratio",
    "ResourceInput",
    "Series",
    "ServiceInput",
    "Staffing",
    "WarningRule",
]


@dataclass(frozen=True)
class Event:
    """Something dated that is known of a series: a new level from *first* on, or days that are not as others.

    The latter last through *last* (None: they still do) and are left out of what a forecast is fitted to.
    """

    kind: Literal["level_shift", "outlier"]
    first: date
    last: date | None = None

    def shares(self, periods: Sequence[Period]) -> Floats:
        """Return the share of each period's days from *first* on, through *last* for days that are not as others."""
        last = (self.last or date.max) if self.kind == "outlier" else date.max
        return np.array([np.mean([self.first <= day <= last for day in period.days]) for period in periods])


@dataclass(frozen=True, eq=False)
class Series:
    """Counts of consecutive periods from *start*; *source* tells where they were counted, *events* what befell them."""

    start: Period
    values: Floats
    source: Source
    events: tuple[Event, ...] = ()

    @property
    def periods(self) -> tuple[Period, ...]:
        """Return the period of every value."""
        return tuple(self.start.next(n) for n in range(len(self.values)))

    @property
    def end(self) -> date:
        """Return the day after the last period."""
        return self.start.next(len(self.values)).start

    def last(self, count: int) -> Floats:
        """Return the last *count* values (all where there are fewer)."""
        return self.values[-count:]

    def rows_of_last(self, count: int) -> Source:
        """Return the source rows behind the last *count* values."""
        first = self.start.next(max(0, len(self.values) - count))
        return self.source.narrowed(since=str(first), until=str(self.start.next(len(self.values))))


@dataclass(frozen=True)
class Ratio:
    """A share as it was counted: *part* of *whole*, from the rows of *source*."""

    part: int
    whole: int
    source: Source | None = None

    @property
    def value(self) -> float:
        """Return part / whole; a whole of zero has no share and raises ZeroDivisionError, a bug of the caller."""
        return self.part / self.whole


@dataclass(frozen=True)
class Measured:
    """A measured duration: mean, coefficient of variation, and the number of activities it rests on."""

    mean: float
    cv: float
    count: int


@dataclass(frozen=True, eq=False)
class ListState:
    """The waiting list of one service over the same periods: people in, treated, otherwise removed, waiting at the end.

    *removed* is None where the source does not report it; then the identity's residual stands in its place.
    *opening* is the queue before the first period, or None where unknown.
    """

    inflow: Series
    treated: Series
    waiting: Series
    removed: Series | None = None
    opening: float | None = None

    @property
    def queue(self) -> float:
        """Return the number waiting at the end of the last period."""
        return float(self.waiting.values[-1])

    @property
    def queue_rows(self) -> Source:
        """Return the rows of those waiting at the end of the last period."""
        if self.waiting.source.table == "referrals":
            return self.waiting.source.narrowed(open_at=self.waiting.end.isoformat())
        return self.waiting.rows_of_last(1)

    @property
    def year(self) -> int:
        """Return how many periods make a year."""
        return 12 if self.waiting.start.frequency == "month" else 52

    @property
    def per_week(self) -> float:
        """Return the factor from a figure per period to one per week."""
        return 12 * 7 / 365.25 if self.waiting.start.frequency == "month" else 1.0


@dataclass(frozen=True, eq=False)
class ServiceInput:
    """One service: what comes in, how the list stands, what is lost on the way and how long it takes.

    *need* is the list's inflow where there is a list, otherwise activity performed (*need_is_inflow* False).
    """

    service: Service
    calendar: Calendar = field(repr=False)
    need: Series
    need_is_inflow: bool
    waiting_list: ListState | None = None
    performed: Series | None = None
    lost_slots: Ratio | None = None
    minutes: Measured | None = None
    stay_days: Measured | None = None
    limit_days: float | None = None
    limit_source: str = ""


@dataclass(frozen=True, eq=False)
class Staffing:
    """Posts of one staff resource: full-time equivalents per week of the run, absence by ISO week (1–53) as a share.

    *known_absence* is what is already booked, per week of the run; the larger of booked and expected counts.
    """

    fte: Floats
    absence_by_iso_week: Floats
    known_absence: Floats


@dataclass(frozen=True, eq=False)
class ResourceInput:
    """One resource with its opening hours, utilisation over time and, for staff, its posts.

    *non_clinical* and *stops* take time from it. *norms*: activities a full-time practitioner is to do in a week.
    """

    resource: Resource
    calendar: Calendar = field(repr=False)
    openings: tuple[Opening, ...] = ()
    utilisation: tuple[Dated[float], ...] = ()
    staffing: Staffing | None = None
    non_clinical: tuple[NonClinical, ...] = ()
    stops: tuple[ServiceStop, ...] = ()
    norms: tuple[Dated[float], ...] = ()


@dataclass(frozen=True)
class Estimate:
    """A share as it was estimated from *linked* of *upstream* activities, with what its peers in the region say.

    *region_share* is the region's for the same pair, None where the unit is alone with it; *own_weight* (0–1) is how
    much the unit's own figures weigh against it. The share is as sure as if counted on *size* activities. *several*:
    one activity may lead to several.
    """

    share: float
    low: float
    high: float
    lag_weeks: tuple[float, ...]
    upstream: int
    linked: int
    size: float
    several: bool
    region_share: float | None = None
    own_weight: float = 1.0


@dataclass(frozen=True)
class Override:
    """A share set by hand: since when (None: always), by whom or from what (*said_by*), and why."""

    valid_from: date | None
    said_by: str
    reason: str


@dataclass(frozen=True)
class Conversion:
    """Every activity of *from_service* leads to *share* of *to_service* (above one where it leads to several).

    *lag_weeks* are shares by whole weeks 0, 1, 2 … that sum to one. *low* and *high* bound the share (95 %). A share
    set by hand (*override*) stands in the place of the *estimate*, which is kept beside it.
    """

    from_service: str
    to_service: str
    share: float
    low: float
    high: float
    lag_weeks: tuple[float, ...]
    source: Source
    estimate: Estimate | None = None
    override: Override | None = None

    @property
    def lag_median(self) -> int:
        """Return the number of whole weeks within which half have come."""
        reached = 0.0
        for weeks, share in enumerate(self.lag_weeks):
            reached += share
            if reached >= 0.5 - 1e-9:
                return weeks
        return len(self.lag_weeks) - 1


@dataclass(frozen=True)
class Contract:
    """What a provider takes for one *service_id* from *valid_from* on, and how many a year (None: no limit)."""

    provider_id: str
    service_id: str
    price_ore: int
    volume: float | None
    valid_from: date


@dataclass(frozen=True)
class WarningRule:
    """When to warn: P(short) above *risk* for *weeks* weeks in a row, beginning at least *ahead_weeks* from now.

    *valid_from* and *source* tell since when, and by whose decision.
    """

    risk: float = 0.7
    weeks: int = 3
    ahead_weeks: int = 4
    valid_from: date = date(2026, 11, 1)
    source: str = str(Message("Vårdbalans förval"))

    def __post_init__(self) -> None:
        check_share(self.risk, "Risken som ger en varning")
        if self.weeks < 1 or self.ahead_weeks < 0:
            raise BadInput(Message("En varning kräver minst en vecka i rad, och en framförhållning på minst 0 veckor."))


@dataclass(frozen=True)
class Adjustment:
    """A planner's own judgement of one service's need, from *date_from* through *date_to*, for days from *made_on*.

    Either *per_week* (people or activities more in an ordinary week, negative: fewer) or *factor* (1.1: a tenth more)
    is given. *author* is a function and *author_level* the level of its unit; neither is a person.
    """

    adjustment_id: str
    service_id: str
    date_from: date
    date_to: date
    made_on: date
    author: str
    author_level: str
    reason: str
    per_week: float | None = None
    factor: float | None = None

    def __post_init__(self) -> None:
        if (self.per_week is None) == (self.factor is None):
            raise BadInput(
                Message("Justering {id}: ange antingen antal per vecka eller faktor.", id=self.adjustment_id)
            )
        if self.factor is not None and not (self.factor >= 0 and math.isfinite(self.factor)):
            raise BadInput(
                Message(
                    "Justering {id}: faktorn måste vara noll eller mer, inte {factor}.",
                    id=self.adjustment_id,
                    factor=self.factor,
                )
            )
        if self.per_week is not None and not math.isfinite(self.per_week):
            raise BadInput(Message("Justering {id}: antalet per vecka är inget tal.", id=self.adjustment_id))
        if self.date_to < self.date_from:
            raise BadInput(Message("Justering {id}: sista dagen ligger före den första.", id=self.adjustment_id))


@dataclass(frozen=True, eq=False)
class Inputs:
    """One frozen bundle: the data version's *version* and *fingerprint*, and all that the chain needs.

    *weeks* are the weeks to plan. *notes* say what was absent and what stands in its place. *adjustments* stand in the
    order they were made; *warning_rule* is when to warn. *leeway* is what a plan may use beyond the
    ordinary.
    """

    version: int
    fingerprint: str
    as_of: date
    weeks: tuple[Period, ...]
    units: Mapping[str, Unit]
    services: tuple[ServiceInput, ...]
    resources: tuple[ResourceInput, ...]
    recipes: tuple[Recipe, ...]
    conversions: tuple[Conversion, ...] = ()
    notes: tuple[Message, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    warning_rule: WarningRule = WarningRule()
    contracts: tuple[Contract, ...] = ()
    leeway: Leeway = field(default_factory=Leeway)
    resource_sets: tuple[ResourceSet, ...] = ()

    @cached_property
    def contracts_in_force(self) -> dict[str, tuple[Contract, ...]]:
        """Return service id → what is agreed with each provider when the weeks begin: the latest of each."""
        latest: dict[tuple[str, str], Contract] = {}
        for row in sorted(self.contracts, key=lambda row: row.valid_from):
            if row.valid_from <= self.weeks[0].start:
                latest[row.service_id, row.provider_id] = row
        found: dict[str, list[Contract]] = {}
        for place in sorted(latest):
            found.setdefault(place[0], []).append(latest[place])
        return {name: tuple(rows) for name, rows in found.items()}

    @cached_property
    def lists(self) -> dict[str, tuple[ServiceInput, ...]]:
        """Return every waiting list with the services that share it; it has the id of the first of them.

        Services share a list where they name the same one, have the same guarantee, and are counted in the same way.
        """
        found: dict[tuple[str, ...], list[ServiceInput]] = {}
        for item in self.services:
            if item.waiting_list is not None:
                service, counted = item.service, item.waiting_list.waiting
                own = (service.shared_list, service.guarantee, counted.start.frequency, counted.source.table)
                found.setdefault(own if service.shared_list else (service.service_id,), []).append(item)
        return {items[0].service.service_id: tuple(items) for items in found.values()}
