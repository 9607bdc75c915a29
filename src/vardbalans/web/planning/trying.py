"""A kept scenario beside a plan: what its measures make possible week by week, on the newest data."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import numpy as np

from vardbalans.data.scenarios import KeptScenarios, known_measures, scenario_of
from vardbalans.data.scenarios.file import AGREED, ALL
from vardbalans.engine.measures import wholes
from vardbalans.engine.messages import Message
from vardbalans.engine.scenario import Outcome, Settings, run
from vardbalans.engine.units import Floats, apportion
from vardbalans.web import store
from vardbalans.web.people.units import current_tree
from vardbalans.web.planning.models import Version
from vardbalans.web.planning.proposing import Progress, horizon
from vardbalans.web.planning.weeks import weeks_of_year

__all__ = ["STANDING", "beside", "kept_scenarios"]

STANDING = (AGREED, ALL)
"""Scenarios that every store has: the measures in the agreed plan, and all that go on."""


def kept_scenarios() -> list[tuple[str, str, str, date]]:
    """Return (id, name, author, day) of the scenarios that are kept, the latest first."""
    found = KeptScenarios(store.root()).all()
    return [(row.scenario_id, row.name, row.author, row.created_at.date()) for row in reversed(found)]


def beside(version: Version, *, given: str, off: Collection[str], progress: Progress) -> dict[str, Any]:
    """Return the scenario *given* in the plan's year as JSON, without the measures whose whole is among *off*.

    ``services``: id → whole slots by week that the resources then allow; ``resources``: id → required and available by
    week; ``items``: the measures, each whole once, and whether it is on. Raises BadInput.
    """
    progress(0.0, Message("Hämtar uppgifterna och åtgärderna."))
    known = known_measures(store.root(), weeks=horizon(version.plan.year))
    scenario = scenario_of(store.root(), given, known)
    parts = wholes(scenario.measures)
    chosen = [row for whole in parts if whole[0].whole_id not in off for row in whole]
    progress(0.2, Message("Räknar behov, produktion, kapacitet och balans."))
    outcome = run(known.inputs, Settings(), chosen)
    weeks = {str(week): place for place, week in enumerate(known.inputs.weeks)}
    places = {week: weeks[week] for week in weeks_of_year(version.plan.year) if week in weeks}
    below = {unit.unit_id for unit in current_tree().below(version.plan.unit_id)}
    services = {row.item.service.service_id: row for row in outcome.services if row.item.service.unit_id in below}
    return {
        "data": known.inputs.version,
        "name": scenario.name,
        "items": [
            {
                "id": whole[0].whole_id,
                "name": whole[0].name,
                "parts": len(whole),
                "status": whole[0].status,
                "on": whole[0].whole_id not in off,
            }
            for whole in parts
        ],
        "weeks": list(places),
        "services": {name: _whole(row.balance.feasible[list(places.values())]) for name, row in services.items()},
        "resources": _resources(outcome, set(services), places),
    }


def _whole(slots: Floats) -> list[int]:
    """Return *slots* as whole numbers with the same sum, rounded."""
    total = round(float(slots.sum()))
    return list(apportion(total, slots.tolist())) if total else [0] * len(slots)


def _resources(outcome: Outcome, services: Collection[str], places: Mapping[str, int]) -> dict[str, Any]:
    used = {name for name, uses in outcome.uses.items() if any(use.service_id in services for use in uses)}
    at = np.array(list(places.values()), dtype=int)
    return {
        row.resource.resource_id: {
            "name": row.resource.name,
            "required": [round(float(value), 3) for value in row.required[at]],
            "available": [round(float(value), 3) for value in row.available.mean[at]],
        }
        for row in outcome.resources
        if row.resource.resource_id in used
    }
