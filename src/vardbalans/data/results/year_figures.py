"""Why the figures of a year are what they are, also those of a unit and kind of care: rows of ``follow_up`` in, figures
out.

The figures of a unit are the sum of its parts: its own services and the units below it. Each part is a figure with
reasons of its own, down to a service, whose figures come from rows. A part that is too few to be told is told together
with others, never by itself.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from vardbalans.data.results.follow_up import follow_up_figure
from vardbalans.engine.explain import Figure, Source, Step
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period

__all__ = ["LATE_FIGURES", "PERIOD_FIGURES", "YEAR_FIGURES", "late_values", "lately_figure", "together", "year_figure"]

Row = Mapping[str, Any]
Of = Mapping[str, str]

YEAR_FIGURES = (
    *("done", "done_planned", "done_deviation", "done_share"),
    *("year", "year_planned", "year_deviation", "year_share"),
)
"""The figures of a whole year, and of what has passed of it."""
PERIOD_FIGURES = ("counted", "expected", "planned", "deviation", "share")
"""The figures of a week or a month."""
LATE_FIGURES = ("counted", "planned", "deviation")
"""The figures of a service's last whole periods together."""
_SHARES = {
    "done_share": ("done_deviation", "done_planned"),
    "year_share": ("year_deviation", "year_planned"),
    "share": ("deviation", "planned"),
}
_DEVIATIONS = {
    "done_deviation": ("done", "done_planned"),
    "year_deviation": ("year", "year_planned"),
    "deviation": ("expected", "planned"),
}
_STORED = {"counted": "outcome", "planned": "planned", "year": "year_expected"}
_UNIT = "activities"


def year_figure(row: Row, parts: Sequence[tuple[str, Row, Of]], name: str, period: str, of: Of) -> Figure | None:
    """Return the figure *name* of *row*: of its year, or of the *period* of it. None where it has none, or is not told.

    *parts* are those that sum to a row of a unit, each as (name, row, what names it in addresses); *of* names the row
    itself likewise.
    """
    value = value_of(row, name, period)
    if value is None:
        return None
    if name in _SHARES:
        return _share(row, name, period, value, of)
    if not row["service_id"]:
        return _summed(name, period, value, parts, row["below"])
    stored = follow_up_figure(dict(row), _STORED[name], period) if name in _STORED else None
    if stored is not None and abs(stored.remainder) < 1:
        return stored
    if name in _DEVIATIONS:
        return _deviation(row, name, period, value, of)
    return _of_service(row, name, period, value, of)


def lately_figure(row: Row, name: str, of: Of) -> Figure | None:
    """Return the figure *name* of a service's last whole periods together; None where it has none, or is not told.

    *of* names the same figures in addresses, without their own name.
    """
    value = late_values(row)[name]
    if value is None:
        return None
    if name == "deviation":
        outcome, planned = (late_values(row)[each] or 0.0 for each in ("counted", "planned"))
        steps = (
            Step(Message("utfall"), outcome, _UNIT, of=_named(of, "counted")),
            Step(Message("plan"), -planned, _UNIT, of=_named(of, "planned")),
        )
        return Figure(name, value, _UNIT, Message("Utfallet av det som har en plan, minus planen."), steps)
    parts = [(each["period"], each[name], {**of, "of": "year", "week": each["period"]}) for each in _late_periods(row)]
    formula = Message("Summan av de senaste hela veckorna eller månaderna.")
    return Figure(name, value, _UNIT, formula, together(parts, value, _UNIT, name, row["below"]))


def late_values(row: Row) -> dict[str, float | None]:
    """Return the outcome, plan and deviation of a service's last whole periods together; None where not all is told."""
    lately, planned = row["lately"], [each["planned"] for each in _late_periods(row)]
    outcome: float | None = lately["outcome"] if lately else None
    plan = sum(planned) if planned and None not in planned else None
    return {
        "counted": outcome,
        "planned": plan,
        "deviation": None if outcome is None or plan is None else outcome - plan,
    }


