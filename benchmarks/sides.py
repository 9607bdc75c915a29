"""The sides of benchmarks that are not commands of their own. Prints one JSON object; its seconds leave start-up out.

``python -m benchmarks.sides NAME FOLDER``
"""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks import beds, cost, cost_postgresql, fuzz, kills, load, plan_inputs, waits, what_if
from vardbalans.data.lake import Lake
from vardbalans.data.tables import TABLES, Table

_TEXT = {"text": "string", "integer": "Int64", "number": "float64", "datetime": "string"}


def pandas_import(folder: Path) -> dict[str, Any]:
    """Read contacts.csv, check it as our import does, and write it as one Parquet file."""
    table = TABLES["contacts"]
    frame = pd.read_csv(folder / "contacts.csv", dtype={column.name: _TEXT[column.type] for column in table.columns})
    for column in table.of_type(["datetime"]):
        local = pd.to_datetime(frame[column.name], format="%Y-%m-%d %H:%M")
        zoned = local.dt.tz_localize("Europe/Stockholm", ambiguous=False, nonexistent="shift_forward")
        frame[column.name] = zoned.dt.tz_convert("UTC")
    known = {name: pd.read_csv(folder / f"{name}.csv", dtype="string").iloc[:, 0] for name in ("units", "services")}
    wrong = _wrong(frame, table, known)
    if wrong:
        raise SystemExit(f"contacts.csv: {wrong}")
    frame["_file"], frame["_row"] = "contacts.csv", range(2, len(frame) + 2)
    frame.to_parquet(folder / "pandas.parquet", compression="zstd")
    return {"rows": len(frame)}


def _wrong(frame: pd.DataFrame, table: Table, known: dict[str, pd.Series]) -> dict[str, int]:
    """Return how many rows break each rule: required, allowed, range, plausible date, key, reference."""
    found: dict[str, int] = {}
    for column in table.columns:
        values = frame[column.name]
        if column.required:
            found[f"{column.name} required"] = int(values.isna().sum())
        if column.allowed:
            found[f"{column.name} allowed"] = int((~values.dropna().isin(column.allowed)).sum())
        if column.minimum is not None:
            found[f"{column.name} minimum"] = int((values < column.minimum).sum())
        if column.maximum is not None:
            found[f"{column.name} maximum"] = int((values > column.maximum).sum())
        if column.type == "datetime":
            found[f"{column.name} date"] = int((values < pd.Timestamp(table.first_day, tz="UTC")).sum())
        if column.reference in known:
            found[f"{column.name} known"] = int((~values.dropna().isin(known[column.reference])).sum())
    found["key"] = int(frame.duplicated(list(table.key)).sum())
    return {rule: count for rule, count in found.items() if count}


def lake_counts(folder: Path) -> dict[str, Any]:
    """Count performed contacts per service and local ISO week with SQL over the lake."""
    with Lake(folder / "store").connect() as con:
        counted = con.sql(
            "SELECT service_id, strftime(starts_at, '%G-W%V') AS week, count(*) FROM contacts "
            "WHERE status = 'performed' GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    return _counted(counted)


def pandas_counts(folder: Path) -> dict[str, Any]:
    """Count the same with pandas over the same files, reading only the columns needed."""
    files = Lake(folder / "store").files("contacts")
    frame = pd.concat(pd.read_parquet(path, columns=["service_id", "starts_at", "status"]) for path in files)
    frame = frame[frame["status"] == "performed"]
    local = frame["starts_at"].dt.tz_convert("Europe/Stockholm").dt.isocalendar()
    week = local["year"].astype(str) + "-W" + local["week"].astype(str).str.zfill(2)
    grouped = frame.groupby(["service_id", week.rename("week")]).size()
    return _counted([(service, week, int(count)) for (service, week), count in grouped.items()])


def _counted(rows: list[tuple[str, str, int]]) -> dict[str, Any]:
    return {"rows": sum(count for *_, count in rows), "groups": len(rows), "first": list(rows[0])}


def library_forecast(folder: Path, model: str) -> dict[str, Any]:
    """Forecast every monthly series with one automatic method of statsforecast, without intervals or choice."""
    from statsforecast import models  # noqa: PLC0415 - only these sides need it

    frame = pd.read_csv(folder / "series.csv")
    values = [group.to_numpy(dtype="float64") for _, group in frame.groupby("series_id", sort=False)["value"]]
    for series in values:
        getattr(models, model)(season_length=12).forecast(series, 12)
    return {"series": len(values)}


def plan_clinic(folder: Path) -> dict[str, Any]:
    """Propose a plan for the clinic; who plans again has the need and its draws already."""
    from vardbalans.engine.plan.solve import propose  # noqa: PLC0415 - only this side needs it

    found = propose(plan_inputs.read_clinic(folder))
    if found.plan is None:
        raise SystemExit(f"no plan: {found.status.value}")
    return {"status": found.status.value, "cells": sum(len(values) for values in found.plan.production.values())}


SIDES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "pandas-import": pandas_import,
    "lake-counts": lake_counts,
    "pandas-counts": pandas_counts,
    "plan-clinic": plan_clinic,
    "library-ets": partial(library_forecast, model="AutoETS"),
    "library-arima": partial(library_forecast, model="AutoARIMA"),
    "waits-ours": waits.project_region,
    "waits-events": waits.events_region,
    "cost-ours": cost.allocate,
    "cost-plain": cost.allocate_plainly,
    "cost-pandas": cost.allocate_in_pandas,
    "cost-postgresql": cost_postgresql.allocate_in_postgresql,
    "what-if": what_if.change_a_unit,
    "beds-sum-ours": beds.convolve,
    "beds-sum-plain": beds.convolve_plainly,
    "beds-events-ours": beds.wards_compiled,
    "beds-events-simpy": beds.wards_of_processes,
    "beds-year": beds.hospital_year,
    "web-load": load.planners,
    "web-grid": load.grid,
    "web-restart": load.restart,
    "web-kills-sqlite": kills.on_sqlite,
    "web-kills-postgresql": kills.on_postgresql,
    "web-fuzz": fuzz.fuzz,
}


def main(name: str, folder: str) -> None:
    """Run the side called *name*; one that scaled a part up, or had it done elsewhere, tells its own seconds."""
    started, cpu = time.perf_counter(), time.process_time()
    result = SIDES[name](Path(folder))
    seconds = result.pop("seconds", time.perf_counter() - started)
    cpu_seconds = result.pop("cpu_seconds", time.process_time() - cpu)
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "answer": result}))


if __name__ == "__main__":
    main(*sys.argv[1:])
