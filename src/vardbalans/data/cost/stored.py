"""Cost runs kept in the store, and the way of any krona through them: contact → pool → cost centre → ledger."""

import json
import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow.parquet as pq

from vardbalans.data.cost.groups import UNIT_GROUPS
from vardbalans.engine.cost.rates import QUANTITY
from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Figure, Source, Step
from vardbalans.engine.messages import Message
from vardbalans.engine.units import apportion

__all__ = ["KEPT", "KeptCost", "PoolShare", "keep_document", "latest", "name_of", "prune"]

Row = dict[str, Any]
_NAME = "run.json"
KEPT = 12
"""How many runs without a name of their own the store keeps: a year of months."""
_ABANDONED_SECONDS = 24 * 3600
"""How long what a run was building may lie: one that was killed never comes back to it."""


def keep_document(folder: Path, document: Row) -> None:
    """Keep *document* with the rows of its run; the run is then the store's latest."""
    beside = folder / f".{_NAME}"
    beside.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    beside.replace(folder / _NAME)


def latest(store: Path) -> "KeptCost | None":
    """Return the run that was kept last; None where there is none."""
    kept = _by_age(store)
    return KeptCost(kept[-1].parent) if kept else None


def name_of(folder: Path) -> str:
    """Return the name that the run kept in *folder* was given; empty without one, or without a run."""
    place = folder / _NAME
    return str(json.loads(place.read_text(encoding="utf-8")).get("name", "")) if place.is_file() else ""


def prune(store: Path, now: float, keep: int = KEPT) -> list[str]:
    """Remove all but the *keep* newest runs and those with a name, and what killed runs left; return the ids removed.

    *now* is the time in seconds since 1970. Half a run that was removed is no run: its document goes first.
    """
    unnamed = [path for path in _by_age(store) if not name_of(path.parent)]
    removed = unnamed[: len(unnamed) - keep] if len(unnamed) > keep else []
    for path in removed:
        path.unlink()
        shutil.rmtree(path.parent, ignore_errors=True)
    for folder in (store / "cost").glob(".building-*"):
        if now - folder.stat().st_mtime > _ABANDONED_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
    return [path.parent.name for path in removed]


def _by_age(store: Path) -> list[Path]:
    """Return the documents of the kept runs, the oldest first."""
    return sorted((store / "cost").glob(f"*/{_NAME}"), key=lambda path: (path.stat().st_mtime_ns, path.parent.name))


class PoolShare(NamedTuple):
    """What a group of contacts cost of one *pool*, and how many patients they are of."""

    pool: Row
    ore: int
    patients: int


