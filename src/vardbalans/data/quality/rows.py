"""Rules about rows, run in DuckDB: how many rows each rule tests and finds broken per file and unit, and which ones.

What is broken is kept in a table on the connection, beside the data, so that a rule that breaks for millions of rows
takes disk and not memory. Of those at most :data:`LISTED_ROWS` a rule are given out.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from importlib.resources import files

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.quality.rules import DAY, Rule
from vardbalans.data.tables import TABLES, Table

__all__ = ["COUNTS", "LISTED_ROWS", "ROWS", "judge_rows"]

LISTED_ROWS = 10_000
"""How many rows of one rule are listed, by file and row; the counts tell how many there are."""

COUNTS = pa.schema(
    [
        ("rule", pa.string()),
        ("table", pa.string()),
        ("file", pa.string()),
        ("unit_id", pa.string()),
        ("tested", pa.int64()),
        ("broken", pa.int64()),
    ]
)
"""How much of a file and unit a rule tested and found broken: rows, or periods of series."""

ROWS = pa.schema(
    [
        ("rule", pa.string()),
        ("table", pa.string()),
        ("file", pa.string()),
        ("row", pa.int64()),
        ("unit_id", pa.string()),
        ("service_id", pa.string()),
        ("day", pa.date32()),
        ("key", pa.string()),
        ("other_file", pa.string()),
        ("other_row", pa.int64()),
    ]
)
"""One broken row. *key* is the row's own id without columns that identify people; *other* the row it clashes with.

Of a protected patient's row neither unit, service, day nor the other row is told: no place of care can be found by it.
"""

_UNITS = ("unit_id", "ward_id", "theatre_id")
_BY_WAY_OF = ("referrals", "resources", "services")

_HIDDEN = ("unit_id", "service_id", "day", "other_file", "other_row")
_SQL_TYPES = {pa.string(): "varchar", pa.int64(): "bigint", pa.date32(): "date"}
_COLUMNS = ", ".join(f'"{field.name}" {_SQL_TYPES[field.type]}' for field in ROWS)


def judge_rows(
    con: duckdb.DuckDBPyConnection, rules: Sequence[Rule], present: Collection[str], today: date
) -> tuple[pa.Table, pa.Table]:
    """Return what *rules* count on *con* (schema :data:`COUNTS`) and the rows they find broken (:data:`ROWS`).

    *present* are the tables there are; each rule's own must be among them, and those it needs. *today* decides what has
    happened.
    """
    con.execute(f"create or replace temp table _broken (hidden boolean, {_COLUMNS})")
    tested = [COUNTS.empty_table().select(["rule", "table", "file", "unit_id", "tested"])]
    groups: dict[tuple[str, str], list[Rule]] = defaultdict(list)
    for rule in rules:
        groups[rule.table, rule.among].append(rule)
    for (name, among), group in groups.items():
        table = TABLES[name]
        rows = f'select * from "{name}"'
        rows = _placed(table, among.format(rows=f"({rows})") if among else rows, present)
        counts = _run(con, f"with rows as not materialized ({rows}) {_counting(group)}", today)
        for number, rule in enumerate(group):
            tested.append(_of_rule(rule, counts, number))
            if rule.question or pc.sum(counts[f"broken_{number}"]).as_py():
                _keep_broken(con, table, rule, rows, present, today)
    return _counted(con, pa.concat_tables(tested)), _listed(con)


def _run(con: duckdb.DuckDBPyConnection, sql: str, today: date) -> pa.Table:
    return con.sql(sql, params={"today": today} if "$today" in sql else {}).to_arrow_table()


def _placed(table: Table, rows: str, present: Collection[str]) -> str:
    """Return *rows* (a query) with the column ``_unit``: the row's own, or that of what it refers to."""
    if own := next((name for name in _UNITS if name in table.names), None):
        return f"select *, {own} as _unit from ({rows})"
    for column in table.columns:
        if column.reference in _BY_WAY_OF and column.reference in present:
            key = TABLES[column.reference].key[0]
            return f"""
                select t.*, u.unit_id as _unit from ({rows}) t left join (
                    select {key}, min(unit_id) as unit_id from {column.reference}
                    where {key} in (select {column.name} from "{table.name}") group by {key}
                ) u on u.{key} = t.{column.name}
            """
    return f"select *, null::varchar as _unit from ({rows})"


