"""Profiles: which there are, a suggestion for a new source, and whether one fits a file."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Store, answer, app, tell
from vardbalans.cli_text import findings_text, table_text
from vardbalans.engine.messages import Message

profiles = typer.Typer(invoke_without_command=True, help="Profiler: hur en källas egna filer läses.")
app.add_typer(profiles, name="profiles")


@profiles.callback()
def list_profiles(context: typer.Context, store: Store = DEFAULT_STORE, json_: Json = False) -> None:
    """Visa kända källor som kan läsas; egna profiler i lagret går före dem som följer med."""
    if context.invoked_subcommand:
        return
    from vardbalans.data.read.profiles.kept import Profiles

    known = Profiles(store)
    rows = [{"profile": name, "description": str(sentence)} for name, sentence in known.known()]
    own = known.own()
    shown = [row | {"egen": "egen" if row["profile"] in own else ""} for row in rows]
    answer({"profiles": rows, "own": list(own), "findings": []}, json_, table_text(shown))


@profiles.command()
def suggest(
    file: Path,
    table: Annotated[str | None, typer.Option(help="Tabellen som filen är; annars den som liknar mest.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Arbetsbokens blad; annars det första.")] = None,
    out: Annotated[str | None, typer.Option(help="Spara som egen profil med detta namn.")] = None,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Föreslå en profil för FILE ur dess rubriker och första rader."""
    from vardbalans.data.read.profiles.kept import write_profile
    from vardbalans.data.read.profiles.suggesting import suggest as suggestion_for
    from vardbalans.data.read.sample import sheet_sample

    found = suggestion_for(sheet_sample(file, sheet), table, name=out or "egen", sheet=sheet or "")
    if out:
        write_profile(store, out, found.text)
        tell(str(Message("Sparad som {name}. Pröva med: vardbalans profiles check {name} {file}", name=out, file=file)))
    answer({**found.as_dict(), "findings": []}, json_, found.text)


@profiles.command()
def check(name: str, file: Path, store: Store = DEFAULT_STORE, json_: Json = False) -> None:
    """Pröva profilen NAME på de första raderna i FILE; inget sparas."""
    from vardbalans.data.read.profiles.kept import Profiles
    from vardbalans.data.read.sample import tried

    trial = tried(file, Profiles(store).named(name), today=datetime.now(UTC).date())
    findings: list[dict[str, Any]] = [finding.as_dict() for finding in trial.findings]
    rows = [{"tabell": table, "rader": count} for table, count in trial.rows.items()]
    answer({"profile": name, "rows": trial.rows, "findings": findings}, json_, table_text(rows))
    if findings:
        tell(findings_text(findings))
    if any(finding["severity"] == "error" for finding in findings):
        raise typer.Exit(3)
