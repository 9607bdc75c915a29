"""Cost per patient by the same SQL in PostgreSQL: a server of its own on this machine, and its CPU time."""

import re
import time
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq

from benchmarks.app import cpu_seconds
from benchmarks.cost import answer, rates_of
from tests.web import postgresql
from vardbalans.data.queries import text_of

__all__ = ["allocate_in_postgresql"]

_BY_DRG = "select drg, sum(ore), count(*) from rounded join about using (number) group by drg"


def allocate_in_postgresql(folder: Path) -> dict[str, Any]:
    """Run the statements of the product on tables of the same rows; to load them is not counted, nor is start-up."""
    with postgresql.running() as address, psycopg.connect(address, autocommit=True) as con:
        # What it can be given: room for its hash tables, no log, statistics, and one process, as ours has one thread.
        for setting in ("work_mem = '2GB'", "max_parallel_workers_per_gather = 0"):
            con.execute(f"set {setting}")
        _load(con, folder, "activity", "number bigint, pool integer, quantity bigint")
        _load(con, folder, "about", "number bigint, drg text")
        con.execute("analyze activity, about")
        began, cpu = time.perf_counter(), cpu_seconds(con.info.backend_pid)
        used = con.execute(text_of("cost_quantities")).fetchall()
        found = rates_of([{str(row[0]): int(row[1]) for row in used}])
        con.execute("create temp table rates(pool integer, whole bigint)")
        with con.cursor().copy("copy rates from stdin") as copy:
            for rate in found:
                copy.write_row((int(rate.pool_id), rate.whole))
        con.execute(f"create temp table sums as {text_of('cost_sums')}")
        values = {"scale": found[0].scale, "total": sum(rate.used_ore for rate in found)}
        named = re.sub(r"\$(\w+)", r"%(\1)s", text_of("cost_rounded").replace("%", "%%"))
        con.execute(f"create temp table rounded as {named}", values)
        rows = con.execute(_BY_DRG).fetchall()
        return {
            **answer(rows),
            "seconds": time.perf_counter() - began,
            "cpu_seconds": cpu_seconds(con.info.backend_pid) - cpu,
        }


def _load(con: psycopg.Connection[Any], folder: Path, name: str, columns: str) -> None:
    con.execute(f"create temp table {name}({columns})")
    wanted = [column.split()[0] for column in columns.split(", ")]
    with con.cursor().copy(f"copy {name} from stdin") as copy:
        for path in sorted(folder.glob(f"{name}-*.parquet")):
            for batch in pq.ParquetFile(path).iter_batches(columns=wanted):
                for row in zip(*(batch[column].to_pylist() for column in wanted), strict=True):
                    copy.write_row(row)
