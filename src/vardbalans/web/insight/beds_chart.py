"""What the charts of beds draw; the same rows stand in the tables beside them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from vardbalans.web import numbers

__all__ = ["ahead_chart", "risk_chart"]

Row = Mapping[str, Any]


def ahead_chart(recent: Sequence[tuple[str, int]], ahead: Row, hours: Sequence[str], title: str) -> dict[str, Any]:
    """Return the chart of who lies there: as counted lately, and ahead with its 50 and 90 % intervals and the beds."""
    before, after = [None] * len(recent), [None] * len(hours)
    series = [
        {"name": _("Inneliggande"), "look": "counted", "values": [count for _moment, count in recent] + after},
        {"name": _("Väntas"), "look": "forecast", "values": before + ahead["mean"]},
        {"name": _("Disponibla"), "look": "beds", "values": before + ahead["beds"], "is_labelled": True},
    ]
    bands = [
        {"look": look, "low": before + ahead[low], "high": before + ahead[high]}
        for look, low, high in (("band95", "q05", "q95"), ("band50", "q25", "q75"))
    ]
    tips = [f"{_named(moment)}\n{_('Inneliggande')}: {numbers.number(count)}" for moment, count in recent]
    tips += [
        f"{_named(moment)}\n{_('Väntas')}: {numbers.number(ahead['mean'][at], 1)}\n"
        f"50 %: {ahead['q25'][at]}–{ahead['q75'][at]}\n90 %: {ahead['q05'][at]}–{ahead['q95'][at]}\n"
        f"{_('Disponibla')}: {ahead['beds'][at]}\n{_('Risk för fullt')}: {numbers.percent(ahead['p_full'][at])}"
        for at, moment in enumerate(hours)
    ]
    return _chart(title, [moment for moment, _count in recent] + list(hours), series, bands, tips, _("patienter"))


def risk_chart(ahead: Row, hours: Sequence[str], title: str) -> dict[str, Any]:
    """Return the chart of the chance that it is full, and that at least 1, 3 and 5 have no bed in their own ward."""
    names = {
        "p_full": (_("Fullt"), "forecast"),
        "p_outliers_1": (_("Minst 1"), "counted"),
        "p_outliers_3": (_("Minst 3"), "treated_ahead"),
        "p_outliers_5": (_("Minst 5"), "base"),
    }
    series = [
        {
            "name": name,
            "look": look,
            "values": [100 * value for value in ahead[key]],
            "is_labelled": key in ("p_full", "p_outliers_1"),
        }
        for key, (name, look) in names.items()
    ]
    tips = [
        "\n".join(
            [_named(moment), *(f"{name}: {numbers.percent(ahead[key][at])}" for key, (name, _look) in names.items())]
        )
        for at, moment in enumerate(hours)
    ]
    return _chart(title, hours, series, [], tips, "%")


def _named(moment: str) -> str:
    day = date.fromisoformat(moment[:10])
    return f"{numbers.weekdays()[day.weekday()]} {numbers.moment(moment)}"


def _chart(
    title: str, moments: Sequence[str], series: Sequence[Row], bands: Sequence[Row], tips: list[str], unit: str
) -> dict[str, Any]:
    days = [date.fromisoformat(moment[:10]) for moment in moments]
    return {
        "title": title,
        "labels": [numbers.weekdays()[day.weekday()][:3] for day in days],
        # What the axis takes as a new year is here a new day.
        "years": [f"{day.day}/{day.month}" for day in days],
        "series": series,
        "bands": bands,
        "tips": tips,
        "marks": [],
        "unit": unit,
        "language": get_language(),
    }
