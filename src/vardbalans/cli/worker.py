"""The worker: does the background jobs of a store."""

from typing import Annotated

import typer

from vardbalans.cli.app import DEFAULT_STORE, Store, app


@app.command()
def worker(
    once: Annotated[bool, typer.Option("--once", help="Gör de jobb som finns och sluta sedan.")] = False,
    store: Store = DEFAULT_STORE,
) -> None:
    """Gör bakgrundsjobben: inläsning och förhandsgranskning. `serve` startar själv en sådan."""
    from vardbalans.web import worker as workers

    workers.run(store, once=once)
