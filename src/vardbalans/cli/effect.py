"""The effect of a measure: what changed when it began, beyond trend, season and control series."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from vardbalans.cli.app import Json, Seed, answer, app, tell
from vardbalans.cli_text import findings_text
from vardbalans.engine.messages import Message


@app.command()
def effect(
    file: Annotated[
        Path,
        typer.Argument(
            help="csv med kolumnerna period, value och, där det behövs, denominator; fler är kontrollserier."
        ),
    ],
    start: Annotated[str, typer.Option(help="Dagen eller perioden då åtgärden började.")],
    model: Annotated[
        Literal["poisson", "quasipoisson", "negative_binomial", "gaussian"] | None,
        typer.Option(
            help="Läroboksmodellen med dess eget intervall; annars väljs den, och perioders likhet räknas in."
        ),
    ] = None,
    harmonics: Annotated[
        int | None, typer.Option(min=0, max=6, help="Årstidens övertoner; 2 utan --model, 0 med, om inget anges.")
    ] = None,
    slope: Annotated[bool, typer.Option(help="Låt även lutningen ändras; steget gäller då vid starten.")] = False,
    control: Annotated[
        list[Path] | None, typer.Option(help="csv med en kontrollserie; kan anges flera gånger.")
    ] = None,
    season: Annotated[int | None, typer.Option(min=1, max=366, help="Årstidens längd i perioder.")] = None,
    expected: Annotated[
        float | None, typer.Option(help="Väntad effekt (kvot av antal, annars skillnad): hur länge måste man mäta?")
    ] = None,
    seed: Seed = 1,
    json_: Json = False,
) -> None:
    """Räkna effekten av det som började en dag, med intervall och omdöme: visad eller inte visad."""
    from vardbalans.data.effect_run import Asked, run_effect
    from vardbalans.engine.effects.interrupted import Form

    asked = Asked(start, Form(model, harmonics, slope), tuple(control or ()), season, expected, seed)
    document = run_effect(file, asked)
    answer(document, json_, "" if json_ or "verdict" not in document else _text(document))
    if document["findings"]:
        tell(findings_text(document["findings"]))
    if "verdict" not in document:
        raise typer.Exit(3)


def _text(document: dict[str, Any]) -> str:
    """Return the effect in sentences: how large, if it is shown, the placebo, and what could have been seen."""
    ratio = document["scale"] == "ratio"
    change = _percent if ratio else _number
    lines = [
        Message(
            "Effekt {effect} (95 % intervall {low} till {high}): {verdict}.",
            effect=change(document["estimate"]),
            low=change(document["low"]),
            high=change(document["high"]),
            verdict=Message("visad") if document["verdict"] == "shown" else Message("ej visad"),
        ),
        Message(
            "Med perioders likhet inräknad: {low} till {high} (korrelation {correlation}).",
            low=change(document["robust"]["low"]),
            high=change(document["robust"]["high"]),
            correlation=_number(document["correlation"]),
        ),
        Message(
            "{before} perioder före och {after} efter; modell {model}, spridning {dispersion}.",
            before=document["periods_before"],
            after=document["periods_after"],
            model=document["model"],
            dispersion=_number(document["dispersion"]),
        ),
    ]
    if document["placebo"]["tried"]:
        lines.append(
            Message("Prov med påhittade starter före: {shown} av {tried} visar en effekt.", **document["placebo"])
        )
    lines += _power_lines(document["power"], change)
    return "\n".join(map(str, lines))


def _power_lines(power: dict[str, Any], change: Any) -> list[Message]:
    lines = []
    if power["detectable"] is not None:
        lines.append(
            Message(
                "En minskning på {size} skulle ha visats med 80 % sannolikhet.",
                size=change(power["detectable"]).lstrip("−"),
            )
        )
    if power["expected"] is not None:
        needed = power["periods_needed"]
        lines.append(
            Message(
                "Den väntade effekten {size} visas med {probability} % sannolikhet; "
                "80 % kräver {needed} perioder efter starten.",
                size=change(power["expected"]),
                probability=round(power["probability"] * 100),
                needed=Message("mer än 60") if needed is None else needed,
            )
        )
    return lines


def _percent(ratio: float) -> str:
    return f"{(ratio - 1) * 100:+.1f} %".replace(".", ",").replace("-", "−")


def _number(value: float) -> str:
    return f"{value:.3g}".replace(".", ",").replace("-", "−")
