"""What a delivery does to the totals per unit and month, against the version it is compared with."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from vardbalans.data.lake.changes import Change, stored_rows, take_up
from vardbalans.data.lake.trace import LOCAL, MAIN_DATES
from vardbalans.data.tables import Table

__all__ = ["MonthTotal", "month_totals"]


@dataclass(frozen=True)
class MonthTotal:
    """Rows of *table* (of series the sum of values) in *month* at *unit_id*: stored now, and after the import."""

    table: str
    unit_id: str
    month: str
    before: float
    after: float

    @property
    def difference(self) -> float:
        """Return how much the import adds; negative when it takes away."""
        return self.after - self.before


def month_totals(con: duckdb.DuckDBPyConnection, change: Change) -> Sequence[MonthTotal]:
    """Return the totals of every unit and month in which *change* adds, corrects or removes rows.

    Weeks belong to the month of their Thursday. Empty for tables without unit and time.
    """
    table = change.table
    unit, month = _unit(table), _month(table)
    if change.is_empty or not unit or not month:
        return []
    take_up(con, change)
    amount = "sum(value)" if "period" in table.names else "count(*)"
    key = ", ".join(f's."{name}" IS NOT DISTINCT FROM f."{name}"' for name in table.key).replace(", ", " AND ")
    group = (
        f"SELECT {unit} AS unit_id, {month} AS month, {{sign}} {amount} AS amount FROM {{rows}} s {{less}} GROUP BY ALL"
    )
    fresh = "" if change.is_all else f"SEMI JOIN fresh_{table.name} f ON {key}"
    parts = [group.format(sign="", rows=f"incoming_{table.name}", less=fresh)]
    if change.replaced.rows:
        former = f"SEMI JOIN former_{table.name} f ON {key}"
        parts.append(group.format(sign="-", rows=stored_rows(con, table, change.files), less=former))
    stored = stored_rows(con, table, change.files) if change.files else f"(SELECT * FROM incoming_{table.name} LIMIT 0)"
    before = group.format(sign="", rows=stored, less="")
    rows = con.execute(f"""
        WITH delta AS (SELECT unit_id, month, sum(amount) AS amount FROM ({" UNION ALL ".join(parts)}) GROUP BY ALL),
            before AS ({before})
        SELECT unit_id, month, coalesce(b.amount, 0)::DOUBLE, (coalesce(b.amount, 0) + d.amount)::DOUBLE
        FROM delta d LEFT JOIN before b USING (unit_id, month) WHERE unit_id IS NOT NULL AND month IS NOT NULL
        ORDER BY ALL
    """).fetchall()
    return [MonthTotal(table.name, *row) for row in rows]


def _unit(table: Table) -> str:
    """Return the column that holds the unit a row belongs to; empty when there is none."""
    wanted = ("unit_id", "clinic_id", "ward_id", "theatre_id")
    return next((f's."{name}"' for name in wanted if name in table.names), "")


def _month(table: Table) -> str:
    """Return SQL for the month a row lies in, as 2026-05; empty when the table has no main date."""
    if "period" in table.names:
        thursday = "strptime(s.period || '-4', '%G-W%V-%u')"
        return f"CASE WHEN s.period LIKE '%W%' THEN strftime({thursday}, '%Y-%m') ELSE left(s.period, 7) END"
    names = MAIN_DATES.get(table.name, ("date",) if table.name == "beds" else ())
    if not names:
        return ""
    timed = table.column(names[0]).type == "datetime"
    zone = f" AT TIME ZONE '{LOCAL.key}'" if timed else ""
    columns = ", ".join(f's."{name}"{zone}' for name in names)
    return f"strftime(coalesce({columns}), '%Y-%m')"
