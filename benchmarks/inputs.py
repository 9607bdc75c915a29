"""What benchmarks are fed: generated contacts, the demo region. Same size and seed, same content."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, cast

import duckdb
import numpy as np

from vardbalans.data import demo, intake
from vardbalans.data.identity.keyring import Keyring
from vardbalans.data.lake import Lake
from vardbalans.data.tables import TABLES

__all__ = ["commit_contacts", "import_region", "write_contacts", "write_days", "write_months"]

AT = datetime(2026, 11, 22, tzinfo=UTC)
_UNITS, _SERVICES, _MINUTES = 40, 200, 3 * 365 * 24 * 60

_CONTACTS = """
SELECT 'C' || lpad(i::VARCHAR, 9, '0') AS contact_id, 'P' || (draw(digest, 1) % 280000) AS patient_key,
    'U' || (draw(digest, 2) % {units}) AS unit_id, 'S' || (draw(digest, 3) % {services}) AS service_id,
    CASE WHEN draw(digest, 4) % 3 = 0 THEN 'R' || i END AS referral_id,
    TIMESTAMP '2023-09-01 08:00' + to_minutes((i * {minutes} // {rows})::INTEGER) AS booked_at,
    booked_at + to_days(30) AS starts_at, starts_at + to_minutes(30) AS ends_at,
    ['performed', 'performed', 'performed', 'no_show', 'late_cancelled'][1 + draw(digest, 5) % 5] AS status,
    ['onsite', 'video', 'phone'][1 + draw(digest, 6) % 3] AS form, draw(digest, 7) % 100 AS age,
    ['female', 'male'][1 + draw(digest, 8) % 2] AS sex,
    '14' || lpad((draw(digest, 9) % 80)::VARCHAR, 2, '0') AS municipality,
    'läkare' AS profession, 'M' || (10 + draw(digest, 10) % 89) AS diagnosis, NULL::VARCHAR AS procedures,
    'H' || (10 + draw(digest, 11) % 89) || 'N' AS drg, (draw(digest, 12) % 400) / 100 AS drg_weight,
    'contacts.csv' AS _file, i + 2 AS _row
FROM (SELECT i, digest_of(i) AS digest FROM range({rows}) r(i))
"""
_TIMES = ("booked_at", "starts_at", "ends_at")
_ZONED = ", ".join(f"{name} AT TIME ZONE 'Europe/Stockholm' AS {name}" for name in _TIMES)
_UNITS_SQL = "SELECT 'U' || i AS unit_id, 'Enhet ' || i AS name, 'unit' AS level FROM range({units}) r(i)"
_SERVICES_SQL = (
    "SELECT 'S' || i AS service_id, 'Tjänst ' || i AS name, 'U' || i % {units} AS unit_id, 'follow_up' AS kind, "
    "'none' AS guarantee FROM range({services}) r(i)"
)


def _generator(seed: int) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    # md5 rather than hash or random: the same in every DuckDB. One a row; each purpose reads it from another bit on.
    con.execute("CREATE MACRO draw(digest, purpose) AS ((digest >> (4 * purpose)::UBIGINT) & 1048575)::BIGINT")
    con.execute(f"CREATE MACRO digest_of(i) AS md5_number_lower(concat({seed}, '/', i))")
    return con


def _sql(text: str, rows: int) -> str:
    return text.format(rows=rows, units=_UNITS, services=_SERVICES, minutes=_MINUTES)


def write_contacts(folder: Path, size: int | str, seed: int) -> None:
    """Write units.csv, services.csv and contacts.csv with *size* contacts over three years."""
    contacts = f"SELECT * EXCLUDE (_file, _row) FROM ({_CONTACTS})"
    texts = {"units": _UNITS_SQL, "services": _SERVICES_SQL, "contacts": contacts}
    with _generator(seed) as con:
        for name, text in texts.items():
            path = str(folder / f"{name}.csv").replace("'", "''")
            con.execute(f"COPY ({_sql(text, int(size))}) TO '{path}' (HEADER, TIMESTAMPFORMAT '%Y-%m-%d %H:%M')")


def commit_contacts(folder: Path, size: int | str, seed: int) -> None:
    """Commit *size* contacts to ``folder/store``, in three imports as three years would come."""
    schema = TABLES["contacts"].schema()
    with _generator(seed) as con:
        con.execute("SET TimeZone = 'UTC'")
        rows = con.sql(f"SELECT * REPLACE ({_ZONED}) FROM ({_sql(_CONTACTS, int(size))})").to_arrow_table()
    rows = rows.select(schema.names).cast(schema)
    third = -(-len(rows) // 3)
    for start in range(0, len(rows), third):
        Lake(folder / "store").commit({"contacts": rows.slice(start, third)}, by="bench", at=AT)


def import_region(folder: Path, size: int | str, seed: int) -> None:
    """Write the demo region and import it, as ``make run`` does."""
    paths = demo.write(folder / "demo", cast(Literal["small", "medium", "region"], size), seed)
    lake = Lake(folder / "store", Keyring(bytes(32)))  # same size and seed, same content: no key of anyone's own
    files = [path for path in paths if path.suffix != ".json"]
    preview = intake.prepare(lake, files, None, today=AT.date())
    intake.commit(lake, preview, by="bench", at=AT)


def write_months(folder: Path, size: int | str, seed: int) -> None:
    """Write series.csv with *size* monthly series of seven years."""
    months = np.arange("2018-01", "2025-01", dtype="datetime64[M]")
    season = 1 + 0.2 * np.sin(2 * np.pi * np.arange(len(months)) / 12)
    _write_series(folder, months, season, int(size), seed)


def write_days(folder: Path, size: int | str, seed: int) -> None:
    """Write series.csv with *size* daily series of three years."""
    days = np.arange("2023-01-01", "2026-01-01", dtype="datetime64[D]")
    weekday = np.where(np.is_busday(days), 1.0, 0.4)
    _write_series(folder, days, weekday, int(size), seed)


def _write_series(folder: Path, periods: np.ndarray, season: np.ndarray, size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    with (folder / "series.csv").open("w", encoding="utf-8") as stream:
        stream.write("series_id,period,value\n")
        for number in range(size):
            level = 10 ** rng.uniform(1, 3) * np.exp(np.cumsum(rng.normal(0, 0.02, len(periods))))
            values = rng.poisson(level * season)
            stream.writelines(f"S{number},{period},{value}\n" for period, value in zip(periods, values, strict=True))
