"""Goals and indicators, as a tree from the region down to its units."""

from typing import Annotated, Any

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Seed, Store, answer, app
from vardbalans.cli_text import findings_text, table_text

_STATUS = {
    "met": "nått",
    "not_met": "inte nått",
    "no_target": "–",
    "no_outcome": "inget utfall",
    "too_few": "för få att visa",
}


@app.command("goals")
def goals_command(
    unit: Annotated[str | None, typer.Option(help="Bara denna enhet och de under den.")] = None,
    indicator: Annotated[list[str] | None, typer.Option(help="Bara denna indikator; kan anges flera gånger.")] = None,
    weeks: Annotated[int, typer.Option(min=1, max=260)] = 52,
    draws: Annotated[int, typer.Option(min=1)] = 200,
    seed: Seed = 1,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Visa mål och utfall som ett träd: varje nivå är summan av enheterna under den."""
    from vardbalans.data.goals_run import goal_tree
    from vardbalans.engine.scenario import Settings

    found = goal_tree(store, Settings(draws, seed), unit=unit, weeks=weeks)
    if indicator:
        found["rows"] = [row for row in found["rows"] if row["indicator"] in indicator]
    answer(found, json_, "" if json_ else _text(found))


def _text(found: dict[str, Any]) -> str:
    shown = [row for row in found["rows"] if row["level"] not in ("theatre",)]
    rows = [
        {
            "enhet": "  " * row["depth"] + row["unit_id"],
            "indikator": row["indicator"],
            "antal": row["part"],
            "av": row["whole"],
            "utfall": row["value"],
            "mål": row["target"],
            "status": _STATUS[row["status"]],
        }
        for row in shown
    ]
    return "\n".join(part for part in (table_text(rows), findings_text(found["findings"])) if part)
