"""What people write about a measure: its analysis plan, PDSA cards, and a status that is theirs to set.

Everything is a row that is added, dated and never changed. That a measure is *measured* is not theirs to say: the
monthly following does, by the plan.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pyarrow as pa

from vardbalans.data.identity.masking import masked
from vardbalans.data.improving.register import Entry, register_of
from vardbalans.data.improving.series import INDICATORS, SERIES, series_names
from vardbalans.data.lake import Lake
from vardbalans.data.tables import TABLES
from vardbalans.data.unit_tree import units_of
from vardbalans.engine.errors import BadInput
from vardbalans.engine.improving import AnalysisPlan
from vardbalans.engine.messages import Message

__all__ = ["STEPS", "add_card", "entry_of", "fix_plan", "indicators_of", "set_status"]

Row = dict[str, Any]
Step = Literal["plan", "do", "study", "act"]
STEPS: Mapping[Step, Message] = {
    "plan": Message("Planera"),
    "do": Message("Göra"),
    "study": Message("Studera"),
    "act": Message("Agera"),
}
"""The steps of a PDSA cycle in order."""
_ZONE = ZoneInfo("Europe/Stockholm")
_FILE = "vardbalans measures"


def entry_of(lake: Lake, measure_id: str, version: int | None = None) -> Entry:
    """Return a measure of the register in a data version (None: the newest). Raises BadInput for an unknown one."""
    head = lake.required_head() if version is None else lake.version(version)
    present = set(head.tables)
    with lake.connect(head.number) as connection:
        entries = register_of(connection, present, units_of(connection, present))
    found = next((entry for entry in entries if entry.measure_id == measure_id), None)
    if found is None:
        raise BadInput(Message("Åtgärden {id} finns inte i data.", id=measure_id))
    return found


def indicators_of(lake: Lake) -> tuple[str, ...]:
    """Return the indicators that the newest data has: those counted, and the series that are there."""
    head = lake.required_head()
    with lake.connect(head.number) as connection:
        return (*INDICATORS, *series_names(connection, set(head.tables)))


def fix_plan(store: Path, plan: AnalysisPlan, *, author: str, at: datetime) -> Row:
    """Fix the analysis *plan* of its measure from *at*; ``late`` where the measure has begun.

    The day the plan says it was fixed is that of *at*, whatever it is given as. Raises BadInput for a measure or
    indicator that is not there.
    """
    lake = Lake(store)
    entry = entry_of(lake, plan.measure_id)
    # A series need not have any value yet: a plan is made before.
    if plan.indicator not in INDICATORS and not plan.indicator.startswith(SERIES):
        raise BadInput(Message("Indikatorn {id} är inte känd. Se tabellen Analysplaner.", id=plan.indicator))
    plan = replace(plan, fixed=at.astimezone(_ZONE).date())
    row = {
        "measure_id": plan.measure_id,
        "fixed_at": at,
        "indicator": plan.indicator,
        "better": plan.better,
        "periods_after": plan.periods_after,
        "stop_after": plan.stop_after,
        "comparison": ";".join(plan.comparison) or None,
        "method": plan.method,
        "author": author,
    }
    return {
        "version": _add(lake, "measure_plans", row, author, at),
        "measure_id": plan.measure_id,
        "fingerprint": plan.fingerprint,
        "changed": bool(entry.plans),
        "late": plan.fixed >= min(entry.starts.values()),
        "findings": [],
    }


def add_card(store: Path, measure_id: str, *, cycle: int, step: Step, text: str, author: str, at: datetime) -> Row:
    """Add what was planned, done, studied or decided in a cycle. Raises BadInput."""
    if cycle < 1 or not text.strip():
        raise BadInput(Message("Ange varvets nummer från 1, och skriv något."))
    lake = Lake(store)
    entry_of(lake, measure_id)
    row = {"measure_id": measure_id, "cycle": cycle, "step": step, "at": at, "text": text.strip(), "author": author}
    version = _add(lake, "measure_cards", row, author, at)
    return {"version": version, "measure_id": measure_id, "cycle": cycle, "step": step, "findings": []}


def set_status(store: Path, measure_id: str, status: str, *, reason: str, author: str, at: datetime) -> Row:
    """Set a status that is people's to set: ``idea``, ``pilot``, ``stopped``; ``in_plan`` for what is measured.

    What is taken into the plan keeps the effect that was measured. Raises BadInput for another.
    """
    lake = Lake(store)
    entry = entry_of(lake, measure_id)
    if status not in ("idea", "pilot", "stopped", "in_plan"):
        raise BadInput(Message("Att en åtgärd är mätt sägs av measures follow, enligt dess analysplan."))
    if not reason.strip():
        raise BadInput(Message("Ange skälet."))
    measured: Row = {}
    if status == "in_plan":
        if entry.status != "measured" or not entry.events or entry.events[-1]["factor"] is None:
            raise BadInput(Message("Bara en åtgärd med uppmätt effekt kan tas in i planen."))
        kept = ("factor", "factor_low", "factor_high", "plan_fingerprint")
        measured = {name: entry.events[-1][name] for name in kept}
    row = {"measure_id": measure_id, "at": at, "status": status, "reason": reason.strip(), "author": author}
    version = _add(lake, "measure_events", row | measured, author, at)
    return {
        "version": version,
        "measure_id": measure_id,
        "status_before": entry.status,
        "status": status,
        "findings": [],
    }


def _add(lake: Lake, table: str, row: Row, author: str, at: datetime) -> int:
    if not author.strip():
        raise BadInput(Message("Ange vilken funktion som gör det, till exempel Verksamhetschef ortopedi."))
    for text in (author, row.get("text"), row.get("reason")):
        if text and masked(text) != text:
            raise BadInput(Message("Texten liknar ett personnummer. Skriv utan personuppgifter."))
    head = lake.required_head()
    placed = row | {"_file": f"{_FILE} {table}", "_row": head.number + 1}
    rows = pa.Table.from_pylist([placed], TABLES[table].schema())
    return lake.commit({table: rows}, by=author, at=at, expected_head=head.number).number
