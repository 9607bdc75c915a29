"""What happens in the region: requests, contacts, stays and operations as columns of numbers.

Services are simulated one by one, upstream first; each has its own random stream, so one service's parameters do
not move another's draws. Rows of earlier blocks are referred to by their number until the end, when everything is
sorted by time and cut to the data's weeks.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vardbalans.data.demo import clock, demand, places, queueing
from vardbalans.data.demo.clock import FIRST, LAST, Ints
from vardbalans.data.demo.people import Inhabitants
from vardbalans.data.demo.queueing import (
    BOOKED,
    CANCELLED_PATIENT,
    CANCELLED_PROVIDER,
    LATE_CANCELLED,
    NO_SHOW,
    PERFORMED,
    Bookings,
)
from vardbalans.data.demo.region import EXTERNAL, Organisation, Service
from vardbalans.engine.sampling import stream

__all__ = ["REASONS", "Activity", "Block", "simulate"]

Block = dict[str, NDArray[Any]]

REASONS = ("treated", "treated_elsewhere", "declined", "medical", "deceased", "transferred", "other")
_REASON_SHARES = (0.12, 0.42, 0.18, 0.08, 0.12, 0.08)
_PRIORITY_SHARES = (0.10, 0.30, 0.60)
_HEAD_START_DAYS = np.array([10_000, 42, 0])
_TARGET_DAYS = np.array([14, 42, 90])
_CANCELLED_SHARE = 0.04
_BOOKED_AHEAD = (0.75, 0.55, 0.42, 0.33, 0.26, 0.2, 0.15, 0.1)


@dataclass(eq=False)
class Activity:
    """Columns of contacts, requests and stays in order of time; links are row numbers, −1 where there is none."""

    contacts: Block
    requests: Block
    stays: Block
    theatres: dict[str, int] = field(default_factory=dict)


class _Book:
    """Collects blocks of columns and numbers their rows."""

    def __init__(self) -> None:
        self._blocks: dict[str, list[Block]] = defaultdict(list)
        self._rows: dict[str, int] = defaultdict(int)

    def add(self, table: str, block: Block) -> Ints:
        """Append the rows of *block* and return their numbers."""
        count = len(next(iter(block.values())))
        first = self._rows[table]
        self._rows[table] += count
        self._blocks[table].append(block)
        return np.arange(first, first + count)

    def columns(self, table: str) -> Block:
        """Return all rows of *table*, column by column."""
        blocks = self._blocks.pop(table)
        return {name: np.concatenate([block.pop(name) for block in blocks]) for name in list(blocks[0])}


@dataclass(eq=False)
class _Run:
    org: Organisation
    people: Inhabitants
    seed: int
    book: _Book = field(default_factory=_Book)
    waiting: dict[str, list[tuple[Ints, NDArray[np.int32], Ints]]] = field(default_factory=lambda: defaultdict(list))
    beds: places.Beds = field(default_factory=places.Beds)


def simulate(org: Organisation, people: Inhabitants, theatres: Mapping[str, int], seed: int) -> Activity:
    """Return everything that happened in *org* from the start until as-of, and what is booked ahead.

    *theatres* is the number of theatres by operating unit.
    """
    run = _Run(org, people, seed)
    order = {"NB": 0, "US": 0, "OP": 1, "AB": 2}
    for number in sorted(range(len(org.services)), key=lambda n: order.get(org.services[n].suffix, 3)):
        service = org.services[number]
        rng = stream(seed, "activity", service.service_id)
        if service.mode == "direct":
            _direct(run, service, number, rng)
        else:
            _listed(run, service, number, rng)
    contacts = run.book.columns("contacts")
    own = np.array([theatres.get(s.unit_id, 0) if s.kind == "surgery" else 0 for s in org.services])
    units = np.unique([s.unit_id for s in org.services], return_inverse=True)[1]
    places.take_turns(contacts, units[contacts["service"]], own[contacts["service"]])
    requests = run.book.columns("requests")
    _once_on_a_list(run, contacts, requests)
    return _sorted(contacts, requests, run.book.columns("stays"))


def _listed(run: _Run, service: Service, number: int, rng: np.random.Generator) -> None:
    issued, patient, origin = _requests(run, service, rng)
    priority = rng.choice(3, len(issued), p=_PRIORITY_SHARES) if service.suffix != "AB" else np.full(len(issued), 2)
    week = issued // 7
    leave = week + rng.geometric(service.removal, len(week))
    bookings = queueing.serve(
        week, issued - _HEAD_START_DAYS[priority], leave, demand.slots(service, rng), demand.lost_shares(service), rng
    )
    day = _contact_days(bookings, rng)
    closed, reason = _closing(bookings, day, leave, rng)
    target = issued + (28 if service.suffix == "AB" else _TARGET_DAYS[priority])
    received = issued + (rng.integers(0, 5, len(issued)) if service.mode == "list" else 0)
    decided = received + (rng.integers(0, 4, len(issued)) if service.mode == "list" else 0)
    last = np.where(closed < 0, LAST * 7 - 1, closed)
    requests = run.book.add(
        "requests",
        {
            "service": np.full(len(issued), number, dtype=np.int16),
            "patient": patient,
            "issued": issued.astype(np.int32),
            "received": np.minimum(received, last).astype(np.int32),
            # A referral of the last days may not be assessed yet.
            "decided": np.where((closed < 0) & (decided > last), -1, np.minimum(decided, last)).astype(np.int32),
            "priority": (priority + 1).astype(np.int8),
            "target": target.astype(np.int32),
            "closed": closed.astype(np.int32),
            "reason": reason.astype(np.int8),
            "origin": origin,
        },
    )
    chosen = bookings.request
    _visits(run, service, number, _Slots(bookings.status, day, requests[chosen], issued[chosen], patient[chosen]), rng)


def _requests(run: _Run, service: Service, rng: np.random.Generator) -> tuple[Ints, NDArray[np.int32], Ints]:
    if service.mode == "induced":
        sent = zip(*run.waiting.pop(service.service_id), strict=True)
        days, patients, origins = (np.concatenate(part) for part in sent)
        return days, patients, origins
    weeks = demand.arrivals(service, rng)
    days = clock.place_days(weeks, clock.OFFICE_DAYS, rng)
    patients = run.people.draw(service.clinic.profile.ages, len(days), rng)
    return days, patients, np.full(len(days), -1)


def _contact_days(bookings: Bookings, rng: np.random.Generator) -> Ints:
    return clock.place_days(bookings.week, clock.OFFICE_DAYS, rng)


def _closing(bookings: Bookings, day: Ints, leave: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Return the day each request closed (−1 while waiting) and the number of its reason."""
    removed = leave < LAST
    closed = np.where(removed, leave * 7 + rng.integers(0, 7, len(leave)), -1)
    reason = np.where(removed, 1 + rng.choice(6, len(leave), p=_REASON_SHARES), -1)
    done = bookings.status == PERFORMED
    closed[bookings.request[done]] = day[done]
    reason[bookings.request[done]] = 0
    return closed, reason


