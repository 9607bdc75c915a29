"""The report to the board and its auditors: measures taken and planned, their effects, and how the lists stand.

Every figure is one of the register's own, of one data version and, where there is one, one stored balance; the report
computes nothing. It comes as a workbook, and as a page to print.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook

from vardbalans.data.improving.benefits import benefit_register
from vardbalans.data.improving.told import entries_of, told
from vardbalans.data.lake import Lake, Version
from vardbalans.data.results import Results
from vardbalans.data.unit_tree import units_above, units_below
from vardbalans.data.write.sheets import guarded
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = ["Cell", "Report", "Sheet", "report_of", "shown", "source_of", "write_report"]

Row = Mapping[str, Any]
Cell = str | float | int | None
_STATUS = {
    "idea": Message("planerad"),
    "pilot": Message("pågår"),
    "measured": Message("visad effekt"),
    "in_plan": Message("i planen"),
    "stopped": Message("avslutad"),
}
_VERDICT = {"shown": Message("visad"), "not_shown": Message("ej visad"), "untold": Message("kan inte räknas")}
_KINDS = {
    "hours": Message("timmar"),
    "slots": Message("tider"),
    "bed_days": Message("vårddygn"),
    "ore": Message("kr"),
    "cases": Message("antal"),
}
_PER = {"ore": 100}


@dataclass(frozen=True)
class Sheet:
    """One table of the report: its title, a sentence, headings and rows."""

    title: str
    about: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Report:
    """The report of a unit (None: all) on a data version; *owner* is the topmost unit's name."""

    title: str
    owner: str
    version: int
    fingerprint: str
    day: date
    sheets: tuple[Sheet, ...]


def report_of(store: Path, *, unit: str | None = None) -> Report:
    """Return the report of *unit* and below, by the newest data and the newest stored balance. Raises BadInput."""
    lake = Lake(store)
    head = lake.required_head()
    entries, units = entries_of(lake, head)
    below = units_below(units, unit) if unit else frozenset(units)
    near = below | units_above(units, unit) if unit else below
    day = head.at.date().isoformat()
    rows = [
        # What has not begun is planned, however far its preparations have come.
        row | {"status": "idea"} if row["status"] == "pilot" and row["starts"] > day else row
        for row in (told(entry) for entry in entries if entry.row["unit_id"] in near)
    ]
    taken = [row for row in rows if row["status"] != "idea"]
    planned = [row for row in rows if row["status"] == "idea"]
    name = units[unit].name if unit else str(Message("hela regionen"))
    sheets = [
        _measures(str(Message("Vidtagna åtgärder")), taken),
        _measures(str(Message("Planerade åtgärder")), planned),
        _benefits(lake, head, unit),
    ]
    lists = _lists(store, below)
    top = next(each for each in units.values() if not each.parent_id)
    return Report(
        str(Message("Vidtagna och planerade åtgärder: {unit}", unit=name)),
        top.name,
        head.number,
        head.fingerprint,
        head.at.date(),
        (*sheets, *([lists] if lists else [])),
    )


def write_report(report: Report, out: Path) -> Path:
    """Write *report* as a workbook (``.xlsx``) or a page to print (``.html``), and return *out*. Raises BadInput."""
    if out.suffix == ".xlsx":
        _write_workbook(report, out)
    elif out.suffix == ".html":
        out.write_text(_page(report), encoding="utf-8")
    else:
        raise BadInput(Message("Rapporten skrivs som .xlsx, .html eller .pdf."))
    return out


def _measures(title: str, rows: Sequence[Row]) -> Sheet:
    heads = (
        "Åtgärds-id",
        "Åtgärd",
        "Enhet",
        "Ansvarig",
        "Status",
        "Börjar",
        "Klar senast",
        "Väntad kvot",
        "Uppmätt kvot",
        "95 % låg",
        "95 % hög",
        "Omdöme",
        "Analysplan före starten",
    )
    about = Message("Kvot mot utan åtgärden: 0,9 är tio procent mindre. Bara visade effekter räknas i planen.")
    return Sheet(title, str(about), heads, tuple(_measure(row) for row in rows))


def _measure(row: Row) -> tuple[Cell, ...]:
    found, plan = row["measured"] or {}, row["plan"]
    before = Message("nej") if plan is None or plan["after_start"] else Message("ja")
    return (
        row["measure_id"],
        row["name"],
        row["unit_id"],
        row["owner"],
        str(_STATUS[row["status"]]),
        row["starts"],
        row["due"],
        (row["expected"] or {}).get("factor"),
        found.get("estimate"),
        found.get("low"),
        found.get("high"),
        str(_VERDICT[row["verdict"]]) if row["verdict"] else None,
        str(before),
    )


