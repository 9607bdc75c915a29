"""The chain: the balance, and the formulas of the waiting list by themselves."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Seed, Store, answer, app
from vardbalans.cli_text import balance_text, scenario_text, table_text
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.waitlist import Goal

waitlist = typer.Typer(no_args_is_help=True, help="Väntelistan.")
app.add_typer(waitlist, name="waitlist")


_FIGURES = {
    "load": {"mått": "belastning", "är": "inflöde / kapacitet; över 1 växer listan"},
    "target_mean_wait_weeks": {"mått": "medelväntan, veckor", "är": "mål / faktor"},
    "target_queue": {"mått": "lista som ryms i målet", "är": "inflöde · medelväntan"},
    "target_capacity": {"mått": "kapacitet per vecka som håller målet", "är": "inflöde + variation · faktor / mål"},
    "pressure": {"mått": "tryck", "är": "2 · medelväntan / mål; över 1 är listan för lång"},
    "relief_capacity": {"mått": "kapacitet per vecka under avlastningen", "är": "inflöde + (lista − mål) / veckor"},
}
_RELIEF_NEEDED = Message("Avlastning behövs: listan är mer än dubbelt så lång som ryms i målet.")
_NO_RELIEF = Message("Avlastning behövs inte: listan är högst dubbelt så lång som ryms i målet.")
_BELOW_ZERO = Message(
    "Kapaciteten under avlastningen är under noll: också om ingen behandlas är listan kortare än målet när veckorna "
    "har gått."
)


@app.command()
def balance(
    unit: Annotated[str | None, typer.Option(help="Bara denna enhet och de under den.")] = None,
    year: Annotated[int | None, typer.Option(help="Planera detta ISO-år i stället för de närmaste veckorna.")] = None,
    weeks: Annotated[int, typer.Option(min=1, max=260)] = 52,
    draws: Annotated[int, typer.Option(min=1)] = 1000,
    seed: Seed = 1,
    goal: Annotated[Goal, typer.Option(help="Väntelistans mål.")] = "guarantee",
    scenario: Annotated[
        str | None,
        typer.Option(help="Scenariefil att jämföra med nuläget; agreed är mätta åtgärder i data, all är alla."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Skriv också dokumentet i denna mapp.")] = None,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Huvudjobbet: behov → produktion → kapacitet → balans, med steg; allt utom scenarier sparas för webben."""
    from vardbalans.data.balance_run import run_balance
    from vardbalans.data.results.document import document
    from vardbalans.engine.scenario import Settings

    settings = Settings(draws, seed, goal)
    if scenario:
        from vardbalans.data.scenarios import run_scenario, scenario_document

        run_of = run_scenario(store, scenario, settings, weeks=weeks, year=year, unit=unit)
        found, text = scenario_document(run_of), scenario_text
    else:
        outcome, below = run_balance(store, at=datetime.now(UTC), weeks=weeks, year=year, settings=settings, unit=unit)
        found, text = document(outcome, below), balance_text
    if out:
        out.mkdir(parents=True, exist_ok=True)
        (out / "balance.json").write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    answer(found, json_, text(found) if not json_ else "")


@waitlist.command("formula")
def waitlist_formula_command(
    demand: Annotated[float, typer.Option(help="Nya per vecka.")],
    capacity: Annotated[float | None, typer.Option(help="Behandlade per vecka.")] = None,
    queue: Annotated[float | None, typer.Option(help="Väntande nu.")] = None,
    target_queue: Annotated[float | None, typer.Option(help="Väntande som målet; annars den lista som ryms.")] = None,
    target_weeks: Annotated[float | None, typer.Option(help="Målet för väntan, i veckor.")] = None,
    weeks: Annotated[float | None, typer.Option(help="Veckor som listan ska nå målet på.")] = None,
    mean_wait: Annotated[float | None, typer.Option(help="Medelväntan nu, i veckor.")] = None,
    cv_demand: Annotated[float, typer.Option(help="Inflödets variationskoefficient.")] = 1.0,
    cv_capacity: Annotated[float, typer.Option(help="Kapacitetens variationskoefficient.")] = 1.0,
    factor: Annotated[float | None, typer.Option(help="Målet delat med medelväntan; 4 om inget anges.")] = None,
    json_: Json = False,
) -> None:
    """Väntelistan i jämvikt, allt i veckor; varje tal ges när dess underlag är givet."""
    from vardbalans.engine.waitlist import formula as waitlist_formula

    factor = waitlist_formula.DEFAULT_FACTOR if factor is None else factor
    found: dict[str, Any] = {}
    if capacity is not None:
        found["load"] = waitlist_formula.load(demand, capacity)
    if target_weeks is not None:
        found["target_mean_wait_weeks"] = waitlist_formula.mean_wait_weeks(target_weeks, factor)
        found["target_queue"] = waitlist_formula.target_queue(demand, target_weeks, factor)
        found["target_capacity"] = waitlist_formula.target_capacity(
            demand, target_weeks, cv_demand, cv_capacity, factor
        )
        if mean_wait is not None:
            found["pressure"] = waitlist_formula.pressure(mean_wait, target_weeks)
    goal = target_queue if target_queue is not None else found.get("target_queue")
    if queue is not None and goal is not None and weeks is not None:
        found["relief_capacity"] = waitlist_formula.relief_capacity(demand, queue, goal, weeks)
    text = "" if json_ else table_text([_FIGURES[name] | {"värde": value} for name, value in found.items()])
    if queue is not None and goal is not None:
        said = [_BELOW_ZERO] if found.get("relief_capacity", 0) < 0 else []
        found["relief_needed"] = waitlist_formula.relief_needed(queue, goal)
        said.insert(0, _RELIEF_NEEDED if found["relief_needed"] else _NO_RELIEF)
        text = "\n".join(filter(None, [text, *map(str, said)]))
    if not found:
        raise BadInput(
            Message(
                "Av det som är givet följer inget mått. Lägg till --capacity (belastning), --target-weeks (kö och "
                "kapacitet för en väntan), eller --queue, --target-queue och --weeks (extra kapacitet)."
            )
        )
    answer({**found, "findings": []}, json_, text)
