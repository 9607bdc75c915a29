"""Columns of numbers to Arrow tables in the registry's schema (without ``_file`` and ``_row``)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vardbalans.data.demo import clock
from vardbalans.data.demo.activity import REASONS, Activity, Block
from vardbalans.data.demo.clock import EPOCH_DAY, LAST, Ints
from vardbalans.data.demo.fhir import PATIENT_SYSTEM
from vardbalans.data.demo.people import MUNICIPALITIES, Inhabitants, Staff
from vardbalans.data.demo.queueing import PERFORMED
from vardbalans.data.demo.region import Organisation
from vardbalans.data.demo.time_book import UNIT, Known, Times
from vardbalans.data.tables import TABLES
from vardbalans.engine.sampling import stream

__all__ = [
    "absence_table",
    "bed_table",
    "care_tables",
    "columns_table",
    "employment_table",
    "item_table",
    "patient_table",
    "rows_table",
    "schema_of",
    "slot_table",
]

_STATUS = ("performed", "no_show", "late_cancelled", "cancelled_patient", "cancelled_provider", "booked")
_AS_OF_MINUTE = LAST * 7 * 1440


def schema_of(name: str) -> pa.Schema:
    """Return the registry's schema of table *name* without the origin columns."""
    return pa.schema([field for field in TABLES[name].schema() if not field.name.startswith("_")])


