"""What planners' adjustments of the forecast were worth."""

from typing import Any

from vardbalans.cli.app import DEFAULT_STORE, Json, Store, answer, app
from vardbalans.cli_text import table_text

_VERDICTS = {"better": "bättre", "worse": "sämre", "same": "lika", "too_few": "för få för att säga"}


@app.command()
def adjustments(store: Store = DEFAULT_STORE, json_: Json = False) -> None:
    """Vad planerarnas justeringar har tillfört: prognosens fel per vecka före och efter, per nivå."""
    from vardbalans.data.judgement_run import run_judgement

    document = run_judgement(store)
    answer(document, json_, table_text(_rows(document)) or "Inga justerade veckor eller månader har något utfall ännu.")


def _rows(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "nivå": row["author_level"],
            "veckor eller månader": row["periods"],
            "fel före": row["base_error"],
            "fel efter": row["adjusted_error"],
            "omdöme": _VERDICTS[row["verdict"]],
        }
        for row in document["levels"]
    ]
