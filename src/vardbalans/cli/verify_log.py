"""Verify the audit trail of a store."""

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Store, answer, app
from vardbalans.engine.messages import Message


@app.command("verify-log")
def verify_log(store: Store = DEFAULT_STORE, json_: Json = False) -> None:
    """Räkna om händelseloggens kedja och nämn rader som är ändrade, borttagna, ombytta, avklippta eller förfalskade."""
    from vardbalans.web import serve

    serve.prepare(store)
    from vardbalans.web.people.verifying import verify

    report = verify()
    document = {
        "rows": report.rows,
        "sealed": report.sealed,
        "unsealed": report.unsealed,
        "sequence": report.sequence,
        "root": report.root,
        "findings": [problem.as_dict() for problem in report.problems],
    }
    sentences = [problem.message for problem in report.problems] or [Message("Loggen är som den förseglades.")]
    counted = Message(
        "{rows} rader, {sealed} förseglade, {unsealed} väntar på försegling. Huvud: plats {sequence}, {root}.",
        rows=report.rows,
        sealed=report.sealed,
        unsealed=report.unsealed,
        sequence=report.sequence,
        root=report.root,
    )
    answer(document, json_, "\n".join(map(str, [*sentences, counted])))
    if report.problems:
        raise typer.Exit(3)
