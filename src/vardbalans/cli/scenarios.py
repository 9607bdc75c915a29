"""Scenarios that are kept: save, list, show, compare, and switch on and off."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Seed, Store, answer, app
from vardbalans.cli_text import findings_text, table_text
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

if TYPE_CHECKING:
    from vardbalans.data.scenarios import KeptScenario, SwitchedOn

scenarios = typer.Typer(no_args_is_help=True, help="Sparade scenarier.")
app.add_typer(scenarios, name="scenarios")

Name = Annotated[str, typer.Argument(help="Scenariets namn eller beteckning.")]
By = Annotated[str, typer.Option(help="Funktionen som gör det, inte en persons namn.")]
Day = Annotated[str, typer.Option("--from", help="Dagen det gäller från, som 2027-02-01.")]


@scenarios.command("save")
def save_command(
    name: Annotated[str, typer.Argument(help="Vad scenariet ska heta.")],
    scenario: Annotated[str, typer.Option(help="Scenariefil, agreed, all eller ett sparat scenario.")],
    by: By,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Spara ett scenario med sina åtgärder som de är nu. Samma namn igen blir en senare version av det."""
    from vardbalans.data.scenarios import KeptScenarios, known_measures, scenario_of

    known = known_measures(store)
    inputs = known.inputs
    found = KeptScenarios(store).save(
        scenario_of(store, scenario, known),
        name,
        author=by,
        at=datetime.now(UTC),
        version=inputs.version,
        fingerprint=inputs.fingerprint,
    )
    text = Message("Scenariet {name} är sparat med {count} åtgärder.", name=name, count=len(found.measures))
    answer({"version": inputs.version, "scenario": _row(found), "findings": []}, json_, str(text))


@scenarios.command("list")
def list_command(store: Store = DEFAULT_STORE, json_: Json = False) -> None:
    """Visa sparade scenarier, äldst först, och vilka som är påslagna."""
    from vardbalans.data.scenarios import KeptScenarios

    kept = KeptScenarios(store)
    rows, held = [_row(row) for row in kept.all()], [_switch(row) for row in kept.switches()]
    shown = [
        {
            "namn": row["name"],
            "beteckning": row["scenario_id"],
            "av": row["author"],
            "sparat": row["created_at"][:10],
            "version": row["version"],
            "åtgärder": len(row["measures"]),
        }
        for row in rows
    ]
    lines = [str(_switch_text(row)) for row in held]
    text = "\n".join([table_text(shown) or str(Message("Inga scenarier är sparade.")), *lines])
    answer({"scenarios": rows, "switches": held, "findings": []}, json_, text)


@scenarios.command("show")
def show_command(name: Name, store: Store = DEFAULT_STORE, json_: Json = False) -> None:
    """Visa ett sparat scenario med alla dess åtgärder."""
    from vardbalans.data.scenarios import KeptScenarios

    found = _row(KeptScenarios(store).required(name))
    shown = [
        {
            "åtgärd": row["measure_id"],
            "namn": row["name"],
            "ändrar": row["parameter"],
            "gäller": row["service_id"] or row["resource_id"] or row["unit_id"],
            "väntat": row["expected"],
            "börjar": row["starts"],
            "slutar": row["ends"],
            "del av": row["part_of"],
            "status": row["status"],
        }
        for row in found["measures"]
    ]
    head = Message(
        "{name}, sparat {day} av {author} på version {version}.",
        name=found["name"],
        day=found["created_at"][:10],
        author=found["author"],
        version=found["version"],
    )
    answer({"scenario": found, "findings": []}, json_, f"{head}\n{table_text(shown)}")


@scenarios.command("compare")
def compare_command(
    first: Annotated[str, typer.Argument(help="Det ena: sparat scenario, fil, agreed, all eller current.")],
    second: Annotated[str, typer.Argument(help="Det andra.")],
    unit: Annotated[str | None, typer.Option(help="Bara denna enhet och de under den.")] = None,
    weeks: Annotated[int, typer.Option(min=1, max=260)] = 52,
    draws: Annotated[int, typer.Option(min=1)] = 1000,
    seed: Seed = 1,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Jämför två scenarier siffra för siffra på samma data, med steg för vad varje åtgärd ger."""
    from vardbalans.data.scenarios import compare_scenarios
    from vardbalans.engine.scenario import Settings

    found = compare_scenarios(store, first, second, Settings(draws, seed), weeks=weeks, unit=unit)
    answer(found, json_, "" if json_ else _comparison_text(found))


@scenarios.command("on")
def on_command(name: Name, day: Day, by: By, store: Store = DEFAULT_STORE, json_: Json = False) -> None:
    """Slå på ett sparat scenario från en dag. Se läget med balance --scenario current."""
    _turn(store, name, "on", day, by, json_)


@scenarios.command("off")
def off_command(name: Name, day: Day, by: By, store: Store = DEFAULT_STORE, json_: Json = False) -> None:
    """Slå av ett scenario från en dag: planen gäller igen som den var."""
    _turn(store, name, "off", day, by, json_)


def _turn(store: Store, name: str, way: str, day: str, by: str, json_: Json) -> None:
    from vardbalans.data.scenarios import KeptScenarios

    try:
        when = date.fromisoformat(day)
    except ValueError as error:
        raise BadInput(Message("{day} är ingen dag. Skriv som 2027-02-01.", day=day)) from error
    found = _switch(KeptScenarios(store).turn(name, way, when, author=by, at=datetime.now(UTC)))
    answer({"switch": found, "findings": []}, json_, str(_switch_text(found)))


def _row(found: "KeptScenario") -> dict[str, Any]:
    from vardbalans.data.scenarios import measure_rows

    return {
        "scenario_id": found.scenario_id,
        "name": found.name,
        "author": found.author,
        "created_at": found.created_at.isoformat(),
        "version": found.version,
        "fingerprint": found.fingerprint,
        "measures": measure_rows(found.measures),
    }


def _switch(row: "SwitchedOn") -> dict[str, Any]:
    return {
        "scenario_id": row.scenario.scenario_id,
        "name": row.scenario.name,
        "on": row.on.isoformat(),
        "off": row.off.isoformat() if row.off else None,
    }


def _switch_text(row: dict[str, Any]) -> Message:
    if row["off"] is None:
        return Message("{name} är påslaget från {on}.", name=row["name"], on=row["on"])
    if row["off"] <= row["on"]:
        return Message("{name} slogs av innan det började gälla {on}.", name=row["name"], on=row["on"])
    return Message("{name} gäller från {on} och slås av {off}.", name=row["name"], on=row["on"], off=row["off"])


def _comparison_text(found: dict[str, Any]) -> str:
    first, second = (row["name"] for row in found["scenarios"])
    rows = [
        {
            "enhet": row["unit_id"],
            "resurs": row["resource_name"],
            "mått": "hours" if row["measure"] == "minutes" else row["measure"],
            first: row["balance"]["before"] / (60 if row["measure"] == "minutes" else 1),
            f"{second} ": row["balance"]["after"] / (60 if row["measure"] == "minutes" else 1),
            "ändring": row["balance"]["change"] / (60 if row["measure"] == "minutes" else 1),
        }
        for row in found["resources"]
    ]
    body = table_text(rows) or str(Message("Scenarierna ger samma siffror i de här veckorna."))
    return "\n".join(part for part in (body, findings_text(found["findings"])) if part)
