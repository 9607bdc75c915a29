"""The command line's application, and how every command takes its options and gives its answer."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["DEFAULT_STORE", "Json", "Seed", "Store", "answer", "app", "tell"]

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Produktions- och kapacitetsstyrning för vården.")

Store = Annotated[Path, typer.Option(envvar="VARDBALANS_DATA_DIR", help="Mappen där data och databas ligger.")]
Json = Annotated[bool, typer.Option("--json", help="Ett JSON-dokument på stdout.")]
Seed = Annotated[int, typer.Option(min=0, help="Frö för alla slumptal; samma frö ger samma svar.")]
DEFAULT_STORE = Path("var")


def tell(text: str) -> None:
    """Say *text* beside the answer, on stderr."""
    print(text, file=sys.stderr)


def answer(document: Any, as_json: bool, text: str) -> None:
    """Print the command's answer on stdout: *document* as JSON, or *text* for people."""
    print(json.dumps(document, ensure_ascii=False, allow_nan=False) if as_json else text)
