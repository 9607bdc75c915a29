"""Cost per patient at size: activity rows priced, rounded to öre per contact, and summed to DRG; and a plain peer.

The rows lie as a run keeps them: Parquet files by part, and the peer reads the same.
"""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from vardbalans.data.cost.partition import Part, price
from vardbalans.data.queries import text_of
from vardbalans.engine.cost import Pool, Rate, rates
from vardbalans.engine.cost.contacts import shared_out

__all__ = ["allocate", "plain_allocate", "write_activity"]

_POOLS, _DRGS, _ROWS_EACH, _PART_ROWS = 400, 600, 7, 2_000_000
_ORE = 300_000_000


def write_activity(folder: Path, size: int | str, seed: int) -> None:
    """Write *size* activity rows, seven a contact, with the contacts and (no) loose events, in parts."""
    rows = int(size)
    contacts = max(1, rows // _ROWS_EACH)
    parts = max(1, -(-rows // _PART_ROWS))
    with duckdb.connect() as con:
        con.execute("set enable_progress_bar = false")
        con.execute(f"create macro draw(i, purpose) as (md5_number_lower(concat({seed}, '/', i, '/', purpose)) >> 20)")
        for number in range(parts):
            part = _part(folder, number)
            mine = f"i % {parts} = {number}"
            _write(
                con,
                part.file("about"),
                f"""
                select 'C' || lpad(i::varchar, 9, '0') as contact_id, 'P' || i // 5 as patient_key, 'U' as unit_id,
                    'S' as service_id, 'contact' as kind, 'D' || draw(i, 'drg') % {_DRGS} as drg, 1.0 as drg_weight,
                    'M17' as diagnosis, '2026-05' as month, false as is_inpatient
                from range({contacts}) r(i) where {mine}
            """,
            )
            _write(
                con,
                part.file("activity"),
                f"""
                select 'C' || lpad(i::varchar, 9, '0') as key, true as is_matched,
                    (draw(i, n) % {_POOLS})::int as pool, (1000 + draw(i, -n) % 90000)::bigint as quantity
                from range({contacts}) r(i), range({_ROWS_EACH}) s(n) where {mine}
            """,
            )
            _write(
                con,
                part.file("loose"),
                """
                select '' as key, '' as kind, '' as event_id, '' as unit_id, '' as code, '' as file, 0::bigint as row
                limit 0
            """,
            )


def _write(con: duckdb.DuckDBPyConnection, path: Path, sql: str) -> None:
    con.execute(f"copy ({sql}) to '{path}' (format parquet, compression zstd)")


def _part(folder: Path, number: int) -> Part:
    return Part(number, folder, 1, folder, date(2026, 5, 1), date(2026, 6, 1), "", "", {})


def _pools() -> list[Pool]:
    return [Pool(str(pool), "K", {"p": _ORE + 7 * pool}, {}) for pool in range(_POOLS)]


def _rates(quantities: list[dict[str, int]]) -> tuple[Rate, ...]:
    used: dict[str, tuple[int, int]] = {}
    for part in quantities:
        for pool, quantity in part.items():
            used[pool] = used.get(pool, (0, 0))[0] + quantity, 100
    return rates([pool for pool in _pools() if pool.pool_id in used], used, {})[0]


def allocate(folder: Path) -> dict[str, Any]:
    """Price every part as a run does: quantities, rates, öre per contact kept as Parquet; then the sum by DRG."""
    parts = [_part(folder, number) for number in range(len(list(folder.glob("activity-*.parquet"))))]
    quantities = []
    for part in parts:
        with duckdb.connect(config={"threads": "1"}) as con:
            con.execute(f"create temp view activity as from read_parquet('{part.file('activity')}')")
            quantities.append({str(row[0]): row[1] for row in con.execute(text_of("cost_quantities")).fetchall()})
    found = _rates(quantities)
    whole = {int(rate.pool_id): rate.whole for rate in found}
    for part, total in zip(parts, shared_out(found, quantities), strict=True):
        price(part, whole, found[0].scale, total)
    with duckdb.connect(config={"threads": "1"}) as con:
        sql = f"select drg, sum(ore), count(*) from read_parquet('{folder}/contacts-*.parquet') group by drg"
        return _answer(con.execute(sql).fetchall())


def plain_allocate(folder: Path) -> dict[str, Any]:
    """Do it in the plainest SQL: cost over quantity as a float, join and sum, nothing rounded until the end."""
    with duckdb.connect(config={"threads": "1", "memory_limit": "4GB"}) as con:
        con.execute("set enable_progress_bar = false")
        con.execute(f"create temp view activity as from read_parquet('{folder}/activity-*.parquet')")
        sql = f"""
            with rates as (
                select pool, ({_ORE} + 7 * pool) / sum(quantity) as rate from activity group by pool
            ),
            costs as (
                select key, sum(quantity * rate) as ore from activity join rates using (pool) group by key
            )
            select drg, sum(ore), count(*)
            from costs join read_parquet('{folder}/about-*.parquet') on contact_id = key group by drg
        """
        return _answer(con.execute(sql).fetchall())


def _answer(rows: list[Any]) -> dict[str, Any]:
    return {
        "drgs": len(rows),
        "contacts": int(sum(row[2] for row in rows)),
        "kronor": round(float(sum(row[1] for row in rows)) / 100),
    }
