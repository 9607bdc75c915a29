"""Stays and beds of a data version as the engine takes them: where patients belong, who lies where, and who comes when.

Hours are local time since a Monday 00, as the clock on the wall shows it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.lake.trace import LOCAL
from vardbalans.data.queries import ask
from vardbalans.data.tables import TABLES
from vardbalans.data.unit_tree import units_above, units_of
from vardbalans.engine.beds.observed import Bookings, Observed, Stays
from vardbalans.engine.catalogue import Unit
from vardbalans.engine.errors import BadInput
from vardbalans.engine.units import Floats

__all__ = [
    "BedData",
    "Place",
    "bed_data",
    "census",
    "changes_of_clock",
    "hour_of",
    "moment_of",
    "moment_text",
    "moments_told",
]

_MONDAY = datetime(1970, 1, 5)  # noqa: DTZ001 - local time without a zone, as everywhere here
_ALL = {"first": date(1, 1, 1), "after": date(9999, 1, 1)}
_AHEAD = timedelta(days=60)
_MOVED_HOME_SHARE = 0.2
"""Those who lie elsewhere are taken to be moved home when this share of them has been."""


@dataclass(frozen=True)
class Place:
    """A ward and its clinic, each with its name (empty where it belongs to none), and the hospital."""

    ward_id: str
    name: str
    clinic_id: str
    clinic: str
    site: str


@dataclass(frozen=True, eq=False)
class BedData:
    """What is *observed*, and its wards as *places*, in the same order."""

    observed: Observed
    places: tuple[Place, ...]


def hour_of(moment: datetime) -> float:
    """Return the hours of local *moment* since the Monday that hours are counted from."""
    return (moment - _MONDAY) / timedelta(hours=1)


def moment_of(hour: float) -> datetime:
    """Return the local moment that lies *hour* hours after the Monday that hours are counted from."""
    return _MONDAY + timedelta(hours=hour)


def moments_told(local: Floats) -> list[str]:
    """Return the moments at the end of each hour of *local* (H + 1,) as text, without seconds.

    What the clock shows for the second time, when it has been moved back, is told with its distance to UTC.
    """
    return [moment_text(moment_of(after), is_again=after == before) for before, after in pairwise(local)]


def moment_text(moment: datetime, *, is_again: bool) -> str:
    """Return local *moment* as text, with its distance to UTC where the clock shows it for the second time."""
    text = moment.isoformat(timespec="minutes")
    return moment.replace(tzinfo=LOCAL, fold=1).isoformat(timespec="minutes") if is_again else text


def changes_of_clock(first: date, last: date) -> tuple[tuple[float, float], ...]:
    """Return when the clock is moved from *first* to *last*: the hour as it shows then, and by how many hours."""
    begin = datetime.combine(first, time(), LOCAL).astimezone(UTC)
    end = datetime.combine(last, time(), LOCAL).astimezone(UTC)
    instants = [begin + timedelta(hours=hour) for hour in range((end - begin) // timedelta(hours=1) + 1)]
    shown = [instant.astimezone(LOCAL).replace(tzinfo=None) for instant in instants]
    return tuple(
        (hour_of(before + timedelta(hours=1)), (after - before) / timedelta(hours=1) - 1)
        for before, after in pairwise(shown)
        if after - before != timedelta(hours=1)
    )


def census(
    connection: duckdb.DuckDBPyConnection, present: set[str], first: date, after: date, hour: int | None
) -> pa.Table:
    """Return who lies where from *first* until *after*, at *hour* of each day or all hours: rows of bed_census.sql."""
    _prepare(connection, present)
    return ask(connection, "bed_census", first=first, after=after, hour=hour)


def bed_data(connection: duckdb.DuckDBPyConnection, present: set[str]) -> BedData:
    """Return the stays and beds of the whole version. Raises BadInput without stays."""
    units = _prepare(connection, present)
    rows = ask(connection, "bed_stays", **_ALL)
    rows = rows.filter(pc.is_valid(rows["home"]))
    if not len(rows):
        raise BadInput(TABLES["stays"].needed_for)
    with_beds = {row[0] for row in connection.execute("select distinct ward_id from beds").fetchall()}
    wards = tuple(sorted({*rows["home"].to_pylist(), *rows["ward_id"].to_pylist()} | with_beds))
    place = {ward: at for at, ward in enumerate(wards)}
    stays = Stays(
        _places(rows["home"], place),
        _places(rows["ward_id"], place),
        rows["acute"].to_numpy(zero_copy_only=False).astype(bool),
        _hours(rows["since"]),
        _hours(rows["until"]),
    )
    ends = stays.until[~np.isnan(stays.until)]
    latest = max(float(stays.since.max()), float(ends.max(initial=0.0)))
    until = 24.0 * (int(latest // 24) + 1)
    first_day, available, physical = _beds(connection, place)
    observed = Observed(
        wards,
        stays,
        _bookings(connection, units, place),
        until,
        first_day,
        available,
        physical,
        _moved_home(rows),
        changes_of_clock(moment_of(stays.since.min()).date(), moment_of(until).date() + _AHEAD),
    )
    sites = dict(connection.execute("select unit_id, coalesce(site, '') from units").fetchall())
    clinics = dict(connection.execute("select ward_id, min(clinic_id) from homes group by all").fetchall())
    return BedData(
        observed,
        tuple(
            Place(
                name,
                units[name].name if name in units else name,
                clinic := clinics.get(name, ""),
                units[clinic].name if clinic in units else clinic,
                sites.get(name, ""),
            )
            for name in wards
        ),
    )


def _places(names: pa.ChunkedArray, place: Mapping[str, int]) -> np.ndarray:
    return np.array([place[name] for name in names.to_pylist()], np.int64)


def _hours(values: pa.ChunkedArray) -> Floats:
    found: Floats = np.asarray(values.to_numpy(zero_copy_only=False), np.float64)
    return found


def _prepare(connection: duckdb.DuckDBPyConnection, present: set[str]) -> dict[str, Unit]:
    """Register homes; return the units by id."""
    if "stays" not in present:
        raise BadInput(TABLES["stays"].needed_for)
    for name in ("beds", "units", "contacts", "services"):
        if name not in present:
            connection.register(name, TABLES[name].schema().empty_table())
    units = units_of(connection, present)
    counts = connection.execute("select clinic_id, ward_id, count(*) from stays group by all order by all").fetchall()
    used: dict[str, Counter[str]] = {}
    for clinic, ward, count in counts:
        used.setdefault(clinic, Counter())[ward] = count
    own: dict[str, list[str]] = {clinic: [] for clinic in used}
    for ward in {ward for _, ward, _ in counts} | {name for name, unit in units.items() if unit.level == "ward"}:
        for clinic in own.keys() & units_above(units, ward):
            own[clinic].append(ward)
    homes = []
    for clinic, wards in own.items():
        # A clinic without a ward of its own is at home where most of its patients lie.
        most = sorted(used[clinic], key=lambda ward: (-used[clinic][ward], ward))
        mine = sorted(wards) or most[:1]
        main = next((ward for ward in most if ward in mine), mine[0])
        homes += [{"ward_id": ward, "clinic_id": clinic, "main": ward == main} for ward in mine]
    schema = pa.schema([("ward_id", pa.string()), ("clinic_id", pa.string()), ("main", pa.bool_())])
    connection.register("homes", pa.Table.from_pylist(homes, schema))
    return units


def _beds(connection: duckdb.DuckDBPyConnection, place: Mapping[str, int]) -> tuple[int, Floats, Floats]:
    """Return the first day told of, and the beds available and physical from then on, (W, D), NaN where untold."""
    rows = connection.execute(
        "select ward_id, datediff('day', date '1970-01-05', date), available, physical from beds order by all"
    ).fetchall()
    first, last = (min(row[1] for row in rows), max(row[1] for row in rows)) if rows else (0, -1)
    found = np.full((2, len(place), last - first + 1), np.nan)
    for ward, day, available, physical in rows:
        found[:, place[ward], day - first] = available, physical
    return first, found[0], found[1]


def _moved_home(rows: pa.Table) -> bool:
    """Tell whether those who lie elsewhere are usually moved home: their next stay begins there as this one ends."""
    outlier = rows["is_outlier"].to_pylist()
    if not any(outlier):
        return False
    keys = ("patient_key", "clinic_id", "since", "until")
    columns = [rows[name].to_pylist() for name in keys]
    begins = {
        (patient, clinic, round(since))
        for patient, clinic, since, is_out in zip(*columns[:3], outlier, strict=True)
        if not is_out
    }
    moved = sum(
        (patient, clinic, round(until)) in begins
        for patient, clinic, until, is_out in zip(columns[0], columns[1], columns[3], outlier, strict=True)
        if is_out and until is not None
    )
    return bool(moved > _MOVED_HOME_SHARE * sum(outlier))


def _bookings(connection: duckdb.DuckDBPyConnection, units: Mapping[str, Unit], place: Mapping[str, int]) -> Bookings:
    clinics = {row[0] for row in connection.execute("select distinct clinic_id from homes").fetchall()}
    above = [
        {"unit_id": unit, "clinic_id": min(found)} for unit in units if (found := clinics & units_above(units, unit))
    ]
    schema = pa.schema([("unit_id", pa.string()), ("clinic_id", pa.string())])
    connection.register("unit_clinics", pa.Table.from_pylist(above, schema))
    rows = ask(connection, "bed_bookings", **_ALL)
    return Bookings(
        _places(rows["home"], place),
        np.array(rows["service_id"].to_pylist(), object),
        _hours(rows["start"]),
        _hours(rows["booked"]),
        _hours(rows["admitted_hour"]),
        np.array([status == "booked" for status in rows["status"].to_pylist()], bool),
    )