def _counting(rules: Sequence[Rule]) -> str:
    """Return the query that counts in one pass what each rule tests, and what it finds where a predicate tells."""
    counts = [
        f"count(*) filter (where {rule.tested}) as tested_{number}, "
        f"count(*) filter (where ({rule.tested}) and ({rule.broken or 'false'})) as broken_{number}"
        for number, rule in enumerate(rules)
    ]
    return f"select _file as file, _unit as unit_id, {', '.join(counts)} from rows group by all"


def _of_rule(rule: Rule, counts: pa.Table, number: int) -> pa.Table:
    said = pa.table(
        {
            "rule": pa.array([rule.name] * len(counts), pa.string()),
            "table": pa.array([rule.table] * len(counts), pa.string()),
            "file": counts["file"],
            "unit_id": counts["unit_id"],
            "tested": counts[f"tested_{number}"].cast(pa.int64()),
        }
    )
    return said.filter(pc.greater(said["tested"], 0))


def _keep_broken(
    con: duckdb.DuckDBPyConnection, table: Table, rule: Rule, rows: str, present: Collection[str], today: date
) -> None:
    if rule.question:
        text = files(__package__).joinpath("questions", f"{rule.question}.sql").read_text(encoding="utf-8")
        # A row that clashes with several, or by way of a key that is there twice, is broken once.
        once = f"qualify row_number() over (partition by _file, _row, {_key(table)} order by other_file, other_row) = 1"
        broken = f"select * from ({_placed(table, text.format(**rule.values), present)}) {once}"
        other = "other_file, other_row"
    else:
        broken = f"with rows as not materialized ({rows}) select * from rows where ({rule.tested}) and ({rule.broken})"
        other = "null, null"
    service = "service_id" if "service_id" in table.names else "null"
    day = DAY.get(table.name, "null")
    sql = f"""
        insert into _broken
        select {_is_protected(table, present)}, '{rule.name}', '{table.name}', _file, _row, _unit, {service}, {day},
            {_key(table)}, {other}
        from ({broken})
    """
    con.execute(sql, {"today": today} if "$today" in sql else {})


def _is_protected(table: Table, present: Collection[str]) -> str:
    """Return SQL for: the row is about a patient whose details are protected, as far as the tables tell."""
    patients = "select patient_key from patients where protected"
    if "patients" not in present:
        return "false"
    if "patient_key" in table.names:
        return f"coalesce(patient_key in ({patients}), false)"
    for name in ("contacts", "referrals"):
        key = TABLES[name].key[0]
        if key in table.names and name in present:
            return f"coalesce({key} in (select {key} from {name} where patient_key in ({patients})), false)"
    return "false"


def _key(table: Table) -> str:
    """Return SQL for the row's own id as text, without what identifies people."""
    names = [column.name for column in table.columns if column.key and not column.identity]
    return f"concat_ws(' · ', {', '.join(names)})" if names else "''"


def _counted(con: duckdb.DuckDBPyConnection, tested: pa.Table) -> pa.Table:
    con.register("_tested", tested)
    found = con.sql("""
        with broken as (select rule, "table", file, unit_id, count(*) as n from _broken group by all)
        select t.*, coalesce(b.n, 0) as broken
        from _tested t left join broken b
            on b.rule = t.rule and b."table" = t."table"
            and b.file is not distinct from t.file and b.unit_id is not distinct from t.unit_id
        order by all
    """).to_arrow_table()
    con.unregister("_tested")
    return found.cast(COUNTS)


def _listed(con: duckdb.DuckDBPyConnection) -> pa.Table:
    hidden = ", ".join(f"if(hidden, null, {name}) as {name}" for name in _HIDDEN)
    found = con.sql(f"""
        select * replace ({hidden}) from _broken
        qualify row_number() over (partition by "table", rule order by file, row, key) <= {LISTED_ROWS}
        order by "table", rule, file, row, key
    """).to_arrow_table()
    return found.select(ROWS.names).cast(ROWS)
