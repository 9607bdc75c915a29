"""The web app and what surrounds it: serve, users, benchmarks."""

import socket
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from vardbalans.cli.app import DEFAULT_STORE, Store, app
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000, host: str = "127.0.0.1", store: Store = DEFAULT_STORE
) -> None:
    """Starta webben; skriv en engångslänk tills någon har valt en lösenfras."""
    from vardbalans.web import serve as server

    _require_free(host, port)
    server.prepare(store)
    from vardbalans.web.people.actions import first_run_link

    url = f"http://{host}:{port}"
    link = first_run_link(base_url=url)
    print(str(Message("Vårdbalans svarar på {url}. Avsluta med Ctrl C.", url=url)))
    if link:
        print(str(Message("Logga in första gången med engångslänken (gäller 24 timmar): {link}", link=link)))
    sys.stdout.flush()
    server.run(store, host, port)


def _require_free(host: str, port: int) -> None:
    """Refuse a taken port before a log-in link for it is printed."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise BadInput(
                Message(
                    "Port {port} på {host} går inte att använda: {why}. Välj en annan med --port.",
                    port=port,
                    host=host,
                    why=error.strerror,
                )
            ) from error


@app.command()
def user(
    name: Annotated[str, typer.Argument(help="Användarnamnet.")],
    display_name: Annotated[str, typer.Option(help="Namnet som visas.")] = "",
    role: Annotated[str, typer.Option(help="reader, planner, analyst, manager eller administrator.")] = "reader",
    unit: Annotated[str, typer.Option(help="Enheten rollen gäller, med de under den; * är alla.")] = "*",
    url: Annotated[str, typer.Option(help="Adressen där webben svarar.")] = "http://127.0.0.1:8000",
    store: Store = DEFAULT_STORE,
) -> None:
    """Skapa en användare (eller ge en som finns en ny länk) och skriv en engångslänk."""
    from vardbalans.web import serve as server

    server.prepare(store)
    from vardbalans.web.people.actions import user_invite

    print(user_invite(username=name, display_name=display_name or name, role=role, unit_id=unit, base_url=url))


@app.command()
def bench(
    names: Annotated[list[str] | None, typer.Argument(help="Mätningarna; alla om ingen nämns.")] = None,
    size: Annotated[Literal["small", "full"], typer.Option(help="Hur stort.")] = "full",
) -> None:
    """Mät mot andra verktyg i samma körning; kvoter som JSON."""
    root = Path(__file__).parents[3]
    if not (root / "benchmarks" / "run.py").exists():
        raise BadInput(
            Message("Mätningarna följer med källkoden, inte med det installerade paketet. Kör dem i en klon.")
        )
    sys.path.insert(0, str(root))
    from benchmarks.run import main as run_benchmarks

    raise typer.Exit(run_benchmarks([*(names or []), "--size", size]))
