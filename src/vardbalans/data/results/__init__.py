"""Stored balance runs: written once, never changed, named by what they were made from.

A run lies in ``<store>/results/<run_id>/``. Its id is a digest of the data version, the settings, the weeks and the
numbers found, so the same run gives the same place. Rows are Parquet so that a page reads only what it shows.
"""

import json
import os
import shutil
from collections.abc import Collection, Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from vardbalans.data.results.beds import BED_DETAILS
from vardbalans.data.results.capacity import PARTS, SET_DETAILS
from vardbalans.data.results.figures import figure, need_figure, need_total_figure, sources_of
from vardbalans.data.results.flows import flow_map_of
from vardbalans.data.results.follow_up import TRACK_DETAILS
from vardbalans.data.results.need import DETAILS
from vardbalans.data.results.need_reasons import interval_steps, need_more
from vardbalans.data.results.service_reasons import service_figure
from vardbalans.data.results.tables import FORMAT, META, NESTED, run_tables
from vardbalans.data.results.waits import LIST_DETAILS
from vardbalans.data.results.waits_reasons import waiting_figure
from vardbalans.data.results.warnings import warning_of
from vardbalans.engine.early_warning import EarlyWarning
from vardbalans.engine.errors import BadInput
from vardbalans.engine.flow import FlowMap
from vardbalans.engine.inputs import WarningRule
from vardbalans.engine.messages import Message
from vardbalans.engine.reasons import DEMAND
from vardbalans.engine.scenario import Outcome

__all__ = ["Results", "StoredResult"]

Row = dict[str, Any]


