"""What a run tells of groups: units, services, DRG, diagnoses, months; outliers; how alike a DRG's contacts are."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from vardbalans.data.cost.inputs import CostInputs
from vardbalans.data.lake import Lake
from vardbalans.data.load.rules import cost_limits_on, outlier_shares_on, small_numbers_on
from vardbalans.data.queries import ask, keep, quoted
from vardbalans.engine.cost.measures import Mean, explained_share, per_point
from vardbalans.engine.cost.outliers import Population, outliers_of
from vardbalans.engine.small_groups import Sum, hidden

__all__ = ["UNIT_GROUPS", "Tables", "tables_of"]

Row = dict[str, Any]
_Cell = tuple[str, str | None, str]
"""What a group is of, its unit (None: all), and its name."""
UNIT_GROUPS = "unit_groups.parquet"
"""The file of a run that holds the groups within each unit."""
_UNIT_GROUPS = pa.schema(
    [(name, pa.string()) for name in ("grouped_by", "unit_id", "name", "title")]
    + [(name, pa.int64()) for name in ("contacts", "patients", "ore", "outliers", "inner_contacts", "inner_ore")]
    + [(name, pa.int64()) for name in ("inner_mean_ore", "low_ore", "high_ore")]
    + [("drg_points", pa.float64()), ("ore_per_drg_point", pa.int64())]
    + [(name, pa.bool_()) for name in ("uncertain", "suppressed")]
)


@dataclass(frozen=True, eq=False)
class Tables:
    """*groups* by what they are grouped by; groups of few patients are *suppressed*: their cost is not told.

    *outliers* counts by care form and kind of care, with the share in force; *explained* is R² of DRG by care form;
    *loose* are stays and care items without a contact, by kind and unit; *controls* counts what sticks out.
    *limits* are those the region has set for controls.
    *contacts_ore* sums the contacts as they are kept; *small* is the number of patients below which a group is
    suppressed. *hidden_units* are the units that are.
    """

    groups: Mapping[str, list[Row]]
    outliers: Mapping[str, Row]
    explained: Mapping[str, Row]
    loose: list[Row]
    controls: Row
    limits: Mapping[str, float]
    contacts_ore: int
    small: int
    hidden_units: frozenset[str]


def tables_of(lake: Lake, inputs: CostInputs, folder: Path, population: Population) -> Tables:
    """Return the tables of the run whose contacts are kept in *folder*, with outliers sought in each *population*.

    Kept there: which contacts are outliers, and the groups within each unit.
    """
    day, present = inputs.span.months[-1].start, set(inputs.version.tables)
    with lake.connect(inputs.version.number) as con:
        shares = outlier_shares_on(con, present, day)
        small = small_numbers_on(con, present, day)["inside"]
        limits = cost_limits_on(con, present, day)
        backwards = _backwards(con, inputs) if "stays" in present else 0
    with closing(duckdb.connect(config={"memory_limit": "2GB"})) as con:
        con.execute("set enable_progress_bar = false")
        for name in ("about", "ore", "unmatched"):
            con.execute(f"create temp view {name} as from read_parquet('{quoted(folder / f'{name}-*.parquet')}')")
        con.execute(
            "create temp view contacts as "
            "select b.*, coalesce(o.ore, 0) as ore from about b left join ore o using (number)"
        )
        _allow(con, shares, population)
        keep(con, "cost_outliers", "costed")
        con.execute(f"copy costed to '{quoted(folder / 'costed.parquet')}' (format parquet)")
        rows = ask(con, "cost_groups").to_pylist()
        told = _told(rows, inputs, small)
        groups: dict[str, list[Row]] = {}
        for row in told:
            if row["unit_id"] is None:
                groups.setdefault(row["grouped_by"], []).append(_without(row, "grouped_by", "unit_id"))
        within = [row for row in told if row["unit_id"] is not None]
        pq.write_table(pa.Table.from_pylist(within, _UNIT_GROUPS), folder / UNIT_GROUPS)
        outliers = _outliers(con, shares, small)
        return Tables(
            groups,
            outliers,
            {
                _form(row["is_inpatient"]): _explained(row)
                for row in ask(con, "cost_explained").to_pylist()
                if not outliers[_form(row["is_inpatient"])]["suppressed"]
            },
            _loose(con),
            _controls(con) | {"backwards": backwards},
            limits,
            int(con.execute("select coalesce(sum(ore), 0) from costed").fetchall()[0][0]),
            small,
            frozenset(row["name"] for row in groups.get("unit", []) if row["suppressed"]),
        )


def _form(is_inpatient: bool) -> str:
    return "inpatient" if is_inpatient else "outpatient"


def _told(rows: Sequence[Row], inputs: CostInputs, small: int) -> list[Row]:
    """Return the groups of *rows* as they may be told, in all and within each unit.

    Hidden are groups of few patients and what would give them away: in the sum of all, of their unit, or of the units
    that have the same group. Of units that are hidden nothing is told.
    """
    patients = {_cell(row): row["patients"] for row in rows}
    units: dict[tuple[str, str], list[_Cell]] = {}
    names: dict[tuple[str, str], list[_Cell]] = {}
    whole: dict[str, list[_Cell]] = {}
    for cell in patients:
        grouped_by, unit_id, name = cell
        if unit_id is None:
            whole.setdefault(grouped_by, []).append(cell)
        else:
            units.setdefault((grouped_by, unit_id), []).append(cell)
            names.setdefault((grouped_by, name), []).append(cell)
    all_of = {grouped_by: Sum(None, tuple(cells)) for grouped_by, cells in whole.items()}
    stages: list[list[Sum[_Cell]]] = [
        [all_of.pop("unit")] if rows else [],
        [Sum(("unit", None, unit_id), tuple(cells), is_closed=True) for (_, unit_id), cells in units.items()],
        [Sum((grouped_by, None, name), tuple(cells)) for (grouped_by, name), cells in names.items()],
        list(all_of.values()),
    ]
    dark = hidden(patients, stages, small)
    return [_group(row, inputs, suppressed=_cell(row) in dark) for row in rows]


def _cell(row: Row) -> _Cell:
    return row["grouped_by"], row["unit_id"], row["name"]


def _without(row: Row, *names: str) -> Row:
    return {key: value for key, value in row.items() if key not in names}


def _group(row: Row, inputs: CostInputs, *, suppressed: bool) -> Row:
    """Return a group as it may be told: its cost only where there are patients enough to hide each of them."""
    told: Row = {name: row[name] for name in ("grouped_by", "unit_id", "name")}
    told["title"] = inputs.names.get(row["name"], row["name"])
    counts = {name: row[name] for name in ("contacts", "patients")}
    if suppressed:
        return {**told, **dict.fromkeys(counts), "suppressed": True}
    mean = Mean(row["inner_contacts"], row["inner_mean"], row["inner_deviation"])
    interval = mean.interval()
    point = per_point(row["inner_weighted_ore"], row["inner_points"])
    return {
        **told,
        **counts,
        "ore": row["ore"],
        "outliers": row["outliers"],
        "inner_contacts": row["inner_contacts"],
        "inner_ore": row["inner_ore"],
        "inner_mean_ore": round(mean.mean) if mean.count else None,
        "low_ore": None if interval is None else round(interval[0]),
        "high_ore": None if interval is None else round(interval[1]),
        "drg_points": round(row["inner_points"], 3),
        "ore_per_drg_point": None if point is None else round(point),
        "uncertain": mean.uncertain,
        "suppressed": False,
    }


def _allow(con: duckdb.DuckDBPyConnection, shares: Mapping[str, float], population: Population) -> None:
    """Say how many outliers there are in each population (``allowed``): together the share of their care form."""
    of = "coalesce(drg, kind)" if population == "drg" else "''"
    con.execute("create temp table allowed(is_inpatient boolean, population varchar, outliers bigint)")
    con.execute(f"create temp view populated as select *, {of} as population from contacts")
    rows = con.execute("select is_inpatient, population, count(*) from populated group by all order by all").fetchall()
    for form in (True, False):
        counts = {name: contacts for is_inpatient, name, contacts in rows if is_inpatient == form}
        for name, outliers in outliers_of(counts, shares[_form(form)]).items():
            con.execute("insert into allowed values ($1, $2, $3)", [form, name, outliers])


def _outliers(con: duckdb.DuckDBPyConnection, shares: Mapping[str, float], small: int) -> dict[str, Row]:
    """Return contacts and outliers by care form, and by kind of care within it; empty where there are few patients.

    *exact* tells whether the outliers are the share of the contacts, told or not.
    """
    rows = con.execute(
        "select is_inpatient, coalesce(kind, ''), count(*) as contacts, count(*) filter (where is_outlier), "
        "cast(sum(ore) as bigint), cast(coalesce(sum(ore) filter (where is_outlier), 0) as bigint), "
        "count(distinct patient_key) from costed group by grouping sets ((is_inpatient), (is_inpatient, kind)) "
        "order by 1, 2"
    ).fetchall()
    patients = {(_form(row[0]), row[1]): row[-1] for row in rows}
    forms = tuple(cell for cell in patients if not cell[1])
    kinds = [Sum(form, tuple(cell for cell in patients if cell[1] and cell[0] == form[0]), True) for form in forms]
    dark = hidden(patients, [[Sum(None, forms)], kinds], small)
    found: dict[str, Row] = {}
    for is_inpatient, kind, *numbers, _ in rows:
        form = _form(is_inpatient)
        told = [None] * len(numbers) if (form, kind) in dark else numbers
        if kind:
            found[form]["kinds"].append({"kind": kind, "contacts": told[0], "outliers": told[1]})
            continue
        found[form] = {
            **dict(zip(("contacts", "outliers", "ore", "outliers_ore"), told, strict=True)),
            "share": shares[form],
            "exact": numbers[1] == int(numbers[0] * shares[form] + 0.5),
            "suppressed": (form, kind) in dark,
            "kinds": [],
        }
    return found


def _explained(row: Row) -> Row:
    share = explained_share(row["within"], row["total"])
    return {
        "contacts": row["contacts"],
        "drgs": row["drgs"],
        "explained_share": None if share is None else round(share, 4),
    }


def _loose(con: duckdb.DuckDBPyConnection) -> list[Row]:
    sql = (
        "select kind, unit_id, count(*) as rows, cast(sum(ore) as bigint) as ore from unmatched "
        "group by all order by all"
    )
    found: pa.Table = con.sql(sql).to_arrow_table()
    return list(found.to_pylist())


def _backwards(con: duckdb.DuckDBPyConnection, inputs: CostInputs) -> int:
    """Return how many stays of the span end before they begin: their bed days are not their dates'."""
    sql = "select count(*) from stays where discharged < admitted and admitted >= $1::timestamptz and discharged < $2"
    return int(con.execute(sql, [inputs.span.first, inputs.span.after]).fetchall()[0][0])


def _controls(con: duckdb.DuckDBPyConnection) -> Row:
    names = ("contacts", "patients", "negative", "without_cost", "without_drg", "drg_missing")
    # A care service that no contact has a DRG for is not grouped: that is a reason. In the others each lacks one.
    row = con.execute(
        "select count(*), count(distinct patient_key), count(*) filter (where ore < 0), "
        "count(*) filter (where ore = 0), count(*) filter (where drg is null), "
        "count(*) filter (where drg is null and service_id in (select service_id from costed where drg is not null)) "
        "from costed"
    ).fetchall()[0]
    return dict(zip(names, row, strict=True))
