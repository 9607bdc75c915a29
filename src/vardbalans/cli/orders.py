"""Orders from the level above: weigh them against need and capacity, and answer them."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Seed, Store, answer, app
from vardbalans.cli_text import findings_text, table_text
from vardbalans.engine.messages import Message

orders = typer.Typer(no_args_is_help=True, help="Beställningar från nivån ovanför.")
app.add_typer(orders, name="orders")

_STATUS = {"proposed": "förslag", "accepted": "godkänd", "rejected": "avvisad", "countered": "motförslag"}


@orders.command("weigh")
def weigh_command(
    year: Annotated[int, typer.Option(min=1990, max=2150, help="Året som är beställt.")],
    unit: Annotated[str | None, typer.Option(help="Bara denna enhet och de under den.")] = None,
    draws: Annotated[int, typer.Option(min=1)] = 1000,
    seed: Seed = 1,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Ställ årets beställningar mot behov, plan och kapacitet: vad de tar, vad som inte går och varför."""
    from vardbalans.data.orders_run import weigh_orders
    from vardbalans.engine.scenario import Settings

    found = weigh_orders(store, year, Settings(draws, seed), unit=unit)
    answer(found, json_, "" if json_ else _text(found))


@orders.command("answer")
def answer_command(
    unit: Annotated[str, typer.Option(help="Enheten som ska utföra.")],
    service: Annotated[str, typer.Option(help="Vårdtjänsten som är beställd.")],
    year: Annotated[int, typer.Option(min=1990, max=2150)],
    status: Annotated[Literal["proposed", "accepted", "rejected", "countered"], typer.Option(help="Svaret.")],
    by: Annotated[str, typer.Option(help="Funktionen som svarar, inte en persons namn.")],
    volume: Annotated[float | None, typer.Option(min=0, help="Volymen som föreslås i stället.")] = None,
    reason: Annotated[str, typer.Option(help="Skälet; krävs för avvisad och motförslag.")] = "",
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Svara på en beställning. Svaret läggs till det som redan är sagt och ändras aldrig."""
    from vardbalans.data.orders_run import answer_order

    place = (unit, service, year)
    found = answer_order(store, place, status, author=by, at=datetime.now(UTC), volume=volume, reason=reason)
    text = Message(
        "{service} {year}: {status}, {volume}.",
        service=service,
        year=year,
        status=_STATUS[found["order"]["status"]],
        volume=round(found["order"]["spoken_of"]),
    )
    answer(found, json_, str(text))


def _text(found: dict[str, Any]) -> str:
    rows = [
        {
            "enhet": row["unit_id"],
            "vårdtjänst": row["service_id"],
            "status": _STATUS[row["status"]],
            "volym": round(row["volume"]),
            "behov": round(row["need"]),
            "för listans mål": round(row["planned"]),
            "planen ger": round(row["feasible"]),
            "går": round(row["possible"]),
            "säkerhet": row["probability"],
            "timmar": round(sum(part["takes"] for part in row["resources"] if part["measure"] == "minutes") / 60),
            "avtal, kr": None if row["cost_ore"] is None else round(row["cost_ore"] / 100),
            "extra tid för bristen, kr": None if row["extra_ore"] is None else round(row["extra_ore"] / 100),
        }
        for row in found["orders"]
    ]
    why = [f"– {row['service_id']}: {what}" for row in found["orders"] for what in row["why"]]
    return "\n".join(part for part in (table_text(rows), *why, findings_text(found["findings"])) if part)
