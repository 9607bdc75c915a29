"""Backups of the embedded database."""

from pathlib import Path
from typing import Annotated, Any

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Store, answer, app
from vardbalans.engine.messages import Message


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="Mappen som får säkerhetskopian, helst på en annan disk.")],
    keep: Annotated[int, typer.Option(min=1, help="Hur många som sparas; de äldsta tas bort.")] = 30,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Säkerhetskopiera den inbyggda databasen medan den används, och kontrollera kopian."""
    from vardbalans.web import backup as backups
    from vardbalans.web import configuration

    place = backups.back_up(store, configuration.read().heads_file(store), folder, keep=keep)
    document = {"place": str(place), "findings": []}
    answer(document, json_, str(Message("Säkerhetskopian ligger i {place}.", place=place)))


@app.command()
def restore(
    place: Annotated[Path, typer.Argument(help="Säkerhetskopian som läggs tillbaka.")],
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Lägg tillbaka en säkerhetskopia. Det som fanns flyttas åt sidan; webben och arbetaren ska vara stoppade."""
    from vardbalans.web import backup as backups
    from vardbalans.web import configuration, serve

    aside = backups.restore(store, configuration.read().heads_file(store), place)
    serve.prepare(store)
    from vardbalans.web.people.audit import record
    from vardbalans.web.people.models import Event

    record(Event.RESTORED, by=None, target=place.name)
    said = [Message("{place} är återställd.", place=place)]
    said += [Message("Det som fanns ligger i {aside}.", aside=aside)] if aside else []
    document: dict[str, Any] = {"place": str(place), "aside": str(aside) if aside else None, "findings": []}
    answer(document, json_, "\n".join(map(str, said)))