@dataclass(frozen=True, eq=False)
class _Slots:
    """Times given to people on a list: status, day, number of the request, its day of issue, and the patient."""

    status: NDArray[np.int8]
    day: Ints
    request: Ints
    issued: Ints
    patient: NDArray[np.int32]


def _visits(run: _Run, service: Service, number: int, slots: _Slots, rng: np.random.Generator) -> None:
    day = slots.day
    start = day * 1440 + _office_minute(service, len(day), rng)
    booked = np.maximum(slots.issued + 1, day - rng.geometric(1 / 16, len(day)))
    rows = _contacts(
        service,
        number,
        slots.patient,
        slots.request,
        start,
        slots.status,
        _at_desk(np.minimum(booked, day - 1), rng),
        rng,
    )
    numbers = run.book.add("contacts", rows)
    done = slots.status == PERFORMED
    _spawn(run, service, day[done], slots.patient[done], numbers[done], rng)
    _cancelled(run, rows, slots.issued, rng)
    if service.suffix == "OP" and service.clinic.has_ward and service.unit_id != EXTERNAL:
        _elective_stays(run, service, {name: column[done] for name, column in rows.items()}, rng)


def _spawn(
    run: _Run, service: Service, day: Ints, patient: NDArray[np.int32], numbers: Ints, rng: np.random.Generator
) -> None:
    """Send shares of the performed contacts on to other services, each whole weeks later to the day."""
    for flow in run.org.flows:
        if flow.source == service.service_id:
            goes = np.flatnonzero(rng.random(len(day)) < flow.share)
            issued = day[goes] + 7 * rng.choice(len(flow.lag), len(goes), p=flow.lag)
            goes, issued = goes[issued < LAST * 7], issued[issued < LAST * 7]
            run.waiting[flow.target].append((issued, patient[goes], numbers[goes]))


