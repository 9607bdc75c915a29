"""Out again: a version of the data as open files, and the delivery of waiting times."""

from pathlib import Path
from typing import Annotated

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Store, answer, app, tell
from vardbalans.cli_text import delivery_text, findings_text, table_text


@app.command("export")
def export_(
    folder: Path,
    version: Annotated[int | None, typer.Option(help="Versionens nummer; den senaste om inget nämns.")] = None,
    tables: Annotated[str, typer.Option(help="Bara dessa tabeller, skilda av komma.")] = "",
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Skriv en hel dataversion i FOLDER som parquet, med schema, fingeravtryck och läsanvisning."""
    from vardbalans.data.lake import Lake
    from vardbalans.data.write.export import export

    names = [name.strip() for name in tables.split(",") if name.strip()]
    done = export(Lake(store), folder, version, names)
    findings = [finding.as_dict() for finding in done.findings]
    document = {
        "folder": str(done.folder),
        "version": done.version.number,
        "fingerprint": done.version.fingerprint,
        "tables": done.tables,
        "findings": findings,
    }
    rows = [
        {"tabell": name, "rader": table["rows"], "filer": len(table["files"])} for name, table in done.tables.items()
    ]
    answer(document, json_, table_text(rows))
    if findings:
        tell(findings_text(findings))


@app.command()
def delivery(
    month: Annotated[str, typer.Option(help="Månaden, till exempel 2026-05.")],
    mapping: Annotated[Path | None, typer.Option(help="Fältmappningen (TOML); annars Vårdbalans eget utkast.")] = None,
    out: Annotated[Path | None, typer.Option(help="Skriv filerna i denna mapp; annars kontrolleras bara.")] = None,
    version: Annotated[int | None, typer.Option(help="Versionens nummer; den senaste om inget nämns.")] = None,
    outside: Annotated[
        bool, typer.Option("--outside", help="Dölj fler små antal: sammanställningen ska lämna regionen.")
    ] = False,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Kontrollera och skriv en månads väntetider: genomförda och väntande, en rad per remiss utan identitet."""
    from vardbalans.data.lake import Lake
    from vardbalans.data.write.delivery import prepare, read_mapping, write
    from vardbalans.engine.periods import Period

    made = prepare(Lake(store), Period.parse(month), read_mapping(mapping), version, outside=outside)
    paths = write(made, out) if out and not made.has_errors else []
    findings = [finding.as_dict() for finding in made.findings]
    document = made.document() | {"files": [str(path) for path in paths], "findings": findings}
    answer(document, json_, delivery_text(document))
    if findings:
        tell(findings_text(findings))
    if made.has_errors:
        raise typer.Exit(3)
