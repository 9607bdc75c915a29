"""Cost per patient (KPP): from the ledger to the contact, reconciled to the öre."""

from pathlib import Path
from typing import Annotated, Any

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Store, answer, app, tell
from vardbalans.cli_text import findings_text, table_text
from vardbalans.engine.cost import Basis, Method, Population

_LINES = {
    "huvudbok": "ledger_ore",
    "kontakter": "contacts_ore",
    "outnyttjat": "unused_ore",
    "uteslutet": "excluded_ore",
    "omatchat": "unmatched_ore",
    "skillnad": "difference_ore",
}


@app.command()
def cost(
    ledger: Annotated[
        list[Path] | None,
        typer.Option(help="Huvudboksfil (SIE, csv, xlsx) i stället för lagrets; kan ges flera gånger."),
    ] = None,
    period: Annotated[
        str | None,
        typer.Option(help="Månad 2026-05, år 2025 eller månader 2025-07..2026-06; annars huvudbokens sista år."),
    ] = None,
    method: Annotated[Method, typer.Option(help="Hur gemensamma kostnader fördelas.")] = "reciprocal",
    basis: Annotated[
        Basis, typer.Option(help="practical: outnyttjad kapacitet för sig; full: allt på utförd vård.")
    ] = "practical",
    outliers: Annotated[
        Population,
        typer.Option(help="drg: ytterfall bland kontakter med samma DRG; form: bland all sluten och all öppen vård."),
    ] = "form",
    compare: Annotated[str | None, typer.Option(help="Jämför med denna period: grupper och varför.")] = None,
    name: Annotated[str, typer.Option(help="Kalla körningen detta; den tas då inte bort när nya kommer till.")] = "",
    out: Annotated[
        Path | None, typer.Option(file_okay=False, help="Skriv metodblad, tabeller (xlsx, csv) och rader i denna mapp.")
    ] = None,
    delivery: Annotated[
        Path | None, typer.Option(help="Skriv också en leverans i --out efter denna fältmappning (TOML).")
    ] = None,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Räkna kostnad per patient: huvudbok → kostnadsställen → pooler → vårdkontakter, avstämt på öret."""
    from vardbalans.data.cost.command import cost_document

    if delivery and not out:
        raise typer.BadParameter("--delivery behöver --out: mappen som leveransen ska skrivas i.")
    document = cost_document(
        store,
        ledger or [],
        period=period,
        method=method,
        basis=basis,
        outliers=outliers,
        compare=compare,
        name=name,
        out=out,
        delivery=delivery,
    )
    answer(document, json_, "" if json_ else _text(document))
    if document["findings"]:
        tell(findings_text(document["findings"]))
    if document["difference_ore"]:
        # Only a fault of ours can lose an öre: say so with its exit code, whatever was printed.
        raise typer.Exit(1)


def _text(document: dict[str, Any]) -> str:
    """Return the run in short: the certificate in kronor, the groups by unit, outliers, and the files."""
    head = f"Kostnad per patient {document['period']}, version {document['version']}, {document['method']}."
    lines = [{name: document[key] / 100 for name, key in _LINES.items()}]
    units = [
        {
            "enhet": row["title"],
            "kontakter": row["contacts"],
            "kronor": None if row["suppressed"] else row["ore"] / 100,
            "medel innerfall": None if row.get("inner_mean_ore") is None else row["inner_mean_ore"] / 100,
        }
        for row in document["groups"].get("unit", [])
    ]
    outliers = [
        {"vårdform": _FORMS[form], "kontakter": row["contacts"], "ytterfall": row["outliers"]}
        for form, row in document["outliers"].items()
    ]
    unused = [
        {"pool": row["pool_id"], "outnyttjat kr": row["unused_ore"] / 100}
        for row in sorted(document["pools"], key=lambda row: -row["unused_ore"])[:10]
        if row["unused_ore"]
    ]
    tables = (lines, units, outliers, unused, _variances(document), _make_or_buy(document))
    texts = [head, *(table_text(rows) for rows in tables), *document["files"]]
    return "\n\n".join(text for text in texts if text)


def _variances(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return why the outcome differs from the plan, in kronor, for the region, its divisions and clinics."""
    return [
        {"enhet": row["title"], "utfall mot plan": _kronor(row["outcome_ore"], row["plan_ore"])}
        | {name: _kronor(row[key]) for name, key in _CAUSES.items()}
        for row in (document["plan"] or {}).get("units", [])
        if row["level"] in ("region", "division", "clinic")
    ]


def _make_or_buy(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "avtal": row["service_id"],
            "egen": row["own_service_id"],
            "pris": _kronor(row["price_ore"]),
            "marginalkostnad": _kronor(row["variable_ore"]),
            "full kostnad": _kronor(row["full_ore"]),
            "lönar sig över": None if row["break_even"] is None else round(row["break_even"]),
            "egna": row["own_volume"],
        }
        for row in document["make_or_buy"]
    ]


def _kronor(ore: int | None, less: int | None = 0) -> float | None:
    return None if ore is None or less is None else (ore - less) / 100


_CAUSES = {
    "volym": "volume",
    "mix": "mix",
    "effektivitet": "efficiency",
    "pris": "price",
    "outnyttjat": "unused",
}
_FORMS = {"inpatient": "slutenvård", "outpatient": "öppenvård"}
