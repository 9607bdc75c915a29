"""Capacity: the formula by itself, what resources give week by week, staff, pooling, and work and time that move."""

from pathlib import Path
from typing import Annotated, Any

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Seed, Store, answer, app, tell
from vardbalans.cli_text import findings_text, table_text
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

Row = dict[str, Any]

capacity = typer.Typer(invoke_without_command=True, help="Kapacitet: formeln, resurser, bemanning och poolning.")
app.add_typer(capacity, name="capacity")

Weeks = Annotated[int, typer.Option(min=1, max=260, help="Antal veckor framåt.")]
_PARTS = {
    "employed": "anställd",
    "opened": "öppen",
    "holidays": "helgdagar",
    "closed": "stängt",
    "booked_absence": "bokad frånvaro",
    "expected_absence": "väntad frånvaro",
    "maintenance": "service",
    "non_clinical": "icke-klinisk",
    "unused": "ej nyttjad",
}
_FACTORS = {
    "sets": "P, uppsättningar",
    "minutes": "t, öppna minuter",
    "utilisation": "N, nyttjandegrad",
    "mean_minutes": "m, minuter per aktivitet",
}


@capacity.callback()
def capacity_command(
    context: typer.Context,
    sets: Annotated[float | None, typer.Option(help="P: uppsättningar, till exempel bemannade salar.")] = None,
    minutes: Annotated[float | None, typer.Option(help="t: öppna minuter per uppsättning.")] = None,
    utilisation: Annotated[float | None, typer.Option(help="N: nyttjandegrad, 0 till 1.")] = None,
    mean_minutes: Annotated[float | None, typer.Option(help="m: minuter per aktivitet.")] = None,
    before: Annotated[str | None, typer.Option(help="P,t,N,m före förändringen, med punkt som decimaltecken.")] = None,
    unit: Annotated[str | None, typer.Option(help="Visa resurserna i denna enhet och de under den.")] = None,
    year: Annotated[int | None, typer.Option(help="Visa detta ISO-år i stället för de närmaste veckorna.")] = None,
    weeks: Weeks = 52,
    draws: Annotated[int, typer.Option(min=1, help="Antal simuleringar.")] = 1000,
    seed: Seed = 1,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Räkna K = P·t·N/m med känslighet och delning av en förändring, eller visa vad resurserna i data ger per vecka."""
    if context.invoked_subcommand:
        return
    factors = {"--sets": sets, "--minutes": minutes, "--utilisation": utilisation, "--mean-minutes": mean_minutes}
    absent = [name for name, value in factors.items() if value is None]
    if before is None and len(absent) == len(factors):
        _availability(store, unit, weeks, year, draws, seed, json_)
        return
    if absent:
        raise typer.BadParameter(str(Message("Formeln behöver också {names}.", names=", ".join(absent))))
    if unit is not None or year is not None:
        raise typer.BadParameter(str(Message("Ange antingen formelns fyra tal, eller en enhet och ett år.")))
    _formula([value for value in factors.values() if value is not None], before, json_)


def _formula(now: list[float], before: str | None, json_: bool) -> None:
    from vardbalans.engine import capacity as engine

    factors = engine.Factors(*now)
    document: Row = {"capacity": engine.capacity(factors), "sensitivities": engine.sensitivities(), "findings": []}
    if before is not None:
        earlier = engine.Factors(*_four(before))
        document["before"] = engine.capacity(earlier)
        document["change"] = document["capacity"] - document["before"]
        document["parts"] = engine.change_parts(factors, earlier)
    text = table_text([{name: document[name] for name in ("before", "capacity", "change") if name in document}])
    rows = [
        {"faktor": _FACTORS[name], "känslighet": value}
        | ({"del av ändringen": document["parts"][name]} if before is not None else {})
        for name, value in document["sensitivities"].items()
    ]
    answer(document, json_, f"{text}\n{table_text(rows)}")


def _four(text: str) -> list[float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise BadInput(
            Message("--before ska vara fyra tal P,t,N,m med punkt som decimaltecken, inte {text}.", text=text)
        ) from error
    if len(numbers) != 4:
        raise BadInput(Message("--before ska vara fyra tal P,t,N,m, inte {count}.", count=len(numbers)))
    return numbers


def _availability(
    store: Path, unit: str | None, weeks: int, year: int | None, draws: int, seed: int, json_: bool
) -> None:
    from vardbalans.data.capacity_run import availability

    found = availability(store, unit, weeks=weeks, year=year, draws=draws, seed=seed)
    answer(found, json_, "" if json_ else _availability_text(found))
    if found["findings"]:
        tell(findings_text(found["findings"]))


def _availability_text(found: Row) -> str:
    """Return each resource's time over all the weeks in hours, part by part, and what each set allows a week."""
    totals: dict[str, Row] = {}
    for row in found["rows"]:
        total = totals.setdefault(
            row["resource_id"], {"resurs": row["resource_name"], **dict.fromkeys(_PARTS.values(), 0.0), "timmar": 0.0}
        )
        for code, minutes in row["parts"].items():
            total[_PARTS[code]] += minutes / 60
        total["timmar"] += row["available_minutes"] / 60
    count = len(found["weeks"])
    sets = [
        {
            "vårdtjänst": row["service_name"],
            "uppsättning": row["set_name"] or "ordinarie",
            "räcker till per vecka": sum(row["doable"]) / count,
            "begränsas oftast av": max(set(row["binding"]), key=row["binding"].count),
        }
        for row in found["sets"]
    ]
    head = Message(
        "Version {version}, {first}–{last}.", version=found["version"], first=found["weeks"][0], last=found["weeks"][-1]
    )
    return "\n\n".join(filter(None, (str(head), table_text(list(totals.values())), table_text(sets))))


@capacity.command("change")
def change_command(
    before: Annotated[str, typer.Option(help="Perioden före: 2025-03, 2025-W10 eller 2025-01..2025-06.")],
    now: Annotated[str, typer.Option(help="Perioden att jämföra med, skriven likadant.")],
    unit: Annotated[str | None, typer.Option(help="Vårdtjänsterna i denna enhet och de under den.")] = None,
    service: Annotated[str | None, typer.Option(help="Bara denna vårdtjänst.")] = None,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Räkna K = P·t·N/m per enhet och vårdtjänst ur data i två perioder, och dela ändringen exakt på de fyra."""
    from vardbalans.data.capacity_change_run import capacity_change, period_of

    found = capacity_change(store, period_of(before), period_of(now), unit=unit, service=service)
    rows = [
        {
            "enhet": row["unit_id"],
            "vårdtjänst": row["service_id"],
            "resurs": row["resource_id"],
            "K före": row["before"],
            "K nu": row["capacity"],
            "ändring": row["change"],
            **{f"av {name[0]}": row["parts"][code] for code, name in _FACTORS.items()},
        }
        for row in found["rows"]
    ]
    answer(found, json_, "" if json_ else table_text(rows))
    if found["findings"]:
        tell(findings_text(found["findings"]))


@capacity.command("norm")
def norm_command(
    per_week: Annotated[float, typer.Option(help="Antal per behandlare och vecka.")],
    practitioners: Annotated[float, typer.Option(help="Behandlare, i heltidstjänster.")],
    weeks: Annotated[float, typer.Option(help="Veckor på plats under året.")],
    json_: Json = False,
) -> None:
    """Räkna vad en produktionsnorm ger: antal per vecka · behandlare · veckor."""
    from vardbalans.engine.capacity import norm_production

    production = norm_production(per_week, practitioners, weeks)
    answer({"production": production, "findings": []}, json_, table_text([{"produktion": production}]))


@capacity.command("pool")
def pool_command(
    resource: Annotated[list[str] | None, typer.Option(help="Resurs i data; ange minst två.")] = None,
    servers: Annotated[list[int] | None, typer.Option(help="Platser i en enhet; ange minst två, i ordning.")] = None,
    load: Annotated[list[float] | None, typer.Option(help="Belastning i platser, en för varje --servers.")] = None,
    cv: Annotated[
        float | None, typer.Option(min=0, help="Tidernas variationskoefficient; annars den mätta, eller exponentiell.")
    ] = None,
    arrivals: Annotated[int, typer.Option(min=100, help="Ankomster i varje simulering.")] = 20_000,
    runs: Annotated[int, typer.Option(min=2, help="Antal simuleringar.")] = 30,
    weeks: Weeks = 52,
    seed: Seed = 1,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Räkna vinsten av att slå ihop enheter eller rum: avvisade och väntan, med Erlangs formler och med simulering."""
    from vardbalans.data.pooling_run import pooled_resources, pooling_document
    from vardbalans.engine.capacity.pooling import Part

    known: Row = {}
    if resource and not (servers or load):
        found = pooled_resources(store, resource, weeks=weeks, seed=seed)
        names, parts = found.names, found.parts
        cv = found.cv if cv is None else cv
        known = {"version": found.version, "mean_minutes": found.minutes}
    elif servers and load and len(servers) == len(load) and not resource:
        parts = tuple(Part(*pair) for pair in zip(servers, load, strict=True))
        names = tuple(str(number) for number in range(1, len(parts) + 1))
    else:
        raise typer.BadParameter(
            str(Message("Ange minst två resurser (--resource), eller lika många --servers som --load."))
        )
    document = known | pooling_document(names, parts, cv, arrivals=arrivals, runs=runs, seed=seed)
    answer(document, json_, "" if json_ else _pool_text(document))


_MEASURES = {"leaves": "andel som avvisas", "waits": "medelväntan, i behandlingstider"}


def _pool_text(document: Row) -> str:
    erlang, saved = document["erlang"], document["saved"]
    formula = [
        {
            "Erlang": "andel som avvisas (B)",
            "var för sig": erlang["blocked_apart"],
            "tillsammans": erlang["blocked_together"],
            "färre platser vid samma": saved["leaves"],
        },
        {
            "Erlang": "medelväntan, i behandlingstider (C)",
            "var för sig": erlang["wait_apart"],
            "tillsammans": erlang["wait_together"],
            "färre platser vid samma": saved["waits"],
        },
    ]
    simulated = [
        {
            "simulerat": _MEASURES[row["measure"]],
            "var för sig": row["apart"]["mean"],
            "tillsammans": row["together"]["mean"],
            "vinst": row["gain"]["mean"],
            "99 % från": row["gain"]["low"],
            "till": row["gain"]["high"],
        }
        for row in document["simulated"]
    ]
    units = [{"enhet": row["name"], "platser": row["servers"], "belastning": row["load"]} for row in document["units"]]
    return "\n\n".join(table_text(rows) for rows in (units, formula, simulated))


@capacity.command("staff")
def staff_command(
    unit: Annotated[str, typer.Option(help="Avdelningen som ska bemannas.")],
    patients: Annotated[list[str] | None, typer.Option(help="Kategori och antal, till exempel vanlig=14.")] = None,
    beds: Annotated[float | None, typer.Option(min=0, help="Vårdplatser; annars de senast kända.")] = None,
    weeks: Weeks = 1,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Räkna personalbehovet med bemanningsnycklar: antal per pass och dag, minuter, pass och tjänster per yrke."""
    from vardbalans.data.staffing_run import staff_of_unit

    found = staff_of_unit(store, unit, dict(_category(text) for text in patients or ()), beds, weeks=weeks)
    shifts: dict[tuple[str, str], Row] = {}
    for row in found["rows"]:
        empty = {"yrke": row["competence"], "datum": row["date"], **dict.fromkeys(_SHIFTS.values())}
        shifts.setdefault((row["competence"], row["date"]), empty)[_SHIFTS[row["shift"]]] = row["staff"]
    totals = [
        {
            "yrke": row["competence"],
            "vecka": row["week"],
            "timmar": row["minutes"] / 60,
            "pass": row["shifts"],
            "tjänster på plats": row["fte"],
            "anställda": row["fte_employed"],
        }
        for row in found["totals"]
    ]
    answer(found, json_, f"{table_text(list(shifts.values()))}\n\n{table_text(totals)}")


_SHIFTS = {"day": "dag", "evening": "kväll", "night": "natt"}


def _category(text: str) -> tuple[str, float]:
    name, _, count = text.partition("=")
    try:
        return name, float(count)
    except ValueError as error:
        raise typer.BadParameter(
            str(Message("{text} ska skrivas som kategori=antal, till exempel vanlig=14.", text=text))
        ) from error


@capacity.command("hours")
def hours_command(
    file: Annotated[Path, typer.Argument(help="csv med service_id, week, production, eller json från plan propose.")],
    weeks: Weeks = 52,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Räkna en plans personaltimmar per yrke och dag."""
    from vardbalans.data.staffing_run import hours_of_plan

    found = hours_of_plan(store, file, weeks=weeks)
    rows = [
        {
            "yrke": row["competence"],
            "resurs": row["resource_id"],
            "vecka": row["week"],
            "timmar": row["minutes"] / 60,
            "tjänster": row["fte"],
        }
        for row in found["totals"]
    ]
    answer(found, json_, table_text(rows))
    if found["findings"]:
        tell(findings_text(found["findings"]))
    if any(row["severity"] == "error" for row in found["findings"]):
        raise typer.Exit(3)


@capacity.command("shift")
def shift_command(
    giver: Annotated[str, typer.Option("--from", help="Resursen som avlastas.")],
    receiver: Annotated[str, typer.Option("--to", help="Resursen som tar över.")],
    share: Annotated[float, typer.Option(min=0, max=1, help="Andel av arbetet som den andra får göra.")],
    efficiency: Annotated[float, typer.Option(help="Minuter av arbetet som den andra gör på en minut.")] = 1.0,
    weeks: Weeks = 52,
    seed: Seed = 1,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Flytta uppgifter från ett yrke till ett annat, så mycket som täcker bristen utan att ge en ny."""
    from vardbalans.data.capacity_run import shifted_tasks

    found = shifted_tasks(store, giver, receiver, share, efficiency, weeks=weeks, seed=seed)
    rows = [
        {"vecka": row["week"]} | {_SHIFTED[name]: row[name] / 60 for name in _SHIFTED}
        for row in found["rows"]
        if row["moved"]
    ]
    head = Message(
        "{moved} timmar flyttas och blir {taken}.",
        moved=round(found["moved_minutes"] / 60, 1),
        taken=round(found["taken_minutes"] / 60, 1),
    )
    answer(found, json_, f"{head}\n{table_text(rows)}")


_SHIFTED = {
    "moved": "flyttade timmar",
    "from_before": "balans före",
    "from_after": "efter",
    "to_before": "den andras före",
    "to_after": "och efter",
}


@capacity.command("move")
def move_command(
    resource: Annotated[str, typer.Option(help="Personalgruppen vars icke-kliniska tid ska flyttas.")],
    window: Annotated[int, typer.Option(min=1, help="Hur långt tiden högst får flyttas, i veckor eller dagar.")] = 4,
    by_day: Annotated[bool, typer.Option(help="Flytta mellan dagar i stället för veckor.")] = False,
    weeks: Weeks = 52,
    seed: Seed = 1,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Föreslå vilken icke-klinisk tid som ska flyttas ut ur topparna, med balansen före och efter."""
    from vardbalans.data.capacity_run import moved_time

    found = moved_time(store, resource, window, by_day=by_day, weeks=weeks, seed=seed)
    rows = [{"från": row["from"], "till": row["to"], "timmar": row["minutes"] / 60} for row in found["moves"]]
    head = Message(
        "Bristen är {before} timmar, och {after} när tiden är flyttad.",
        before=round(found["short_before"] / 60, 1),
        after=round(found["short_after"] / 60, 1),
    )
    answer(found, json_, f"{head}\n{table_text(rows)}")
