"""Redistribution on a store: what to move between the units that can do each other's work, and how all stand then."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from vardbalans.data.findings import note_row
from vardbalans.data.plan_run import Asked, head_of, notes_of, plan_rows, problem_on, unplanned_of, value_row
from vardbalans.data.shared_lists import sharing_rows
from vardbalans.engine.messages import Message
from vardbalans.engine.plan.check import Judgement
from vardbalans.engine.proposal import Terms
from vardbalans.engine.purchased import contract_outcomes
from vardbalans.engine.redistribution import Move, Redistribution, Standing, redistribute
from vardbalans.engine.scenario import Outcome
from vardbalans.engine.solving import Limits

__all__ = ["redistribution_document"]

Row = dict[str, Any]
_FELT = 0.05
"""Weeks of wait that are a difference."""


def redistribution_document(store: Path, asked: Asked, terms: Terms, limits: Limits) -> Row:
    """Return the document of what to move, the worth of each move, and every unit before and after. Raises BadInput."""
    outcome, problem = problem_on(store, asked, replace(terms, elsewhere=True))
    found = redistribute(problem, limits)
    problem = found.shared
    return {
        **head_of(outcome, asked, replace(terms, elsewhere=True)),
        "status": (found.together or found.single).status.value,
        "objective": found.after.value.total if found.after else None,
        "before": _verdict(found.before),
        "after": _verdict(found.after),
        "moves": [_move(found, move) for move in found.moves],
        "services": [_service(outcome, name, *pair) for name, pair in found.standings.items()],
        "resources": [
            {"resource_id": name, "before": row.before, "after": row.after} for name, row in found.utilisation.items()
        ],
        "spreads": [
            {"service_ids": list(row.service_ids), "name": row.name, "before": before, "after": after}
            for row in problem.alike
            for before, after in [found.spreads[row.name]]
        ],
        "shared_lists": sharing_rows(store, outcome.inputs, problem, found.before) if found.before else [],
        "contracts": [
            {
                "provider_id": row.provider_id,
                "service_id": row.service_id,
                "first": row.first.isoformat(),
                "last": row.last.isoformat(),
                "performed": row.performed,
                "agreed": row.agreed,
                "cost_ore": row.cost_ore,
                "sentence": str(row.sentence),
            }
            for row in contract_outcomes(outcome.inputs)
        ],
        **plan_rows(problem, found.plan),
        "findings": [*notes_of(outcome, problem, terms), *unplanned_of(outcome, found.single), *_nothing(found)],
    }


def _verdict(judged: Judgement | None) -> Row | None:
    if judged is None:
        return None
    return {"objective": judged.value.total, "breaches": len(judged.breaches), **value_row(judged.value)}


def _move(found: Redistribution, move: Move) -> Row:
    weeks = found.shared.weeks
    return {
        "kind": move.kind,
        "giver": move.giver,
        "taker": move.taker,
        "amount": move.amount,
        "travel_minutes": move.travel_minutes,
        "travel_hours": move.travel_hours,
        "competence": move.competence,
        "first_week": str(weeks[move.first]),
        "last_week": str(weeks[move.last]),
        "saves": move.saves,
        "sentence": str(move.sentence),
    }


def _service(outcome: Outcome, name: str, before: Standing, after: Standing) -> Row:
    service = outcome.service(name).item.service
    felt = after.wait - before.wait
    return {
        "service_id": name,
        "name": service.name,
        "unit_id": service.unit_id,
        "effect": "gains" if felt < -_FELT else "loses" if felt > _FELT else "same",
        "wait_weeks_before": before.wait,
        "wait_weeks_after": after.wait,
        "late_before": before.late,
        "late_after": after.late,
        "within_before": before.within,
        "within_after": after.within,
        "last_queue_before": before.last_queue,
        "last_queue_after": after.last_queue,
    }


def _nothing(found: Redistribution) -> list[Row]:
    if found.together and found.together.unplanned:
        count = len(found.together.unplanned)
        what = Message("För {count} vårdtjänster hann inga flyttar sökas; ge mer tid med --seconds.", count=count)
        return [note_row(what, "not_sought", "warning")]
    if found.moves or found.after is None:
        return []
    what = Message("Ingen flytt är värd mer än den väger: var och en gör som i sin egen plan.")
    return [note_row(what, "nothing_moved")]
