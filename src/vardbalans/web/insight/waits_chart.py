"""What the charts of a waiting list draw; the same rows stand in the tables beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from vardbalans.web import numbers
from vardbalans.web.insight.need_chart import chart_of

__all__ = ["Bar", "bars", "flow_chart", "queue_chart", "share_chart"]

Row = Mapping[str, Any]


def queue_chart(past: Sequence[Row], ahead: Sequence[Row], title: str) -> dict[str, Any]:
    """Return the chart of how many wait: as counted, and ahead with its 90 % interval."""
    before, after = [None] * len(past), [None] * len(ahead)
    series = [
        {"name": _("Väntande"), "look": "outcome", "values": [row["closing"] for row in past] + after},
        {"name": _("Väntas"), "look": "forecast", "values": before + [row["queue"]["mean"] for row in ahead]},
    ]
    bands = [
        {
            "look": "band80",
            "low": before + [row["queue"]["q05"] for row in ahead],
            "high": before + [row["queue"]["q95"] for row in ahead],
        }
    ]
    tips = [f"{_named(row)}\n{_('Väntande')}: {numbers.number(row['closing'])}" for row in past]
    tips += [
        f"{_named(row)}\n{_('Väntas')}: {numbers.number(row['queue']['mean'])} "
        f"({numbers.number(row['queue']['q05'])}–{numbers.number(row['queue']['q95'])})"
        for row in ahead
    ]
    return chart_of(title, _periods(past, ahead), series, bands if ahead else [], tips, [], _("personer"))


def flow_chart(past: Sequence[Row], ahead: Sequence[Row], title: str) -> dict[str, Any]:
    """Return the chart of who comes to the list and who is treated, as counted and as expected."""
    before, after = [None] * len(past), [None] * len(ahead)
    series = [
        {"name": _("Kom till listan"), "look": "came", "values": [row["inflow"] for row in past] + after},
        {"name": _("Behandlade"), "look": "treated", "values": [row["treated"] for row in past] + after},
    ]
    if ahead:
        series += [
            {"name": _("Väntas komma"), "look": "came_ahead", "values": before + [row["came"] for row in ahead]},
            {
                "name": _("Väntas behandlas"),
                "look": "treated_ahead",
                "values": before + [row["treated"] for row in ahead],
            },
        ]
    tips = [
        f"{_named(row)}\n{_('Kom till listan')}: {numbers.number(row['inflow'])}\n"
        f"{_('Behandlade')}: {numbers.number(row['treated'])}"
        for row in past
    ]
    tips += [
        f"{_named(row)}\n{_('Väntas komma')}: {numbers.number(row['came'], 1)}\n"
        f"{_('Väntas behandlas')}: {numbers.number(row['treated'], 1)}"
        for row in ahead
    ]
    return chart_of(title, _periods(past, ahead), series, [], tips, [], _("personer"))


def share_chart(ahead: Sequence[Row], title: str) -> dict[str, Any]:
    """Return the chart of the shares within the limit ahead, of those waiting (with interval) and of those treated."""
    series = [
        {
            "name": _("Väntande"),
            "look": "forecast",
            "values": [_percent(row["waiting_within"], "mean") for row in ahead],
        },
        {
            "name": _("Behandlade"),
            "look": "treated_ahead",
            "values": [_percent(row["treated_within"], "mean") for row in ahead],
        },
    ]
    low, high = ([_percent(row["waiting_within"], name) for row in ahead] for name in ("q05", "q95"))
    tips = [
        f"{_named(row)}\n{_('Väntande')}: {_told(row['waiting_within'])}\n"
        f"{_('Behandlade')}: {_told(row['treated_within'])}"
        for row in ahead
    ]
    bands = [{"look": "band80", "low": low, "high": high}]
    return chart_of(title, _periods((), ahead), series, bands, tips, [], "%")


def _percent(spread: Row | None, name: str) -> float | None:
    return None if spread is None else 100 * spread[name]


def _told(spread: Row | None) -> str:
    if spread is None:
        return numbers.MISSING
    return f"{numbers.percent(spread['mean'])} ({numbers.percent(spread['q05'])}–{numbers.percent(spread['q95'])})"


def _periods(past: Sequence[Row], ahead: Sequence[Row]) -> list[str]:
    return [row["period"] for row in (*past, *ahead)]


def _named(row: Row) -> str:
    return numbers.week_and_year(row["period"])


@dataclass(frozen=True)
class Bar:
    """One interval of days: how many of those waiting and of those treated, None where it is not told.

    *limits* are the limits (days) that the interval ends at or holds; *over* tells that it lies after the last of them.
    """

    days: str
    waiting: int | None
    treated: int | None
    waiting_width: float
    treated_width: float
    limits: tuple[int, ...]
    over: bool


def bars(intervals: Sequence[Row], measure: str | None, limits: Sequence[int]) -> tuple[Bar, ...]:
    """Return the people of *measure* by days waited, with each bar's width in per cent of its population's longest."""
    by_part: dict[str, dict[int, Row]] = {"waiting": {}, "treated": {}}
    for row in intervals:
        if row["measure"] in (None, measure):
            by_part[row["part"]][row["days_from"]] = row
    longest = {part: max((row["n"] or 0 for row in rows.values()), default=0) for part, rows in by_part.items()}
    found = []
    for first in sorted(by_part["waiting"].keys() | by_part["treated"].keys()):
        row = by_part["waiting"].get(first) or by_part["treated"][first]
        last = row["days_to"]
        counts = {part: rows.get(first, {"n": 0})["n"] for part, rows in by_part.items()}
        widths = {part: 100 * (counts[part] or 0) / longest[part] if longest[part] else 0.0 for part in counts}
        found.append(
            Bar(
                f"{first}–{last}" if last is not None else _("{days} eller fler").format(days=first),
                counts["waiting"],
                counts["treated"],
                round(widths["waiting"], 1),
                round(widths["treated"], 1),
                tuple(days for days in limits if first <= days and (last is None or days <= last)),
                bool(limits) and first > max(limits),
            )
        )
    return tuple(found)
