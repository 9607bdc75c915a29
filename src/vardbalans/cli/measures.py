"""Measures: the library of levers, and which of them to take."""

from datetime import datetime
from typing import Annotated, Any

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Seed, Store, answer, app
from vardbalans.cli_text import findings_text, scenario_text, table_text
from vardbalans.engine.errors import BadInput
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


@measures.command("try")
def measures_try(
    lever: Annotated[str, typer.Argument(help="Slaget i biblioteket, till exempel fewer_follow_ups.")],
    target: Annotated[str, typer.Option(help="Vårdtjänsten, resursen eller enheten.")],
    factor: Annotated[float | None, typer.Option(min=0, help="Väntad faktor; 0.9 är en tiondel mindre.")] = None,
    added: Annotated[float | None, typer.Option(help="Antal fler tjänster eller uppsättningar.")] = None,
    low: Annotated[float | None, typer.Option(help="Effektens nedre gräns.")] = None,
    high: Annotated[float | None, typer.Option(help="Effektens övre gräns.")] = None,
    starts: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Första dagen; annars genast.")] = None,
    moved_to: Annotated[str, typer.Option(help="Vårdtjänsten som får det som lämnar.")] = "",
    unit: Annotated[str | None, typer.Option(help="Visa bara denna enhet och de under den.")] = None,
    weeks: Annotated[int, typer.Option(min=1, max=260)] = 52,
    draws: Annotated[int, typer.Option(min=1)] = 1000,
    seed: Seed = 1,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Prova en åtgärd ur biblioteket: vad blir det för balans om …? Inget sparas."""
    from vardbalans.data.scenarios import Trial, scenario_document, try_measure
    from vardbalans.engine.measures import Interval
    from vardbalans.engine.scenario import Settings

    expected = factor if added is None else added
    if expected is None or (factor is None) == (added is None):
        raise BadInput(Message("Ange antingen --factor eller --added."))
    effect = Interval(expected, expected if low is None else low, expected if high is None else high)
    trial = Trial(lever, target, effect, added is not None, starts.date() if starts else None, moved_to)
    found = scenario_document(try_measure(store, trial, Settings(draws, seed), weeks=weeks, unit=unit))
    answer(found, json_, "" if json_ else scenario_text(found))


@measures.command("library")
def measures_library(
    search: Annotated[str, typer.Option(help="Visa bara det som har alla dessa ord.")] = "", json_: Json = False
) -> None:
    """Visa biblioteket: slag av åtgärder och regionens egen lista, med hur effekten räknas och följs upp."""
    import msgspec

    from vardbalans.data.improving.examples import SOURCES, matching
    from vardbalans.data.scenarios import levers

    words = search.casefold().split()
    rows = [
        msgspec.to_builtins(lever)
        for lever in levers().values()
        if all(word in f"{lever.id} {lever.name} {lever.arithmetic}".casefold() for word in words)
    ]
    cases = [
        msgspec.to_builtins(row)
        | {"figures": [msgspec.to_builtins(each) | {"is_assumption": each.is_assumption} for each in row.figure]}
        for row in matching(search)
    ]
    names = {"lever": "id", "namn": "name", "angreppspunkt": "point", "parameter": "parameter", "räknas": "arithmetic"}
    text = table_text([{head: row[name] for head, name in names.items()} for row in rows])
    shown = {"exempel": "id", "namn": "name", "mäts av": "indicator", "räknas": "arithmetic"}
    text += "\n\n" + table_text([{head: row[name] for head, name in shown.items()} for row in cases])
    answer({"levers": rows, "examples": cases, "sources": SOURCES, "findings": []}, json_, text.strip())


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
    if not found["proven"]:
        least = Message(
            "Inte bevisat billigast: sökandet avbröts. Ingen uppsättning kostar mindre än {cost} kr, "
            "{share} % under den som visas.",
            cost=round(found["bound_ore"] / 100),
            share=round(100 * (1 - found["bound_ore"] / found["best"]["cost_ore"])),
        )
        parts.append(str(least))
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
