"""Data in: the demo region, templates, check and import, and whether what is stored is whole."""

import getpass
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Seed, Store, answer, app, tell
from vardbalans.cli_text import findings_text, preview_text
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

if TYPE_CHECKING:
    from vardbalans.data.findings import Finding

Size = Literal["small", "medium", "region"]


@app.command()
def demo(
    folder: Path,
    size: Annotated[Size, typer.Option(help="Hur stor regionen är.")] = "small",
    seed: Seed = 1,
    reset: Annotated[
        bool, typer.Option("--reset", help="Läs in demoregionen på nytt; det gamla flyttas åt sidan.")
    ] = False,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Skriv den syntetiska demoregionens filer i FOLDER, med planterade sanningar bredvid."""
    from vardbalans.data import demo as demo_room

    aside = _set_aside(store) if reset else None
    paths = demo_room.write(folder, size, seed)
    # Faults need no volume: the dirty copy is always of the small region.
    demo_room.write_dirty(folder.with_name(folder.name + "-dirty"), "small", seed)
    names = [str(path) for path in paths]
    if reset:
        if aside:
            tell(str(Message("Det som fanns ligger i {folder}.", folder=aside)))
        _import(_Order([folder], None, store, getpass.getuser()), json_)
    else:
        answer({"seed": seed, "size": size, "files": names, "findings": []}, json_, "\n".join(names))


def _set_aside(store: Path) -> Path | None:
    """Move the demo region's store out of the way; return where to, None where there is none. Raises BadInput.

    Nothing is removed, and a store that holds anything else than the demo region is left as it is.
    """
    from vardbalans.data.demo.region import REGION_NAME
    from vardbalans.data.lake import Lake

    head = Lake(store).head() if store.is_dir() else None
    if head is None:
        return None
    units = Lake(store).read("units", head.number, ["name", "parent_id"]).to_pylist() if "units" in head.tables else []
    if [unit["name"] for unit in units if not unit["parent_id"]] != [REGION_NAME]:
        raise BadInput(Message("{store} innehåller inte demoregionen, och lämnas som det är.", store=store))
    aside = store.with_name(f"{store.name}-{datetime.now(UTC):%Y%m%dT%H%M%S}")
    return store.rename(aside)


@app.command()
def check(paths: list[Path], profile: str | None = None, store: Store = DEFAULT_STORE, json_: Json = False) -> None:
    """Kontrollera filer; inget sparas."""
    _import(_Order(paths, profile, store, dry_run=True), json_)


@app.command("import")
def import_(
    paths: list[Path],
    profile: str | None = None,
    by: Annotated[str, typer.Option(help="Vem som importerar.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Förhandsvisa, spara inget.")] = False,
    preview: Annotated[str, typer.Option(help="Spara bara om förhandsvisningen har detta fingeravtryck.")] = "",
    watch: Annotated[bool, typer.Option("--watch", help="Vakta en mapp och läs in det som kommer dit.")] = False,
    every: Annotated[int, typer.Option(min=1, help="Sekunder mellan titt i mappen.")] = 60,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Förhandsgranska och spara filer som en ny version: allt eller inget."""
    order = _Order(paths, profile, store, by or getpass.getuser(), dry_run, preview)
    if watch:
        _watch(order, every, json_)
    else:
        _import(order, json_)


@dataclass(frozen=True)
class _Order:
    """What is to be imported, how, where to, and by whom."""

    paths: list[Path]
    profile: str | None
    store: Path
    by: str = ""
    dry_run: bool = False
    approved: str = ""


def _import(order: _Order, as_json: bool) -> None:
    """Preview, store unless asked not to or a finding stops it, and print what was found."""
    from vardbalans.data import intake
    from vardbalans.data.lake import Lake

    lake, now = Lake(order.store), datetime.now(UTC)
    with intake.prepare(lake, order.paths, order.profile, today=now.date(), progress=_progress()) as preview:
        if order.approved:
            intake.require_preview(preview, order.approved)
        months = preview.months(lake) if order.dry_run else []
        stored = None if order.dry_run or preview.has_errors else intake.commit(lake, preview, by=order.by, at=now)
        findings = [finding.as_dict() for finding in preview.findings]
        document = {
            "version": stored.number if stored else None,
            "fingerprint": stored.fingerprint if stored else None,
            "preview": preview.fingerprint,
            "tables": preview.summary(),
            "months": [asdict(total) | {"difference": total.difference} for total in months],
            "findings": findings,
        }
    answer(document, as_json, preview_text(document))
    if findings:
        tell(findings_text(findings))  # also beside the answer, so that they are seen in a pipeline
    if preview.has_errors:
        raise typer.Exit(3)


def _progress() -> Callable[[float, Message], None]:
    """Return what shows how far a reading has come, where a person is looking."""
    looked_at = sys.stderr.isatty()

    def show(done: float, what: Message) -> None:
        if looked_at:
            tell(f"{done:4.0%} {what}")

    return show


def _watch(order: _Order, seconds: int, as_json: bool) -> None:
    """Import what comes to the one folder named, until interrupted; what cannot be stored is told and left.

    Once a day, and after each import, sources that are late or old are told of.
    """
    from vardbalans.data.watch import arrivals

    if len(order.paths) != 1 or not order.paths[0].is_dir():
        raise BadInput(Message("--watch vaktar en enda mapp. Ange en mapp som finns."))
    tell(str(Message("Vaktar {folder}. Avsluta med Ctrl C.", folder=order.paths[0])))
    told: date | None = None
    with suppress(KeyboardInterrupt):
        for files in arrivals(order.paths[0], seconds):
            if files:
                with suppress(typer.Exit):
                    _import(order, as_json)
                sys.stdout.flush()
            if files or told != datetime.now(UTC).date():
                told = datetime.now(UTC).date()
                _tell_stale(order.store, told)


def _tell_stale(store: Path, today: date) -> None:
    """Say which sources have not come when they should, or bring nothing new."""
    from vardbalans.data.lake import Lake
    from vardbalans.data.quality.freshness import stored_freshness

    for line in stored_freshness(Lake(store), today):
        if line.is_stale:
            tell(f"warning: {line.message} [stale_source]")


@app.command()
def templates(folder: Path) -> None:
    """Skriv tomma mallar (xlsx och csv) för alla tabeller."""
    from vardbalans.data.write import write_templates

    for path in write_templates(folder):
        print(path)


@app.command()
def doctor(store: Store = DEFAULT_STORE, json_: Json = False) -> None:
    """Räkna om fingeravtryck för data och original, se över webben, och säg vad som inte stämmer."""
    from vardbalans.data.findings import Finding
    from vardbalans.data.lake import Lake

    lake = Lake(store)
    head, wrong, trouble = lake.head(), lake.verify(), lake.key_trouble()
    unread = []
    if trouble:
        why = Message("Originalen finns, men deras innehåll är inte kontrollerat. {why}", why=trouble)
        unread.append(Finding("", None, "", "originals_not_read", "warning", why))
    unread += _of_the_app(store)
    document = {
        "version": head.number if head else None,
        "mismatches": [asdict(item) for item in wrong],
        "findings": [finding.as_dict() for finding in unread],
    }
    sentences = [item.message for item in wrong] + [item.message for item in unread]
    answer(document, json_, "\n".join(map(str, sentences)) or str(Message("Allt stämmer.")))
    if wrong:
        raise typer.Exit(3)


def _of_the_app(store: Path) -> list["Finding"]:
    """Return what is to be told of the web app of *store*; nothing where none has been started."""
    from vardbalans.data.findings import Finding
    from vardbalans.web import backup, configuration

    if not (store / backup.DATABASE).is_file() and not configuration.read().database_url:
        return []
    from vardbalans.web import serve

    serve.prepare(store)
    from vardbalans.web.signing.health import warnings

    return [Finding("", None, "", code, "warning", said) for code, said in warnings()]