def rows_table(name: str, rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Return *rows* as a table; a column that a row does not name is null there."""
    return pa.Table.from_pylist(list(rows), schema=schema_of(name))


def columns_table(name: str, columns: Mapping[str, object]) -> pa.Table:
    """Return *columns* as a table; columns of the contract that are not named are null."""
    schema = schema_of(name)
    count = len(next(iter(columns.values())))  # type: ignore[arg-type]
    arrays = [
        _array(columns[field.name], field.type) if field.name in columns else pa.nulls(count, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _array(values: object, kind: pa.DataType) -> pa.Array:
    array = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
    return array if array.type == kind else pc.cast(array, kind)


def _ids(prefix: str, numbers: NDArray[Any], width: int) -> pa.Array:
    """Return ids such as ``C0000001``; a number below zero gives null."""
    digits = pc.utf8_lpad(pc.cast(pa.array(numbers.astype(np.int64) + 1), pa.string()), width, "0")
    named = pc.binary_join_element_wise(pa.scalar(prefix), digits, pa.scalar(""))
    return pc.if_else(pa.array(numbers >= 0), named, pa.scalar(None, pa.string()))


def _patient_keys(numbers: NDArray[Any]) -> pa.Array:
    """Return the keys of inhabitants, as FHIR writes an identifier: system and value."""
    return _ids(f"{PATIENT_SYSTEM}|P", numbers, 6)


def _named(names: Sequence[str | None], index: NDArray[Any]) -> pa.Array:
    return pa.array(names, pa.string()).take(pa.array(index))


def _days(days: NDArray[Any]) -> pa.Array:
    """Return dates of day numbers; below zero gives null."""
    numbers = days.astype(np.int32)
    return pa.array(numbers + EPOCH_DAY, pa.int32(), mask=numbers < 0).cast(pa.date32())


def _instants(minutes: NDArray[Any], unknown: NDArray[np.bool_] | None = None) -> pa.Array:
    values = clock.utc_microseconds(minutes.astype(np.int64))
    return pa.array(values, pa.int64(), mask=unknown).cast(pa.timestamp("us", "UTC"))


def care_tables(
    org: Organisation, people: Inhabitants, activity: Activity, theatres: Mapping[str, int], seed: int
) -> dict[str, pa.Table]:
    """Return contacts, referrals, clock_stops, stays and operations."""
    return {
        "contacts": _contacts(org, people, activity.contacts),
        "referrals": _referrals(org, activity.requests),
        "clock_stops": _clock_stops(org, activity.requests, seed),
        "stays": _stays(org, activity.stays),
        "operations": _operations(org, activity.contacts, theatres),
    }


def _contacts(org: Organisation, people: Inhabitants, rows: Block) -> pa.Table:
    service, patient, status, start = rows["service"], rows["patient"], rows["status"], rows["start"]
    ends = start + rows["minutes"]
    age = np.maximum(0, _year_of(start) - people.birth_year[patient])
    performed = status == PERFORMED
    services = org.services
    weight = _weights(org)[service] * (0.85 + 0.3 * (rows["pick"] % 7) / 6)
    return columns_table(
        "contacts",
        {
            "contact_id": _ids("C", np.arange(len(start)), 7),
            "patient_key": _patient_keys(patient),
            "unit_id": _named([s.unit_id for s in services], service),
            "service_id": _named([s.service_id for s in services], service),
            "referral_id": _ids("R", rows["request"], 7),
            "booked_at": _instants(rows["booked"], rows["booked"] < 0),
            "starts_at": _instants(start),
            "ends_at": _instants(ends, ~performed | (ends >= _AS_OF_MINUTE)),
            "status": _named(_STATUS, status),
            "form": _named([s.form for s in services], service),
            "age": age.astype(np.int64),
            "sex": _named(("male", "female"), people.female[patient].astype(np.int8)),
            "municipality": _named(MUNICIPALITIES, people.municipality[patient]),
            "profession": _named([s.profession for s in services], service),
            "diagnosis": _picked(org, "diagnoses", rows, performed),
            "procedures": _picked(org, "procedures", rows, performed),
            "drg": _named([_drg(s.suffix) for s in services] + [None], np.where(performed, service, len(services))),
            "drg_weight": pa.array(np.round(weight, 3), mask=~performed | (weight == 0)),
        },
    )


def _year_of(start: NDArray[Any]) -> Ints:
    days = (start // 1440).astype("timedelta64[D]") + np.datetime64(clock.ORIGIN)
    return days.astype("datetime64[Y]").astype(np.int64) + 1970


_DRG = {
    "OP": ("X10O", 0.9),
    "AO": ("X11N", 1.4),
    "SV": ("X20N", 0.95),
    "DV": ("X30O", 0.22),
    "NB": ("X40O", 0.06),
    "AB": ("X41O", 0.045),
    "BH": ("X42O", 0.03),
}


def _drg(suffix: str) -> str | None:
    return _DRG[suffix][0] if suffix in _DRG else None


def _weights(org: Organisation) -> NDArray[np.float64]:
    return np.array([_DRG[s.suffix][1] if s.suffix in _DRG else 0.0 for s in org.services])


def _picked(org: Organisation, what: str, rows: Block, performed: NDArray[np.bool_]) -> pa.Array:
    """Return one of the clinic's diagnoses, or of its procedures for surgery; null where there is none."""
    names: list[str | None] = []
    first, count = [], []
    for service in org.services:
        offered = getattr(service.clinic.profile, what) if what == "diagnoses" or service.kind == "surgery" else ()
        first.append(len(names))
        count.append(len(offered))
        names += offered
    sizes = np.array(count)[rows["service"]]
    index = np.array(first)[rows["service"]] + (rows["pick"] // 7) % np.maximum(sizes, 1)
    return _named([*names, None], np.where(performed & (sizes > 0), index, len(names)))


def _referrals(org: Organisation, rows: Block) -> pa.Table:
    service = rows["service"]
    return columns_table(
        "referrals",
        {
            "referral_id": _ids("R", np.arange(len(service)), 7),
            "patient_key": _patient_keys(rows["patient"]),
            "unit_id": _named([s.unit_id for s in org.services], service),
            "service_id": _named([s.service_id for s in org.services], service),
            "issued": _days(rows["issued"]),
            "received": _days(rows["received"]),
            "decided": _days(rows["decided"]),
            "priority": _named(("1", "2", "3"), rows["priority"] - 1),
            "target_date": _days(rows["target"]),
            "closed": _days(rows["closed"]),
            "closed_reason": _named((*REASONS, None), np.where(rows["reason"] < 0, len(REASONS), rows["reason"])),
            "origin_contact_id": _ids("C", rows["origin"], 7),
        },
    )


_STOPS = ("medical", "patient_choice", "other_region")


def _clock_stops(org: Organisation, rows: Block, seed: int) -> pa.Table:
    """Return stops for one in fifteen of those under the guarantee who waited five weeks or more."""
    rng = stream(seed, "clock_stops")
    covered = np.array([s.guarantee in ("first_visit", "treatment") for s in org.services])[rows["service"]]
    until = np.where(rows["closed"] < 0, LAST * 7, rows["closed"])
    chosen = np.flatnonzero(covered & (until - rows["issued"] >= 35) & (rng.random(len(until)) < 1 / 15))
    kind = rng.choice(3, len(chosen), p=[0.5, 0.4, 0.1])
    begins = rows["issued"][chosen] + rng.integers(7, 30, len(chosen))
    ends = begins + rng.integers(14, 60, len(chosen))
    going = (ends >= LAST * 7) | (ends >= until[chosen])
    ends = np.where(going & (rows["closed"][chosen] >= 0), until[chosen] - 1, np.where(going, -1, ends))
    choice = kind == 1
    offered = (begins - 2) * 1440 + 480 + 15 * rng.integers(0, 32, len(chosen))
    return columns_table(
        "clock_stops",
        {
            "referral_id": _ids("R", chosen, 7),
            "date_from": _days(begins),
            "date_to": _days(ends),
            "kind": _named(_STOPS, kind),
            "informed": pa.array(np.full(len(chosen), True), mask=~choice),
            "offered_at": _instants(offered, ~choice),
            "declined": pa.array(np.full(len(chosen), True), mask=~choice),
        },
    )


def _stays(org: Organisation, rows: Block) -> pa.Table:
    clinics = [service.clinic.clinic_id for service in org.services]
    out = rows["start"] + rows["minutes"]
    # One in ten waits up to two days for care elsewhere after being ready to leave; the others two hours.
    waits = np.minimum(rows["minutes"] // 2, np.where(rows["pick"] % 10 == 0, 2880, 120))
    return columns_table(
        "stays",
        {
            "stay_id": _ids("S", np.arange(len(out)), 6),
            "patient_key": _patient_keys(rows["patient"]),
            "clinic_id": _named(clinics, rows["service"]),
            "ward_id": pa.array(rows["ward"]),
            "admitted": _instants(rows["start"]),
            "discharged": _instants(out, out >= _AS_OF_MINUTE),
            "ready_for_discharge": _instants(out - waits, out - waits >= _AS_OF_MINUTE),
            "acute": pa.array(rows["acute"]),
            "bed_kind": pa.array(["vårdavdelning"] * len(out)),
        },
    )


def item_table(org: Organisation, rows: Block) -> pa.Table:
    """Return care_items: samples and implants, in order of time; none knows its contact."""
    order = np.argsort(rows["start"], kind="stable")
    rows = {name: values[order] for name, values in rows.items()}
    return columns_table(
        "care_items",
        {
            "item_id": _ids("MT", np.arange(len(order)), 7),
            "patient_key": _patient_keys(rows["patient"]),
            "unit_id": _named([s.clinic.clinic_id for s in org.services], rows["service"]),
            "kind": _named(("laboratory", "implant"), rows["kind"]),
            "code": _named(("BLODSTATUS", "PROTES"), rows["kind"]),
            "given_at": _instants(rows["start"]),
            "quantity": rows["quantity"].astype(np.float64),
            "amount_ore": pa.array(rows["ore"], mask=rows["ore"] < 0),
        },
    )


def _operations(org: Organisation, rows: Block, theatres: Mapping[str, int]) -> pa.Table:
    """Return an operation for each kept, missed or booked surgery of the region's own theatres."""
    own = np.array([s.kind == "surgery" and s.unit_id in theatres for s in org.services])
    chosen = np.flatnonzero(own[rows["service"]] & ((rows["status"] <= 2) | (rows["status"] == 5)))
    service, start, minutes = rows["service"][chosen], rows["start"][chosen], rows["minutes"][chosen]
    done = rows["status"][chosen] == PERFORMED
    room = rows["room"][chosen]
    # A surgery that was not performed has a theatre too, where it was planned.
    names, room = _theatre_names(org, theatres, service, np.where(room < 0, chosen, room))
    out = start + minutes
    status = np.where(done, 0, np.where(rows["status"][chosen] == 5, 2, 1))
    return columns_table(
        "operations",
        {
            "operation_id": _ids("O", np.arange(len(chosen)), 6),
            "contact_id": _ids("C", chosen, 7),
            "theatre_id": _named(names, room),
            "planned_start": _instants(start - (rows["pick"][chosen] % 4) * 5),
            "planned_minutes": np.array([s.minutes for s in org.services])[service],
            "room_in": _instants(start, ~done),
            "anaesthesia_start": _instants(start + minutes // 12, ~done),
            "incision": _instants(start + minutes // 5, ~done),
            "closure": _instants(out - minutes // 8, ~done),
            "room_out": _instants(out, ~done),
            "status": _named(("performed", "cancelled", "planned"), status),
            "surgeon_key": _ids("K", service.astype(np.int64) * 20 + rows["pick"][chosen] % 12, 4),
            "acute": pa.array(np.array([s.suffix == "AO" for s in org.services])[service]),
        },
    )


def _theatre_names(
    org: Organisation, theatres: Mapping[str, int], service: NDArray[Any], room: Ints
) -> tuple[list[str], Ints]:
    first: dict[str, int] = {}
    names: list[str] = []
    for unit, count in theatres.items():
        first[unit] = len(names)
        names += [f"T-{unit[2:]}-{n}" for n in range(1, count + 1)]
    begins = np.array([first.get(s.unit_id, 0) for s in org.services])
    sizes = np.array([theatres.get(s.unit_id, 1) for s in org.services])
    return names, begins[service] + room % sizes[service]


def employment_table(staff: Staff) -> pa.Table:
    """Return employments."""
    # Employments begin before the axis does, so that a number below zero is a day here.
    begins = pa.array((staff.begins + EPOCH_DAY).astype(np.int32)).cast(pa.date32())
    return columns_table(
        "employments",
        {
            "person_key": _ids("E", staff.person, 5),
            "resource_id": pa.array(staff.resource),
            "share": staff.share,
            "valid_from": begins,
            "valid_to": _days(staff.ends),
        },
    )


def absence_table(person: Ints, first: Ints, last: Ints, kind: list[str]) -> pa.Table:
    """Return absences; each applies to all the person's work."""
    return columns_table(
        "absences",
        {
            "person_key": _ids("E", person, 5),
            "date_from": _days(first),
            "date_to": _days(last),
            "kind": pa.array(kind),
        },
    )


def bed_table(beds: Mapping[str, int], seed: int) -> pa.Table:
    """Return physical and open beds per ward and day; *beds* are those normally open by ward."""
    days = np.arange(clock.FIRST * 7, LAST * 7)
    rng = stream(seed, "beds")
    wards, rows = list(beds), []
    summer = np.isin([(clock.day_of(int(day))).isocalendar().week for day in days], (28, 29, 30, 31))
    for ward in wards:
        short = rng.random(len(days)) < 0.06
        normal = np.where(summer, round(beds[ward] * 0.88), beds[ward])
        rows.append((normal - (short & (normal > 1)), np.where(summer, 0, np.where(short, 1, 2))))
    reason = np.concatenate([row[1] for row in rows])
    return columns_table(
        "beds",
        {
            "ward_id": _named(wards, np.repeat(np.arange(len(wards)), len(days))),
            "date": _days(np.tile(days, len(wards))),
            "physical": np.repeat([beds[ward] + max(1, beds[ward] // 10) for ward in wards], len(days)),
            "available": np.concatenate([row[0] for row in rows]).astype(np.int64),
            "closed_reason": _named(("Sommarneddragning", "Sjuksköterskebrist", None), reason),
        },
    )


def patient_table(people: Inhabitants, known: Known) -> pa.Table:
    """Return the patients of the time book."""
    return columns_table(
        "patients",
        {
            "patient_key": _patient_keys(known.patient),
            "birth_year": people.birth_year[known.patient].astype(np.int64),
            "sex": _named(("male", "female"), people.female[known.patient].astype(np.int8)),
            "municipality": _named(MUNICIPALITIES, people.municipality[known.patient]),
            "deceased": _days(known.died),
            "protected": pa.array(known.protected),
        },
    )


def slot_table(org: Organisation, times: Times) -> pa.Table:
    """Return the times of the time book."""
    return columns_table(
        "slots",
        {
            "slot_id": _ids("T", np.arange(len(times.start)), 6),
            "unit_id": pa.array([UNIT] * len(times.start)),
            "service_id": _named([s.service_id for s in org.services], times.service),
            "starts_at": _instants(times.start),
            "ends_at": _instants(times.start + times.minutes),
            "status": _named(("free", "booked", "blocked"), times.status),
        },
    )
