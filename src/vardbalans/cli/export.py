"""Out again: a version of the data as open files, and the delivery of waiting times."""

from pathlib import Path
from typing import Annotated

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Store, answer, app, tell
from vardbalans.cli_text import findings_text, table_text


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
    document = {
        "folder": str(done.folder),
        "version": done.version.number,
        "fingerprint": done.version.fingerprint,
        "tables": done.tables,
        "findings": [finding.as_dict() for finding in done.findings],
    }
    rows = [
        {"tabell": name, "rader": table["rows"], "filer": len(table["files"])} for name, table in done.tables.items()
    ]
    answer(document, json_, table_text(rows))
    if done.findings:
        tell(findings_text(document["findings"]))
