"""The waiting lists ahead: when they are within the guarantee, and what production it takes."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Seed, Store, answer, tell
from vardbalans.cli.chain import waitlist
from vardbalans.cli_text import findings_text, table_text

_SHOWN = 60


class Step(StrEnum):
    """How far the lists are followed at a time."""

    WEEK = "week"
    DAY = "day"


@waitlist.command("project")
def waitlist_project(
    unit: Annotated[str | None, typer.Option(help="Bara denna enhet och de under den.")] = None,
    service: Annotated[str | None, typer.Option(help="Bara denna vårdtjänst.")] = None,
    weeks: Annotated[int, typer.Option(min=1, max=260, help="Antal veckor framåt.")] = 52,
    by: Annotated[str | None, typer.Option(help="Veckan då gränsen ska nås, som 2027-W10; annars den 26:e.")] = None,
    share: Annotated[
        float, typer.Option(min=0.01, max=1, help="Andel av de väntande som ska vara inom gränsen.")
    ] = 1.0,
    purchased: Annotated[
        bool, typer.Option(help="Använd volymer i avtal med andra vårdgivare, efter egen kapacitet.")
    ] = False,
    outside: Annotated[bool, typer.Option(help="Dölj små tal som utanför regionen.")] = False,
    step: Annotated[Step, typer.Option(help="Räkna veckor, eller dagar för gränser på några dagar.")] = Step.WEEK,
    draws: Annotated[int, typer.Option(min=1)] = 1000,
    seed: Seed = 1,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Räkna väntelistorna framåt: kö, andel inom gränsen, när vårdgarantin nås och vilken produktion det kräver."""
    from vardbalans.data.waitlist_run import document, project_lists
    from vardbalans.engine.projection import Question

    question = Question(draws, seed, share, purchased=purchased, daily=step is Step.DAY)
    found = document(project_lists(store, question, weeks=weeks, by=by, unit=unit, service=service, outside=outside))
    text = "\n\n".join(filter(None, (table_text(_rows(found, step)), table_text(_totals(found))))) if not json_ else ""
    answer(found, json_, text)
    if found["findings"]:
        tell(findings_text(found["findings"]))


def _rows(found: dict[str, Any], step: Step) -> list[dict[str, Any]]:
    """One row per list: now and at the end, when the limit is reached, and what must be treated a week to reach it."""
    return [
        {
            "vårdtjänst": row["service_name"],
            "enhet": row["unit_id"],
            "väntar nu": row["opening"],
            "väntar sist": row[f"{step}s"][-1]["queue"]["mean"],
            "5 %": row[f"{step}s"][-1]["queue"]["q05"],
            "95 %": row[f"{step}s"][-1]["queue"]["q95"],
            "inom gränsen": row[f"within_guarantee_{step}"],
            "behövs per vecka": row["production_needed"] and row["production_needed"]["per_week"]["mean"],
            "sedan": row["production_needed"] and row["production_needed"]["hold_per_week"]["mean"],
        }
        for row in found["lists"][:_SHOWN]
    ]


def _totals(found: dict[str, Any]) -> list[dict[str, Any]]:
    """One row per list of which only the number waiting is known: how many will wait in its last period."""
    return [
        {
            "vårdtjänst": row["series_id"],
            "period": row["periods"][-1],
            "väntar": row["mean"][-1],
            "5 %": row["quantiles"]["q05"][-1],
            "95 %": row["quantiles"]["q95"][-1],
        }
        for row in found["totals"][:_SHOWN]
    ]