def _benefits(lake: Lake, head: Version, unit: str | None) -> Sheet:
    heads = ("Slag", "Nytta", "95 % låg", "95 % hög")
    try:
        found = benefit_register(lake, head)
    except BadInput as refusal:
        return Sheet(str(Message("Nytta")), str(refusal.message), heads, ())
    about = Message(
        "Visade effekter {first}–{last}; en timme är värd {hour} kr. Det som inte är visat summeras inte.",
        first=found.first,
        last=found.last,
        hour=round(found.hour.ore / 100),
    )
    rows: list[tuple[Cell, ...]] = [
        (str(_KINDS[row.kind]), *(value / _PER.get(row.kind, 1) for value in (row.expected, row.low, row.high)))
        for row in found.at(unit)
    ]
    return Sheet(str(Message("Nytta")), str(about), heads, tuple(rows))


def _lists(store: Path, below: frozenset[str]) -> Sheet | None:
    """Return how the waiting lists stand and are expected to, from the newest stored balance; None without one."""
    run = Results(store).latest()
    if run is None or not run.tells_waits:
        return None
    heads = ("Enhet", "Vårdtjänst", "Väntar", "Andel väntande inom gränsen", "Inom vårdgarantin vecka")
    rows = tuple(
        (row["unit_id"], row["service_name"], row["queue"], row["waiting_within"], row["within_week"])
        for row in run.waiting_lists(below)
    )
    about = Message("Från balansen på dataversion {version}.", version=run.meta["version"])
    return Sheet(str(Message("Vårdgarantin")), str(about), heads, rows)


def _write_workbook(report: Report, out: Path) -> None:
    book = Workbook(str(out), {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True})
    bold, wrap = book.add_format({"bold": True}), book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
    for sheet in report.sheets:
        page = book.add_worksheet(sheet.title[:31])
        page.write_string(0, 0, report.title, bold)
        page.write_string(1, 0, f"{sheet.about} {source_of(report)}")
        for column, head in enumerate(sheet.heads):
            page.write_string(3, column, head, wrap)
        for number, row in enumerate(sheet.rows, 4):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    page.write_string(number, column, guarded(cell))
                elif cell is not None:
                    page.write_number(number, column, cell)
        page.set_column(0, len(sheet.heads) - 1, 18)
        page.freeze_panes(4, 0)
        page.set_landscape()
        page.fit_to_pages(1, 0)
    book.close()


def source_of(report: Report) -> str:
    """Return to which day the data of *report* go, and their version."""
    return str(
        Message(
            "Data t.o.m. {day}, version {version} ({print}).",
            day=report.day,
            version=report.version,
            print=report.fingerprint[:12],
        )
    )


_STYLE = (
    "body{font:11pt/1.4 system-ui,sans-serif;margin:2rem;color:#111}table{border-collapse:collapse;width:100%;"
    "font-size:9pt}th,td{border-bottom:1px solid #999;padding:.2rem .4rem;text-align:left;vertical-align:top}"
    "h2{break-after:avoid}tr{break-inside:avoid}@page{size:A4 landscape;margin:12mm}"
)


def _page(report: Report) -> str:
    """Return the report as one page that stands by itself, to print or to save as PDF."""
    parts = [
        f'<!doctype html><html lang="sv"><head><meta charset="utf-8"><title>{escape(report.title)}</title>',
        f"<style>{_STYLE}</style></head><body><h1>{escape(report.title)}</h1><p>{escape(source_of(report))}</p>",
    ]
    for sheet in report.sheets:
        heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in sheet.heads)
        rows = "".join(f"<tr>{''.join(f'<td>{escape(shown(cell))}</td>' for cell in row)}</tr>" for row in sheet.rows)
        parts.append(f"<h2>{escape(sheet.title)}</h2><p>{escape(sheet.about)}</p>")
        parts.append(f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>")
    return "".join([*parts, "</body></html>"])


def shown(cell: Cell) -> str:
    """Return *cell* as it is read; what is missing as ``–``."""
    if cell is None:
        return "–"
    if isinstance(cell, float):
        return f"{cell:,.2f}".replace(",", "\u00a0").replace(".", ",").replace("-", "−")
    return str(cell)
