"""The planning problem and the plan, as frozen values that refuse nonsense.

All series have shape (weeks,). People are counted in people, production in slots (activities offered), resources in
minutes (activities where only counts are known), money in öre.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period
from vardbalans.engine.units import Floats, check_share

__all__ = [
    "EXTRA_NAMES",
    "Extra",
    "ExtraKind",
    "Keep",
    "Leave",
    "Likeness",
    "Link",
    "Loan",
    "Plan",
    "PlannedResource",
    "PlannedService",
    "Problem",
    "Use",
    "Way",
    "Weights",
]

ExtraKind = Literal["overtime", "agency", "session"]
EXTRA_NAMES: Mapping[str, Message] = {
    "overtime": Message("övertid"),
    "agency": Message("hyrpersonal"),
    "session": Message("extra pass"),
}
"""What each kind of extra time is called."""


@dataclass(frozen=True)
class Use:
    """What one slot takes of a resource: *minutes*, spread by *shares* over its own week and the weeks after.

    A stay that goes on after the week it began in has shares such as (0.7, 0.3); they sum to one.
    """

    resource_id: str
    minutes: float
    shares: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        if not (self.minutes > 0 and math.isfinite(self.minutes)) or not math.isclose(sum(self.shares), 1.0):
            raise BadInput(Message("Åtgången av {id}: minuterna måste vara över noll.", id=self.resource_id))


@dataclass(frozen=True)
class Way:
    """A way to produce a service: with the resource set *uses*, at another site, or by someone else (no uses).

    *cost_ore* is what one slot costs beyond the resources (None: not known); *most* is how many in all the weeks
    (None: no limit of its own), and *weekly_most* in each. Ways with the same *agreement* share one *most*.
    *travel_minutes* is how far patients are sent, one way (None: not known, or not at all); *performer* is the service
    of another unit whose resources it uses (empty: not another unit), *competence* what that unit must have for it.
    *place* is its place among the service's resource sets, 0 for the ordinary one: of equals the first is chosen.
    """

    way_id: str
    name: str
    uses: tuple[Use, ...] = ()
    cost_ore: float | None = None
    most: float | None = None
    travel_minutes: float | None = None
    weekly_most: float | None = None
    agreement: str = ""
    performer: str = ""
    competence: str = ""
    place: int = 0

    @property
    def travel_hours(self) -> float:
        """Return the hours that one patient travels there and back; zero where the journey is not known."""
        return 2 * (self.travel_minutes or 0.0) / 60


@dataclass(frozen=True, eq=False)
class Keep:
    """What a service is held to: at most *late* (weeks,) past the limit, and *last_queue* waiting at the end.

    It is what it would have if *coming* (weeks,) came; whoever else the plan brings from upstream may wait as well.
    """

    late: Floats
    last_queue: float
    coming: Floats


@dataclass(frozen=True, eq=False)
class PlannedService:
    """A service: who comes, who waits, who must be treated when, and the *ways* it can be produced, its own first.

    *need* (weeks,) come in and *removed* leave untreated, not counting what *links* of the problem bring. *queue* wait
    at the start; of these *due* (weeks,) reach their limit at the end of each week. Whoever comes in a week is due
    *limit_weeks* later (0: the same week; None: there is no limit). *kept* is the share of slots in which someone is
    treated. *ordinary* (weeks,) is how many the *need* of services further down already takes to be treated here.
    *margin* (weeks,) is how many more than the expected must be treated for the guarantee to hold surely enough.
    *guaranteed* tells whether the limit is one of the care guarantee; lateness weighs the same where it is not.
    *keep* is what it must not be taken below for the sake of others.
    """

    service_id: str
    name: str
    need: Floats
    ways: tuple[Way, ...]
    queue: float = 0.0
    due: Floats | None = None
    limit_weeks: int | None = None
    removed: Floats | None = None
    kept: float = 1.0
    ordinary: Floats | None = None
    margin: Floats | None = None
    guaranteed: bool = True
    keep: Keep | None = None

    def __post_init__(self) -> None:
        check_share(self.kept, f"Andelen utnyttjade tider i {self.name}")
        if not self.ways:
            raise BadInput(Message("{service} har inget sätt att produceras på.", service=self.name))
        if not (self.queue >= 0 and math.isfinite(self.queue)):
            raise BadInput(Message("{service}: antalet väntande måste vara noll eller mer.", service=self.name))
        if self.limit_weeks is not None and self.limit_weeks < 0:
            raise BadInput(Message("{service}: gränsen i veckor kan inte vara negativ.", service=self.name))
        if self.due is not None and float(self.due.sum()) > self.queue * (1 + 1e-9) + 1e-9:
            raise BadInput(Message("{service}: fler når sin gräns än som väntar.", service=self.name))

    @property
    def can_wait(self) -> bool:
        """Tell whether there is a list: need that is due in the very week it arises cannot wait."""
        return self.limit_weeks is None or self.limit_weeks > 0 or self.queue > 0

    @property
    def net_need(self) -> Floats:
        """Return who comes in less who leaves untreated, per week."""
        return self.need if self.removed is None else self.need - self.removed


@dataclass(frozen=True, eq=False)
class Extra:
    """More of a resource than it ordinarily has: overtime, agency staff or extra sessions.

    A piece gives *minutes* and costs *cost_ore* (None: not known); at most *most* (weeks,) pieces a week, only *whole*
    ones where so said.
    """

    kind: ExtraKind
    most: Floats
    minutes: float = 1.0
    cost_ore: float | None = None
    whole: bool = False

    def __post_init__(self) -> None:
        if not self.minutes > 0 or bool((self.most < 0).any()):
            raise BadInput(Message("Extra tid ({kind}) kan inte vara negativ.", kind=EXTRA_NAMES[self.kind]))


@dataclass(frozen=True)
class Leave:
    """Leave that must be given: *owed_minutes* in the weeks *first* to *last* (from 0), at most *share* of a week."""

    owed_minutes: float
    first: int
    last: int
    share: float = 1.0

    def __post_init__(self) -> None:
        check_share(self.share, "Andelen ledig tid")
        if self.owed_minutes < 0 or not 0 <= self.first <= self.last:
            raise BadInput(Message("Ledigheten måste vara noll minuter eller mer, i veckor som följer på varandra."))


@dataclass(frozen=True)
class Loan:
    """Staff of one resource who may work at another of the same competence, at most *most* minutes a week there.

    *lost* is the share of the time lent that goes to travel: it is taken where they are from, and helps nowhere.
    """

    from_resource: str
    to_resource: str
    most: float
    lost: float = 0.0

    def __post_init__(self) -> None:
        check_share(self.lost, "Andelen av lånad tid som går till resor")
        if not (self.most >= 0 and math.isfinite(self.most)) or self.from_resource == self.to_resource:
            raise BadInput(
                Message(
                    "Lånet från {id} måste vara till en annan resurs, noll minuter eller mer.", id=self.from_resource
                )
            )


@dataclass(frozen=True)
class Likeness:
    """Services of different units that give the same care: the longest of their waits is to be as short as can be.

    *rates* are how many come to each in an ordinary week, so that queue / rate is its wait in weeks. The spread of a
    week is the longest wait less the shortest; summed over the weeks it is at most *most_spread* (None: no limit).
    """

    name: str
    service_ids: tuple[str, ...]
    rates: tuple[float, ...]
    most_spread: float | None = None

    def __post_init__(self) -> None:
        if len(self.rates) != len(self.service_ids) or not all(rate > 0 for rate in self.rates):
            raise BadInput(Message("{name}: ange hur många som kommer till varje.", name=self.name))


@dataclass(frozen=True, eq=False)
class PlannedResource:
    """A resource with its *available* minutes (weeks,), what *extras* it may have and what *leave* it must give.

    *surely* (weeks,) is what is left for care that can wait, surely enough, when care that cannot has taken what it may
    come to need; None where only what is expected counts. *measure* is what all of it is counted in.
    """

    resource_id: str
    name: str
    available: Floats
    extras: tuple[Extra, ...] = ()
    leave: tuple[Leave, ...] = ()
    surely: Floats | None = None
    measure: Literal["minutes", "activities"] = "minutes"

    def __post_init__(self) -> None:
        if not np.isfinite(self.available).all() or bool((self.available < 0).any()):
            raise BadInput(Message("{resource}: tillgänglig tid kan inte vara negativ.", resource=self.name))
        if len({extra.kind for extra in self.extras}) < len(self.extras):
            raise BadInput(Message("{resource}: varje slag av extra tid anges en gång.", resource=self.name))
        weeks = [week for row in self.leave for week in range(row.first, row.last + 1)]
        if len(set(weeks)) < len(weeks):
            raise BadInput(Message("{resource}: en vecka hör till två ledigheter.", resource=self.name))

    @property
    def most_leave(self) -> Floats:
        """Return how many minutes of leave may be given in each week (weeks,)."""
        most = np.zeros(len(self.available))
        for row in self.leave:
            inside = slice(row.first, row.last + 1)
            most[inside] = row.share * self.available[inside]
        return most


@dataclass(frozen=True)
class Link:
    """Everyone treated in *from_service* brings *share* to *to_service*, after *lag_weeks* (shares by whole weeks)."""

    from_service: str
    to_service: str
    share: float
    lag_weeks: tuple[float, ...]


@dataclass(frozen=True)
class Weights:
    """What a plan is weighed by, in kronor so that it can be set against cost. Choices, not facts: change them.

    *late*: one person one week past the limit; *cannot_wait* times as much where there is no list to wait on.
    *waiting*: one person waiting one week within the limit. *change*: one slot more or fewer than the week before, per
    ordinary week of five working days. *extra_hour*: an hour of extra time whose cost is not known. *moved*: one
    patient treated by another unit, and *travel_hour* an hour on the way there or back; *lent_hour*: an hour that staff
    work elsewhere. *other_set*: a slot with another resource set than the ordinary one, per place in their order.
    *longest*: one week of the longest wait among lists for the same care, for a week, per person who
    comes to any of them a week.
    """

    late: float = 1000.0
    cannot_wait: float = 10.0
    waiting: float = 10.0
    change: float = 50.0
    extra_hour: float = 500.0
    moved: float = 100.0
    travel_hour: float = 100.0
    lent_hour: float = 100.0
    longest: float = 5.0
    other_set: float = 1.0

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if not (value >= 0 and math.isfinite(value)):
                raise BadInput(
                    Message("Vikten {name} måste vara noll eller mer, inte {value}.", name=name, value=value)
                )

    def of_late(self, service: PlannedService) -> float:
        """Return what one person of *service* one week past the limit weighs."""
        return self.late * (1.0 if service.can_wait else self.cannot_wait)

    def of_moved(self, way: Way) -> float:
        """Return what one patient sent to another unit weighs; zero where none is."""
        return self.moved + self.travel_hour * way.travel_hours if way.performer else 0.0

    def of_longest(self, likeness: Likeness) -> float:
        """Return what one week of the longest wait weighs, for a week."""
        return self.longest * sum(likeness.rates)


@dataclass(frozen=True, eq=False)
class Problem:
    """All that a plan is made from and judged by.

    *working_days* (weeks,) is what evenness is measured per. *locked* maps (service id, week from 0) to the production
    the planner has decided. *guarantee_from* is the week (from 0) from which nobody may wait past the limit; before it,
    and where None, lateness is only weighed. *budget_ore* bounds the known cost. No way with a longer journey than
    *travel_limit_minutes* may be used. Raises BadInput.
    """

    weeks: tuple[Period, ...]
    services: tuple[PlannedService, ...]
    resources: tuple[PlannedResource, ...] = ()
    links: tuple[Link, ...] = ()
    working_days: Floats | None = None
    locked: Mapping[tuple[str, int], float] = field(default_factory=dict)
    guarantee_from: int | None = None
    budget_ore: float | None = None
    travel_limit_minutes: float | None = None
    weights: Weights = Weights()
    loans: tuple[Loan, ...] = ()
    alike: tuple[Likeness, ...] = ()

    def __post_init__(self) -> None:
        kinds = (_wrong_names, _wrong_loans, _wrong_lengths, _wrong_locks, _wrong_agreements, _wrong_budget)
        faults = [fault for kind in kinds for fault in kind(self)]
        if faults:
            raise BadInput(Message("Planen kan inte räknas: {what}", what=" ".join(map(str, faults))))

    @property
    def days(self) -> Floats:
        """Return the working days of each week; five where nothing else is said."""
        return np.full(len(self.weeks), 5.0) if self.working_days is None else self.working_days

    def links_to(self, service_id: str) -> tuple[Link, ...]:
        """Return the links that bring people to the service."""
        return tuple(link for link in self.links if link.to_service == service_id)

    def agreed(self) -> Mapping[str, tuple[tuple[PlannedService, Way], ...]]:
        """Return the ways that share a volume, by agreement; a way with a volume of its own stands alone."""
        found: dict[str, list[tuple[PlannedService, Way]]] = {}
        for service in self.services:
            for way in service.ways:
                if way.most is not None:
                    name = way.agreement or f"{service.service_id} {way.way_id}"
                    found.setdefault(name, []).append((service, way))
        return {name: tuple(rows) for name, rows in found.items()}

    def cost_is_missing(self) -> tuple[str, ...]:
        """Return the names of what has no known cost: ways that others perform, and extra time."""
        ways = [
            f"{service.name} ({way.name})"
            for service in self.services
            for way in service.ways
            if way.cost_ore is None and (way.performer or not way.uses)
        ]
        extras = [
            f"{resource.name} ({EXTRA_NAMES[extra.kind]})"
            for resource in self.resources
            for extra in resource.extras
            if extra.cost_ore is None
        ]
        return (*ways, *extras)


def _wrong_names(problem: Problem) -> Iterator[Message]:
    services = [row.service_id for row in problem.services]
    resources = [row.resource_id for row in problem.resources]
    for names in (services, resources):
        if len(set(names)) < len(names):
            yield Message("Samma beteckning förekommer två gånger.")
    used = {use.resource_id for service in problem.services for way in service.ways for use in way.uses}
    for name in sorted(used - set(resources)):
        yield Message("Resursen {id} används men finns inte.", id=name)
    linked = {name for link in problem.links for name in (link.from_service, link.to_service)}
    linked |= {name for likeness in problem.alike for name in likeness.service_ids}
    for name in sorted((linked | {name for name, _ in problem.locked}) - set(services)):
        yield Message("Vårdtjänsten {id} finns inte.", id=name)
    for service in problem.services:
        if len({way.way_id for way in service.ways}) < len(service.ways):
            yield Message("{service}: två sätt har samma beteckning.", service=service.name)


def _wrong_loans(problem: Problem) -> Iterator[Message]:
    pairs = [(loan.from_resource, loan.to_resource) for loan in problem.loans]
    for name in sorted({name for pair in pairs for name in pair} - {row.resource_id for row in problem.resources}):
        yield Message("Resursen {id} lånas men finns inte.", id=name)
    if len(set(pairs)) < len(pairs):
        yield Message("Samma lån förekommer två gånger.")


def _wrong_lengths(problem: Problem) -> Iterator[Message]:
    wanted = len(problem.weeks)
    series = [(row.name, row.available) for row in problem.resources]
    series += [(row.name, extra.most) for row in problem.resources for extra in row.extras]
    series += [(row.name, row.surely) for row in problem.resources if row.surely is not None]
    for row in problem.services:
        kept = (row.keep.late, row.keep.coming) if row.keep else ()
        given = (row.need, row.due, row.removed, row.ordinary, row.margin, *kept)
        series += [(row.name, values) for values in given if values is not None]
    for name, values in series:
        if len(values) != wanted or not np.isfinite(values).all():
            yield Message("{name}: ge ett tal för var och en av de {count} veckorna.", name=name, count=wanted)
    for resource in problem.resources:
        if any(leave.last >= wanted for leave in resource.leave):
            yield Message("{name}: ledigheten ligger efter planens sista vecka.", name=resource.name)
    if problem.guarantee_from is not None and not 0 <= problem.guarantee_from < wanted:
        yield Message("Veckan som garantin ska hålla från ligger utanför planen.")


def _wrong_locks(problem: Problem) -> Iterator[Message]:
    for (name, week), value in problem.locked.items():
        if not (0 <= week < len(problem.weeks) and value >= 0 and math.isfinite(value)):
            yield Message(
                "Låst cell för {id}: {value} i vecka nummer {week} går inte.", id=name, value=value, week=week
            )


def _wrong_agreements(problem: Problem) -> Iterator[Message]:
    for name, rows in problem.agreed().items():
        if len({way.most for _, way in rows}) > 1:
            yield Message("Avtalet {name} har två olika volymer.", name=name)


def _wrong_budget(problem: Problem) -> Iterator[Message]:
    if problem.budget_ore is not None and (missing := problem.cost_is_missing()):
        yield Message("En budget kräver kända kostnader; de saknas för {what}.", what=", ".join(missing))


@dataclass(frozen=True, eq=False)
class Plan:
    """What is produced: (service id, way id) → slots (weeks,), with extra time, leave and loans that go with it.

    *extras*: (resource id, kind) → pieces (weeks,); *leave*: resource id → minutes (weeks,); *loans*: (from resource,
    to resource) → minutes lent (weeks,). What is not there is zero.
    """

    production: Mapping[tuple[str, str], Floats]
    extras: Mapping[tuple[str, ExtraKind], Floats] = field(default_factory=dict)
    leave: Mapping[str, Floats] = field(default_factory=dict)
    loans: Mapping[tuple[str, str], Floats] = field(default_factory=dict)

    def of_service(self, service: PlannedService, weeks: int) -> Floats:
        """Return the slots of *service* in all its ways (weeks,)."""
        total: Floats = np.zeros(weeks)
        for way in service.ways:
            total = total + self.production.get((service.service_id, way.way_id), np.zeros(weeks))
        return total