def _late_periods(row: Row) -> list[Row]:
    count = row["lately"]["periods"] if row["lately"] else 0
    return [each for each in row["weeks"] or row["months"] if each["whole"]][-count:] if count else []


def value_of(row: Row, name: str, period: str) -> float | None:
    """Return the figure *name* of *row*; None where there is none, or it is not told."""
    if name in _SHARES:
        deviation, planned = (value_of(row, each, period) for each in _SHARES[name])
        return deviation / planned if deviation is not None and planned else None
    if name in YEAR_FIGURES:
        found: float | None = row[name]
        return found
    return _in_period(row, period).get(name) if name in PERIOD_FIGURES else None


def _in_period(row: Row, period: str) -> Row:
    found = [*(row["weeks"] or ()), *row["months"]]
    return next((each for each in found if each["period"] == period), {})


def _named(of: Of, name: str) -> tuple[tuple[str, str], ...]:
    return tuple({**of, "figure": name}.items())


def _share(row: Row, name: str, period: str, value: float, of: Of) -> Figure:
    deviation, planned = _SHARES[name]
    inputs = tuple(
        Step(label, value_of(row, each, period) or 0.0, _UNIT, of=_named(of, each))
        for label, each in ((Message("avvikelse"), deviation), (Message("plan"), planned))
    )
    term = Step(Message("avvikelse / plan"), value, "share")
    return Figure(name, value, "share", Message("Avvikelsen delad med planen."), (term,), inputs)


def _summed(name: str, period: str, value: float, parts: Sequence[tuple[str, Row, Of]], below: int) -> Figure:
    """Return the sum of *parts*; those without a plan have no part in one, those too few are told together."""
    told = [(part, value_of(row, name, period), each) for part, row, each in parts if _counts(row, name, period)]
    formula = Message("Summan av delarna: enhetens egna vårdtjänster och enheterna under den.")
    return Figure(name, value, _UNIT, formula, together(told, value, _UNIT, name, below))


def _counts(row: Row, name: str, period: str) -> bool:
    """Tell whether the part has anything of the figure: it is told, or it is only too few to be."""
    if value_of(row, name, period) is not None:
        return True
    if name in YEAR_FIGURES:
        return row["done"] is None
    return bool(_in_period(row, period).get("hidden"))


def together(
    parts: Sequence[tuple[str, float | None, Of]], value: float, unit: str, name: str, below: int
) -> tuple[Step, ...]:
    """Return a step for each of *parts* (name, value, what names it); those not told are one, of at least *below*.

    A single part not told, or few people in all of them, takes the least of the told ones with it.
    """
    told = sorted(((each, part, of) for part, each, of in parts if each is not None), key=lambda row: abs(row[0]))
    hidden = len(parts) - len(told)
    left = value - sum(each for each, _part, _of in told)
    while hidden and told and (hidden < 2 or abs(left) < below):
        each, _part, _of = told.pop(0)
        hidden, left = hidden + 1, left + each
    kept = {part for _each, part, _of in told}
    steps = [
        Step(Message("{part}", part=part), each, unit, of=_named(of, name))
        for part, each, of in parts
        if each is not None and part in kept
    ]
    if hidden:
        steps.append(Step(Message("{count} delar som är för små att visa var för sig", count=hidden), left, unit))
    return tuple(steps)


def _deviation(row: Row, name: str, period: str, value: float, of: Of) -> Figure:
    outcome, plan = _DEVIATIONS[name]
    planned = value_of(row, plan, period) or 0.0
    against = value + planned
    same = abs((value_of(row, outcome, period) or 0.0) - against) < 0.01
    formula = (
        Message("Utfallet och prognosen för resten, minus planen.")
        if name == "year_deviation"
        else Message("Utfallet av det som har en plan, minus planen.")
    )
    steps = (
        Step(Message("utfall"), against, _UNIT, of=_named(of, outcome) if same else ()),
        Step(Message("plan"), -planned, _UNIT, of=_named(of, plan)),
    )
    return Figure(name, value, _UNIT, formula, steps)


