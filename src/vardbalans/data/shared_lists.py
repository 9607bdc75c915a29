"""Who waits at the units that give the same care, by recorded priority and week, and what one list would mean."""

from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from vardbalans.data.lake import Lake
from vardbalans.engine.inputs import Inputs
from vardbalans.engine.plan.check import Judgement
from vardbalans.engine.plan.data import Likeness, Problem
from vardbalans.engine.shared_list import Cohort, Sharing, shared_list
from vardbalans.engine.units import Floats

__all__ = ["sharing_rows"]

Row = dict[str, Any]
_UNKNOWN = "9"
"""People without a recorded priority come last, as on the list."""


def sharing_rows(store: Path, inputs: Inputs, problem: Problem, judged: Judgement) -> list[Row]:
    """Return what one list would mean for each group of units alike, with the slots of the plans they make alone.

    Counts of people by unit, priority and week are read, never a patient. Nothing without referrals.
    """
    if not problem.alike:
        return []
    with Lake(store).connect(inputs.version) as connection:
        tables = {row[0] for row in connection.execute("select table_name from information_schema.tables").fetchall()}
        if "referrals" not in tables:
            return []
        names = [name for likeness in problem.alike for name in likeness.service_ids]
        rows = connection.execute(
            "select service_id, coalesce(priority, $unknown), date_trunc('week', day)::date, closed is null, count(*) "
            "from (select *, coalesce(received, decided, issued) as day from referrals) "
            "where list_contains($names, service_id) and day >= $since and day < $until group by all order by all",
            {
                "names": names,
                "unknown": _UNKNOWN,
                "until": inputs.weeks[0].start,
                "since": inputs.weeks[0].start - timedelta(weeks=520),
            },
        ).fetchall()
    first = inputs.weeks[0].start
    waiting: dict[str, dict[tuple[str, int], float]] = defaultdict(dict)
    mix: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for name, priority, week, still, count in rows:
        came = (week - first).days // 7
        if still:
            waiting[name][priority, came] = float(count)
        if came >= -52:
            mix[name][priority] += count
    return [_row(likeness, _shared(likeness, waiting, mix, judged)) for likeness in problem.alike]


def _shared(
    likeness: Likeness,
    waiting: dict[str, dict[tuple[str, int], float]],
    mix: dict[str, dict[str, float]],
    judged: Judgement,
) -> Sharing:
    """Return the sharing of those who wait now and those who come; the latter have last year's mix of priorities."""
    cohorts: list[Cohort] = []
    slots: dict[str, Floats] = {}
    for name in likeness.service_ids:
        row = judged.waiting[name]
        slots[name] = row.treated
        listed = sum(waiting[name].values())
        scale = row.service.queue / listed if listed else 0.0
        cohorts += [Cohort(name, priority, came, scale * count) for (priority, came), count in waiting[name].items()]
        if not listed:
            cohorts.append(Cohort(name, _UNKNOWN, -1, row.service.queue))
        total = sum(mix[name].values())
        shares = {priority: count / total for priority, count in mix[name].items()} if total else {_UNKNOWN: 1.0}
        cohorts += [
            Cohort(name, priority, week, share * max(float(coming), 0.0))
            for week, coming in enumerate(np.asarray(row.coming))
            for priority, share in shares.items()
        ]
    return shared_list(cohorts, slots)


def _row(likeness: Likeness, found: Sharing) -> Row:
    return {
        "name": likeness.name,
        "spread_before": found.apart.spread,
        "spread_after": found.together.spread,
        "moved": found.moved,
        "services": [
            {
                "service_id": name,
                "wait_weeks_before": found.apart.wait_of(name),
                "wait_weeks_after": found.together.wait_of(name),
            }
            for name in likeness.service_ids
        ],
    }
