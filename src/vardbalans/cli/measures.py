"""Measures: the library of levers, and which of them to take."""

from typing import Annotated, Any

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Seed, Store, answer, app
from vardbalans.cli_text import findings_text, table_text
from vardbalans.engine.messages import Message

measures = typer.Typer(no_args_is_help=True, help="Åtgärder.")
app.add_typer(measures, name="measures")


@measures.command("choose")
def measures_choose(
    probability: Annotated[float, typer.Option(min=0.01, max=1, help="Sannolikheten att balansen ska hålla.")] = 0.8,
    budget: Annotated[float | None, typer.Option(min=0, help="Högsta kostnad i kronor över veckorna.")] = None,
    unit: Annotated[str | None, typer.Option(help="Balans för denna enhet och de under den.")] = None,
    resource: Annotated[
        list[str] | None, typer.Option(help="Balans bara för denna resurs; kan anges flera gånger.")
    ] = None,
    scenario: Annotated[str, typer.Option(help="Fil med åtgärder att välja bland; all är alla i data.")] = "all",
    weeks: Annotated[int, typer.Option(min=1, max=260)] = 52,
    draws: Annotated[int, typer.Option(min=1)] = 1000,
    seed: Seed = 1,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Välj den billigaste uppsättningen åtgärder som når balans med given sannolikhet, och visa tvåan."""
    from vardbalans.data.scenarios import choice_document, choose_measures
    from vardbalans.engine.scenario import Settings

    found = choice_document(
        choose_measures(
            store,
            Settings(draws, seed),
            probability=probability,
            budget_kr=budget,
            unit=unit,
            resources=tuple(resource or ()),
            scenario=scenario,
            weeks=weeks,
        )
    )
    answer(found, json_, _choice_text(found) if not json_ else "")


@measures.command("library")
def measures_library(json_: Json = False) -> None:
    """Visa biblioteket av åtgärder: var i kedjan de verkar och hur effekten räknas."""
    import msgspec

    from vardbalans.data.scenarios import levers

    rows = [msgspec.to_builtins(lever) for lever in levers().values()]
    names = {"lever": "id", "namn": "name", "angreppspunkt": "point", "parameter": "parameter", "räknas": "arithmetic"}
    text = table_text([{head: row[name] for head, name in names.items()} for row in rows])
    answer({"levers": rows, "findings": []}, json_, text)


def _choice_text(found: dict[str, Any]) -> str:
    reached = Message(
        "Sannolikhet för balans {first}–{last}: {before} % utan åtgärder, {all} % med alla.",
        first=found["weeks"][0],
        last=found["weeks"][1],
        before=round(found["probability_before"] * 100),
        all=round(found["probability_with_all"] * 100),
    )
    parts = [str(reached), _set_text(Message("Billigast"), found["best"])]
    if found["runner_up"]:
        parts.append(_set_text(Message("Näst bäst, utan någon av dem"), found["runner_up"]))
    else:
        parts.append(str(Message("Ingen annan uppsättning når dit.")))
    return "\n".join([*parts, findings_text(found["findings"])]).rstrip()


def _set_text(title: Message, chosen: dict[str, Any]) -> str:
    head = Message(
        "{title}: {cost} kr, {p} %.",
        title=title,
        cost=round(chosen["cost_ore"] / 100),
        p=round(chosen["probability"] * 100),
    )
    rows = [
        {
            "åtgärd": row["measure_id"],
            "namn": row["name"],
            "angreppspunkt": row["point"],
            "börjar": row["starts"],
            "status": row["status"],
        }
        for row in chosen["measures"]
    ]
    return "\n".join(filter(None, (str(head), table_text(rows) or str(Message("Inga åtgärder behövs.")))))
