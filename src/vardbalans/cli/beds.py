"""Beds: Erlang's formulas, who lies where, the next days, how many it takes, and what a change would do."""

from datetime import datetime
from typing import Annotated, Any

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Seed, Store, answer, app, tell
from vardbalans.cli_text import findings_text, table_text
from vardbalans.engine.messages import Message

beds = typer.Typer(no_args_is_help=True, help="Vårdplatser.")
app.add_typer(beds, name="beds")

Unit = Annotated[str | None, typer.Option(help="Bara denna avdelning, klinik eller detta sjukhus.")]
_SHOWN = 60
_LEVELS = {"all": "alla", "hospital": "sjukhus", "clinic": "klinik", "ward": "avdelning"}
_FIGURES = {
    "occupancy": "beläggning",
    "outliers_per_100": "utlokaliserade per 100",
    "crowded_per_100": "överbeläggning per 100",
    "elective_postponed_per_year": "uppskjutna planerade per år",
    "elective_admitted_per_year": "inskrivna planerade per år",
    "bed_days_per_year": "vårddygn per år",
}


@beds.command("erlang")
def beds_erlang(
    servers: Annotated[int, typer.Option(min=0, help="Platser.")],
    load: Annotated[float, typer.Option(help="Belastning: patienter per dag · vårdtid i dagar.")],
    json_: Json = False,
) -> None:
    """Räkna hur ofta alla platser är upptagna, utan kö (Erlang B) och med kö (Erlang C), och hur lång väntan blir."""
    from math import isfinite

    from vardbalans.engine import queueing

    found = {
        "erlang_b": queueing.blocking(servers, load),
        "erlang_c": queueing.all_busy(servers, load),
        "mean_queue": queueing.mean_queue(servers, load),
        "mean_wait_service_times": queueing.mean_wait(servers, load),
    }
    # Without end is no number in JSON: no value where the queue grows for ever.
    document: dict[str, Any] = {name: value if isfinite(value) else None for name, value in found.items()}
    answer(document | {"findings": []}, json_, "" if json_ else table_text([document]))


