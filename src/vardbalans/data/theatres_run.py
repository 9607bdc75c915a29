"""Theatre days on a store: how each site's are shared now, how they best would be, and how by need alone."""

from pathlib import Path
from typing import Any

from vardbalans.data.findings import note_row
from vardbalans.data.plan_run import Asked, head_of, notes_of, problem_on
from vardbalans.engine.messages import Message
from vardbalans.engine.plan.data import Weights
from vardbalans.engine.proposal import Terms
from vardbalans.engine.sectioning import Verdict, judge_sections, share_days
from vardbalans.engine.solving import Limits
from vardbalans.engine.theatres import Site, sites_of

__all__ = ["theatres_document"]

Row = dict[str, Any]


def theatres_document(store: Path, asked: Asked, terms: Terms, limits: Limits) -> Row:
    """Return the document of every site's theatre days, now, proposed and by need. Raises BadInput."""
    outcome, problem = problem_on(store, asked, terms)
    sites = sites_of(problem, outcome.inputs)
    nothing = Message("Ingen plats har salar för två specialiteter eller fler, med öppettider och nyttjandegrad.")
    return {
        **head_of(outcome, asked, terms),
        "sites": [_site(problem.weights, site, limits) for site in sites],
        "findings": [*notes_of(outcome, problem, terms), *([] if sites else [note_row(nothing, "no_theatres")])],
    }


def _site(weights: Weights, site: Site, limits: Limits) -> Row:
    found = share_days(site.specialties, site.rooms, weights, limits)
    now = judge_sections(site.specialties, site.rooms, site.now, weights)
    return {
        "site": site.name,
        "status": found.status.value,
        "rooms": list(site.rooms),
        "specialties": [
            {
                "resource_id": row.name,
                "now": list(site.now[row.name]),
                "proposed": list(found.days.get(row.name, ())),
                "by_need": list(found.pro_rata[row.name]),
            }
            for row in site.specialties
        ],
        "verdicts": {
            "now": _verdict(now),
            "proposed": _verdict(found.verdict) if found.verdict else None,
            "by_need": _verdict(found.pro_rata_verdict),
        },
    }


def _verdict(row: Verdict) -> Row:
    return {
        "objective": row.total,
        "late_person_weeks": row.late,
        "waiting_person_weeks": row.waiting,
        "longest_wait_weeks": row.longest,
        "broken": [str(what) for what in row.broken],
    }
