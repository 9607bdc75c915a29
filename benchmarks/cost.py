"""Cost per patient at size: activity rows priced, rounded to öre per contact, and summed to DRG; and plain peers.

The rows lie as a run keeps them: Parquet files by part, and every peer reads the same. Each side gives what each
contact cost, as a file, and what each DRG did. CPU is compared: it does not hang on what else the machine does.
"""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from vardbalans.data.cost.partition import Part, price
from vardbalans.data.cost.run import PART_ROWS
from vardbalans.data.queries import text_of
from vardbalans.engine.cost import Pool, Rate, rates
from vardbalans.engine.cost.contacts import shared_out

__all__ = ["allocate", "allocate_in_pandas", "allocate_plainly", "answer", "rates_of", "write_activity"]

_POOLS, _DRGS, _ROWS_EACH = 400, 600, 7
_ORE = 300_000_000


def write_activity(folder: Path, size: int | str, seed: int) -> None:
    """Write *size* activity rows, seven a contact, with the contacts and (no) loose events, in parts like a run's."""
    rows = int(size)
    contacts = max(1, rows // _ROWS_EACH)
    count = -(-contacts // PART_ROWS)
    with duckdb.connect() as con:
        con.execute("set enable_progress_bar = false")
        # Lehmer's generator, twice: the same numbers on any machine and in any version of DuckDB.
        step = "* 48271 % 2147483647"
        con.execute(f"create macro draw(x) as ((x + {seed}) {step}) {step}")
        for part in (_part(folder, number) for number in range(count)):
            mine = range(part.number * contacts // count, (part.number + 1) * contacts // count)
            number = f"cast({part.base + 1 - mine.start} + i as bigint) as number"
            _write(
                con,
                part.file("about"),
                f"""
                select {number}, 'C' || lpad(i::varchar, 9, '0') as contact_id, 'P' || i // 5 as patient_key,
                    'U' as unit_id, 'S' as service_id, 'contact' as kind, 'D' || draw(i + 1000000000) % {_DRGS} as drg,
                    1.0 as drg_weight, 'M17' as diagnosis, '2026-05' as month, false as is_inpatient
                from range({mine.start}, {mine.stop}) r(i)
            """,
            )
            _write(
                con,
                part.file("activity"),
                f"""
                select {number}, (draw({_ROWS_EACH} * i + n) % {_POOLS})::int as pool,
                    (1000 + draw({_ROWS_EACH} * i + n + 1500000000) % 90000)::bigint as quantity
                from range({mine.start}, {mine.stop}) r(i), range({_ROWS_EACH}) s(n)
            """,
            )
            _write(
                con,
                part.file("loose"),
                """
                select 0::bigint as number, '' as kind, '' as event_id, '' as unit_id, '' as code, '' as file,
                    0::bigint as row limit 0
            """,
            )


def _write(con: duckdb.DuckDBPyConnection, path: Path, sql: str) -> None:
    con.execute(f"copy ({sql}) to '{path}' (format parquet, compression zstd)")


def _part(folder: Path, number: int) -> Part:
    return Part(number, folder, 1, folder, date(2026, 5, 1), date(2026, 6, 1), "", "", {})


def rates_of(quantities: list[dict[str, int]]) -> tuple[Rate, ...]:
    """Return the rates of the pools, from what each part used by pool."""
    pools = [Pool(str(pool), "K", {"p": _ORE + 7 * pool}, {}) for pool in range(_POOLS)]
    used: dict[str, tuple[int, int]] = {}
    for part in quantities:
        for pool, quantity in part.items():
            used[pool] = used.get(pool, (0, 0))[0] + quantity, 100
    return rates([pool for pool in pools if pool.pool_id in used], used, {})[0]


def allocate(folder: Path) -> dict[str, Any]:
    """Price every part as a run does: quantities, rates, öre per contact kept as Parquet; then the sum by DRG."""
    parts = [_part(folder, number) for number in range(len(list(folder.glob("activity-*.parquet"))))]
    quantities = []
    with duckdb.connect(config={"threads": "1"}) as con:
        con.execute("set enable_progress_bar = false")
        for part in parts:
            con.execute(f"create or replace temp view activity as from read_parquet('{part.file('activity')}')")
            quantities.append({str(row[0]): row[1] for row in con.execute(text_of("cost_quantities")).fetchall()})
    found = rates_of(quantities)
    whole = {int(rate.pool_id): rate.whole for rate in found}
    for part, total in zip(parts, shared_out(found, quantities), strict=True):
        price(part, whole, found[0].scale, total)
    with duckdb.connect(config={"threads": "1", "memory_limit": "2GB"}) as con:
        con.execute("set enable_progress_bar = false")
        sql = f"""
            select drg, sum(ore), count(*) from read_parquet('{folder}/ore-*.parquet')
            join read_parquet('{folder}/about-*.parquet') using (number) group by drg
        """
        return answer(con.execute(sql).fetchall())


def allocate_plainly(folder: Path) -> dict[str, Any]:
    """Do it in the plainest SQL: cost over quantity as a float, join and sum, nothing rounded until the end."""
    with duckdb.connect(config={"threads": "1", "memory_limit": "4GB"}) as con:
        con.execute("set enable_progress_bar = false")
        con.execute(f"create temp view activity as from read_parquet('{folder}/activity-*.parquet')")
        con.execute(f"""
            create temp table costs as
            with rates as (select pool, ({_ORE} + 7 * pool) / sum(quantity) as rate from activity group by pool)
            select number, sum(quantity * rate) as ore from activity join rates using (pool) group by number
        """)
        con.execute(f"copy costs to '{folder / 'plain.parquet'}' (format parquet)")
        sql = f"""
            select drg, sum(ore), count(*)
            from costs join read_parquet('{folder}/about-*.parquet') using (number) group by drg
        """
        return answer(con.execute(sql).fetchall())


def allocate_in_pandas(folder: Path) -> dict[str, Any]:
    """Do it in pandas, to the öre: all rows in memory, groupby, and the largest remainders by a sort."""
    activity = pd.concat([pd.read_parquet(path) for path in sorted(folder.glob("activity-*.parquet"))])
    about = pd.concat([pd.read_parquet(path, columns=["number", "drg"]) for path in folder.glob("about-*.parquet")])
    used = activity.groupby("pool")["quantity"].sum()
    found = rates_of([{str(pool): int(quantity) for pool, quantity in used.items()}])
    whole, scale = {int(rate.pool_id): rate.whole for rate in found}, found[0].scale
    activity["parts"] = activity["quantity"] * activity["pool"].map(whole)
    sums = activity.groupby("number")["parts"].sum()
    ore = (sums // scale).to_numpy(copy=True)
    rest = (sums % scale).to_numpy()
    each, more = divmod(sum(rate.used_ore for rate in found) - int(ore.sum()), len(ore))
    ore += each
    ore[np.lexsort((sums.index.to_numpy(), -rest))[:more]] += 1
    costs = pd.DataFrame({"number": sums.index, "ore": ore})
    costs.to_parquet(folder / "pandas.parquet")
    by_drg = costs.merge(about, on="number").groupby("drg")["ore"].agg(["sum", "count"])
    return answer(by_drg.reset_index().itertuples(index=False, name=None))


def answer(rows: Any) -> dict[str, Any]:
    """Return what all sides must agree on, from rows of DRG, öre and contacts."""
    rows = list(rows)
    return {
        "drgs": len(rows),
        "contacts": int(sum(row[2] for row in rows)),
        "kronor": round(float(sum(row[1] for row in rows)) / 100),
    }