class StoredResult:
    """One stored run. Reads go to its files each time; nothing of it can change."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        stat = (folder / META).stat()
        self.meta: Mapping[str, Any] = _meta_in(folder / META, (stat.st_ino, stat.st_mtime_ns))

    def rows(self, unit_ids: Collection[str] | None = None) -> list[Row]:
        """Return the balance per resource and week, of all units or of *unit_ids*, ordered by unit, resource, week."""
        rows: list[Row] = self._read("rows", unit_id=unit_ids).to_pylist()
        return rows

    def services(self, unit_ids: Collection[str] | None = None) -> list[Row]:
        """Return one row per service with its list, its needs, its past (``identity``) and its forecast."""
        found: list[Row] = self._read("services", unit_id=unit_ids).to_pylist()
        for row in found:
            for nested in NESTED:
                if nested in row:
                    row[nested] = json.loads(row[nested])
        return found

    def uses(self, service_ids: Collection[str]) -> list[Row]:
        """Return what a slot of each of *service_ids* takes of each resource: ``amount`` in the resource's measure."""
        found: list[Row] = self._read(
            "uses", ["resource_id", "service_id", "amount"], service_id=service_ids
        ).to_pylist()
        return found

    def resource_rows(self, resource_ids: Collection[str]) -> list[Row]:
        """Return what each of *resource_ids* has and is required of each week, whichever unit it belongs to."""
        columns = ["resource_id", "resource_name", "measure", "week", "required", "available"]
        rows: list[Row] = self._read("rows", columns, resource_id=resource_ids).to_pylist()
        return rows

    def required_slots(self, service_ids: Collection[str]) -> list[Row]:
        """Return how many ``slots`` are required of each of *service_ids* per week, the parts summed."""
        stored = pq.read_schema(self._folder / "service_weeks.parquet").names
        columns = ["service_id", "week", *(code for code in DEMAND if code in stored)]
        rows = self._read("service_weeks", columns, service_id=service_ids).to_pylist()
        return [
            {
                "service_id": row["service_id"],
                "week": row["week"],
                "slots": sum(row[code] or 0.0 for code in DEMAND if code in row),
            }
            for row in rows
        ]

    def warnings(self, unit_ids: Collection[str] | None = None) -> list[EarlyWarning]:
        """Return what will be short or over its limit, of all units or of *unit_ids*, what has begun included."""
        return [warning_of(row) for row in self._read("warnings", unit_id=unit_ids).to_pylist()]

    def warning_rule(self) -> WarningRule:
        """Return the rule that the warnings follow."""
        stored = self.meta["warning_rule"]
        return WarningRule(**stored | {"valid_from": date.fromisoformat(stored["valid_from"])})

    @property
    def adjusted(self) -> bool:
        """Tell whether planners had changed any forecast of the run."""
        return "adjustments" in pq.read_schema(self._folder / "services.parquet").names

    def has(self, table: str) -> bool:
        """Tell whether *table* is stored with the run."""
        return (self._folder / f"{table}.parquet").exists()

    @property
    def tells_need(self) -> bool:
        """Tell whether the need of the services is stored with the run; runs of earlier versions lack it."""
        return self.has("need")

    def needs(self, unit_ids: Collection[str] | None = None) -> list[Row]:
        """Return what a list of services tells of their need, one row each, without details."""
        columns = [name for name in pq.read_schema(self._folder / "need.parquet").names if name not in DETAILS]
        rows: list[Row] = self._read("need", columns, unit_id=unit_ids).to_pylist()
        return rows

    def need(self, unit_id: str, service_id: str) -> Row | None:
        """Return all that is told of one service's need; None where the unit has no such service."""
        rows = self._read("need", unit_id=[unit_id], service_id=[service_id]).to_pylist()
        return rows[0] | {name: json.loads(rows[0][name]) for name in DETAILS} if rows else None

    def trials(self, unit_ids: Collection[str] | None = None) -> list[Row]:
        """Return every adjusted week of the services of *unit_ids* that had its outcome when the run was made."""
        chosen = self._read("need", ["trials"], unit_id=unit_ids)["trials"].to_pylist()
        return [trial for trials in chosen for trial in json.loads(trials)]

    def need_figure(self, unit_id: str, service_id: str, week: str) -> Row:
        """Return the explained need of one service and week. Raises BadInput where there is none."""
        services = self._read("services", unit_id=[unit_id], service_id=[service_id]).to_pylist()
        weeks = self._read("service_weeks", service_id=[service_id], week=[week]).to_pylist()
        if not services or not weeks:
            raise BadInput(
                Message(
                    "Ingen sådan siffra: {name} för {resource} vecka {week}.",
                    name="need",
                    resource=service_id,
                    week=week,
                )
            )
        week_ahead = next(each for each in json.loads(services[0]["forecast"]) if each["week"] == week)
        return need_figure(weeks[0], interval_steps(week_ahead["q10"], week_ahead["q90"])).as_dict()

    def need_total_figure(self, service_id: str) -> Row:
        """Return the explained need of one service over all weeks of the run, which has it."""
        told = self._read("need", ["low", "high"], service_id=[service_id]).to_pylist() if self.tells_need else []
        ends = interval_steps(told[0]["low"], told[0]["high"]) if told else ()
        return need_total_figure(self._read("service_weeks", service_id=[service_id]).to_pylist(), ends).as_dict()

    def need_more(self, unit_id: str, service_id: str, name: str, period: str) -> Row | None:
        """Return what else is told of a need, explained (see :func:`~vardbalans.data.results.need_reasons.need_more`).

        None where there is none.
        """
        row = self.need(unit_id, service_id)
        if row is None:
            return None
        source = sources_of(self._read("service_weeks", service_id=[service_id]).to_pylist()).get("need")
        found = need_more(row, name, period, self.meta["weeks"], source)
        return found.as_dict() if found else None

    def service_figure(self, unit_id: str, service_id: str, name: str, period: str) -> Row | None:
        """Return what the balance tells of a service, explained (see
        :func:`~vardbalans.data.results.service_reasons.service_figure`); None where there is none.
        """
        rows = [row for row in self.services([unit_id]) if row["service_id"] == service_id]
        if not rows:
            return None
        weeks = self._read("service_weeks", service_id=[service_id]).to_pylist()
        limiting = self._read(
            "rows", ["unit_id", "resource_name"], resource_id=[rows[0]["bottleneck_resource_id"]]
        ).to_pylist()[0]
        row = rows[0] | {f"bottleneck_{name}": value for name, value in limiting.items()}
        found = service_figure(row, name, period, self.meta["weeks"], weeks, sources_of(weeks), self.meta["draws"])
        return found.as_dict() if found else None

    @property
    def tells_waits(self) -> bool:
        """Tell whether the waiting lists are stored with the run; runs of earlier versions lack them."""
        return self.has("waits")

    def waiting_lists(self, unit_ids: Collection[str] | None = None) -> list[Row]:
        """Return what a page of several lists tells of each, without details."""
        columns = [name for name in pq.read_schema(self._folder / "waits.parquet").names if name not in LIST_DETAILS]
        rows: list[Row] = self._read("waits", columns, unit_id=unit_ids).to_pylist()
        return rows

    def list_of(self, unit_id: str, service_id: str) -> Row | None:
        """Return all that is told of one service's list; None where the unit has no such list."""
        rows = self._read("waits", unit_id=[unit_id], service_id=[service_id]).to_pylist()
        return rows[0] | {name: json.loads(rows[0][name]) for name in LIST_DETAILS if name in rows[0]} if rows else None

    def waiting_figure(
        self, unit_id: str, service_id: str, period: str, name: str, asked: Mapping[str, str] | None = None
    ) -> Row | None:
        """Return the explained figure *name* of a list (see :func:`~vardbalans.data.results.waits.waiting_figure`).

        None where there is none.
        """
        row = self.list_of(unit_id, service_id)
        found = waiting_figure(row, name, period, asked) if row else None
        return found.as_dict() if found else None

    @property
    def tells_follow_up(self) -> bool:
        """Tell whether the year's plan and outcome are stored with the run; runs of earlier versions lack them."""
        return self.has("follow_up") and self.has("goals")

    def followed(self, unit_ids: Collection[str] | None = None) -> list[Row]:
        """Return what a list tells of the year of each service, and of each unit and kind, without details."""
        columns = [
            name for name in pq.read_schema(self._folder / "follow_up.parquet").names if name not in TRACK_DETAILS
        ]
        rows: list[Row] = self._read("follow_up", columns, unit_id=unit_ids).to_pylist()
        return rows

    def follow_up(self, unit_ids: Collection[str] | None = None) -> list[Row]:
        """Return all that is told of the year of each service, and of each unit and kind."""
        rows = self._read("follow_up", unit_id=unit_ids).to_pylist()
        told = [{name: json.loads(row[name]) for name in TRACK_DETAILS if name in row} for row in rows]
        # A run of an earlier version knew of no approved plans.
        return [{"by_approved": 0, "approved": None} | row | more for row, more in zip(rows, told, strict=True)]

    def goals(self, unit_ids: Collection[str] | None = None) -> list[Row]:
        """Return the outcome and target of every unit and indicator, each unit after its parent."""
        rows: list[Row] = self._read("goals", unit_id=unit_ids).to_pylist()
        return rows

    @property
    def tells_beds(self) -> bool:
        """Tell whether beds are stored with the run: not without stays, and not in runs of earlier versions."""
        return self.has("beds")

    def bed_facts(self) -> Row:
        """Return what holds for the beds of all units: moments counted, hours ahead, guide value …"""
        facts: Row = json.loads(self._read("bed_facts")["facts"][0].as_py())
        return facts

    def beds(self, unit_ids: Collection[str] | None = None) -> list[Row]:
        """Return what is told of the beds of each unit, without the hours ahead and the explained figures."""
        columns = [name for name in pq.read_schema(self._folder / "beds.parquet").names if name not in BED_DETAILS]
        rows: list[Row] = self._read("beds", columns, unit_id=unit_ids).to_pylist()
        return rows

    def beds_of(self, unit_id: str) -> Row | None:
        """Return all that is told of one unit's beds; None where no ward lies in it."""
        rows = self._read("beds", unit_id=[unit_id]).to_pylist()
        return rows[0] | {name: json.loads(rows[0][name]) for name in BED_DETAILS} if rows else None

    def bed_counts(self, unit_ids: Collection[str]) -> list[Row]:
        """Return the counted beds of *unit_ids*, a row per unit and category; none where nobody has counted any."""
        if not self.has("bed_counts"):
            return []
        return [json.loads(told) for told in self._read("bed_counts", ["told"], unit_id=unit_ids)["told"].to_pylist()]

    def bed_hours(self, moments: Collection[str], wards: Collection[str] | None = None) -> list[Row]:
        """Return who lay in each ward, or each of *wards*, at *moments*."""
        rows: list[Row] = self._read("bed_hours", moment=moments, ward_id=wards).to_pylist()
        return rows

    @property
    def tells_capacity(self) -> bool:
        """Tell whether capacity is stored with the run; runs of earlier versions lack it."""
        return self.has("capacity")

    def capacity(
        self,
        unit_ids: Collection[str] | None,
        weeks: Collection[str] | None = None,
        resource_ids: Collection[str] | None = None,
    ) -> list[Row]:
        """Return the time of each resource of *unit_ids* (None: all) and week, ``inputs`` and ``sources`` as JSON."""
        rows: list[Row] = self._read("capacity", unit_id=unit_ids, week=weeks, resource_id=resource_ids).to_pylist()
        return rows

    def capacity_totals(self, unit_ids: Collection[str], weeks: Collection[str]) -> list[Row]:
        """Return each resource of *unit_ids* with its time summed over *weeks*, part by part; None for no such part."""
        keys = ["unit_id", "resource_id", "resource_name", "kind", "shift_minutes"]
        summed = ["available_minutes", "norm", *PARTS]
        found = self._read("capacity", [*keys, *summed, "week"], unit_id=unit_ids, week=weeks)
        grouped = found.group_by(keys, use_threads=False).aggregate([(name, "sum") for name in summed])
        return grouped.rename_columns([*keys, *summed]).to_pylist()  # type: ignore[no-any-return]

    def capacity_sets(self, unit_ids: Collection[str]) -> list[Row]:
        """Return what each service of *unit_ids* could do with each of its sets, per week of the run."""
        rows = self._read("capacity_sets", unit_id=unit_ids).to_pylist()
        return [row | {name: json.loads(row[name]) for name in SET_DETAILS} for row in rows]

    def capacity_factors(self, unit_ids: Collection[str], periods: Collection[str] | None = None) -> list[Row]:
        """Return the four factors of K of each service of *unit_ids* and period, or why they are lacking."""
        rows = self._read("capacity_factors", unit_id=unit_ids, period=periods).to_pylist()
        return [row | {"lacking": row["lacking"] and json.loads(row["lacking"])} for row in rows]

    def capacity_servers(self, unit_ids: Collection[str]) -> list[Row]:
        """Return the resources of *unit_ids* as servers with their load, those that can be told so."""
        rows: list[Row] = self._read("capacity_servers", unit_id=unit_ids).to_pylist()
        return rows

    def figure(self, unit_id: str, resource_id: str, week: str, name: str) -> Row:
        """Return the explained figure *name* (required, available, balance). Raises BadInput where there is none."""
        rows = self._read("rows", unit_id=[unit_id], resource_id=[resource_id], week=[week]).to_pylist()
        if not rows or name not in ("required", "available", "balance"):
            raise BadInput(
                Message(
                    "Ingen sådan siffra: {name} för {resource} vecka {week}.",
                    name=name,
                    resource=resource_id,
                    week=week,
                )
            )
        uses = self._read("uses", resource_id=[resource_id]).to_pylist()
        weeks = self._read("service_weeks", service_id=[use["service_id"] for use in uses], week=[week]).to_pylist()
        parts = self._read("available_parts", resource_id=[resource_id], week=[week]).to_pylist()
        return figure(name, rows[0], uses, weeks, parts).as_dict()

    def utilisation(self, resource_id: str) -> dict[str, float]:
        """Return by week the share of a resource's time that can be used."""
        parts = self._read("available_parts", resource_id=[resource_id]).to_pylist()
        return {part["week"]: part["value"] for part in parts if not part["is_part"] and part["code"] == "utilisation"}

    def conversions(self) -> list[Row]:
        """Return the conversion shares used, with their intervals, estimates, and what is set by hand."""
        return list(self.meta["conversions"])

    def flow_map(self) -> FlowMap:
        """Return the services that lead to one another, and what passes between them."""
        return flow_map_of(self.meta["conversions"], self.meta["flow_services"])

    def _read(self, name: str, columns: list[str] | None = None, **wanted: Collection[str] | None) -> pa.Table:
        chosen = {column: values for column, values in wanted.items() if values is not None}
        filters = [(column, "in", list(values)) for column, values in chosen.items()] or None
        if any(not values for values in chosen.values()):
            return pq.read_schema(self._folder / f"{name}.parquet").empty_table()
        return pq.read_table(self._folder / f"{name}.parquet", columns=columns, filters=filters)


