"""What the charts of need draw: texts, figures and marks; the same rows stand in the tables beside them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from vardbalans.engine.periods import Period
from vardbalans.web import numbers

__all__ = ["backtest_chart", "chart_of", "need_chart", "spans", "years_chart"]

Row = Mapping[str, Any]


def need_chart(past: Sequence[Row], ahead: Sequence[Row], events: Sequence[Row], title: str) -> dict[str, Any]:
    """Return the chart of what was counted and what is expected, with its 50, 80 and 95 % intervals.

    *events* are annotations with a ``number``; each stands at the first period it touches.
    """
    periods = [row["period"] for row in (*past, *ahead)]
    gap = [None] * len(past)
    judged = any(row["base"] != row["mean"] for row in ahead)
    series = [
        {"name": _("Utfall"), "look": "outcome", "values": [row["value"] for row in past] + [None] * len(ahead)},
        {"name": _("Prognos"), "look": "forecast", "values": gap + [row["mean"] for row in ahead]},
    ]
    if judged:
        base = gap + [row["base"] for row in ahead]
        series.append({"name": _("Före justering"), "look": "base", "values": base})
    bands = [
        {"look": look, "low": gap + [row[low] for row in ahead], "high": gap + [row[high] for row in ahead]}
        for look, low, high in (("band95", "q025", "q975"), ("band80", "q10", "q90"), ("band50", "q25", "q75"))
    ]
    marks = [
        {"at": at, "text": str(event["number"])}
        for event in events
        if (at := _first_touched(periods, event)) is not None
    ]
    tips = [f"{_named(row['period'])}\n{_('Utfall')}: {numbers.number(row['value'])}" for row in past]
    tips += [_tip(row, judged) for row in ahead]
    return chart_of(title, periods, series, bands, tips, marks)


def backtest_chart(origins: Sequence[Sequence[Row]], title: str) -> dict[str, Any]:
    """Return the chart of earlier forecasts against what came; a mark stands where each forecast was made."""
    rows = [row for origin in origins for row in origin]
    starts, at = [], 0
    for origin in origins:
        starts.append(at)
        at += len(origin)
    series = [
        {"name": _("Utfall"), "look": "outcome", "values": [row["outcome"] for row in rows]},
        {"name": _("Prognos"), "look": "forecast", "values": [row["mean"] for row in rows]},
        {"name": _("Förra årets värde"), "look": "base", "values": [row["naive"] for row in rows]},
    ]
    bands = [{"look": "band80", "low": [row["low"] for row in rows], "high": [row["high"] for row in rows]}]
    tips = [
        f"{_named(row['period'])}\n{_('Utfall')}: {numbers.number(row['outcome'])}\n"
        f"{_('Prognos')}: {numbers.number(row['mean'], 1)} "
        f"({numbers.number(row['low'])}–{numbers.number(row['high'])})\n"
        f"{_('Förra årets värde')}: {numbers.number(row['naive'])}"
        for row in rows
    ]
    marks = [{"at": place, "text": str(number)} for number, place in enumerate(starts, start=1)]
    return chart_of(title, [row["period"] for row in rows], series, bands, tips, marks)


def years_chart(base: float, rows: Sequence[Row], title: str) -> dict[str, Any]:
    """Return the chart of the years ahead, from the last year's outcome on."""
    periods = [_("senaste"), *(str(row["year"]) for row in rows)]
    series = [
        {"name": _("Utfall"), "look": "outcome", "values": [base] + [None] * len(rows)},
        {"name": _("Väntat behov"), "look": "forecast", "values": [None, *(row["mean"] for row in rows)]},
    ]
    bands = [
        {"look": "band80", "low": [None, *(row["low"] for row in rows)], "high": [None, *(row["high"] for row in rows)]}
    ]
    tips = [f"{_('Det senaste årets utfall')}: {numbers.number(base)}"]
    tips += [
        f"{row['year']}\n{_('Väntat behov')}: {numbers.number(row['mean'])} "
        f"({numbers.number(row['low'])}–{numbers.number(row['high'])})"
        for row in rows
    ]
    return chart_of(title, periods, series, bands, tips, [])


def spans(events: Sequence[Row], periods: Sequence[str]) -> list[dict[str, Any]]:
    """Return the events that touch any of *periods*, numbered, the oldest first."""
    touched = [event for event in events if _first_touched(periods, event) is not None]
    return [{**event, "number": number} for number, event in enumerate(touched, start=1)]


def _first_touched(periods: Sequence[str], event: Row) -> int | None:
    first = date.fromisoformat(event["date_from"])
    last = date.fromisoformat(event["date_to"]) if event["date_to"] else date.max
    for place, text in enumerate(periods):
        period = Period.parse(text)
        if first < period.end and last >= period.start:
            return place
    return None


def _tip(row: Row, judged: bool) -> str:
    lines = [_named(row["period"]), f"{_('Prognos')}: {numbers.number(row['mean'], 1)}"]
    if judged:
        lines.append(f"{_('Före justering')}: {numbers.number(row['base'], 1)}")
    if row["known"]:
        lines.append(f"{_('Redan räknat')}: {numbers.number(row['known'], 1)}")
    lines += [
        f"{share} %: {numbers.number(row[low])}–{numbers.number(row[high])}"
        for share, low, high in ((50, "q25", "q75"), (80, "q10", "q90"), (95, "q025", "q975"))
    ]
    return "\n".join(lines)


def _named(period: str) -> str:
    return numbers.week_and_year(period)


def chart_of(
    title: str,
    periods: Sequence[str],
    series: list[dict[str, Any]],
    bands: list[dict[str, Any]],
    tips: list[str],
    marks: list[dict[str, Any]],
    unit: str = "",
) -> dict[str, Any]:
    """Return a chart over *periods*: *series* and *bands* of as many values, a text per period in *tips*, and *marks*.

    *unit* is what the axis counts, *antal* unless said.
    """
    return {
        "title": title,
        "labels": [_label(period) for period in periods],
        "years": [period[:4] if "-" in period else "" for period in periods],
        "series": series,
        "bands": bands,
        "tips": tips,
        "marks": marks,
        "unit": unit or _("antal"),
        "language": get_language(),
    }


def _label(period: str) -> str:
    """Return what stands under the axis: the week, the month without its year, or the text as it is."""
    if "-W" in period:
        return numbers.week(period).replace(numbers.NBSP, " ")
    return period.partition("-")[2] or period
