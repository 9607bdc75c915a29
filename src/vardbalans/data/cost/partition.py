"""One part of the patients: what each of their contacts used, and then what it costs, as jobs for any Executor.

A job is a picklable value; its result is small. Rows stay in Parquet files in the run's folder, which all workers must
reach, as they reach the lake. A job that is done again (its worker was lost) writes the same files again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import pyarrow as pa

from vardbalans.data.cost.inputs import with_absent
from vardbalans.data.lake import Lake
from vardbalans.data.queries import ask, keep, quoted

__all__ = ["Part", "Priced", "Used", "price", "use"]

_MEMORY = "1GB"
_NUMBERS = 10**9
"""How many contacts, stays and care items a part has numbers for."""
_LARGEST = 2**63 - 1
_SCHEMAS = {
    "pools": (("pool", pa.int32()), ("basis", pa.string()), ("resource_id", pa.string()), ("kind", pa.string()),
              ("is_bound", pa.bool_())),
    "pool_units": (("pool", pa.int32()), ("unit_id", pa.string())),
    "weights": (("pool", pa.int32()), ("dimension", pa.string()), ("value", pa.string()), ("weight", pa.float64())),
    "activity_minutes": (("service_id", pa.string()), ("resource_id", pa.string()), ("minutes", pa.float64())),
    "ward_minutes": (("ward_id", pa.string()), ("resource_id", pa.string()), ("minutes", pa.float64())),
    "clinic_of": (("unit_id", pa.string()), ("clinic_id", pa.string())),
    "matching": (("rule_id", pa.string()), ("rank", pa.int64()), ("kind", pa.string()),
                    ("hours_before", pa.float64()), ("hours_after", pa.float64()), ("place", pa.string()),
                    ("service_kind", pa.string())),
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """Patients from *low* until *high* of a data version, for the span, with the small tables of the run."""

    number: int
    store: Path
    version: int
    folder: Path
    first: date
    after: date
    low: str
    high: str
    small: Mapping[str, Sequence[Mapping[str, Any]]]

    @property
    def base(self) -> int:
        """Return after which number the part's contacts, stays and care items are numbered, each in a run its own."""
        return self.number * _NUMBERS

    def file(self, name: str) -> Path:
        """Return where the part keeps its rows of *name*."""
        return self.folder / f"{name}-{self.number:04d}.parquet"


@dataclass(frozen=True)
class Used:
    """What a part used: pool number → (quantity in thousandths, rows)."""

    number: int
    quantities: Mapping[int, tuple[int, int]]


@dataclass(frozen=True)
class Priced:
    """What is kept of a part: the öre of what has no contact."""

    number: int
    loose_ore: int


def use(part: Part) -> Used:
    """Match the part's stays and care items to contacts, keep what each contact used, and return the sums by pool."""
    span = {"first": part.first, "after": part.after, "low": part.low, "high": part.high, "base": part.base}
    lake = Lake(part.store)
    version = lake.version(part.version)
    with lake.connect(part.version, memory_limit=_MEMORY, threads=1) as con:
        with_absent(con, set(version.tables))
        for name, columns in _SCHEMAS.items():
            con.register(name, pa.Table.from_pylist(list(part.small[name]), schema=pa.schema(columns)))
        keep(con, "cost_near", "near", **span)
        keep(con, "cost_events", "events", **span)
        keep(con, "cost_matches", "matches")
        keep(con, "cost_activity", "activity")
        keep(con, "cost_contacts", "about")
        keep(con, "cost_loose", "loose")
        for name in ("activity", "about", "loose"):
            _store(con, name, part.file(name))
        rows = ask(con, "cost_quantities").to_pylist()
    return Used(part.number, {row["pool"]: (row["quantity"], row["rows"]) for row in rows})


def price(part: Part, rates: Mapping[int, int], scale: int, total: int) -> Priced:
    """Price what the part used at *rates* (pool number → parts of an öre per thousandth), rounded to *total* öre."""
    with duckdb.connect(config={"memory_limit": _MEMORY, "threads": "1"}) as con:
        con.execute("set enable_progress_bar = false")
        for name in ("activity", "about", "loose"):
            con.execute(f"create temp view {name} as from read_parquet('{quoted(part.file(name))}')")
        con.execute(
            "create temp table rates as select unnest($1)::integer as pool, unnest($2)::bigint as whole",
            [list(rates), list(rates.values())],
        )
        keep(con, "cost_sums", "sums")
        if con.execute("select coalesce(max(parts), 0) from sums").fetchall()[0][0] <= _LARGEST:
            # Sums are of 128 bits; to divide such numbers takes more time than all the rest.
            con.execute("alter table sums alter parts type bigint")
        keep(con, "cost_rounded", "rounded", scale=scale, total=total)
        con.execute("create temp table unmatched as select l.*, r.ore from loose l join rounded r using (number)")
        _store(con, "rounded", part.file("ore"))
        _store(con, "unmatched", part.file("unmatched"))
        loose = con.execute("select coalesce(sum(ore), 0) from unmatched").fetchall()[0][0]
    return Priced(part.number, int(loose))


def _store(con: duckdb.DuckDBPyConnection, table: str, path: Path) -> None:
    """Write *table* beside its place and move it there: a reader sees all of it or nothing."""
    beside = path.with_name(f".{path.name}-{uuid4().hex}")
    con.execute(f"copy {table} to '{quoted(beside)}' (format parquet)")
    beside.replace(path)
