"""The life of a measure: its register, plan, cards, monthly following, status, benefits and report."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Store, answer
from vardbalans.cli.measures import measures
from vardbalans.cli_text import findings_text, table_text
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

_By = Annotated[str, typer.Option(help="Funktionen som gör det, inte en persons namn.")]
_Measure = Annotated[str, typer.Argument(help="Åtgärdens beteckning.")]
_STATUS = {"idea": "idé", "pilot": "pilot", "measured": "mätt", "in_plan": "i planen", "stopped": "avslutad"}
_VERDICT = {"shown": "visad", "not_shown": "ej visad", "untold": "kan inte räknas"}
_KINDS = {"hours": "timmar", "slots": "tider", "bed_days": "vårddygn", "ore": "kr", "cases": "antal"}


@measures.command("register")
def register_command(
    unit: Annotated[str | None, typer.Option(help="Bara denna enhet och de under den.")] = None,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Visa åtgärderna: status, ansvarig, väntad och uppmätt effekt, plan och PDSA-kort."""
    from vardbalans.data.improving.told import register_rows

    found = register_rows(store, unit=unit)
    rows = [
        {
            "åtgärd": row["measure_id"],
            "namn": row["name"],
            "enhet": row["unit_id"],
            "status": _STATUS[row["status"]],
            "börjar": row["starts"],
            "ansvarig": row["owner"],
            "väntad": _effect(row["expected"], row["added"]),
            "mätt": _effect(row["measured"]),
            "omdöme": _VERDICT.get(row["verdict"] or "", ""),
            "lyfts till": row["raised_to"] or "",
            "plan": row["plan"]["fingerprint"] if row["plan"] else "",
        }
        for row in found["measures"]
    ]
    answer(found, json_, "" if json_ else table_text(rows) or str(Message("Inga åtgärder finns i data.")))


