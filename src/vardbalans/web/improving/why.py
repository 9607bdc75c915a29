"""Why a figure of the page Åtgärder is what it is: what was expected, what was measured by which plan, and gains."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from vardbalans.data.improving.benefits import Register, benefit_register
from vardbalans.data.improving.register import Entry
from vardbalans.data.improving.series import INDICATORS
from vardbalans.data.improving.told import entries_of, told
from vardbalans.engine.explain import Figure, Source, Step
from vardbalans.engine.messages import Message
from vardbalans.engine.register import Gain
from vardbalans.web import store
from vardbalans.web.improving import sentences
from vardbalans.web.improving.listing import acts_in
from vardbalans.web.insight.derived import Back, Derived, MadeFrom
from vardbalans.web.insight.selectors import Reader, names_of

__all__ = ["of_measure"]

Row = Mapping[str, Any]
_UNITS = {"hours": "hours", "ore": "öre", "bed_days": "days"}


def of_measure(reader: Reader, unit_id: str, asked: Mapping[str, str]) -> Derived | None:
    """Return the ``expected`` or ``measured`` effect of a ``measure``, or its ``gain`` (a kind) in the unit.

    Without a measure it is the sum of what all have brought the unit and those below.
    """
    lake = store.lake()
    head = lake.required_head()
    made = MadeFrom(head.number, lambda table: names_of(table, head.number))
    entries, _units = entries_of(lake, head)
    measure = asked.get("measure", "")
    entry = next((row for row in entries if measure and row.measure_id == measure), None)
    if measure and (entry is None or not acts_in(entry, reader.below(unit_id))):
        return None
    if "gain" in asked:
        found = benefit_register(lake, head, reader.below(unit_id))
        figure = _gain(found, entry, unit_id, asked["gain"]) if entry else _sum(found, asked["gain"], reader)
        title = sentences.kinds().get(asked["gain"], asked["gain"])
    elif entry is not None:
        figure = _expected(entry) if asked["figure"] == "expected" else _measured(entry, asked["figure"])
        title = _("Väntad effekt") if asked["figure"] == "expected" else _("Uppmätt effekt")
    else:
        return None
    if figure is None:
        return None
    name = entry.row["name"] if entry else reader.tree.units[unit_id].name
    return Derived(unit_id, figure, name, title, _back(unit_id, entry, reader), {"week": "", **asked}, made)


def _back(unit_id: str, entry: Entry | None, reader: Reader) -> Back:
    if entry is None:
        address = f"{reverse('improving:measures_unit', args=[unit_id])}?view=benefits"
        return Back(f"{_('Åtgärder')}: {reader.tree.units[unit_id].name}", address)
    address = f"{reverse('improving:measure', args=[unit_id])}?{urlencode({'measure': entry.measure_id})}"
    return Back(entry.row["name"], address)


def _expected(entry: Entry) -> Figure | None:
    row = told(entry)
    source = Source.of("measures", measure_id=entry.measure_id)
    if row["added"] is not None:
        term = Step(Message("väntat"), row["added"], "count", None, source)
        return Figure(
            "expected", row["added"], "count", Message("Det som åtgärden väntas lägga till i planen."), (term,)
        )
    if row["expected"] is None:
        return None
    formula = Message(
        "Väntad ändring = den faktor som skrevs in när åtgärden föreslogs − 1; ingen mätning ligger bakom."
    )
    return _change("expected", row["expected"], "factor", formula, source, ())


def _change(name: str, row: Row, estimate: str, formula: Message, source: Source, inputs: Sequence[Step]) -> Figure:
    """Return the change that a ratio means, with its interval."""
    ends = ((Message("intervall, från"), row["low"]), (Message("intervall, till"), row["high"]))
    terms = (
        Step(Message("kvot mot utan åtgärden"), row[estimate], "share", None, source),
        Step(Message("utan åtgärden"), -1.0, "share"),
    )
    interval = tuple(Step(label, end - 1, "share") for label, end in ends if end is not None)
    return Figure(name, row[estimate] - 1, "share", formula, terms, (*interval, *inputs))


def _measured(entry: Entry, figure: str) -> Figure | None:
    """Return the newest month's effect on the whole, or on the unit that *figure* names (``measured:UNIT``)."""
    _name, _colon, unit = figure.partition(":")
    found = next((row for row in entry.latest if (row["unit_id"] or "") == unit), None)
    if found is None or found["estimate"] is None or not figure.startswith("measured"):
        return None
    formula = Message(
        "Uppmätt ändring av {indicator} till och med {month}, efter analysplanen {plan}: {method}. {reason}",
        indicator=_indicator(found["indicator"]),
        month=found["month"],
        plan=found["plan_fingerprint"],
        method=_METHODS.get(found["method"], Message("{method}", method=found["method"])),
        reason=found["reason"] or "",
    )
    counts = (
        (Message("månader före starten"), "months_before"),
        (Message("månader efter starten"), "months_after"),
        (Message("signaler i styrdiagrammet efter starten"), "signals"),
        (Message("påhittade starter eller enheter som provats"), "placebo_tried"),
        (Message("av dem, hur många som visade en effekt"), "placebo_shown"),
    )
    inputs = [Step(label, found[name], "count") for label, name in counts if found[name] is not None]
    if entry.plan:
        plan = Source.of("measure_plans", measure_id=entry.plan.measure_id)
        inputs.append(
            Step(Message("månader till omdömet, i analysplanen"), entry.plan.periods_after, "count", None, plan)
        )
    where = {"measure_id": entry.measure_id, "month": str(found["month"])}
    source = Source.of("measure_estimates", **where, **({"unit_id": unit} if unit else {}))
    return _change("measured", found, "estimate", formula, source, inputs)


