"""Data quality: scores per source and unit, what each rule found, lists to repair from, and what is stale."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Store, answer, app
from vardbalans.cli_text import quality_text
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

if TYPE_CHECKING:
    from vardbalans.data.quality import Report
    from vardbalans.data.quality.freshness import Freshness


@app.command()
def quality(
    paths: Annotated[list[Path] | None, typer.Argument(help="Filer att bedöma före inläsning.")] = None,
    version: Annotated[int | None, typer.Option(help="Dataversion att bedöma; annars den senaste.")] = None,
    profile: str | None = None,
    out: Annotated[Path | None, typer.Option(help="Skriv listor att rätta efter i denna mapp.")] = None,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Bedöm datakvaliteten i lagret, eller i filer före inläsning: poäng, fynd per regel och rader att rätta."""
    from vardbalans.data.quality.lists import write_lists

    if paths:
        document, report = _of_files(paths, profile, store)
    else:
        document, report = _of_version(version, store)
    written = write_lists(out, report) if out else []
    document["lists"] = [str(path) for path in written]
    answer(document, json_, quality_text(document))


def _of_version(number: int | None, store: Path) -> tuple[dict[str, Any], "Report"]:
    """Judge a stored version and keep the judgement."""
    from vardbalans.data.lake import Lake
    from vardbalans.data.quality import judge_version
    from vardbalans.data.quality.freshness import freshness

    lake = Lake(store)
    head = lake.head() if number is None else lake.version(number)
    if head is None:
        raise BadInput(Message("Lagret är tomt. Läs in data först."))
    report, events = judge_version(lake, head)
    versions = [item for item in lake.versions() if item.number <= head.number]
    fresh = freshness(versions, events, datetime.now(UTC).date())
    return _document(report, head.number, [], fresh), report


def _of_files(paths: list[Path], profile: str | None, store: Path) -> tuple[dict[str, Any], "Report"]:
    """Judge a delivery as it is, whether or not it can be stored; its findings at import come first."""
    from vardbalans.data import intake
    from vardbalans.data.lake import Lake
    from vardbalans.data.quality import delivered, judge

    lake, today = Lake(store), datetime.now(UTC).date()
    with intake.prepare(lake, paths, profile, today=today) as preview, delivered(lake, preview.delivery) as con:
        report = judge(con, today)
        findings = [finding.as_dict() for finding in preview.findings]
    return _document(report, None, findings, ()), report


def _document(
    report: "Report", version: int | None, findings: list[dict[str, Any]], fresh: tuple["Freshness", ...]
) -> dict[str, Any]:
    from vardbalans.data.quality.report import alarm_message

    return {
        "version": version,
        "today": report.today.isoformat(),
        "scores": [asdict(score) for score in report.scores],
        "rules": [
            {
                "table": item.rule.table,
                "rule": item.rule.name,
                "counts": item.rule.kind,
                "severity": item.rule.severity,
                "tested": item.tested,
                "broken": item.broken,
                "against": str(item.rule.against),
            }
            for item in report.rules()
        ],
        "untested": [
            {"table": table, "rule": rule, "lacking": list(lacking)}
            for (table, rule), lacking in sorted(report.untested.items())
        ],
        "alarms": [row | {"message": str(alarm_message(row))} for row in report.alarms.to_pylist()],
        "freshness": [
            {
                "table": item.table,
                "source": item.source,
                "last_imported": item.last_imported.isoformat(),
                "last_event": item.last_event.isoformat() if item.last_event else None,
                "rhythm": item.rhythm,
                "state": item.state,
                "message": str(item.message),
            }
            for item in fresh
        ],
        "findings": findings + [finding.as_dict() for finding in report.findings()],
    }