@measures.command("plan")
def plan_command(
    measure: _Measure,
    indicator: Annotated[str, typer.Option(help="Serien som mäter åtgärden, till exempel no_show_share.")],
    better: Annotated[Literal["lower", "higher"], typer.Option(help="Vad som är bättre.")],
    after: Annotated[int, typer.Option(min=1, help="Hela månader efter starten när omdömet tas.")],
    by: _By,
    stop_after: Annotated[int | None, typer.Option(min=1, help="Månaden då den avslutas utan visad effekt.")] = None,
    comparison: Annotated[list[str] | None, typer.Option(help="Enhet att jämföra med; kan anges flera gånger.")] = None,
    method: Annotated[
        Literal["interrupted", "staggered", "synthetic"] | None, typer.Option(help="Annars enligt den skrivna regeln.")
    ] = None,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Fastställ hur en åtgärd ska bedömas, innan den börjar. En senare ändring syns och börjar om tiden."""
    from vardbalans.data.improving.writing import fix_plan
    from vardbalans.engine.improving import AnalysisPlan

    at = datetime.now(UTC)
    plan = AnalysisPlan(measure, indicator, better, after, at.date(), stop_after, tuple(comparison or ()), method)
    found = fix_plan(store, plan, author=by, at=at)
    late = Message("Åtgärden har redan börjat: omdömet tas så många månader efter i dag.") if found["late"] else ""
    text = Message("Analysplanen för {id} är fastställd, {print}.", id=measure, print=found["fingerprint"])
    answer(found, json_, f"{text} {late}".strip())


@measures.command("card")
def card_command(
    measure: _Measure,
    step: Annotated[Literal["plan", "do", "study", "act"], typer.Argument(help="Steget i varvet.")],
    text: Annotated[str, typer.Argument(help="Anteckningen, utan personuppgifter.")],
    by: _By,
    cycle: Annotated[int, typer.Option(min=1, help="Varvets nummer.")] = 1,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Skriv ett PDSA-kort: vad som planeras, görs, ses eller beslutas."""
    from vardbalans.data.improving.writing import add_card

    found = add_card(store, measure, cycle=cycle, step=step, text=text, author=by, at=datetime.now(UTC))
    answer(found, json_, str(Message("Kortet är skrivet, varv {cycle} för {id}.", cycle=cycle, id=measure)))


@measures.command("status")
def status_command(
    measure: _Measure,
    status: Annotated[Literal["idea", "pilot", "stopped", "in_plan"], typer.Argument(help="Statusen.")],
    reason: Annotated[str, typer.Option(help="Skälet, utan personuppgifter.")],
    by: _By,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Sätt en status som är verksamhetens att sätta. Att en åtgärd är mätt avgörs av measures follow."""
    from vardbalans.data.improving.writing import set_status

    found = set_status(store, measure, status, reason=reason, author=by, at=datetime.now(UTC))
    text = Message("{id}: {before} → {now}.", id=measure, before=_STATUS[found["status_before"]], now=_STATUS[status])
    answer(found, json_, str(text))


@measures.command("follow")
def follow_command(
    by: Annotated[str, typer.Option(help="Funktionen som låter räkna.")] = "Månadsvis uppföljning",
    measure: Annotated[str | None, typer.Option(help="Bara denna åtgärd.")] = None,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Räkna om åtgärdernas effekter ur data och sätt status efter deras analysplaner. Körs varje månad."""
    from vardbalans.data.improving.run import follow_measures

    found = follow_measures(store, author=by, at=datetime.now(UTC), measure=measure)
    rows = [
        {
            "åtgärd": row["measure_id"],
            "namn": row["name"],
            "väntad": _effect(row["expected"]),
            "mätt": _effect(row["overall"]),
            "omdöme": _VERDICT[row["overall"]["verdict"] if row["overall"] else "untold"],
            "metod": row["method"],
            "status": _STATUS[row["status"]],
            "skäl": row["why"],
        }
        for row in found["measures"]
    ]
    answer(found, json_, "" if json_ else table_text(rows) or str(Message("Ingen åtgärd har en analysplan.")))


@measures.command("calls")
def calls_command(
    days: Annotated[int, typer.Option(min=1, max=120, help="Så många dagar framåt.")] = 14,
    unit: Annotated[str | None, typer.Option(help="Bara denna enhet och de under den.")] = None,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Lista bokade tider att höra av sig om före besöket, så att återbud kommer i tid och tiden kan användas."""
    from vardbalans.data.improving.calls import calls_ahead

    found = calls_ahead(store, days=days, unit=unit)
    rows = [
        {
            "tid": row["starts_at"][:16].replace("T", " "),
            "enhet": row["unit_id"],
            "vårdtjänst": row["service_id"],
            "kontakt": row["contact_id"],
            "förlorade tider": "–" if row["lost_share"] is None else f"{row['lost_share'] * 100:.0f} %",
        }
        for row in found["contacts"]
    ]
    answer(found, json_, "" if json_ else table_text(rows) or str(Message("Inget är bokat de dagarna.")))


@measures.command("benefits")
def benefits_command(
    unit: Annotated[str | None, typer.Option(help="Bara denna enhet och de under den.")] = None,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Visa nyttoregistret för de senaste tolv månaderna: bara visade effekter summeras, och var och en en gång."""
    from vardbalans.data.improving.benefits import register_document

    found = register_document(store, unit=unit)
    rows = [_gain(row) | {"räknas": "ja" if row["counted"] else "nej"} for row in found["rows"]]
    totals = [_gain(row) for row in found["totals"]]
    spread = [
        {
            "åtgärd": row["measure_id"],
            "enheter": row["units"],
            "bättre": row["better"],
            "ej visad": row["not_shown"],
            "sämre": row["worse"],
            "median": round(row["median"], 3),
        }
        for row in found["spread"]
    ]
    parts = [*map(table_text, (rows, totals, spread)), findings_text(found["findings"])]
    answer(found, json_, "" if json_ else "\n\n".join(filter(None, parts)) or str(Message("Ingen effekt är räknad.")))


@measures.command("report")
def report_command(
    out: Annotated[Path, typer.Option(help="Filen som skrivs: .xlsx, .pdf, eller .html som är en sida att skriva ut.")],
    unit: Annotated[str | None, typer.Option(help="Bara denna enhet och de under den.")] = None,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Skriv rapporten om vidtagna och planerade åtgärder, med effekter, nytta och hur vårdgarantin står."""
    from vardbalans.data.improving.report import report_of, write_report
    from vardbalans.web.improving.report_pdf import report_pdf

    if not out.parent.is_dir():
        raise BadInput(Message("Mappen {folder} finns inte.", folder=out.parent))
    found = report_of(store, unit=unit)
    if out.suffix == ".pdf":
        out.write_bytes(report_pdf(found))
    else:
        write_report(found, out)
    document = {
        "version": found.version,
        "file": str(out),
        "sheets": [{"title": sheet.title, "heads": sheet.heads, "rows": sheet.rows} for sheet in found.sheets],
        "findings": [],
    }
    answer(document, json_, str(Message("{title} är skriven till {file}.", title=found.title, file=out)))


def _gain(row: dict[str, Any]) -> dict[str, Any]:
    by = 100 if row["kind"] == "ore" else 1
    figures = {name: round(row[key] / by) for name, key in (("väntat", "expected"), ("lågt", "low"), ("högt", "high"))}
    named = {"åtgärd": row["measure_id"]} if "measure_id" in row else {}
    return named | {"enhet": row["unit_id"], "slag": _KINDS[row["kind"]], **figures}


def _effect(row: dict[str, Any] | None, added: float | None = None) -> str:
    """Return a ratio with its interval as changes in per cent."""
    expected = (row or {}).get("estimate", (row or {}).get("factor"))
    if row is None or expected is None:
        return "" if added is None else f"{added:+g}".replace(".", ",")
    ends = "–" if row["low"] is None or row["high"] is None else f"{_percent(row['low'])} till {_percent(row['high'])}"
    return f"{_percent(expected)} ({ends})"


def _percent(ratio: float) -> str:
    return f"{(ratio - 1) * 100:+.0f} %".replace("-", "−")
