"""A month's figures of one unit and those below it: kept when the month is frozen, made again from the same data.

What is kept is plain rows, told with the rule of small numbers, and a digest of them. The same version of the data,
seed, number of draws and weeks give the same rows to the last digit, so that an unlike digest means that the program
has changed, or what was kept.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vardbalans.data.follow_up_run import follow_up_of
from vardbalans.data.goals_run import goal_rows
from vardbalans.data.lake import Lake
from vardbalans.data.load import load
from vardbalans.data.unit_tree import units_below
from vardbalans.engine.scenario import Settings, run

__all__ = ["Difference", "differences", "digest_of", "figures_again", "month_figures", "whole_months"]

Row = dict[str, Any]
_KEPT = (
    "unit_id",
    "kind",
    "service_id",
    "service_name",
    "done",
    "done_planned",
    "done_deviation",
    "year",
    "year_low",
    "year_high",
    "year_planned",
    "year_deviation",
)
_COMPARED = ("counted", "planned")


@dataclass(frozen=True)
class Difference:
    """A figure of a frozen month that later data tell otherwise; None on the side where there is none."""

    unit_id: str
    kind: str
    service_id: str
    service_name: str
    figure: str
    frozen: float | None
    now: float | None


def whole_months(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the months that every one of *rows* has counted whole, the latest first."""
    found = [{month["period"] for month in row["months"] if month["whole"]} for row in rows]
    years: dict[int, list[set[str]]] = {}
    for row, months in zip(rows, found, strict=True):
        years.setdefault(row["of_year"], []).append(months)
    return sorted((month for sets in years.values() for month in set.intersection(*sets)), reverse=True)


def month_figures(
    rows: Sequence[Mapping[str, Any]], goals: Sequence[Mapping[str, Any]], unit_ids: Collection[str], month: str
) -> Row:
    """Return the figures of *month* (``2026-09``) of *unit_ids* from a run's rows of follow-up and goals."""
    kept = []
    for row in rows:
        found = next((each for each in row["months"] if each["period"] == month), None)
        if row["unit_id"] in unit_ids and str(row["of_year"]) == month[:4] and found:
            told = {name: found[name] for name in ("counted", "planned", "deviation", "hidden", "sign")}
            kept.append({name: row[name] for name in _KEPT} | told)
    return {"month": month, "rows": kept, "goals": [dict(row) for row in goals if row["unit_id"] in unit_ids]}


def digest_of(figures: Mapping[str, Any]) -> str:
    """Return the SHA-256 of *figures* in one canonical form."""
    text = json.dumps(figures, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def figures_again(store: Path, unit_id: str, month: str, version: int, settings: Settings, weeks: int) -> Row:
    """Make the figures of a frozen month again, from the version of the data and the settings they were made of."""
    lake = Lake(store)
    held = lake.version(version)
    inputs = load(lake, held, weeks=weeks)
    rows = follow_up_of(lake, held, inputs, settings.seed)
    goals = goal_rows(lake, held, run(inputs, settings))[0]
    return month_figures(rows, goals, units_below(inputs.units, unit_id), month)


def differences(frozen: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """Return what *now* tells otherwise than *frozen*, figure by figure; what is hidden in either is not compared."""
    before, after = _placed(frozen), _placed(now)
    found = []
    for place in sorted(before.keys() | after.keys()):
        old, new = before.get(place), after.get(place)
        if (old and old["hidden"]) or (new and new["hidden"]):
            continue
        for name in _COMPARED:
            was, is_now = (row[name] if row else None for row in (old, new))
            if was != is_now:
                known = old or new or {}
                found.append(Difference(*place, known["service_name"], name, was, is_now))
    return found


def _placed(figures: Mapping[str, Any]) -> dict[tuple[str, str, str], Mapping[str, Any]]:
    return {(row["unit_id"], row["kind"], row["service_id"]): row for row in figures["rows"]}