@lru_cache(maxsize=16)
def _meta_in(path: Path, _identity: tuple[int, int]) -> Mapping[str, Any]:
    # A run never changes, and every page asks; the file's identity tells a store that was deleted and made anew.
    return MappingProxyType(json.loads(path.read_text(encoding="utf-8")))


class Results:
    """The runs stored under *root*, a store folder."""

    def __init__(self, root: Path) -> None:
        self._root = root / "results"

    def latest(self) -> StoredResult | None:
        """Return the run stored last, or None where there is none."""
        pointer = self._root / "latest"
        return self.get(pointer.read_text(encoding="utf-8").strip()) if pointer.exists() else None

    def get(self, run_id: str) -> StoredResult | None:
        """Return the run *run_id*; None where there is none, or where another version stored it in another form."""
        folder = self._root / run_id
        if not run_id.isalnum() or not (folder / META).exists():
            return None
        found = StoredResult(folder)
        return found if found.meta.get("format") == FORMAT else None

    def all(self) -> list[StoredResult]:
        """Return every run that can be read, the one of the oldest data first."""
        names = sorted(path.name for path in self._root.glob("*")) if self._root.exists() else []
        found = [run for run in map(self.get, names) if run]
        return sorted(found, key=lambda run: (run.meta["as_of"], run.meta["created_at"]))

    def store(self, outcome: Outcome, *, at: datetime, **more: pa.Table | None) -> StoredResult:
        """Keep *outcome* and make it the latest, unless a run of newer data is. The same run again adds nothing.

        *more* are further tables: ``need`` as :func:`~vardbalans.data.results.need.need_table` makes it, ``waits``,
        ``follow_up``, ``goals`` and the tables of beds likewise; a run that lacked any gets it now.
        The folder appears whole by a rename; a crash leaves the earlier runs as they were.
        """
        meta, tables = run_tables(outcome, at)
        target = self._root / meta["run_id"]
        given = {name: table for name, table in more.items() if table is not None}
        kept = self.get(meta["run_id"])
        if kept is None or any(not kept.has(name) for name in given):
            tables |= given
            staging = self._root / f".{uuid4().hex}"
            staging.mkdir(parents=True)
            for name, table in tables.items():
                pq.write_table(table, staging / f"{name}.parquet", compression="zstd")
            (staging / META).write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")
            shutil.rmtree(target, ignore_errors=True)
            staging.rename(target)
        latest = self.latest()
        if latest is None or latest.meta["version"] <= meta["version"]:  # a slow run must not hide a newer one
            pointer = self._root / f".{uuid4().hex}"
            pointer.write_text(meta["run_id"], encoding="utf-8")
            os.sync()
            pointer.replace(self._root / "latest")
        return StoredResult(target)