def _indicator(indicator: str) -> Message | str:
    """Return the name of an indicator as a message, to be told in the reader's language."""
    found = INDICATORS.get(indicator)
    return found.name if found else indicator.removeprefix("series:")


_METHODS = {
    "interrupted": Message("serien mot sig själv före starten"),
    "staggered": Message("mot enheter som inte har börjat"),
    "synthetic": Message("mot en sammanvägd jämförelse"),
}


def _gain(found: Register, entry: Entry, unit_id: str, kind: str) -> Figure | None:
    """Return what the measure has brought the unit: what is counted now, times what the ratio says of it."""
    row = next(
        (row for row in found.gains if (row.measure_id, row.unit_id, row.kind) == (entry.measure_id, unit_id, kind)),
        None,
    )
    whole = next((each for each in entry.latest if not each["unit_id"]), None)
    if row is None or whole is None:
        return None
    unit, effect = _UNITS.get(kind, "count"), whole["estimate"]
    sign = -1 if entry.plan and entry.plan.better == "higher" else 1
    rate = sign * (1 / effect - 1) * row.share
    formula = Message(
        "Nytta = det som räknas {first} till {last} · (1 / uppmätt kvot − 1) · åtgärdens del",
        first=found.first,
        last=found.last,
    )
    measured = (("unit", unit_id), ("of", "measure"), ("measure", entry.measure_id), ("figure", "measured"))
    inputs = [
        Step(Message("95 % intervall, från"), row.low, unit),
        Step(Message("95 % intervall, till"), row.high, unit),
        Step(Message("uppmätt ändring"), effect - 1, "share", of=measured),
        Step(Message("åtgärdens del"), row.share, "share"),
    ]
    if rate:
        inputs.insert(0, Step(Message("det som räknas"), row.expected / rate, unit))
    if kind == "ore":
        inputs.append(Step(Message("värdet av en timme, {source}", source=found.hour.source), found.hour.ore, "öre"))
    term = Step(Message("nytta"), row.expected, unit)
    return Figure("gain", row.expected, unit, formula, (term,), tuple(inputs))


def _sum(found: Register, kind: str, reader: Reader) -> Figure | None:
    total = next((row for row in found.at(None) if row.kind == kind), None)
    if total is None:
        return None
    unit = _UNITS.get(kind, "count")
    names = {entry.measure_id: entry.row["name"] for entry in found.entries}
    terms = tuple(
        Step(
            Message("{measure}, {unit}", measure=names[row.measure_id], unit=found.units[row.unit_id].name),
            row.expected,
            unit,
            of=_gain_of(row) if row.unit_id in reader.scope else (),
        )
        for row in found.gains
        if row.kind == kind and row.counted
    )
    formula = Message("Summan av nyttan av de åtgärder vars effekt är visad, i enheten och under den.")
    inputs = (
        Step(Message("95 % intervall, från"), total.low, unit),
        Step(Message("95 % intervall, till"), total.high, unit),
    )
    return Figure("gain", total.expected, unit, formula, terms, inputs)


def _gain_of(row: Gain) -> tuple[tuple[str, str], ...]:
    named = {"unit": row.unit_id, "of": "measure", "measure": row.measure_id, "gain": row.kind, "figure": "gain"}
    return tuple(named.items())