@beds.command("needed")
def beds_needed(
    load: Annotated[float | None, typer.Option(help="Belastning: patienter per dag · vårdtid i dagar.")] = None,
    blocking: Annotated[float, typer.Option(help="Högsta andel som inte får plats.")] = 0.05,
    share: Annotated[float, typer.Option(help="Utan --load: andel av tiden då platserna ska räcka.")] = 0.95,
    unit: Unit = None,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Räkna hur många platser en belastning kräver; utan --load varje avdelnings behov ur lagret."""
    if load is not None:
        from vardbalans.engine.queueing import servers_needed

        found: dict[str, Any] = {"beds": servers_needed(load, blocking), "findings": []}
        answer(found, json_, str(Message("{beds} vårdplatser", beds=found["beds"])))
        return
    from vardbalans.data.beds_run import need_of

    found = need_of(store, share=share, blocking=blocking, unit=unit)
    rows = [
        _unit(row)
        | {
            "belastning": row["load"],
            "disponibla": row["available"],
            "räcker andel av tiden": row["beds_for_share"],
            "enligt riktvärdet": row["beds_for_guide"],
            "enligt Erlang B": row["beds_for_blocking"],
            "vinst av att samnyttja": row.get("pooling_gain"),
        }
        for row in found["rows"][:_SHOWN]
    ]
    answer(found, json_, "" if json_ else table_text(rows))


@beds.command("census")
def beds_census(
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Första dagen; annars den sista.")
    ] = None,
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Sista dagen; annars den sista i data.")
    ] = None,
    hour: Annotated[int, typer.Option(min=0, max=23, help="Timmen som mätningen görs.")] = 6,
    unit: Unit = None,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Visa inneliggande, disponibla och stängda platser, överbeläggning och utlokaliserade per 100 disponibla."""
    from vardbalans.data.beds_run import census_of

    found = census_of(store, first=since and since.date(), last=day and day.date(), hour=hour, unit=unit)
    rows = [
        _unit(row)
        | {
            "inneliggande": row["occupied"],
            "disponibla": row["available"],
            "stängda": row["closed"],
            "beläggning": row["occupancy"],
            "överbeläggning per 100": row["overcrowded_per_100"],
            "utlokaliserade per 100": row["outliers_per_100"],
        }
        for row in found["rows"][:_SHOWN]
    ]
    answer(found, json_, "" if json_ else table_text(rows))
    if found["findings"]:
        tell(findings_text(found["findings"]))


@beds.command("counted")
def beds_counted(
    unit: Annotated[str | None, typer.Option(help="Bara denna enhet.")] = None,
    category: Annotated[str | None, typer.Option(help="Bara detta slag av vårdplatser.")] = None,
    periods: Annotated[int, typer.Option(min=1, max=120, help="Perioder framåt.")] = 12,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Visa räknade vårdplatser (tabellen bed_counts): beläggning, mot året före, och perioderna framåt."""
    from vardbalans.data.bed_counts_run import counted_of

    found = counted_of(store, unit=unit, category=category, horizon=periods)
    rows = [
        {
            "enhet": row["name"] or "alla",
            "slag": row["category"],
            "period": row["period"],
            "belagda": row["occupied"],
            "disponibla": row["available"],
            "beläggning": row["occupancy"],
            "senaste året": row["occupancy_of_year"],
            "mot året före": row["change_in_a_year"],
        }
        | _fullest(row["ahead"])
        for row in found["rows"][:_SHOWN]
    ]
    answer(found, json_, "" if json_ else table_text(rows))
    if found["findings"]:
        tell(findings_text(found["findings"]))


def _fullest(ahead: dict[str, Any] | None) -> dict[str, Any]:
    """Return the fullest period ahead with its 90 % interval."""
    names = ("fullast", "då", "5 %", "95 %")
    if not ahead or ahead["beds"] is None:
        return dict.fromkeys(names)
    share = ahead["occupancy"]
    at = max(range(len(ahead["periods"])), key=share["mean"].__getitem__)
    return dict(zip(names, (ahead["periods"][at], *(share[name][at] for name in ("mean", "q05", "q95"))), strict=True))


@beds.command("project")
def beds_project(
    days: Annotated[int, typer.Option(min=1, max=28, help="Dagar framåt.")] = 14,
    unit: Unit = None,
    draws: Annotated[int, typer.Option(min=0, help="Simulerade framtider vid sidan av de exakta; 0 utan.")] = 1000,
    origins: Annotated[int, typer.Option(min=0, max=104, help="Tidigare prognoser att pröva mot utfallet.")] = 12,
    seed: Seed = 1,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Räkna inneliggande timme för timme de närmaste dagarna: risk för fullt och för utlokaliserade."""
    from vardbalans.data.beds_run import projection_of

    found = projection_of(store, days=days, unit=unit, draws=draws, origins=origins, seed=seed)
    rows = [
        _unit(row)
        | {
            "platser": row["beds"][at],
            "timme": found["hours"][at][5:16],
            "väntas": row["mean"][at],
            "5 %": row["q05"][at],
            "95 %": row["q95"][at],
            "risk för fullt": row["p_full"][at],
            "minst en utlokaliserad": row["p_outliers_1"][at],
        }
        for row in found["rows"][:_SHOWN]
        for at in (23, len(found["hours"]) - 1)
    ]
    held = [
        {
            "dagar framåt": row["days"],
            "inom 80 %": row["inside"],
            "alla tillsammans": row["inside_together"],
            "medelfel": row["mean_error"],
        }
        for row in found["calibration"]
    ]
    answer(found, json_, "" if json_ else "\n\n".join(table_text(part) for part in (rows, held) if part))


@beds.command("simulate")
def beds_simulate(
    hospital: Annotated[str | None, typer.Option(help="Sjukhuset; annars alla tillsammans.")] = None,
    beds_: Annotated[list[str] | None, typer.Option("--beds", help="VÅRDAVDELNING=ANTAL[:VECKA-VECKA].")] = None,
    new_ward: Annotated[
        list[str] | None, typer.Option(help="NAMN=VÅRDPLATSER:VÅRDAVDELNING,… vars akuta hör dit.")
    ] = None,
    day_surgery: Annotated[list[str] | None, typer.Option(help="VÅRDAVDELNING=ANDEL av de planerade.")] = None,
    shorter_stay: Annotated[list[str] | None, typer.Option(help="VÅRDAVDELNING=FAKTOR på vårdtiden.")] = None,
    staffed: Annotated[
        list[str] | None, typer.Option(help="VÅRDAVDELNING=MEDARBETARE:PATIENTER VAR[:VECKA-VECKA].")
    ] = None,
    weekend: Annotated[list[str] | None, typer.Option(help="ANDEL av vägen till vardagens utskrivningar.")] = None,
    surge: Annotated[list[str] | None, typer.Option(help="VÅRDAVDELNING=PER DAG:VECKA-VECKA[:ANDEL PLANERAD].")] = None,
    postpone: Annotated[bool, typer.Option(help="Planerade utan plats skjuts upp en vecka.")] = False,
    replications: Annotated[int, typer.Option(min=2, help="År som spelas.")] = 200,
    seed: Seed = 1,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Spela ett år av avdelningarna som de är, och med var förändring för sig och alla: samma patienter i alla."""
    from vardbalans.data.beds_changes import change_of
    from vardbalans.data.beds_run import scenario_of

    given = {
        "beds": beds_,
        "new-ward": new_ward,
        "day-surgery": day_surgery,
        "shorter-stay": shorter_stay,
        "staffed": staffed,
        "weekend": weekend,
        "surge": surge,
    }
    changes = {f"{kind} {text}": change_of(kind, text) for kind, texts in given.items() for text in texts or ()}
    among = None if hospital is None else [hospital]
    found = scenario_of(store, changes, among=among, postpone=postpone, replications=replications, seed=seed)
    answer(found, json_, "" if json_ else _scenario_text(found))


@beds.command("staff")
def beds_staff(
    unit: Annotated[str, typer.Option(help="Vårdavdelningen som ska bemannas.")],
    share: Annotated[
        list[str] | None, typer.Option(help="Kategori och andel av patienterna, till exempel vanlig=0.8.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=28, help="Dagar framåt.")] = 14,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Räkna personalen dag för dag för dem som väntas ligga på avdelningen, med dess bemanningsnycklar."""
    from vardbalans.data.beds_staff import staff_ahead

    found = staff_ahead(store, unit, dict(_share(text) for text in share or ()), days=days)
    staff = {(row["competence"], row["shift"], row["date"]): row for row in found["rows"]}
    kinds = sorted({key[:2] for key in staff})
    rows = [
        {"datum": day["date"], "väntas": day["patients"], "disponibla": day["beds"]}
        | {f"{who}, {_SHIFTS[shift]}": staff[who, shift, day["date"]]["staff"] for who, shift in kinds}
        | {"timmar": sum(staff[who, shift, day["date"]]["minutes"] for who, shift in kinds) / 60}
        for day in found["days"]
    ]
    answer(found, json_, "" if json_ else table_text(rows))


_SHIFTS = {"day": "dag", "evening": "kväll", "night": "natt"}


def _share(text: str) -> tuple[str, float]:
    name, _, share = text.partition("=")
    try:
        return name, float(share)
    except ValueError as error:
        message = Message("{text} ska skrivas som kategori=andel, till exempel vanlig=0.8.", text=text)
        raise typer.BadParameter(str(message)) from error


def _unit(row: dict[str, Any]) -> dict[str, Any]:
    return {"nivå": _LEVELS[row["level"]], "enhet": row["name"]}


def _scenario_text(found: dict[str, Any]) -> str:
    rows = [
        {
            "mått": words,
            "nu": found["base"][name]["mean"],
            "lägst": found["base"][name]["low"],
            "högst": found["base"][name]["high"],
        }
        for name, words in _FIGURES.items()
    ]
    parts = [table_text(rows)]
    for row in found["scenarios"]:
        changed = [
            {
                "mått": words,
                "blir": row["figures"][name]["mean"],
                "skillnad": row["difference"][name]["mean"],
                "lägst": row["difference"][name]["low"],
                "högst": row["difference"][name]["high"],
            }
            for name, words in _FIGURES.items()
        ]
        parts.append(f"{row['scenario']}\n{table_text(changed)}")
    return "\n\n".join(parts)
