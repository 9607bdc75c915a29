"""The page of one measure: its effect against what was expected, chart by unit, plan, cards and history."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from django.http import Http404
from django.utils.translation import gettext as _

from vardbalans.data.improving.register import Entry, register_of
from vardbalans.data.improving.run import Found, chart_of, found_of
from vardbalans.data.improving.series import INDICATORS, months_of
from vardbalans.data.improving.told import told
from vardbalans.data.improving.writing import STEPS
from vardbalans.data.load.events import span_of
from vardbalans.data.load.rules import small_numbers_on
from vardbalans.data.unit_tree import units_of
from vardbalans.engine.effects.spc import Chart
from vardbalans.engine.errors import BadInput
from vardbalans.engine.improving import Outcomes, month_of, month_text
from vardbalans.web import numbers, store
from vardbalans.web.improving import sentences
from vardbalans.web.improving.listing import Line, acts_in, line_of
from vardbalans.web.insight.addresses import Whys
from vardbalans.web.insight.need_chart import chart_of as drawn
from vardbalans.web.insight.selectors import Reader
from vardbalans.web.people.units import Unit
from vardbalans.web.translate import kept, said

__all__ = ["MeasurePage", "UnitChart", "measure_page"]

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Point:
    """One month of a unit's chart: what was counted, the limits, whether the measure had begun, and its signals."""

    month: str
    value: float | None
    centre: float | None
    lower: float | None
    upper: float | None
    begun: bool
    signals: int


@dataclass(frozen=True)
class UnitChart:
    """The control chart of one unit, with limits from the time before, and what it says in a sentence.

    *hidden* months tell of too few people, and have no value.
    """

    unit: str
    key: str
    title: str
    chart: dict[str, Any]
    points: tuple[Point, ...]
    share: bool
    hidden: int


@dataclass(frozen=True)
class MeasurePage:
    """What the page shows of one measure; *charts* are those of units that the reader may see."""

    entry: Entry
    row: Row
    line: Line
    unit: Unit
    path: tuple[Unit, ...]
    conclusion: str
    indicator: str
    charts: tuple[UnitChart, ...]
    effects: tuple[tuple[str, str, str, int | None, str], ...]
    hidden: int
    starts: tuple[tuple[str, str], ...]
    cards: tuple[Row, ...]
    events: tuple[Row, ...]
    steps: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    cycle: int
    plans: tuple[Row, ...]
    planned: Row
    begun: bool


def measure_page(reader: Reader, unit_id: str, measure_id: str) -> MeasurePage:
    """Return the page of a measure as seen at *unit_id*. Raises Http404 where it does not act there."""
    lake = store.lake()
    head = lake.required_head()
    present = set(head.tables)
    with lake.connect(head.number) as connection:
        units = units_of(connection, present)
        entries = register_of(connection, present, units)
        entry = next((row for row in entries if row.measure_id == measure_id), None)
        if entry is None or not acts_in(entry, reader.below(unit_id)):
            raise Http404(measure_id)
        below = small_numbers_on(connection, present, head.at.date())["inside"]
        found = None
        if entry.plan is not None:
            try:
                months = months_of(span_of(connection, present, head.at.date()))
                found = found_of(connection, present, entry, months, units)
            except BadInput:  # no whole month: the page then tells what was expected, and nothing more
                found = None
    row = told(entry)
    names = {key: unit.name for key, unit in units.items()}
    shown = [each for each in row["by_unit"] if each["unit_id"] in reader.scope]
    steps = {key: said(kept(name)) for key, name in STEPS.items()}
    return MeasurePage(
        entry=entry,
        row=row,
        line=line_of(entry, reader),
        unit=reader.tree.units[unit_id],
        path=reader.path(unit_id),
        conclusion=sentences.conclusion(row),
        indicator=sentences.indicator_name(row["indicator"]),
        charts=_charts(entry, found, reader, names, below),
        effects=tuple(
            (
                names.get(each["unit_id"], each["unit_id"]),
                sentences.effect(each),
                sentences.verdicts()[each["verdict"]],
                each["signals"],
                Whys(unit_id, "measure", measure=measure_id)[f"measured:{each['unit_id']}"],
            )
            for each in shown
        ),
        hidden=len(row["by_unit"]) - len(shown),
        starts=tuple(
            (names.get(name, name), day) for name, day in sorted(row["starts_by_unit"].items()) if name in reader.scope
        ),
        cards=tuple({**card, "step_name": steps[card["step"]]} for card in row["cards"]),
        events=tuple(
            {**event, "status_name": sentences.statuses()[event["status"]], "reason": _(event["reason"])}
            for event in row["events"]
        ),
        steps=tuple(steps.items()),
        notes=tuple(said(kept(note)) for note in (found.reasons if found else ())),
        cycle=max((card["cycle"] for card in row["cards"]), default=1),
        plans=tuple(
            {**plan, "indicator_name": sentences.indicator_name(plan["indicator"])} for plan in reversed(row["plans"])
        ),
        planned=_planned(entry),
        begun=min(entry.starts.values()) <= head.at.date(),
    )


