"""The production plan: propose the best one, or judge one that is made."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Seed, Store, answer, app, tell
from vardbalans.cli.solver_output import solver_output_to_stderr
from vardbalans.cli_text import findings_text, table_text
from vardbalans.engine.messages import Message

if TYPE_CHECKING:
    from vardbalans.engine.plan.data import ExtraKind, Weights
    from vardbalans.engine.proposal import Terms

plan = typer.Typer(no_args_is_help=True, help="Produktionsplanen.")
app.add_typer(plan, name="plan")

_SHOWN = 20
_EXIT = {"impossible": 4, "out_of_time": 4, "broken": 4, "wrong_input": 3}
_STATUS = {
    "best": Message("Bästa planen."),
    "good_enough": Message("En plan som är nästan den bästa."),
    "partial": Message("En plan för alla utom dem som ingen plan håller för."),
    "impossible": Message("Ingen plan håller alla regler."),
    "out_of_time": Message("Tiden tog slut innan någon plan fanns. Ge mer tid med --seconds, eller färre enheter."),
    "wrong_input": Message("Det går inte att räkna på; se vad som är fel."),
    "kept": Message("Planen håller alla regler."),
    "broken": Message("Planen bryter mot regler."),
}

Unit = Annotated[str | None, typer.Option(help="Bara denna enhet, de under den, och de som delar resurser med dem.")]
Weeks = Annotated[int, typer.Option(min=1, max=260, help="Antal veckor framåt.")]
Draws = Annotated[int, typer.Option(min=1, help="Antal simuleringar.")]
From = Annotated[str | None, typer.Option(help="Veckan som vårdgarantin ska hållas från, till exempel 2027-W10.")]
Budget = Annotated[float | None, typer.Option(min=0, help="Högsta kända kostnad, i kronor.")]
Overtime = Annotated[
    float, typer.Option(min=0, max=1, help="Andel av sin tid som personal får arbeta över, oavsett tabellen Extra tid.")
]
Probability = Annotated[
    float | None, typer.Option(help="Säkerhet som listornas plan ska rymmas med, till exempel 0.8; annars väntevärdet.")
]
ExtraTime = Annotated[
    list[str] | None,
    typer.Option("--extra", help="Extra tid enligt tabellen: overtime, agency eller session. Ange flera gånger."),
]
Elsewhere = Annotated[bool, typer.Option("--elsewhere", help="Låt patienter tas emot av andra enheter (Utförare).")]
Loans = Annotated[bool, typer.Option("--loans", help="Låt personal lånas ut (Lån av personal).")]
Leave = Annotated[bool, typer.Option("--leave", help="Lägg också ut ledigheten (Ledighet att lägga ut).")]
TravelLimit = Annotated[float | None, typer.Option(min=0, help="Längsta resa för en patient, minuter enkel väg.")]
Weight = Annotated[
    list[str] | None,
    typer.Option("--weight", help="Ändra en vikt, till exempel late=2000; se docs/explanation/plan.md."),
]
Seconds = Annotated[float, typer.Option(min=0.1, help="Längsta tid för lösaren.")]
Out = Annotated[Path | None, typer.Option(help="Skriv också dokumentet i denna fil.")]


@plan.command("propose")
def propose_command(
    unit: Unit = None,
    weeks: Weeks = 52,
    guarantee_from: From = None,
    budget: Budget = None,
    overtime: Overtime = 0.0,
    extra: ExtraTime = None,
    elsewhere: Elsewhere = False,
    loans: Loans = False,
    leave: Leave = False,
    travel_limit: TravelLimit = None,
    probability: Probability = None,
    weight: Weight = None,
    locked: Annotated[Path | None, typer.Option(help="Planfil med celler som inte får ändras.")] = None,
    seconds: Seconds = 300.0,
    draws: Draws = 1000,
    seed: Seed = 1,
    out: Out = None,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Föreslå den plan som ger minst väntan över gränsen, kostnad och ojämnhet under de regler som gäller."""
    from vardbalans.data.plan_run import Asked, locked_cells, propose_plan
    from vardbalans.engine.solving import Limits

    terms = _terms(guarantee_from, budget, overtime, probability, weight, extra, travel_limit)
    terms = replace(terms, locked=locked_cells(locked) if locked else {}, elsewhere=elsewhere, loans=loans, leave=leave)
    with solver_output_to_stderr():
        document = propose_plan(store, Asked(weeks, unit, draws, seed), terms, Limits(seconds, seed=seed))
    _say(document, json_, out)


