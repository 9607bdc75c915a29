"""The year's volume over weeks and days, and planned care evened out: two commands of the plan."""

from pathlib import Path
from typing import Annotated, Any

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Seed, Store, answer
from vardbalans.cli.plan import plan
from vardbalans.cli_text import findings_text, table_text
from vardbalans.engine.messages import Message

_DAYS = ("mån", "tis", "ons", "tors", "fre", "lör", "sön")
_LIMITS = {
    "slots": Message("dagarna som planerad vård får börja"),
    "most": Message("antalet som får börja samtidigt"),
    "resources": Message("övriga resurser"),
}


@plan.command("spread")
def spread_command(
    year: Annotated[int, typer.Option(min=1990, max=2150, help="Kalenderåret.")],
    service: Annotated[list[str] | None, typer.Option(help="Vårdtjänst; kan anges flera gånger.")] = None,
    unit: Annotated[str | None, typer.Option(help="Alla beställda tjänster för enheten och de under den.")] = None,
    volume: Annotated[int | None, typer.Option(min=0, help="Årsvolymen; annars den beställda.")] = None,
    target: Annotated[float | None, typer.Option(min=0, help="Önskad variation, till exempel 0.05.")] = None,
    squeeze: Annotated[float, typer.Option(min=0, max=1, help="Vad en klämdag väger mot en vanlig dag.")] = 0.5,
    within_capacity: Annotated[
        bool, typer.Option("--within-capacity", help="Ingen vecka över vad som får plats.")
    ] = False,
    locked: Annotated[Path | None, typer.Option(help="Planfil med veckor som inte får ändras.")] = None,
    out: Annotated[Path | None, typer.Option(help="Skriv dagarna som csv i denna fil.")] = None,
    staff: Annotated[Path | None, typer.Option(help="Skriv personalens timmar per yrke och dag som csv.")] = None,
    draws: Annotated[int, typer.Option(min=1)] = 200,
    seed: Seed = 1,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Sprid årets volym på veckor och dagar i hela tal: dagarna blir veckan och veckorna året, exakt."""
    from vardbalans.data.plan_run import locked_cells
    from vardbalans.data.spread_run import Spreading, spread_volumes, write_days, write_staff
    from vardbalans.engine.scenario import Settings

    how = Spreading(squeeze, target, within_capacity, locked_cells(locked) if locked else {})
    found = spread_volumes(
        store, year, Settings(draws, seed), how, services=tuple(service or ()), unit=unit, volume=volume
    )
    if out:
        write_days(out, found)
    if staff:
        write_staff(staff, found)
    answer(found, json_, "" if json_ else _spread_text(found))


@plan.command("level")
def level_command(
    ward: Annotated[str, typer.Option(help="Vårdavdelningen vars planerade inskrivningar ska jämnas ut.")],
    history: Annotated[int, typer.Option(min=4, max=260, help="Antal veckor bakåt att räkna på.")] = 52,
    cycle: Annotated[int, typer.Option(min=1, max=8, help="Antal veckor i schemat som upprepas.")] = 1,
    per_day: Annotated[int, typer.Option(min=1, max=24, help="Delar av dygnet; 24 är timmar.")] = 1,
    most: Annotated[int | None, typer.Option(min=1, help="Högsta antal planerade inskrivningar per del.")] = None,
    groups: Annotated[int, typer.Option(min=1, max=5, help="Grupper efter vårdtid.")] = 2,
    seconds: Annotated[float, typer.Option(min=0.1, help="Längsta tid för lösaren.")] = 60.0,
    seed: Seed = 1,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Lägg planerade inskrivningar så att vårdplatserna beläggs så jämnt som det går, med samma antal."""
    from vardbalans.data.levelling_run import Asked, level_ward
    from vardbalans.engine.solving import Limits

    found = level_ward(store, Asked(ward, history, cycle, per_day, most, groups), Limits(seconds, 1e-6, seed))
    answer(found, json_, "" if json_ else _level_text(found))


def _spread_text(found: dict[str, Any]) -> str:
    rows = [
        {
            "vårdtjänst": row["service_id"],
            "år": row["volume"],
            "minsta vecka": min(week["count"] for week in row["weeks"]),
            "största vecka": max(week["count"] for week in row["weeks"]),
            "största dag": max(day["count"] for day in row["days"]),
            "variation": row["variation"],
            "utjämnad": row["evened"],
            "mål nått": {True: "ja", False: "nej", None: "–"}[row["reached"]],
        }
        for row in found["services"]
    ]
    return "\n".join(part for part in (table_text(rows), findings_text(found["findings"])) if part)


def _level_text(found: dict[str, Any]) -> str:
    head = Message(
        "Högsta beläggning {before} % blir {after} %, variation {cv} % blir {even} %.",
        before=round(100 * found["before"]["peak"]),
        after=round(100 * found["after"]["peak"]),
        cv=f"{100 * found['before']['variation']:.1f}",
        even=f"{100 * found['after']['variation']:.1f}",
    )
    per_day, week = found["per_day"], 7 * found["per_day"]
    rows = [
        {
            "vecka": row["slot"] // week + 1,
            "dag": _DAYS[row["slot"] % week // per_day],
            "kl": 24 // per_day * (row["slot"] % per_day),
            **{f"nu {name}": count for name, count in row["starts_before"].items()},
            **{f"jämnt {name}": count for name, count in row["starts_after"].items()},
            "belagda nu": row["load_before"],
            "jämnt": row["load_after"],
            "platser": row["capacity"],
        }
        for row in found["slots"]
        if per_day == 1 or any(row["starts_before"].values()) or any(row["starts_after"].values())
    ]
    costs = [
        str(
            Message(
                "Utan gränsen för {what} blev den högsta beläggningen {points} procentenheter lägre.",
                what=_LIMITS[row["limit"]],
                points=f"{100 * row['peak_falls']:.1f}",
            )
        )
        for row in found["limits"]
    ]
    return "\n".join([str(head), table_text(rows), *costs])