def _of_service(row: Row, name: str, period: str, value: float, of: Of) -> Figure:
    if name == "done":
        formula = Message("Det som har utförts hittills i år, räknat en gång var; veckor delas efter arbetsdagar.")
        first = Period.parse(f"{row['of_year']}-01")
        return _one(name, value, formula, Message("utfört hittills i år"), _rows(row, first, _coming(row)))
    if name in ("done_planned", "year_planned"):
        return _of_months(row, name, value, of)
    if name == "expected":
        return _expected(row, period, value, of)
    if name == "year":
        formula = Message("Årets prognos är det som har utförts hittills och prognosen för resten.")
        return _one(name, value, formula, Message("hittills, som är för litet att visa, och resten"), None)
    formula = Message("Utfallet är det som har utförts, räknat en gång var; veckor delas efter arbetsdagar.")
    first = Period.parse(period)
    return _one(name, value, formula, Message("utfört"), _rows(row, first, first.next()))


def _one(name: str, value: float, formula: Message, label: Message, source: Source | None) -> Figure:
    return Figure(name, value, _UNIT, formula, (Step(label, value, _UNIT, None, source),))


def _of_months(row: Row, name: str, value: float, of: Of) -> Figure:
    """Return the plan of a year, or of what has passed of it, as the plans of its months.

    A month that was frozen holds the sums of its year without the year's other months.
    """
    if row.get("is_frozen"):
        return _one(name, value, Message("Planen som den var när månaden frystes."), Message("plan"), None)
    passed = name == "done_planned"
    months = [each for each in row["months"] if each["planned"] is not None and (each["whole"] or not passed)]
    steps = [
        Step(Message("plan för {month}", month=each["period"]), each["planned"], _UNIT, of=_month(of, each["period"]))
        for each in months
    ]
    left = value - sum(step.value for step in steps)
    if passed and abs(left) > 0.01:
        steps.append(Step(Message("plan för de dagar som har gått av den månad som pågår"), left, _UNIT))
    formula = (
        Message("Planen för de dagar i år som har gått: hela månader och vad som har gått av den som pågår.")
        if passed
        else Message("Planen för årets månader, summerad.")
    )
    return Figure(name, value, _UNIT, formula, tuple(steps))


def _month(of: Of, period: str) -> tuple[tuple[str, str], ...]:
    return _named({**of, "week": period}, "planned")


def _expected(row: Row, period: str, value: float, of: Of) -> Figure:
    counted = _in_period(row, period).get("counted") or 0.0
    formula = Message("Det som har utförts hittills i perioden och prognosen för resten av den.")
    steps = [Step(Message("prognos för resten"), value - counted, _UNIT)]
    if counted:
        steps.insert(0, Step(Message("utfört hittills"), counted, _UNIT, of=_named(of, "counted")))
    ends = [(Message("80 % intervall, från"), "low"), (Message("80 % intervall, till"), "high")]
    found = _in_period(row, period)
    inputs = tuple(Step(label, found[end], _UNIT) for label, end in ends if found.get(end) is not None)
    return Figure("expected", value, _UNIT, formula, tuple(steps), inputs)


def _coming(row: Row) -> Period:
    """Return the first period that has not passed whole; the year after where all have."""
    coming = [each["period"] for each in row["weeks"] or row["months"] if not each["whole"]]
    return Period.parse(coming[0]) if coming else Period.parse(f"{row['of_year']}-01").next(12)


def _rows(row: Row, first: Period, until: Period) -> Source | None:
    if not row["source"]:
        return None
    source = Source.of(row["source"]["table"], **row["source"]["where"])
    if source.table == "referrals":  # people treated: their date is the one they were closed
        return source.narrowed(treated_since=first.start.isoformat(), treated_until=until.start.isoformat())
    return source.narrowed(since=str(first), until=str(until))
