"""Originals out: an imported file as it came, for whoever holds the key."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Store, answer, app
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message


@app.command()
def original(
    name: Annotated[str, typer.Argument(help="Originalets sha256, eller dess namn; senast inlästa gäller.")],
    out: Annotated[Path, typer.Option(help="Filen som skapas, läsbar bara för dig.")],
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Lämna ut ett original ur lagret, öppnat med nyckeln. Det kan innehålla personuppgifter."""
    from vardbalans.data.lake import Lake

    lake = Lake(store)
    found = lake.original(name)
    if out.exists():
        raise BadInput(Message("{path} finns redan. Välj en annan fil med --out.", path=out))
    try:
        _write(lake.open_original(found.sha256), out)
    except OSError as error:
        raise BadInput(
            Message("{path} går inte att skriva: {why}. Välj en annan med --out.", path=out, why=error.strerror)
        ) from error
    document = {"name": found.name, "sha256": found.sha256, "size": found.size, "file": str(out), "findings": []}
    answer(document, json_, str(Message("{name} skrevs till {path}.", name=found.name, path=out)))


def _write(chunks: Iterator[bytes], out: Path) -> None:
    """Write *chunks* to the file *out*, its owner's alone; it gets its name when all of them have come."""
    handle, draft = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(chunks)
        Path(draft).replace(out)
    finally:
        Path(draft).unlink(missing_ok=True)
