"""The benefit register of a data version: what the stored effects have brought in the last twelve whole months.

A unit that began within them counts from its start.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from vardbalans.data.findings import note_row
from vardbalans.data.improving.register import Entry, register_of
from vardbalans.data.improving.series import INDICATORS, Months, months_of, totals_of
from vardbalans.data.lake import Lake, Version
from vardbalans.data.load.events import span_of
from vardbalans.data.load.rules import hour_value_on
from vardbalans.data.unit_tree import units_below, units_of
from vardbalans.engine.benefit import Benefit, HourValue
from vardbalans.engine.catalogue import Unit
from vardbalans.engine.effects.verdict import Interval
from vardbalans.engine.errors import BadInput
from vardbalans.engine.improving import month_of, month_text
from vardbalans.engine.messages import Message
from vardbalans.engine.register import Gain, Spread, gained, rolled_up, shared, spread_of

__all__ = ["Register", "benefit_register", "register_document"]

Row = dict[str, Any]
_MONTHS = 12
_SLOTS = ("no_show_share", "late_cancelled_share", "lost_share")


@dataclass(frozen=True)
class Register:
    """The *gains* by measure and unit of the months from *first* to *last*, with what an hour is worth then.

    *spreads* is how each measure's effect lies over its units; *notes* say what could not be valued.
    """

    version: int
    first: str
    last: str
    hour: HourValue
    entries: tuple[Entry, ...]
    units: Mapping[str, Unit]
    gains: tuple[Gain, ...]
    spreads: Mapping[str, Spread]
    notes: tuple[Message, ...]

    def at(self, unit: str | None) -> tuple[Benefit, ...]:
        """Return the sums per kind of *unit* and below; of everything for None. Raises BadInput for an unknown one."""
        return rolled_up(self.gains, units_below(self.units, unit) if unit else None)


def benefit_register(lake: Lake, head: Version, within: Collection[str] | None = None) -> Register:
    """Return the register of a data version for gains in the units *within* (None: all).

    Raises BadInput without a whole month of data.
    """
    present = set(head.tables)
    with lake.connect(head.number) as connection:
        units = units_of(connection, present)
        entries = register_of(connection, present, units)
        months = months_of(span_of(connection, present, head.at.date()))
        year = Months(max(months.first, months.end - _MONTHS), months.end)
        hour = hour_value_on(connection, present, date((year.end - 1) // 12, (year.end - 1) % 12 + 1, 1))
        gains: list[Gain] = []
        notes: list[Message] = []
        for entry in entries:
            try:
                gains += _gains(connection, entry, year, units, hour)
            except BadInput as refusal:
                notes.append(
                    Message("Nyttan av {name} kan inte räknas: {why}", name=entry.row["name"], why=refusal.message)
                )
    kept = [row for row in shared(gains) if within is None or row.unit_id in within]
    spreads = {
        entry.measure_id: spread
        for entry in entries
        if entry.plan
        and (
            spread := spread_of(
                [interval_of(row) for row in entry.latest if row["unit_id"] and row["estimate"] is not None],
                lower_is_better=entry.plan.better == "lower",
            )
        )
    }
    return Register(
        head.number,
        month_text(year.first),
        month_text(year.end - 1),
        hour,
        entries,
        units,
        tuple(kept),
        spreads,
        tuple(notes),
    )


def interval_of(row: Mapping[str, Any]) -> Interval:
    """Return a stored estimate as an interval; an end that is not there is none."""
    low, high = row["low"], row["high"]
    return Interval(
        row["estimate"],
        float("-inf") if low is None else low,
        float("inf") if high is None else high,
        "ratio",
    )


def _gains(
    connection: duckdb.DuckDBPyConnection,
    entry: Entry,
    year: Months,
    units: Mapping[str, Unit],
    hour: HourValue,
) -> list[Gain]:
    """Return the gains of a measure in each unit where it has begun; none before an effect has been counted."""
    whole = next((row for row in entry.latest if not row["unit_id"]), None)
    if whole is None or whole["estimate"] is None or entry.plan is None:
        return []
    indicator = entry.plan.indicator
    if indicator not in INDICATORS:
        raise BadInput(Message("serien har inget värde i kronor eller timmar."))
    counted = entry.status in ("measured", "in_plan")
    effect = interval_of(whole)
    more = -1 if entry.plan.better == "higher" else 1  # more of it is then the gain, not fewer
    begun = {name: month_of(day) for name, day in entry.begun(year.end - 1).items() if name in units}
    services = [entry.row["target_id"]] if entry.row["target_id"] else None
    found = []
    for unit, amounts in totals_of(connection, year, indicator, units, begun, services).items():
        for kind, amount in _amounts(indicator, amounts, hour).items():
            expected, *ends = (more * end for end in gained(amount, effect))
            low, high = sorted(ends)
            target = f"{'slots' if indicator in _SLOTS else indicator}:{entry.row['target_id'] or ''}"
            found.append(Gain(entry.measure_id, unit, target, kind, expected, low, high, counted))
    return found


def _amounts(indicator: str, amounts: Mapping[str, float], hour: HourValue) -> dict[str, float]:
    """Return per kind what the ratio is taken of: slots lost with their time, hours used, days, or cases."""
    if indicator in _SLOTS:
        lost = amounts["numerator"]
        hours = lost * amounts["minutes"] / 60
        return {"slots": lost, "hours": hours, "ore": hours * hour.ore}
    if indicator == "minutes":
        hours = amounts["numerator"] / 3600
        return {"hours": hours, "ore": hours * hour.ore}
    if indicator == "stay_days":
        return {"bed_days": amounts["numerator"] / 86400}
    return {"cases": amounts["numerator"]}


def register_document(store: Path, *, unit: str | None = None) -> Row:
    """Return the document of the benefit register of *unit* and below (None: all). Raises BadInput."""
    lake = Lake(store)
    head = lake.required_head()
    found = benefit_register(lake, head)
    below = units_below(found.units, unit) if unit else frozenset(found.units)
    levels = [name for name in sorted(below) if found.units[name].level in ("region", "division")]
    names = {entry.measure_id: entry.row["name"] for entry in found.entries}
    return {
        "version": found.version,
        "months": [found.first, found.last],
        "hour_value": {
            "ore": found.hour.ore,
            "valid_from": found.hour.valid_from.isoformat(),
            "source": found.hour.source,
        },
        "rows": [
            {
                "measure_id": row.measure_id,
                "name": names[row.measure_id],
                "unit_id": row.unit_id,
                "kind": row.kind,
                "expected": row.expected,
                "low": row.low,
                "high": row.high,
                "share": row.share,
                "counted": row.counted,
            }
            for row in found.gains
            if row.unit_id in below
        ],
        "totals": [
            {"unit_id": at, "kind": row.kind, "expected": row.expected, "low": row.low, "high": row.high}
            for at in dict.fromkeys([*([unit] if unit else []), *levels])
            for row in found.at(at)
        ],
        "spread": [{"measure_id": name, **vars(row)} for name, row in found.spreads.items()],
        "findings": [note_row(note, "benefit_note") for note in found.notes],
    }
