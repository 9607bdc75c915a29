"""The waits of a month as the lake knows them, in the values that a mapping's fields are made from."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.lake import Lake, Version
from vardbalans.data.queries import ask
from vardbalans.data.tables import TABLES
from vardbalans.data.write.delivery.mapping import Area, FieldMapping
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period

__all__ = ["LACKS", "Waits", "connected", "introduce", "waits_of"]

LACKS = ("not_informed", "not_offered", "without_time", "not_declined")
"""What a patient-chosen stop can lack; such a stop does not count, and the columns of *stops* that say so."""

_NEEDED = ("referrals", "services")
_MEMORY = "1GB"


@dataclass(frozen=True)
class Waits:
    """*rows* have every value of ``VALUES`` but the number, with ``part``, ``has_begun`` and origin.

    *stops* are the clock stops that touch them, those that do not count included (:data:`LACKS`).
    """

    rows: pa.Table
    stops: pa.Table


@contextmanager
def connected(lake: Lake, version: Version, mapping: FieldMapping) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection to *version* where absent tables are empty, with the mapping's own lists. Raises BadInput."""
    for name in _NEEDED:
        if name not in version.tables:
            raise BadInput(
                Message(
                    "{table} saknas i version {version}, så väntetider kan inte räknas. Importera tabellen först.",
                    table=TABLES[name].title,
                    version=version.number,
                )
            )
    with closing(lake.connect(version.number, memory_limit=_MEMORY)) as con:
        for name in ("units", "patients", "clock_stops"):
            if name not in version.tables:
                con.register(name, TABLES[name].schema().empty_table())
        introduce(con, mapping)
        yield con


def introduce(con: duckdb.DuckDBPyConnection, mapping: FieldMapping) -> None:
    """Give *con* the mapping's flows, areas and deviations as tables, which the questions name."""
    con.register("flows", pa.Table.from_pylist([msgspec.structs.asdict(flow) for flow in mapping.flows]))
    con.register("areas", _areas(mapping.areas))
    con.register("deviations", _deviations(mapping))


def _areas(areas: tuple[Area, ...]) -> pa.Table:
    schema = pa.schema(
        [(name, pa.date32() if name.startswith("valid") else pa.string()) for name in Area.__struct_fields__]
    )
    return pa.Table.from_pylist([msgspec.structs.asdict(area) for area in areas], schema)


def _deviations(mapping: FieldMapping) -> pa.Table:
    schema = pa.schema([("kind", pa.string()), ("code", pa.string()), ("place", pa.int64())])
    rows = [
        {"kind": kind, "code": code, "place": place}
        for place, (kind, code) in enumerate(mapping.deviations.items())
        if code
    ]
    return pa.Table.from_pylist(rows, schema)


def waits_of(con: duckdb.DuckDBPyConnection, month: Period) -> Waits:
    """Return the waits completed in *month* and those that go on at its end; *con* as :func:`connected` gives it."""
    con.register("waits", ask(con, "waits_of_month", first=month.start, after=month.end))
    stops = ask(con, "stops_of_waits")
    lacking = pc.or_(*(pc.or_(stops[one], stops[two]) for one, two in (LACKS[:2], LACKS[2:])))
    con.register("stops", stops.filter(pc.invert(lacking)))
    rows = ask(con, "stopped_days")
    constant = {"month": str(month), "as_of": month.end - timedelta(days=1)}
    for name, value in constant.items():
        rows = rows.append_column(name, pa.repeat(pa.scalar(value), len(rows)))
    return Waits(rows, stops)
