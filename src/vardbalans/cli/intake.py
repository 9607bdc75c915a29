"""Data in: the demo region, templates, profiles, check and import, and whether what is stored is whole."""

import getpass
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Seed, Store, answer, app, tell
from vardbalans.cli_text import findings_text, preview_text, table_text
from vardbalans.engine.messages import Message

Size = Literal["small", "medium", "region"]


@app.command()
def demo(
    folder: Path,
    size: Annotated[Size, typer.Option(help="Hur stor regionen är.")] = "small",
    seed: Seed = 1,
    json_: Json = False,
) -> None:
    """Skriv den syntetiska demoregionens filer i FOLDER, med planterade sanningar bredvid."""
    from vardbalans.data import demo as demo_room

    paths = demo_room.write(folder, size, seed)
    # Faults need no volume: the dirty copy is always of the small region.
    demo_room.write_dirty(folder.with_name(folder.name + "-dirty"), "small", seed)
    names = [str(path) for path in paths]
    answer({"seed": seed, "size": size, "files": names, "findings": []}, json_, "\n".join(names))


@app.command()
def check(paths: list[Path], profile: str | None = None, store: Store = DEFAULT_STORE, json_: Json = False) -> None:
    """Kontrollera filer; inget sparas."""
    preview = _prepare(paths, profile, store)
    _finish_preview(preview, None, json_)


@app.command("import")
def import_(
    paths: list[Path],
    profile: str | None = None,
    by: Annotated[str, typer.Option(help="Vem som importerar.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Förhandsvisa, spara inget.")] = False,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Förhandsgranska och spara filer som en ny version: allt eller inget."""
    from vardbalans.data import intake
    from vardbalans.data.lake import Lake

    preview = _prepare(paths, profile, store)
    version = None
    if not dry_run and not preview.has_errors:
        version = intake.commit(Lake(store), preview, by=by or getpass.getuser(), at=datetime.now(UTC))
    _finish_preview(preview, version, json_)


def _prepare(paths: list[Path], profile: str | None, store: Path) -> Any:
    from vardbalans.data import intake
    from vardbalans.data.lake import Lake

    return intake.prepare(Lake(store), paths, profile, today=datetime.now(UTC).date())


def _finish_preview(preview: Any, version: Any, as_json: bool) -> None:
    """Print what was found; findings go to stderr as well, so that they are seen in a pipeline."""
    findings = [finding.as_dict() for finding in preview.findings]
    document = {
        "version": version.number if version else None,
        "fingerprint": version.fingerprint if version else None,
        "preview": preview.fingerprint,
        "tables": preview.summary(),
        "findings": findings,
    }
    answer(document, as_json, preview_text(document))
    if findings:
        tell(findings_text(findings))
    if preview.has_errors:
        raise typer.Exit(3)


@app.command()
def profiles(json_: Json = False) -> None:
    """Visa kända källor som kan läsas."""
    from vardbalans.data.read import profiles as known

    rows = [{"profile": name, "description": str(sentence)} for name, sentence in known()]
    answer({"profiles": rows, "findings": []}, json_, table_text(rows))


@app.command()
def templates(folder: Path) -> None:
    """Skriv tomma mallar (xlsx och csv) för alla tabeller."""
    from vardbalans.data.write import write_templates

    for path in write_templates(folder):
        print(path)


@app.command()
def doctor(store: Store = DEFAULT_STORE, json_: Json = False) -> None:
    """Räkna om fingeravtryck för data och original och säg vad som inte stämmer."""
    from vardbalans.data.findings import Finding
    from vardbalans.data.lake import Lake

    lake = Lake(store)
    head, wrong, trouble = lake.head(), lake.verify(), lake.key_trouble()
    unread = []
    if trouble:
        why = Message("Originalen finns, men deras innehåll är inte kontrollerat. {why}", why=trouble)
        unread.append(Finding("", None, "", "originals_not_read", "warning", why))
    document = {
        "version": head.number if head else None,
        "mismatches": [asdict(item) for item in wrong],
        "findings": [finding.as_dict() for finding in unread],
    }
    sentences = [item.message for item in wrong] + [item.message for item in unread]
    answer(document, json_, "\n".join(map(str, sentences)) or str(Message("Allt stämmer.")))
    if wrong:
        raise typer.Exit(3)