def _planned(entry: Entry) -> Row:
    """Return what a new plan begins from: the one that counts, or the indicator that the measure was given."""
    if entry.plan is None:
        return {"indicator": entry.row["indicator"]}
    return asdict(entry.plan) | {"comparison": "; ".join(entry.plan.comparison)}


def _charts(
    entry: Entry, found: Found | None, reader: Reader, names: Mapping[str, str], below: int
) -> tuple[UnitChart, ...]:
    if found is None or found.outcomes is None:
        return ()
    charts: list[UnitChart] = []
    for unit in found.outcomes.units:
        if unit not in entry.starts or unit not in reader.scope:
            continue
        start = month_of(entry.starts[unit]) - found.outcomes.first
        if start >= found.outcomes.periods:
            continue
        try:
            made = chart_of(found.outcomes, unit, start)
        except BadInput:  # too few months before it began to make limits of
            continue
        charts.append(_unit_chart(entry, found, unit, names.get(unit, unit), start, made, len(charts), below))
    return tuple(charts)


def _few(outcomes: Outcomes, unit: str, below: int) -> np.ndarray:
    """Return the months of *unit* (periods,) that tell of some people, but fewer than *below*."""
    place = outcomes.units.index(unit)
    few = np.zeros(outcomes.periods, bool)
    for people in (outcomes.values if outcomes.counts else None, outcomes.sizes):
        if people is not None:
            few |= (people[place] > 0) & (people[place] < below)
    return few


def _unit_chart(
    entry: Entry, found: Found, unit: str, name: str, start: int, made: Chart, number: int, below: int
) -> UnitChart:
    outcomes, plan = found.outcomes, entry.plan
    if outcomes is None or plan is None:  # no chart without them
        raise AssertionError(unit)
    share = plan.indicator in INDICATORS and plan.indicator.endswith("_share")
    by = 100.0 if share else 1.0
    few = _few(outcomes, unit, below) if plan.indicator in INDICATORS else np.zeros(outcomes.periods, bool)
    # The limits of a month are made of its size, and would tell it.
    drawn_rows = (made.limits.values, made.limits.centre, made.limits.lower[2], made.limits.upper[2])
    columns = [
        [None if hide or np.isnan(value) else float(value) for value, hide in zip(row, few, strict=True)]
        for row in drawn_rows
    ]
    months = [month_text(outcomes.first + place) for place in range(outcomes.periods)]
    points = tuple(
        Point(month, value, centre, lower, upper, place >= start, len(made.at(place)))
        for place, (month, value, centre, lower, upper) in enumerate(zip(months, *columns, strict=True))
    )
    after = sum(point.signals > 0 for point in points[start:])
    estimate = found.followed.latest.by_unit.get(unit) if found.followed and found.followed.latest else None
    told_effect = (
        sentences.effect({"estimate": estimate.estimate, "low": estimate.low, "high": estimate.high})
        if estimate
        else numbers.MISSING
    )
    title = _("{unit}: {indicator} {effect}. {count} av {all} månader efter starten ingår i en signal.").format(
        unit=name,
        indicator=sentences.indicator_name(plan.indicator),
        effect=told_effect,
        count=after,
        all=len(points) - start,
    )
    values, centre, lower, upper = ([None if v is None else v * by for v in column] for column in columns)
    chart = drawn(
        title,
        months,
        [
            {"name": _("Utfall"), "look": "outcome", "values": values},
            {"name": _("Medel före starten"), "look": "base", "values": centre},
        ],
        [{"look": "band80", "low": lower, "high": upper}],
        [
            f"{point.month}\n{_('Utfall')}: {_shown(point.value, share)}\n"
            f"{_('Gränser')}: {_shown(point.lower, share)}–{_shown(point.upper, share)}"
            for point in points
        ],
        [{"at": start, "text": _("start")}],
        _("per cent") if share else _("värde"),
    )
    return UnitChart(name, f"chart-{number}", title, chart, points, share, int(few.sum()))


def _shown(value: float | None, share: bool) -> str:
    return numbers.percent(value, 1) if share else numbers.number(value, 1)
