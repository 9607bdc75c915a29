"""What a run tells of groups: units, services, DRG, diagnoses, months; outliers; how alike a DRG's contacts are."""

from collections.abc import Collection, Mapping, Sequence
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

__all__ = ["UNIT_GROUPS", "Tables", "tables_of"]

Row = dict[str, Any]
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
        groups: dict[str, list[Row]] = {}
        for row in _told([row for row in rows if row["unit_id"] is None], inputs, small):
            del row["unit_id"]
            groups.setdefault(row.pop("grouped_by"), []).append(row)
        hidden = {row["name"] for row in groups.get("unit", []) if row["suppressed"]}
        within = _told([row for row in rows if row["unit_id"] is not None], inputs, small, hidden)
        pq.write_table(pa.Table.from_pylist(within, _UNIT_GROUPS), folder / UNIT_GROUPS)
        return Tables(
            groups,
            _outliers(con, shares, small),
            {_form(row["is_inpatient"]): _explained(row) for row in ask(con, "cost_explained").to_pylist()},
            _loose(con),
            _controls(con) | {"backwards": backwards},
            limits,
            int(con.execute("select coalesce(sum(ore), 0) from costed").fetchall()[0][0]),
            small,
            frozenset(hidden),
        )


def _form(is_inpatient: bool) -> str:
    return "inpatient" if is_inpatient else "outpatient"


def _told(rows: Sequence[Row], inputs: CostInputs, small: int, units: Collection[str] = ()) -> list[Row]:
    """Return the groups of *rows* as they may be told, each division (a unit's DRGs, say) by itself.

    Where what is hidden in a division would come out by taking the rest from its sum, the smallest other group is
    hidden too. Of *units*, which are hidden themselves, nothing is told.
    """
    divisions: dict[tuple[str, str | None], list[Row]] = {}
    for row in rows:
        divisions.setdefault((row["grouped_by"], row["unit_id"]), []).append(row)
    hidden = set()
    for (grouped_by, unit_id), division in divisions.items():
        ordered = sorted(division, key=lambda row: (row["patients"], row["name"]))
        few = sum(row["patients"] < small for row in ordered)
        if few and (few == 1 or sum(row["patients"] for row in ordered[:few]) < small):
            few += 1
        if unit_id in units:
            few = len(ordered)
        hidden |= {(grouped_by, unit_id, row["name"]) for row in ordered[:few]}
    return [_group(row, inputs, suppressed=(row["grouped_by"], row["unit_id"], row["name"]) in hidden) for row in rows]


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
    rows = con.execute(
        "select is_inpatient, count(*), count(*) filter (where is_outlier), cast(sum(ore) as bigint), "
        "cast(coalesce(sum(ore) filter (where is_outlier), 0) as bigint) from costed group by 1 order by 1"
    ).fetchall()
    kinds = con.execute(
        "select is_inpatient, kind, count(*), count(*) filter (where is_outlier), count(distinct patient_key) "
        "from costed group by 1, 2 order by 1, 2"
    ).fetchall()
    return {
        _form(is_inpatient): {
            "contacts": contacts,
            "outliers": outliers,
            "share": shares[_form(is_inpatient)],
            "ore": ore,
            "outliers_ore": outliers_ore,
            "kinds": [
                {"kind": kind, "contacts": many, "outliers": dear}
                if patients >= small
                else {"kind": kind, "contacts": None, "outliers": None}
                for form, kind, many, dear, patients in kinds
                if form == is_inpatient
            ],
        }
        for is_inpatient, contacts, outliers, ore, outliers_ore in rows
    }


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
