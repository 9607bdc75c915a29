"""The command line: parses, calls, prints. What a command does lives in the rooms below; one module per theme here.

Human text by default; with ``--json`` one JSON document on stdout and nothing else there; progress and messages go to
stderr. Exit codes: 0 done · 2 wrong usage · 3 bad input (findings listed) · 4 impossible (reasons listed) · 1 our bug.
"""

import re
import sys
from collections.abc import Sequence
from typing import Any

import typer

from vardbalans.cli import (  # noqa: F401 - each adds its commands to the application
    beds,
    capacity,
    chain,
    cost,
    digest,
    effect,
    export,
    follow_up,
    forecast,
    goals,
    improving,
    intake,
    judgement,
    keeping,
    measures,
    orders,
    originals,
    plan,
    profiles,
    quality,
    scenarios,
    serving,
    sie,
    spc,
    spread,
    verify_log,
    waitlist_project,
    waits,
    worker,
)
from vardbalans.cli.app import answer, app, tell
from vardbalans.data.identity import masking
from vardbalans.engine.errors import Impossible, MissingFactor, VardbalansError
from vardbalans.engine.messages import Message

__all__ = ["app", "main", "run"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code; nothing it says on stderr holds a personal number."""
    masking.install()
    try:
        code = run(arguments)
    finally:
        sys.excepthook = masking.masked_traceback  # typer has put its own there
    sys.exit(code)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; errors meant for people become sentences on stderr."""
    try:
        code = app(arguments, standalone_mode=False, prog_name="vardbalans")
    except VardbalansError as error:
        reasons = _reasons(error)
        if "--json" in (sys.argv if arguments is None else arguments):
            answer({"findings": [_finding(error, reason) for reason in reasons or (error.message,)]}, True, "")
        tell(str(error))
        for reason in reasons:
            tell(f"  – {reason}")
        return error.exit_code
    except typer.TyperException as error:
        tell(error.format_message())
        return 2
    except typer.Abort:
        return 1
    return code if isinstance(code, int) else 0


def _reasons(error: VardbalansError) -> tuple[Message, ...]:
    """Return what stands in the way, one sentence each; empty where the error is its only reason."""
    return error.reasons if isinstance(error, Impossible) else error.missing if isinstance(error, MissingFactor) else ()


def _finding(error: VardbalansError, reason: Message) -> dict[str, Any]:
    code = re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()
    return {"file": None, "row": None, "column": None, "code": code, "severity": "error", "message": str(reason)}