def _contacts(
    service: Service,
    number: int,
    patient: NDArray[np.int32],
    request: Ints,
    start: Ints,
    status: NDArray[np.int8],
    booked: Ints,
    rng: np.random.Generator,
) -> Block:
    count = len(start)
    minutes = np.maximum(1, np.rint(_spread(service.minutes, service.cv, count, rng)))
    return {
        "service": np.full(count, number, dtype=np.int16),
        "patient": patient,
        "request": request.astype(np.int32),
        "start": start.astype(np.int32),
        "minutes": minutes.astype(np.int32),
        "status": status.astype(np.int8),
        "booked": np.minimum(np.minimum(booked, start - 30), LAST * 7 * 1440 - 480).astype(np.int32),
        "pick": rng.integers(0, 1000, count).astype(np.int16),
    }


def _spread(mean: float, cv: float, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return lognormal minutes with the given mean and coefficient of variation."""
    variance = np.log1p(cv * cv)
    return rng.lognormal(np.log(mean) - variance / 2, np.sqrt(variance), count)


def _office_minute(service: Service, count: int, rng: np.random.Generator) -> Ints:
    quarters = 26 if service.suffix in ("OP", "AO", "DV") else 32
    minute: Ints = 480 + 15 * rng.integers(0, quarters, count)
    return minute


def _at_desk(day: Ints, rng: np.random.Generator) -> Ints:
    return day * 1440 + rng.integers(480, 1000, len(day))


def _cancelled(run: _Run, rows: Block, not_before: Ints, rng: np.random.Generator) -> None:
    """Add the times that were cancelled early enough to be given to someone else: one or two weeks before."""
    chosen = np.flatnonzero((rng.random(len(not_before)) < _CANCELLED_SHARE) & (rows["status"] <= LATE_CANCELLED))
    earlier = rows["start"][chosen] - 7 * 1440 * rng.integers(1, 3, len(chosen))
    fits = (earlier // 1440 > not_before[chosen]) & (clock.OFFICE_DAYS.ravel()[np.maximum(earlier // 1440, 0)] > 0)
    chosen, earlier = chosen[fits], earlier[fits]
    block = {name: column[chosen] for name, column in rows.items()}
    block["start"] = earlier.astype(np.int32)
    block["booked"] = np.minimum(block["booked"], earlier - 3 * 1440).astype(np.int32)
    block["booked"] = np.maximum(block["booked"], not_before[chosen] * 1440 + 480).astype(np.int32)
    block["booked"] = np.minimum(block["booked"], earlier - 30).astype(np.int32)
    block["status"] = rng.choice([CANCELLED_PATIENT, CANCELLED_PROVIDER], len(chosen), p=[0.7, 0.3]).astype(np.int8)
    run.book.add("contacts", block)


def _direct(run: _Run, service: Service, number: int, rng: np.random.Generator) -> None:
    begins = FIRST - 8 if service.suffix == "SV" else FIRST
    weeks = demand.arrivals(service, rng)
    weeks = weeks[weeks >= begins]
    if service.bookable:
        expected = demand.expected_inflow(service)[LAST:] * np.array(_BOOKED_AHEAD)
        weeks = np.concatenate([weeks, np.repeat(np.arange(LAST, clock.TOTAL), rng.poisson(expected))])
    day = clock.place_days(weeks, clock.ALL_DAYS if service.round_the_clock else clock.OFFICE_DAYS, rng)
    start = day * 1440 + _minute_of_day(service, len(day), rng)
    draw = rng.random(len(day))
    no_show, late = (shares[weeks] for shares in demand.lost_shares(service))
    status = np.where(draw < no_show, NO_SHOW, np.where(draw < no_show + late, LATE_CANCELLED, PERFORMED))
    status = np.where(weeks >= LAST, BOOKED, status)
    booked = _at_desk(day - rng.geometric(1 / 9, len(day)), rng)
    patient = run.people.draw(service.clinic.profile.ages, len(day), rng)
    rows = _contacts(service, number, patient, np.full(len(day), -1), start, status.astype(np.int8), booked, rng)
    if not service.bookable:
        # Who comes acutely, or phones, has no time booked.
        rows["booked"] = np.full(len(day), -1, dtype=np.int32)
    if service.suffix == "SV":
        again = partial(run.people.draw, service.clinic.profile.ages, rng=rng)
        rows["patient"] = run.beds.admit(rows["patient"], start, start + rows["minutes"], again)
    run.book.add("contacts", rows)
    if service.suffix == "SV":
        run.book.add("stays", _stays(rows, acute=True))
    elif service.bookable:
        _cancelled(run, rows, np.minimum(rows["booked"] // 1440, day), rng)


def _minute_of_day(service: Service, count: int, rng: np.random.Generator) -> Ints:
    if service.round_the_clock:
        minute: Ints = np.mod(rng.normal(14 * 60, 330, count), 1440).astype(np.int64)
        return minute
    office = _office_minute(service, count, rng)
    if service.clinic.profile.code == "VC" and service.suffix == "LB":
        # A few physician visits are at the evening surgery.
        return np.where(rng.random(count) < 0.015, 1020 + 15 * rng.integers(0, 12, count), office)
    return office


def _elective_stays(run: _Run, service: Service, done: Block, rng: np.random.Generator) -> None:
    """Admit a share of the operated on the same morning; the ward contact belongs to the same decision."""
    ward = next(n for n, s in enumerate(run.org.services) if s.service_id == f"{service.clinic.code}-SV")
    profile = service.clinic.profile
    chosen = rng.random(len(done["start"])) < profile.elective_stay
    block = {name: column[chosen] for name, column in done.items()}
    block["service"] = np.full(chosen.sum(), ward, dtype=np.int16)
    block["start"] = (block["start"] // 1440 * 1440 + 390).astype(np.int32)
    block["booked"] = np.minimum(block["booked"], block["start"] - 30).astype(np.int32)
    days = _spread(0.6 * profile.stay_days, 0.6, int(chosen.sum()), rng)
    block["minutes"] = np.maximum(300, np.rint(days * 1440)).astype(np.int32)
    # Who still lies in from an operation some days ago is not admitted once more.
    fits = run.beds.free(block["patient"], block["start"], block["start"] + block["minutes"])
    block = {name: column[fits] for name, column in block.items()}
    run.book.add("contacts", block)
    run.book.add("stays", _stays(block, acute=False))


def _stays(rows: Block, *, acute: bool) -> Block:
    block = {name: rows[name] for name in ("service", "patient", "start", "minutes", "pick")}
    return block | {"acute": np.full(len(rows["start"]), acute)}


def _once_on_a_list(run: _Run, contacts: Block, requests: Block) -> None:
    """Give a request to someone else where its patient already waits for the same service by another one from outside.

    Nothing has come of a request that is still open, so that only its own contacts follow.
    """
    rng = stream(run.seed, "lists")
    waiting = np.flatnonzero((requests["closed"] < 0) & (requests["origin"] < 0))
    taken: set[tuple[int, int]] = set()
    changed = []
    for row in waiting:
        service, patient = int(requests["service"][row]), int(requests["patient"][row])
        while (service, patient) in taken:
            patient = int(run.people.draw(run.org.services[service].clinic.profile.ages, 1, rng)[0])
        taken.add((service, patient))
        if patient != requests["patient"][row]:
            requests["patient"][row] = patient
            changed.append(row)
    theirs = np.flatnonzero(np.isin(contacts["request"], changed))
    contacts["patient"][theirs] = requests["patient"][contacts["request"][theirs]]


def _sorted(contacts: Block, requests: Block, stays: Block) -> Activity:
    """Cut to the data's weeks, put in order of time and renumber the links."""
    begins, ends = FIRST * 7, LAST * 7
    kept = np.flatnonzero((requests["closed"] < 0) | (requests["closed"] >= begins))
    kept = kept[np.argsort(requests["issued"][kept], kind="stable")]
    seen = np.flatnonzero(contacts["start"] >= begins * 1440)
    seen = seen[np.argsort(contacts["start"][seen], kind="stable")]
    new_contact = _renumbering(len(contacts["start"]), seen)
    new_request = _renumbering(len(requests["issued"]), kept)
    contacts = {name: column[seen] for name, column in contacts.items()}
    requests = {name: column[kept] for name, column in requests.items()}
    contacts["request"] = new_request[contacts["request"]]
    requests["origin"] = new_contact[requests["origin"]]
    here = np.flatnonzero((stays["start"] + stays["minutes"] >= begins * 1440) & (stays["start"] < ends * 1440))
    here = here[np.argsort(stays["start"][here], kind="stable")]
    return Activity(contacts, requests, {name: column[here] for name, column in stays.items()})


def _renumbering(rows: int, kept: Ints) -> NDArray[np.int32]:
    # One extra place at the end, so that −1 (no link) stays −1.
    numbers = np.full(rows + 1, -1, dtype=np.int32)
    numbers[kept] = np.arange(len(kept), dtype=np.int32)
    return numbers
