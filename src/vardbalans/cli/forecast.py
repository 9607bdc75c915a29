"""Forecasts: of the series in a file, and of the need some years ahead from a store with population."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Seed, Store, answer, app, tell
from vardbalans.cli_text import findings_text, first_rows_text
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Frequency

if TYPE_CHECKING:
    from vardbalans.engine.need import Outlook, YearlyNeed


@app.command()
def forecast(
    file: Annotated[Path | None, typer.Argument(help="csv med kolumnerna series_id, period och value.")] = None,
    horizon: Annotated[int | None, typer.Option(min=1, max=1000, help="Antal perioder framåt, med FILE.")] = None,
    years: Annotated[
        int | None,
        typer.Option(min=1, max=15, help="Utan FILE: år framåt, ur lagrets data och befolkning."),
    ] = None,
    unit: Annotated[str | None, typer.Option(help="Med --years: bara denna enhet och de under den.")] = None,
    service: Annotated[str | None, typer.Option(help="Med --years: bara denna vårdtjänst.")] = None,
    draws: Annotated[int, typer.Option(min=1, help="Med --years: antal simuleringar.")] = 1000,
    season: Annotated[int | None, typer.Option(min=1, max=366, help="Säsongens längd i perioder.")] = None,
    frequency: Annotated[Frequency | None, typer.Option(help="Läs perioderna som dagar, veckor eller månader.")] = None,
    country: Annotated[str, typer.Option(help="Landet vars helgdagar gäller, till exempel SE eller GB-ENG.")] = "SE",
    seed: Seed = 1,
    out: Annotated[Path | None, typer.Option(help="Skriv prognosen som csv i denna fil.")] = None,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Gör prognos på varje serie i FILE, eller på behovet åren framåt i lagret: medelvärde, kvantiler och varför.

    Antingen FILE och --horizon, eller --years.
    """
    from vardbalans.data.forecast_run import run_forecast, write_forecast

    if out and not out.parent.is_dir():
        raise BadInput(Message("Mappen {folder} finns inte.", folder=out.parent))
    found: Sequence[Outlook | YearlyNeed]
    if file is not None and horizon is not None and years is None:
        if not file.is_file():
            raise BadInput(Message("Filen {file} finns inte.", file=file))
        document, made = run_forecast(file, horizon, season=season, frequency=frequency, country=country, seed=seed)
        found = made.series
    elif years is not None and file is None and horizon is None:
        from vardbalans.data.need_run import run_need

        document, found = run_need(store, years, unit=unit, service=service, draws=draws, seed=seed)
    else:
        raise typer.BadParameter(str(Message("Ange antingen FILE och --horizon, eller --years.")))
    if out and found:
        try:
            write_forecast(out, found)
        except OSError as error:
            raise BadInput(
                Message("{path} går inte att skriva: {why}. Välj en annan med --out.", path=out, why=error.strerror)
            ) from error
    answer(document, json_, first_rows_text((_year_rows if years else _rows)(document)) if not json_ else "")
    if document["findings"]:
        tell(findings_text(document["findings"]))
    if not found:
        raise typer.Exit(3)


def _rows(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"serie": row["series_id"], "period": period, "medel": mean, "10 %": low, "90 %": high, "metod": row["method"]}
        for row in document["series"]
        for period, mean, low, high in zip(
            row["periods"], row["mean"], row["quantiles"]["q10"], row["quantiles"]["q90"], strict=True
        )
    ]


def _year_rows(document: dict[str, Any]) -> list[dict[str, Any]]:
    """One row per service: the last outcome, the first and the last year, and what the change is due to."""
    rows = []
    for series in document["series"]:
        growth = [figure for figure in series["steps"] if figure["figure"] == "growth"][-1]
        number, structure, rate, *adjusted = (step["value"] for step in growth["terms"])
        rows.append(
            {
                "serie": series["series_id"],
                "senaste året": series["base"],
                series["periods"][0]: series["mean"][0],
                f"till {series['periods'][-1]}": series["mean"][-1],
                "10 %": series["quantiles"]["q10"][-1],
                "90 %": series["quantiles"]["q90"][-1],
                "av antal invånare": number,
                "av sammansättning": structure,
                "av antal per invånare": rate,
                "av justeringar": sum(adjusted),
            }
        )
    return rows
