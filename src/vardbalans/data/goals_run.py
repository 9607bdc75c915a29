"""Goals and indicators on a store: what its newest data and a run of them tell, as a tree with targets."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow.compute as pc

from vardbalans.data.findings import note_row
from vardbalans.data.lake import Lake, Version
from vardbalans.data.load import load
from vardbalans.data.load.rules import limits_of, small_numbers_on
from vardbalans.data.load.waits import clocks_of, services_below, waits_in
from vardbalans.data.orders_run import orders_of
from vardbalans.data.unit_tree import units_below
from vardbalans.engine.goals import Count, Goal, Node, tree
from vardbalans.engine.indicators import INDICATORS, of_orders, of_run
from vardbalans.engine.messages import Message
from vardbalans.engine.scenario import Outcome, Settings, run
from vardbalans.engine.waitlist.waits import protected

__all__ = ["goal_rows", "goal_tree"]

Row = dict[str, Any]
_TREATED_WEEKS = 13
_OF_PEOPLE = {"waiting": "andel_inom_vardgaranti", "treated": "andel_behandlade_inom_vardgaranti"}


def goal_tree(store: Path, settings: Settings, *, unit: str | None = None, weeks: int = 52) -> Row:
    """Return the document of every indicator and goal of *unit* and those below it (None: all). Raises BadInput.

    Nothing is told of fewer people than the rule of small numbers says, nor what would give them away.
    """
    lake = Lake(store)
    head = lake.required_head()
    inputs = load(lake, head, weeks=weeks)
    below = units_below(inputs.units, unit) if unit else None
    rows, unknown = goal_rows(lake, head, run(inputs, settings))
    return {
        "version": inputs.version,
        "seed": settings.seed,
        "as_of": inputs.as_of.isoformat(),
        "weeks": [str(inputs.weeks[0]), str(inputs.weeks[-1])],
        "indicators": [
            {
                "indicator": row.indicator_id,
                "name": str(row.name),
                "definition": str(row.definition),
                "roll_up": row.roll_up,
                "unit": row.unit,
                "direction": row.direction,
            }
            for row in INDICATORS.values()
        ],
        "rows": [row for row in rows if below is None or row["unit_id"] in below],
        "findings": [
            note_row(
                Message("Indikatorn {id} är inte känd och följs inte. Se de kända i goals.", id=name),
                "unknown_indicator",
                "warning",
            )
            for name in unknown
        ],
    }


def goal_rows(lake: Lake, head: Version, outcome: Outcome) -> tuple[list[Row], list[str]]:
    """Return a row per unit and indicator with an outcome or a goal, and the indicators of goals that are not known."""
    present, inputs = set(head.tables), outcome.inputs
    orders = orders_of(lake, head) if "orders" in present else {}
    with lake.connect(head.number) as connection:
        goals, unknown = _goals(connection, present)
        waits = list(_within(connection, present, inputs.as_of))
        smallest = small_numbers_on(connection, present, inputs.as_of)["inside"]
    counts = [*waits, *of_run(outcome), *of_orders(outcome, orders.values())]
    counts = [row for row in counts if row.unit_id in inputs.units]
    nodes = tree(inputs.units, INDICATORS.values(), counts, goals, inputs.as_of)
    hidden = _hidden(nodes, smallest)
    return [_row(node, (node.unit.unit_id, node.indicator.indicator_id) in hidden) for node in nodes], unknown


def _goals(connection: duckdb.DuckDBPyConnection, present: set[str]) -> tuple[list[Goal], list[str]]:
    """Return the goals for known indicators, and the names of others."""
    if "goals" not in present:
        return [], []
    rows = connection.execute(
        "select unit_id, indicator, target, direction, valid_from from goals order by all"
    ).fetchall()
    return [Goal(*row) for row in rows if row[1] in INDICATORS], sorted({row[1] for row in rows} - INDICATORS.keys())


def _within(connection: duckdb.DuckDBPyConnection, present: set[str], as_of: date) -> Iterator[Count]:
    """Yield those within their limit, by the law's days, of those who have one: who wait, and who were treated."""
    if not {"referrals", "services"} <= present:
        return
    services = services_below(connection, present)
    since = as_of - timedelta(7 * _TREATED_WEEKS - 1)
    clocks = clocks_of(connection, present, limits_of(connection, present), since, as_of + timedelta(1))
    clocks = clocks.filter(pc.greater_equal(clocks["days"], 0))
    waits = waits_in(clocks)
    limited = np.isfinite(waits.limit)
    within = limited & (waits.days - waits.stopped <= waits.limit)
    names, parts = clocks["service_id"].to_pylist(), clocks["part"].to_pylist()
    found: dict[tuple[str, str], list[int]] = {}
    for name, part, counts, keeps in zip(names, parts, limited.tolist(), within.tolist(), strict=True):
        if counts and name in services:
            row = found.setdefault((services[name][1], _OF_PEOPLE[part]), [0, 0])
            row[0] += keeps
            row[1] += 1
    for (unit, indicator), (part, whole) in sorted(found.items()):
        yield Count(unit, indicator, part, whole)


def _hidden(nodes: tuple[Node, ...], smallest: int) -> set[tuple[str, str]]:
    """Return the places whose people are too few to tell of, or could be worked out from their siblings'."""
    siblings: dict[tuple[str, str], list[Node]] = {}
    for node in nodes:
        if node.indicator.indicator_id in _OF_PEOPLE.values():
            siblings.setdefault((node.unit.parent_id, node.indicator.indicator_id), []).append(node)
    return {
        (rows[place].unit.unit_id, indicator)
        for (_, indicator), rows in siblings.items()
        for place in protected([round(row.whole or 0) for row in rows], smallest)
    }


def _row(node: Node, hidden: bool) -> Row:
    return {
        "unit_id": node.unit.unit_id,
        "unit_name": node.unit.name,
        "level": node.unit.level,
        "parent_id": node.unit.parent_id or None,
        "depth": node.depth,
        "indicator": node.indicator.indicator_id,
        "own": None if hidden else node.own,
        "part": None if hidden else node.part,
        "whole": None if hidden else node.whole,
        "value": None if hidden else node.value,
        "target": node.target,
        "direction": node.direction,
        "status": "too_few" if hidden else node.status,
    }