class KeptCost:
    """One run as it is kept: its document, and figures that explain themselves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.document: Row = json.loads((folder / _NAME).read_text(encoding="utf-8"))

    def groups(self, unit_id: str, grouped_by: str) -> list[Row]:
        """Return the groups (service, drg, diagnosis, month) of the contacts of one unit, as they may be told.

        Empty for a unit without contacts, and for a run of a version of this program that did not keep them.
        """
        place = self.folder / UNIT_GROUPS
        if not place.is_file():
            return []
        asked = [("unit_id", "=", unit_id), ("grouped_by", "=", grouped_by)]
        rows: list[Row] = pq.read_table(place, filters=asked).to_pylist()
        return rows

    def groups_within(self, grouped_by: str) -> list[Row]:
        """Return the groups of all units, as they may be told."""
        rows: list[Row] = pq.read_table(
            self.folder / UNIT_GROUPS, filters=[("grouped_by", "=", grouped_by)]
        ).to_pylist()
        return rows

    def dearest(self, unit_id: str, count: int, contact_id: str = "") -> list[Row]:
        """Return the *count* dearest contacts of one unit, or the one called *contact_id*. Patients' rows: log it.

        Each with its service, drg, diagnosis, month, öre and whether it is an outlier.
        """
        with closing(duckdb.connect()) as con:
            rows = con.sql(
                "select contact_id, service_id, drg, diagnosis, month, is_inpatient, ore, is_outlier "
                "from read_parquet($1) where unit_id = $2 and ($3 = '' or contact_id = $3) "
                "order by ore desc, contact_id limit $4",
                params=[str(self.folder / "costed.parquet"), unit_id, contact_id, count],
            )
            found: list[Row] = rows.to_arrow_table().to_pylist()
        return found

    def contact(self, contact_id: str) -> Figure:
        """Return the cost of a contact: what it used of each pool, at its rate. A patient's row: log who reads it.

        The terms are whole öre that sum to the contact's. Raises BadInput for a contact that is not in the run, and for
        a run of a version of this program that did not number its contacts.
        """
        contacts = self._numbered()
        with closing(duckdb.connect()) as con:
            found = con.execute(
                "select ore, number from read_parquet($1) where contact_id = $2", [contacts, contact_id]
            ).fetchall()
            if not found:
                raise BadInput(Message("Kontakten {contact} finns inte i körningen.", contact=contact_id))
            rows = con.execute(
                "select pool, cast(sum(quantity) as bigint) from read_parquet($1) where number = $2 "
                "group by 1 order by 1",
                [str(self.folder / "activity-*.parquet"), found[0][1]],
            ).fetchall()
        known, parts = self._by_pool(found[0][0], rows)
        terms = tuple(
            Step(Message("Kostnadspool {pool}", pool=pool["pool_id"]), part, "öre", pool["ore_per_unit"], _source(pool))
            for (pool, _), part in zip(known, parts, strict=True)
        )
        used = tuple(
            Step(Message("Åtgång av {pool}", pool=pool["pool_id"]), quantity / QUANTITY, pool["basis"])
            for pool, quantity in known
        )
        return Figure("contact_ore", found[0][0], "öre", Message("summan av åtgång · pris per enhet"), terms, used)

    def used_by_service(self, pool: int) -> list[Row]:
        """Return what each service has used of the pool numbered *pool*, in its units, and by how many patients.

        Raises BadInput as :meth:`contact` does for an older run.
        """
        contacts = self._numbered()
        with closing(duckdb.connect()) as con:
            rows = con.execute(
                "select c.service_id, sum(a.quantity)::double, count(distinct c.patient_key) from read_parquet($1) a "
                "join read_parquet($2) c using (number) where a.pool = $3 group by 1 order by 1",
                [str(self.folder / "activity-*.parquet"), contacts, pool],
            ).fetchall()
        return [{"service_id": name, "used": used / QUANTITY, "patients": patients} for name, used, patients in rows]

    def of_pools(self, column: str, name: str, unit_id: str, ore: int) -> list[PoolShare]:
        """Return *ore*, the cost of a group of contacts, by the pools that they used: whole öre that sum to it.

        The group are those whose *column* is *name* (empty: none), in the unit *unit_id* unless that is empty. Raises
        BadInput as :meth:`contact` does for an older run.
        """
        if column not in ("service_id", "unit_id", "drg", "diagnosis", "month"):
            raise ValueError(column)
        contacts = self._numbered()
        with closing(duckdb.connect()) as con:
            rows = con.execute(
                "select a.pool, cast(sum(a.quantity) as bigint), count(distinct c.patient_key) from read_parquet($1) a "
                f"join read_parquet($2) c using (number) where coalesce(c.{column}, '') = $3 "
                "and ($4 = '' or c.unit_id = $4) group by 1 order by 1",
                [str(self.folder / "activity-*.parquet"), contacts, name, unit_id],
            ).fetchall()
        known, parts = self._by_pool(ore, [row[:2] for row in rows])
        patients = {number: many for number, _, many in rows}
        return [PoolShare(pool, part, patients[pool["number"]]) for (pool, _), part in zip(known, parts, strict=True)]

    def _numbered(self) -> str:
        """Return where the contacts are. Raises BadInput where they have no number to find what they used by."""
        place = self.folder / "costed.parquet"
        if "number" not in pq.read_schema(place).names:
            raise BadInput(Message("Körningen är gjord av en äldre version. Räkna om kostnaderna."))
        return str(place)

    def _by_pool(self, ore: int, rows: Sequence[tuple[int, int]]) -> tuple[list[tuple[Row, int]], list[int]]:
        """Return the pool and quantity of *rows* (number of pool, quantity), and *ore* divided over them."""
        pools = {pool["number"]: pool for pool in self.document["pools"]}
        known = [(pools[number], quantity) for number, quantity in rows if number in pools]
        weights = [quantity * pool["whole"] for pool, quantity in known]
        return known, apportion(ore, weights) if any(weights) else [0] * len(weights)

    def pool(self, pool_id: str) -> Figure:
        """Return the cost of a pool: direct by class from the ledger, and overhead by support centre.

        Raises BadInput for a pool that is not in the run.
        """
        pool = next((row for row in self.document["pools"] if row["pool_id"] == pool_id), None)
        if pool is None:
            raise BadInput(Message("Kostnadspoolen {pool} finns inte i körningen.", pool=pool_id))
        direct = tuple(
            Step(Message("Kostnadsklass {cost_class}", cost_class=name), ore, "öre", source=_source(pool))
            for name, ore in sorted(pool["direct"].items())
        )
        overhead = tuple(
            Step(Message("Från {centre}", centre=centre), ore, "öre", source=Source.of("ledger", cost_centre=centre))
            for centre, ore in sorted(pool["overhead"].items())
        )
        inputs = (
            Step(Message("Praktisk kapacitet"), pool["capacity"] or 0.0, pool["basis"]),
            Step(Message("Använt"), pool["used"], pool["basis"]),
            Step(Message("Outnyttjad kapacitet"), pool["unused_ore"], "öre"),
        )
        return Figure("pool_ore", pool["ore"], "öre", Message("direkt + gemensamt"), (*direct, *overhead), inputs)


def _source(pool: Row) -> Source:
    return Source.of("ledger", cost_centre=pool["cost_centre"])
