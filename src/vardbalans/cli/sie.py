"""What an accounting file holds: the summary of one SIE file, nothing stored."""

from pathlib import Path
from typing import Any

import typer

from vardbalans.cli.app import Json, answer, app, tell
from vardbalans.cli_text import findings_text, table_text
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message


@app.command()
def sie(file: Path, json_: Json = False) -> None:
    """Sammanfatta en SIE-fil: företag, räkenskapsår, konton, verifikationer, summor och fynd; inget sparas."""
    from vardbalans.data.findings import has_errors
    from vardbalans.data.read import COMMAND_LINE
    from vardbalans.data.read.sie import summary

    if not file.is_file():
        raise BadInput(Message("{path} finns inte. Kontrollera sökvägen.", path=file))
    document, found = summary(file, COMMAND_LINE)
    document["findings"] = [finding.as_dict() for finding in found]
    answer(document, json_, "" if json_ or document["company"] is None else _text(document))
    if found:
        tell(findings_text(document["findings"]))
    if has_errors(found):
        raise typer.Exit(3)


def _text(document: dict[str, Any]) -> str:
    """Return the document in short: whose it is, how much there is of each thing, and the sum of each year."""
    years = [f"{row['first']}–{row['last']}" for row in document["years"] if row["first"]]
    head = (
        f"{document['company']['name'] or 'Okänt företag'}: SIE typ {document['sie_type'] or '?'} "
        f"ur {document['program'] or 'okänt program'}, teckenkod {document['encoding']}"
    )
    counts = {
        "konton": len(document["accounts"]),
        "dimensioner": len(document["dimensions"]),
        "objekt": len(document["objects"]),
        "verifikationer": document["vouchers"],
        "transaktioner": document["transactions"],
        "saldon": sum(document["balances"].values()),
        "budgetrader": document["budget"],
        "ojämna": document["unbalanced_count"],
    }
    sums = [
        {
            "räkenskapsår": row["year"],
            "debet kr": row["debit_ore"] / 100,
            "kredit kr": row["credit_ore"] / 100,
            "skillnad kr": row["total_ore"] / 100,
        }
        for row in document["sums"]
    ]
    return "\n".join(part for part in (", ".join([head, *years]) + ".", table_text([counts]), table_text(sums)) if part)
