"""How long people wait: by a file of waiting-time bands, or by the referrals of a store."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Store, answer, app, tell
from vardbalans.cli_text import findings_text, first_rows_text, table_text
from vardbalans.engine.messages import Message

_DIMENSIONS = {"sex": "kön", "age": "ålder", "municipality": "kommun"}


@app.command()
def waits(
    file: Annotated[Path | None, typer.Argument(help="Fil med väntande per väntetidsintervall.")] = None,
    profile: Annotated[str | None, typer.Option(help="Med FILE: profilen som den läses genom.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=0, help="Med FILE: gränsen i dagar, i stället för profilens.")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="Utan FILE: bara denna enhet och de under den.")] = None,
    service: Annotated[str | None, typer.Option(help="Utan FILE: bara denna vårdtjänst.")] = None,
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Utan FILE: dagen som väntan räknas till.")
    ] = None,
    weeks: Annotated[int, typer.Option(min=1, max=260, help="Utan FILE: veckor som de behandlade räknas i.")] = 13,
    outside: Annotated[bool, typer.Option(help="Utan FILE: dölj små tal som utanför regionen.")] = False,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Räkna median, 92:a och 95:e percentil och andel inom gränsen, ur väntetidsintervall i FILE eller ur lagret.

    Antingen FILE och --profile, eller varken eller.
    """
    if (file is None) != (profile is None):
        raise typer.BadParameter(str(Message("Ange FILE tillsammans med --profile, eller inget av dem.")))
    if file is not None and profile is not None:
        from vardbalans.data.band_waits import band_waits
        from vardbalans.data.read.profiles.kept import Profiles

        document, is_wrong = band_waits(file, Profiles(store).named(profile), limit_days=limit)
    else:
        from vardbalans.data.lake import Lake
        from vardbalans.data.waits_run import waits_of

        lake, is_wrong = Lake(store), False
        head, asked = lake.required_head(), day.date() if day else None
        if "referrals" in head.tables or "waiting" not in head.tables:
            document = waits_of(lake, head, as_of=asked, weeks=weeks, unit=unit, service=service, outside=outside)
            document["rows"] = [row | _promised(row) for row in document["rows"]]
        else:
            from vardbalans.data.band_waits import stored_band_waits

            document = stored_band_waits(lake, head, as_of=asked, unit=unit, service=service, outside=outside)
    is_unread = is_wrong and not document["rows"]  # which says nothing of who waited
    answer(document, json_, "" if json_ or is_unread else _text(document))
    if document["findings"]:
        tell(findings_text(document["findings"]))
    if is_wrong:
        raise typer.Exit(3)


def _promised(row: dict[str, Any]) -> dict[str, Any]:
    """Return the keys that rows of this command always have; the figures are those of everyone, by all days waited."""
    figures = row["included"]
    weeks = {
        f"{name}_weeks": None if figures[f"{name}_days"] is None else figures[f"{name}_days"] / 7
        for name in ("median", "p92", "p95")
    }
    named = {"provider": row["unit_id"], "specialty": row["service_id"], "pathway": row["part"], "n": figures["n"]}
    return named | weeks | {"share_within": figures["within"]}


def _text(document: dict[str, Any]) -> str:
    """Return the rows for people; of a store, those of whole services."""
    rows = [row for row in document["rows"] if row.get("dimension", "all") == "all"]
    if not rows:
        return str(Message("Ingen väntade, och ingen behandlades, av dem som frågan gäller."))
    lines = [first_rows_text([_line(row) for row in rows])]
    uneven = [_uneven(row) for row in document.get("equity", []) if row["service_id"] is None]
    if uneven:
        lines.append(table_text(uneven))
    return "\n".join(lines)


def _uneven(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "gräns": row["measure"],
        "slag": "väntande" if row["part"] == "waiting" else "behandlade",
        "delat efter": _DIMENSIONS[row["dimension"]],
        "längst väntan": row["longest"],
        "median, dagar": row["longest_days"],
        "kortast väntan": row["shortest"],
        "median, dagar ": row["shortest_days"],
        "kvot": row["ratio"],
    }


def _line(row: dict[str, Any]) -> dict[str, Any]:
    if "included" not in row:
        return {
            "vårdgivare": row["provider"],
            "specialitet": row["specialty"],
            "slag": row["pathway"],
            "antal": row["n"],
            "median, veckor": row["median_weeks"],
            "92 %": row["p92_weeks"],
            "95 %": row["p95_weeks"],
            "andel inom gränsen": row["share_within"],
        }
    return {
        "vårdtjänst": row["service_name"] or "alla",
        "gräns": row["measure"],
        "slag": "väntande" if row["part"] == "waiting" else "behandlade",
        "antal": row["included"]["n"],
        "median, dagar": row["included"]["median_days"],
        "90 %": row["included"]["p90_days"],
        "95 %": row["included"]["p95_days"],
        "inom, alla": row["included"]["within"],
        "utan PvV och MoV": row["excluded"]["within"],
        "enligt lagen": row["law"]["within"],
    }