@plan.command("check")
def check_command(
    file: Annotated[Path, typer.Argument(help="csv med service_id, week och production, eller json från propose.")],
    unit: Unit = None,
    weeks: Weeks = 52,
    guarantee_from: From = None,
    budget: Budget = None,
    overtime: Overtime = 0.0,
    extra: ExtraTime = None,
    elsewhere: Elsewhere = False,
    loans: Loans = False,
    leave: Leave = False,
    travel_limit: TravelLimit = None,
    probability: Probability = None,
    weight: Weight = None,
    draws: Draws = 1000,
    seed: Seed = 1,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Pröva planen i FILE mot samma regler, utan lösare: vad den är värd, och vad den bryter mot och var."""
    from vardbalans.data.plan_run import Asked, check_plan

    terms = _terms(guarantee_from, budget, overtime, probability, weight, extra, travel_limit)
    terms = replace(terms, elsewhere=elsewhere, loans=loans, leave=leave)
    _say(check_plan(store, file, Asked(weeks, unit, draws, seed), terms), json_)


@plan.command("redistribute")
def redistribute_command(
    unit: Unit = None,
    weeks: Weeks = 52,
    overtime: Overtime = 0.0,
    extra: ExtraTime = None,
    loans: Loans = False,
    travel_limit: TravelLimit = None,
    probability: Probability = None,
    weight: Weight = None,
    seconds: Seconds = 300.0,
    draws: Draws = 1000,
    seed: Seed = 1,
    out: Out = None,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Föreslå vilka patienter, och vilken personal, som kan flyttas mellan enheter utan att någon får det sämre."""
    from vardbalans.data.plan_run import Asked
    from vardbalans.data.redistribution_run import redistribution_document
    from vardbalans.engine.solving import Limits

    terms = replace(_terms(None, None, overtime, probability, weight, extra, travel_limit), loans=loans)
    with solver_output_to_stderr():
        document = redistribution_document(store, Asked(weeks, unit, draws, seed), terms, Limits(seconds, seed=seed))
    _answer(document, "" if json_ else _redistributed(document), json_, out)


@plan.command("theatres")
def theatres_command(
    unit: Unit = None,
    weeks: Weeks = 52,
    weight: Weight = None,
    seconds: Seconds = 60.0,
    draws: Draws = 1000,
    seed: Seed = 1,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Föreslå hur operationssalarnas dagar fördelas mellan specialiteterna på varje plats (sektionering)."""
    from vardbalans.data.plan_run import Asked
    from vardbalans.data.theatres_run import theatres_document
    from vardbalans.engine.solving import Limits

    terms = _terms(None, None, 0.0, None, weight, None, None)
    with solver_output_to_stderr():
        document = theatres_document(store, Asked(weeks, unit, draws, seed), terms, Limits(seconds, seed=seed))
    _answer(document, "" if json_ else "\n".join(map(_theatres, document["sites"])), json_, None)


def _theatres(site: dict[str, Any]) -> str:
    names = {"now": "nu", "proposed": "förslag", "by_need": "i proportion till behov"}
    rows = [
        {"salar": row["resource_id"], **{names[key]: " ".join(map(str, row[key])) or "–" for key in names}}
        for row in site["specialties"]
    ]
    verdicts = [
        {
            "fördelning": names[key],
            "personveckor över gränsen": row["late_person_weeks"],
            "längsta väntan, veckor": row["longest_wait_weeks"],
            "sammanvägt, kr": row["objective"],
            "brott": len(row["broken"]),
        }
        for key, row in site["verdicts"].items()
        if row
    ]
    return "\n".join((site["site"], table_text(rows), table_text(verdicts)))


def _terms(
    guarantee_from: str | None,
    budget: float | None,
    overtime: float,
    probability: float | None,
    weight: Sequence[str] | None,
    extra: Sequence[str] | None,
    travel_limit: float | None,
) -> "Terms":
    from vardbalans.engine.periods import Period
    from vardbalans.engine.proposal import Terms

    return Terms(
        Period.parse(guarantee_from) if guarantee_from else None,
        None if budget is None else 100 * budget,
        overtime,
        probability,
        weights=_weights(weight or ()),
        extras=_kinds(extra or ()),
        travel_limit_minutes=travel_limit,
    )


def _weights(given: Sequence[str]) -> "Weights":
    """Return the weights, those *given* as ``name=kronor`` changed. Raises BadInput."""
    from vardbalans.engine.errors import BadInput
    from vardbalans.engine.plan.data import Weights

    changed: dict[str, float] = {}
    for text in given:
        name, _, value = text.partition("=")
        try:
            changed[name] = float(value)
        except ValueError:
            raise BadInput(Message("Skriv vikten som namn=kronor, inte {text}.", text=text)) from None
    if unknown := changed.keys() - Weights.__dataclass_fields__.keys():
        known = ", ".join(Weights.__dataclass_fields__)
        raise BadInput(
            Message("Vikten {name} finns inte; de är {known}.", name=", ".join(sorted(unknown)), known=known)
        )
    return replace(Weights(), **changed)


def _kinds(given: Sequence[str]) -> "frozenset[ExtraKind]":
    """Return the kinds of extra time. Raises BadInput for one that is none."""
    from vardbalans.engine.errors import BadInput
    from vardbalans.engine.plan.data import EXTRA_NAMES

    if unknown := set(given) - EXTRA_NAMES.keys():
        known = ", ".join(EXTRA_NAMES)
        raise BadInput(
            Message(
                "Extra tid av slaget {kind} finns inte; slagen är {known}.",
                kind=", ".join(sorted(unknown)),
                known=known,
            )
        )
    return frozenset(cast("Sequence[ExtraKind]", given))


def _say(document: dict[str, Any], as_json: bool, out: Path | None = None) -> None:
    _answer(document, "" if as_json else _text(document), as_json, out)


def _answer(document: dict[str, Any], text: str, as_json: bool, out: Path | None) -> None:
    if out:
        out.write_text(json.dumps(document, ensure_ascii=False, allow_nan=False), encoding="utf-8")
    answer(document, as_json, text)
    if document["findings"]:
        tell(findings_text(document["findings"]))
    if code := _EXIT.get(document.get("status", "")):
        raise typer.Exit(code)


def _text(document: dict[str, Any]) -> str:
    """Return the verdict, what the plan is worth beside others, each service's year, and what would help the most."""
    lines = [f"{_STATUS[document['status']]} Version {document['version']}."]
    if document["value"]:
        compared = [_worth("planen", document["objective"], document["value"])]
        compared += [_worth(_NAMES[row["name"]], row["objective"], row) for row in document.get("compared", ())]
        lines.append(table_text(compared))
    if document.get("gap") is not None:
        lines.append(str(Message("Ingen plan kan vara mer än {gap} % bättre.", gap=f"{100 * document['gap']:.2f}")))
    lines.append(table_text(_years(document)))
    lines += [f"– {row['sentence']}" for row in document.get("clash", ())]
    for key, size, of in (
        ("relaxations", "amount", ("rule", "subject")),
        ("breaches", "amount", ("rule", "subject")),
        ("shadow_prices", "worth", ("resource_id",)),
    ):
        rows = _largest(document.get(key, ()), size, of)
        lines += [f"– {row['sentence']}" for row in rows[:_SHOWN]]
        if len(document.get(key, ())) > len(rows[:_SHOWN]):
            more = len(document[key]) - len(rows[:_SHOWN])
            lines.append(str(Message("{count} rader till; --json visar alla.", count=more)))
    return "\n".join(line for line in lines if line)


def _largest(rows: Sequence[dict[str, Any]], size: str, of: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return, of each thing that *rows* are about, the week where it is largest, and the largest first."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: -row[size]):
        found.setdefault(tuple(row[name] for name in of), row)
    return list(found.values())


def _redistributed(document: dict[str, Any]) -> str:
    """Return what is gained, the moves with their reasons, who gains and who loses, and how unlike waits are."""
    lines = [f"{_STATUS[document['status']]} Version {document['version']}."]
    if document["after"]:
        rows = [("var för sig", document["before"]), ("tillsammans", document["after"])]
        lines.append(table_text([_worth(name, row["objective"], row) for name, row in rows]))
    for number, move in enumerate(document["moves"][:_SHOWN], 1):
        lines.append(f"{number}. {move['sentence']}{_why(move)}")
    felt = [row for row in document["services"] if row["effect"] != "same"]
    lines.append(table_text([_felt(row) for row in felt[:_SHOWN]]))
    lines += [
        str(
            Message(
                "Skillnaden i väntan mellan {names} går från {before} till {after} veckor i snitt.",
                names=row["name"],
                before=f"{row['before']:.1f}".replace(".", ","),
                after=f"{row['after']:.1f}".replace(".", ","),
            )
        )
        for row in document["spreads"]
    ]
    lines += [
        str(
            Message(
                "Med en gemensam lista för {names} skiljer väntan {after} i stället för {before} veckor mellan dem som "
                "kom samma vecka med samma prioritet; {moved} patienter får en annan enhet.",
                names=row["name"],
                before=f"{row['spread_before']:.1f}".replace(".", ","),
                after=f"{row['spread_after']:.1f}".replace(".", ","),
                moved=f"{row['moved']:.0f}",
            )
        )
        for row in document["shared_lists"]
    ]
    lines += [row["sentence"] for row in document["contracts"]]
    return "\n".join(line for line in lines if line)


def _why(move: dict[str, Any]) -> str:
    said = []
    if move["travel_minutes"] is not None:
        said.append(Message("resan är {minutes} minuter", minutes=f"{move['travel_minutes']:.0f}"))
    if move["competence"]:
        said.append(Message("kräver {competence}", competence=move["competence"]))
    if move["saves"] is not None:
        said.append(Message("värt {kronor} kr", kronor=f"{move['saves']:.0f}"))
    return f" ({'; '.join(map(str, said))})" if said else ""


def _felt(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "vårdtjänst": row["service_id"],
        "namn": row["name"],
        "väntan, veckor": row["wait_weeks_before"],
        "efter": row["wait_weeks_after"],
        "personveckor över gränsen": row["late_before"],
        "efter flytt": row["late_after"],
    }


_NAMES = {"last_year": "förra årets produktion", "pro_rata": "kapacitet i proportion till behov"}


def _worth(name: str, objective: float, value: dict[str, Any]) -> dict[str, Any]:
    return {
        "plan": name,
        "veckor utanför gränsen": value["weeks_outside"],
        "personveckor över gränsen": value["late_person_weeks"],
        "känd kostnad, kr": value["known_cost_ore"] / 100,
        "ändring mellan veckor": value["change"],
        "sammanvägt, kr": objective,
        "brott": value.get("breaches", 0),
    }


def _years(document: dict[str, Any]) -> list[dict[str, Any]]:
    late: dict[str, int] = {}
    queue: dict[str, float] = {}
    for row in document.get("waiting", ()):
        late[row["service_id"]] = late.get(row["service_id"], 0) + (row["late"] >= 0.5)
        queue[row["service_id"]] = row["queue"]
    return [
        {
            "vårdtjänst": row["service_id"],
            "namn": row["name"],
            "planerat": row["production"],
            "väntande sist": queue[row["service_id"]],
            "veckor utanför": late[row["service_id"]],
        }
        for row in document.get("totals", ())[:_SHOWN]
    ]
