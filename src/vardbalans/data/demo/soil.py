"""Faults that no cell shows by itself, planted in the dirty copy: rows that clash, and series that break.

They are what the quality rules must find. Each kind is planted in rows and series drawn by the seed, in places that
have no other fault. A mark is the code of the rule that must find the row; with a column (``code:column``) it is the
import's checks that must.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vardbalans.data.demo.bands import BANDS, waiting_by_band
from vardbalans.data.demo.clock import AS_OF, START
from vardbalans.data.demo.edits import Edits
from vardbalans.engine.periods import Period, swedish_calendar
from vardbalans.engine.sampling import stream

__all__ = ["Broken", "Soiled", "soil"]

Mask = NDArray[np.bool_]

_WEEKS = 156
_ORDER = {
    "contacts": "starts_at",
    "referrals": "issued",
    "clock_stops": "referral_id",
    "stays": "admitted",
    "operations": "operation_id",
    "patients": "patient_key",
}
_IDS = {"contacts": "contact_id", "referrals": "referral_id", "stays": "stay_id", "operations": "operation_id"}
_CALM = (26, 27, 28, 29, 30, 31, 32, 51, 52, 53, 1)  # ISO weeks in which little is done anyway


@dataclass(frozen=True)
class Broken:
    """A planted fault of a series: the *code* of the rule that must find it, whose series, and the period."""

    code: str
    table: str
    unit_id: str | None
    service_id: str | None
    period: str


@dataclass(frozen=True, eq=False)
class Soiled:
    """The tables with their faults, the faults of rows (table → row → mark), and those of series."""

    tables: dict[str, pa.Table]
    rows: dict[str, dict[int, str]]
    series: tuple[Broken, ...]


def soil(tables: dict[str, pa.Table], seed: int) -> Soiled:
    """Return *tables* with faults of every kind, and the table ``waiting`` by band, of which one day is rotated."""
    spade = _Spade(tables, seed)
    for plant in (*_SERIES, *_ROWS):
        plant(spade)
    changed = {name: edits.apply(_ORDER[name]) for name, edits in spade.edits.items()}
    waiting = _rotated(waiting_by_band(tables), spade)
    return Soiled(
        {**tables, **{name: table for name, (table, _) in changed.items()}, "waiting": waiting},
        {name: marks for name, (_, marks) in changed.items()},
        tuple(spade.series),
    )


class _Spade:
    """The tables while faults are planted in them, and where each contact lies."""

    def __init__(self, tables: dict[str, pa.Table], seed: int) -> None:
        self.rng = stream(seed, "soil")
        self.tables = tables
        self.edits = {name: Edits(tables[name]) for name in _ORDER}
        self.series: list[Broken] = []
        contacts = tables["contacts"]
        local = pc.local_timestamp(contacts["starts_at"].cast(pa.timestamp("us", "Europe/Stockholm")))
        self.day = (pc.cast(local, pa.date32()).to_numpy() - np.datetime64(START)).astype(int)
        self.unit, self.service, self.status = (
            np.array(contacts[name].to_pylist(), dtype=object) for name in ("unit_id", "service_id", "status")
        )
        self.happened = np.isin(self.status, ("performed", "no_show", "late_cancelled"))
        self.spared = np.zeros(len(contacts), dtype=bool)
        self._copies = 0

    def of_service(self, service: str, first_week: int, last_week: int) -> NDArray[np.int64]:
        """Return the contacts of *service* that took place in the weeks from *first_week* to *last_week*."""
        week = self.day // 7
        inside = (self.service == service) & self.happened & (week >= first_week) & (week <= last_week)
        return np.flatnonzero(inside)

    def take_service(self, least: float, most: float = np.inf) -> tuple[str, str]:
        """Return a service, with its unit, that has between *least* and *most* contacts a week and no fault yet."""
        free = self.tables["contacts"].filter(pa.array(~self.spared & self.happened))
        counts = free.group_by(["unit_id", "service_id"]).aggregate([([], "count_all")]).to_pylist()
        fits = [
            (row["unit_id"], row["service_id"])
            for row in sorted(counts, key=lambda row: str(row["service_id"]))
            if least <= row["count_all"] / _WEEKS <= most
        ]
        unit, service = fits[int(self.rng.integers(len(fits)))]
        self.spared |= self.service == service
        return unit, service

    def take_week(self, first: int = 8, last: int = _WEEKS - 8) -> int:
        """Return a week in which work goes on as usual."""
        usual = [n for n in range(first, last) if self.period(n).start.isocalendar().week not in _CALM]
        return int(self.rng.choice(usual))

    def period(self, week: int) -> Period:
        """Return the ISO week number *week*."""
        return Period(START + timedelta(weeks=week), "week")

    def rows(self, table: str, mask: Mask, count: int) -> list[int]:
        """Return *count* rows of *table* under *mask* without another fault."""
        free = mask & self.edits[table].untouched
        if table == "contacts":
            free &= ~self.spared
        return [int(row) for row in self.rng.choice(np.flatnonzero(free), count, replace=False)]

    def new_id(self, table: str) -> dict[str, str]:
        """Return an id that no row of *table* has."""
        self._copies += 1
        return {_IDS[table]: f"{table[0].upper()}X{self._copies:06d}"}

    def other_patient(self) -> str:
        """Return someone who is alive."""
        patients = self.tables["patients"]
        dead = set(patients.filter(pc.is_valid(patients["deceased"]))["patient_key"].to_pylist())
        while (patient := self.cell("contacts", "patient_key", int(self.rng.integers(len(self.day))))) in dead:
            pass
        return str(patient)

    def cell(self, table: str, column: str, row: int) -> Any:
        """Return the value of a cell."""
        return self.tables[table][column][row].as_py()

    def among(self, table: str, column: str, values: pa.Array | pa.ChunkedArray) -> Mask:
        """Tell in which rows *column* holds one of *values*."""
        return np.asarray(pc.is_in(self.tables[table][column], values).to_numpy())

    def column(self, table: str, column: str) -> NDArray[Any]:
        """Return a column as numpy holds it."""
        return np.asarray(self.tables[table][column].to_numpy())

    def copy_contact(self, row: int, mark: str | None) -> None:
        """Add a contact like *row* of another patient, some minutes later."""
        later = timedelta(minutes=int(self.rng.integers(3, 12)))
        values = {name: self.cell("contacts", name, row) for name in ("starts_at", "ends_at")}
        moved = {name: value + later for name, value in values.items() if value}
        self.edits["contacts"].copy(row, mark, **self.new_id("contacts"), patient_key=self.other_patient(), **moved)

    def broken(self, code: str, unit: str | None, service: str | None, period: object, table: str = "contacts") -> None:
        """Note a fault of a series."""
        self.series.append(Broken(code, table, unit, service, str(period)))


# Series


def _gap_week(spade: _Spade) -> None:
    (unit, service), week = spade.take_service(14), spade.take_week()
    spade.edits["contacts"].drop(spade.of_service(service, week, week))
    spade.broken("gap", unit, service, spade.period(week))


def _gap_day(spade: _Spade) -> None:
    unit, _ = spade.take_service(45)
    spade.spared |= spade.unit == unit
    calendar = swedish_calendar(START.year, AS_OF.year)
    # The day before a day off, or after it, may well be closed.
    days: list[date] = []
    while not days:
        week = spade.period(spade.take_week()).days
        days = [day for day in week if all(calendar.is_working(day + timedelta(days=n)) for n in (-1, 0, 1))]
    day = days[int(spade.rng.integers(len(days)))]
    spade.edits["contacts"].drop(np.flatnonzero((spade.unit == unit) & (spade.day == (day - START).days)))
    spade.broken("gap", unit, None, day)


def _jump_up(spade: _Spade) -> None:
    (unit, service), week = spade.take_service(12), spade.take_week()
    for row in spade.of_service(service, week, week):
        for _ in range(2):
            spade.copy_contact(int(row), None)
    spade.broken("jump", unit, service, spade.period(week))


def _jump_down(spade: _Spade) -> None:
    (unit, service), week = spade.take_service(25), spade.take_week()
    rows = spade.of_service(service, week, week)
    spade.edits["contacts"].drop(rows[: int(0.75 * len(rows))])
    spade.broken("jump", unit, service, spade.period(week))


def _level_shift(spade: _Spade) -> None:
    (unit, service), week = spade.take_service(20), spade.take_week(40, 110)
    spade.edits["contacts"].drop(spade.of_service(service, week, _WEEKS)[::2])
    spade.broken("level_shift", unit, service, spade.period(week))


def _stopped(spade: _Spade) -> None:
    (unit, service), week = spade.take_service(8, 20), _WEEKS - int(spade.rng.integers(3, 9))
    spade.edits["contacts"].drop(spade.of_service(service, week, _WEEKS))
    spade.broken("stopped", unit, service, spade.period(week))


def _moved(spade: _Spade) -> None:
    unit, service = spade.take_service(18, 40)
    other_unit, other_service = spade.take_service(9, 24)
    week = spade.take_week()
    for row in spade.of_service(service, week, week + 2):
        spade.edits["contacts"].set(int(row), None, unit_id=other_unit, service_id=other_service)
    for number in range(3):
        spade.broken("moved", unit, service, spade.period(week + number))


def _missing_month(spade: _Spade) -> None:
    unit, service = spade.take_service(12)
    month = Period(date(2025, int(spade.rng.choice((2, 3, 4, 5, 9, 10, 11))), 1), "month")
    first, until = ((day - START).days for day in (month.start, month.end))
    performed = (spade.service == service) & (spade.status == "performed") & (spade.day >= first) & (spade.day < until)
    for row in np.flatnonzero(performed)[::2]:
        spade.edits["contacts"].set(int(row), None, diagnosis=None)
    spade.broken("missing_more_diagnosis", unit, service, month)


def _rotated(waiting: pa.Table, spade: _Spade) -> pa.Table:
    """Return *waiting* with the counts of three neighbouring bands turned on one day."""
    days = sorted(set(waiting["date"].to_pylist()))
    day, first = days[int(spade.rng.integers(2, len(days)))], int(spade.rng.integers(0, 3))
    turned = [first + 1, first + 2, first]
    counts = waiting["count"].to_numpy().reshape(-1, len(BANDS)).copy()
    lists = np.array(waiting["date"].to_pylist()).reshape(-1, len(BANDS))[:, 0] == day
    counts[np.ix_(lists, range(first, first + 3))] = counts[np.ix_(lists, turned)]
    spade.broken("shifted_columns", None, None, day, "waiting")
    place = waiting.schema.get_field_index("count")
    return waiting.set_column(place, waiting.schema.field(place), pa.array(counts.ravel()))


# Rows


def _duplicates(spade: _Spade) -> None:
    for row in spade.rows("contacts", spade.status == "performed", 5):
        spade.edits["contacts"].copy(row, "duplicate_contact", **spade.new_id("contacts"))
    closed = spade.column("referrals", "closed")
    for row in spade.rows("referrals", ~np.isnat(closed), 4):
        spade.edits["referrals"].copy(row, "duplicate_referral", **spade.new_id("referrals"))
    first_visits = np.char.endswith(spade.column("referrals", "service_id").astype(str), "-NB")
    for row in spade.rows("referrals", np.isnat(closed) & first_visits, 3):
        earlier = {name: spade.cell("referrals", name, row) - timedelta(days=20) for name in ("issued", "received")}
        spade.edits["referrals"].copy(row, "twice_on_list", **spade.new_id("referrals"), **earlier, decided=None)


def _overlaps(spade: _Spade) -> None:
    long = spade.column("stays", "discharged") - spade.column("stays", "admitted") > np.timedelta64(2, "D")
    wards = sorted(set(spade.tables["stays"]["ward_id"].to_pylist()))
    for number, row in enumerate(spade.rows("stays", long, 6)):
        own = spade.cell("stays", "ward_id", row)
        ward = own if number % 2 else next(name for name in wards if name != own)
        later = spade.cell("stays", "admitted", row) + timedelta(hours=30)
        out = spade.cell("stays", "discharged", row) + timedelta(hours=3)
        values = {"admitted": later, "discharged": out, "ready_for_discharge": None, "ward_id": ward}
        spade.edits["stays"].copy(row, "stays_overlap", **spade.new_id("stays"), **values)
    performed = np.array(spade.tables["operations"]["status"].to_pylist()) == "performed"
    for row in spade.rows("operations", performed, 4):
        moved = {
            name: spade.cell("operations", name, row) + timedelta(minutes=10)
            for name in ("room_in", "anaesthesia_start", "incision", "closure", "room_out")
        }
        spade.edits["operations"].copy(row, "theatre_taken", **spade.new_id("operations"), **moved)


def _backwards(spade: _Spade) -> None:
    out = spade.column("stays", "discharged")
    for row in spade.rows("stays", ~np.isnat(out), 3):
        before = spade.cell("stays", "admitted", row) - timedelta(hours=5)
        spade.edits["stays"].set(
            row, "discharged_before_admitted:discharged", discharged=before, ready_for_discharge=None
        )
    closed = spade.column("referrals", "closed")
    for row in spade.rows("referrals", ~np.isnat(closed), 3):
        day = spade.cell("referrals", "issued", row) - timedelta(days=3)
        spade.edits["referrals"].set(row, "closed_before_issued:closed", closed=day)
    for row in spade.rows("referrals", ~np.isnat(closed), 3):
        day = spade.cell("referrals", "issued", row) - timedelta(days=4)
        spade.edits["referrals"].set(row, "received_before_issued:received", received=day)
    for row in spade.rows("contacts", ~np.isnat(spade.column("contacts", "booked_at")), 4):
        day = spade.cell("contacts", "starts_at", row) + timedelta(days=2)
        spade.edits["contacts"].set(row, "booked_after_start:booked_at", booked_at=day)


def _stops(spade: _Spade) -> None:
    ids = {name: row for row, name in enumerate(spade.tables["referrals"]["referral_id"].to_pylist())}
    home = np.array([ids[name] for name in spade.tables["clock_stops"]["referral_id"].to_pylist()])
    closed = spade.column("referrals", "closed")
    ends = spade.column("clock_stops", "date_to")
    for number, row in enumerate(spade.rows("clock_stops", ~np.isnat(closed[home]) & ~np.isnat(ends), 4)):
        if number % 2:
            day = spade.cell("referrals", "issued", int(home[row])) - timedelta(days=10)
            spade.edits["clock_stops"].set(row, "stop_outside_wait", date_from=day)
        else:
            day = spade.cell("referrals", "closed", int(home[row])) + timedelta(days=14)
            spade.edits["clock_stops"].set(row, "stop_outside_wait", date_to=day)


def _dead(spade: _Spade) -> None:
    requests, day = spade.column("referrals", "patient_key"), AS_OF - timedelta(days=30)
    known = spade.tables["patients"]["patient_key"]
    still_open = np.isnat(spade.column("referrals", "closed"))
    for row in spade.rows("referrals", still_open & spade.among("referrals", "patient_key", known), 3):
        _dies(spade, requests[row], day)
        for request in np.flatnonzero((requests == requests[row]) & still_open):
            spade.edits["referrals"].set(int(request), "dead_on_list")
    waits = spade.among(
        "contacts", "patient_key", spade.tables["referrals"]["patient_key"].filter(pa.array(still_open))
    )
    lately = (spade.day > (AS_OF - START).days - 60) & (spade.status == "performed")
    for row in spade.rows("contacts", lately & spade.among("contacts", "patient_key", known) & ~waits, 2):
        patient = spade.cell("contacts", "patient_key", row)
        _dies(spade, patient, START + timedelta(days=int(spade.day[row]) - 1))


def _dies(spade: _Spade, patient: str, day: date) -> None:
    """Let *patient* have died on *day*: every contact kept after it is at fault."""
    place = spade.tables["patients"]["patient_key"].to_pylist().index(patient)
    spade.edits["patients"].set(place, None, deceased=day)
    kept = ~np.isin(spade.status, ("cancelled_patient", "cancelled_provider", "late_cancelled"))
    theirs = spade.among("contacts", "patient_key", pa.array([patient])) & (spade.day > (day - START).days)
    for contact in np.flatnonzero(theirs & kept):
        spade.edits["contacts"].set(int(contact), "contact_after_death")


def _treated(spade: _Spade) -> None:
    """Open requests again whose care is given, and leave contacts that took place as booked."""
    links = np.array(spade.tables["contacts"]["referral_id"].to_pylist(), dtype=object)
    done = set(links[(spade.status == "performed") & spade.edits["contacts"].untouched])
    ids, services = (spade.tables["referrals"][name].to_pylist() for name in ("referral_id", "service_id"))
    own = set(zip(links, spade.service, strict=True))
    treated = np.array([name in done and (name, which) in own for name, which in zip(ids, services, strict=True)])
    treated &= ~np.isnat(spade.column("referrals", "closed"))
    for row in spade.rows("referrals", treated, 4):
        spade.edits["referrals"].set(row, "treated_on_list", closed=None, closed_reason=None)
    last = (AS_OF - START).days - 20
    for row in spade.rows("contacts", (spade.status == "performed") & (spade.day < last), 4):
        spade.edits["contacts"].set(row, "still_booked", status="booked", ends_at=None)


def _other_units(spade: _Spade) -> None:
    for table in ("contacts", "referrals"):
        units = np.array(spade.tables[table]["unit_id"].to_pylist(), dtype=object)
        outpatient = np.char.startswith(units.astype(str), "M-")
        for row in spade.rows(table, outpatient, 4):
            others = sorted(set(units[outpatient]) - {units[row]})
            spade.edits[table].set(row, "other_unit", unit_id=others[int(spade.rng.integers(len(others)))])


def _values(spade: _Spade) -> None:
    performed = spade.status == "performed"
    for age, mark in ((114, "impossible_age"), (-1, "outside_limits:age")):
        for row in spade.rows("contacts", performed, 3):
            spade.edits["contacts"].set(row, mark, age=age)
    for column in ("diagnosis", "drg", "age", "sex", "referral_id"):
        known = np.array(pc.is_valid(spade.tables["contacts"][column]))
        whole, lacking = (set(spade.service[performed & part]) for part in (known, ~known))
        always = np.isin(spade.service, list(whole - lacking))
        for row in spade.rows("contacts", performed & always, 3):
            spade.edits["contacts"].set(row, f"missing_{column}", **{column: None})


def _late(spade: _Spade) -> None:
    """Add contacts of a time long gone by, that an earlier delivery should have had."""
    age = (AS_OF - START).days - spade.day
    for row in spade.rows("contacts", (spade.status == "performed") & (age > 30) & (age < 300), 8):
        spade.copy_contact(row, "late_contacts")


_SERIES: Sequence[Callable[[_Spade], None]] = (
    _gap_day,
    _moved,
    _level_shift,
    _jump_down,
    _gap_week,
    _jump_up,
    _missing_month,
    _stopped,
)
_ROWS: Sequence[Callable[[_Spade], None]] = (
    _dead,
    _treated,
    _duplicates,
    _overlaps,
    _backwards,
    _stops,
    _other_units,
    _values,
    _late,
)
"""What is planted, in an order in which series find room: those that need much come first."""
