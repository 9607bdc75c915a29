"""Forecasts of the series in a file."""

from pathlib import Path
from typing import Annotated, Any

import typer

from vardbalans.cli.app import Json, Seed, answer, app, tell
from vardbalans.cli_text import findings_text, table_text
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Frequency

_SHOWN = 40


@app.command()
def forecast(
    file: Annotated[Path, typer.Argument(help="csv med kolumnerna series_id, period och value.")],
    horizon: Annotated[int, typer.Option(min=1, max=1000, help="Antal perioder framåt.")],
    season: Annotated[int | None, typer.Option(min=1, max=366, help="Säsongens längd i perioder.")] = None,
    frequency: Annotated[Frequency | None, typer.Option(help="Läs perioderna som dagar, veckor eller månader.")] = None,
    country: Annotated[str, typer.Option(help="Landet vars helgdagar gäller, till exempel SE eller GB-ENG.")] = "SE",
    seed: Seed = 1,
    out: Annotated[Path | None, typer.Option(help="Skriv prognosen som csv i denna fil.")] = None,
    json_: Json = False,
) -> None:
    """Gör prognos på varje serie i FILE: medelvärde, kvantiler, metod och varför."""
    from vardbalans.data.forecast_run import run_forecast, write_forecast

    if not file.is_file():
        raise BadInput(Message("Filen {file} finns inte.", file=file))
    if out and not out.parent.is_dir():
        raise BadInput(Message("Mappen {folder} finns inte.", folder=out.parent))
    document, found = run_forecast(file, horizon, season=season, frequency=frequency, country=country, seed=seed)
    if out and found.series:
        write_forecast(out, found)
    answer(document, json_, table_text(_rows(document)[:_SHOWN]) if not json_ else "")
    if document["findings"]:
        tell(findings_text(document["findings"]))
    if not found.series:
        raise typer.Exit(3)


def _rows(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"serie": row["series_id"], "period": period, "medel": mean, "10 %": low, "90 %": high, "metod": row["method"]}
        for row in document["series"]
        for period, mean, low, high in zip(
            row["periods"], row["mean"], row["quantiles"]["q10"], row["quantiles"]["q90"], strict=True
        )
    ]
