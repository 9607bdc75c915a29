"""Control charts: limits and signals of the measurements in a file."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from vardbalans.cli.app import Json, answer, app, tell
from vardbalans.cli_text import findings_text, table_text
from vardbalans.engine.messages import Message


@app.command()
def spc(
    file: Annotated[Path, typer.Argument(help="csv med kolumnerna period, value och, där det behövs, denominator.")],
    chart: Annotated[
        Literal["xmr", "i", "mr", "run", "p", "pp", "u", "up", "c", "xbar", "s", "t", "g"],
        typer.Option(help="Slag av diagram; pp och up är p′ och u′. xbar och s har flera rader per period."),
    ],
    freeze: Annotated[int | None, typer.Option(min=2, help="Räkna gränserna av varje fas första N punkter.")] = None,
    rebase: Annotated[
        list[str] | None, typer.Option(help="Dag eller period då en ny fas börjar; kan anges flera gånger.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="Period som ritas men inte räknas i gränserna; kan anges flera gånger.")
    ] = None,
    rules: Annotated[
        Literal["nhs", "anhoej", "western_electric"] | None,
        typer.Option(help="Regler för signaler; nhs, utom för run som har anhoej."),
    ] = None,
    screen: Annotated[bool, typer.Option(help="Räkna om gränserna utan stora hopp mellan grannar.")] = True,
    target: Annotated[float | None, typer.Option(help="Mål; visar om processen når det.")] = None,
    better: Annotated[Literal["higher", "lower"], typer.Option(help="Vad som är bättre, med --target.")] = "higher",
    json_: Json = False,
) -> None:
    """Visa ett styrdiagram: medellinje, gränser och signaler på att processen har ändrats."""
    from vardbalans.data.spc_run import Asked, run_spc

    asked = Asked(chart, rules, freeze, tuple(rebase or ()), tuple(exclude or ()), screen, target, better)
    document = run_spc(file, asked)
    answer(document, json_, "" if json_ or "points" not in document else _text(document))
    if document["findings"]:
        tell(findings_text(document["findings"]))
    if "points" not in document:
        raise typer.Exit(3)


def _text(document: dict[str, Any]) -> str:
    """Return the points with their limits, the signals in words, and what to expect of the target."""
    rows = [
        {
            "period": point["period"],
            "värde": point["value"],
            "medellinje": _at(document["centre"], place),
            "nedre": _at(document["lower"], place),
            "övre": _at(document["upper"], place),
            "signal": ", ".join(_RULES[name] for name in point["signals"]),
        }
        for place, point in enumerate(document["points"])
    ]
    signals = "\n".join(signal["text"] for signal in document["signals"]) or str(
        Message("Inga signaler: bara slumpens variation.")
    )
    target = _ASSURANCE[document["target"]["assurance"]] if document["target"] else ""
    return "\n\n".join(part for part in (table_text(rows), signals, target) if part)


def _at(line: float | list[float | None] | None, place: int) -> float | None:
    return line[place] if isinstance(line, list) else line


_RULES = {
    "outside": "utanför gränsen",
    "shift": "förskjutning",
    "trend": "trend",
    "two_of_three": "två av tre",
    "four_of_five": "fyra av fem",
    "longest_run": "lång serie",
    "crossings": "få korsningar",
}
_ASSURANCE = {
    "pass": "Processen når målet som den är.",
    "fail": "Processen når inte målet som den är; den måste ändras.",
    "hit_or_miss": "Processen når målet ibland, av slump.",
}
