"""The year's plan, outcome and rolling forecast, per service and summed over the units."""

from typing import Annotated, Any

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Seed, Store, answer, app
from vardbalans.cli_text import table_text


@app.command("follow-up")
def follow_up_command(
    unit: Annotated[str | None, typer.Option(help="Bara denna enhet och de under den.")] = None,
    version: Annotated[int | None, typer.Option(help="En tidigare version av data.")] = None,
    seed: Seed = 1,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Följ upp året: plan, utfall och prognos för resten, per vårdtjänst och summerat per enhet."""
    from vardbalans.data.follow_up_run import follow_up

    found = follow_up(store, unit=unit, seed=seed, version=version)
    answer(found, json_, "" if json_ else _text(found["rows"]))


def _text(rows: list[dict[str, Any]]) -> str:
    return table_text(
        [
            {
                "år": str(row["of_year"]),
                "enhet": row["unit_id"],
                "slag": row["kind"],
                "vårdtjänst": row["service_id"] or "(alla)",
                "utfall": row["done"],
                "plan hittills": row["done_planned"],
                "avvikelse": row["done_deviation"],
                "årets prognos": row["year"],
                "årets plan": row["year_planned"],
                "signal": {None: "", 0: "", 1: "över", -1: "under"}[row["sign"]],
            }
            for row in rows
        ]
    )
