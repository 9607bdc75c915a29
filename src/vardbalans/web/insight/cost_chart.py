"""What the variance chart draws: from the plan's cost to the outcome's, one step for each cause."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from vardbalans.web import numbers
from vardbalans.web.insight import cost_sentences
from vardbalans.web.translate import translated

__all__ = ["Variance", "variance_of"]

Row = Mapping[str, Any]
_ORE_PER_TKR = 100_000


@dataclass(frozen=True)
class Variance:
    """Outcome less *before* (``plan`` or an earlier period), with its parts; *lines* are (name, öre)."""

    before: str
    title: str
    before_ore: int
    outcome_ore: int
    total: int
    lines: tuple[tuple[str, int], ...]

    @property
    def chart(self) -> dict[str, Any]:
        """Return the chart: each bar from one height to another, in thousands of kronor against what is before."""
        bars, height = [], 0
        for name, ore in self.lines:
            bars.append(_bar(name.partition(":")[0], height, height + ore))
            height += ore
        bars.append(_bar(_("I allt"), 0, self.total) | {"whole": True})
        return {
            "title": self.title,
            "bars": bars,
            "unit": _("tkr mot planen") if self.before == "plan" else _("tkr mot perioden före"),
            "language": get_language(),
        }


def _bar(name: str, start: int, end: int) -> dict[str, Any]:
    change = end - start
    sign = "▲" if change > 0 else "▼" if change < 0 else ""
    text = numbers.number(change / _ORE_PER_TKR, sign=True)
    return {
        "name": name,
        "from": start / _ORE_PER_TKR,
        "to": end / _ORE_PER_TKR,
        "text": f"{sign} {text}".strip(),
        "tip": f"{name}\n{numbers.number(change / 100, sign=True)}{numbers.NBSP}{_('kr')}",
    }


def variance_of(figure: Row, before: str) -> Variance:
    """Return the variance that *figure* (as kept) tells; *before* is ``plan`` or the period compared with."""
    first, last = (step["value"] for step in figure["inputs"])
    return Variance(
        before,
        cost_sentences.variance(figure, before),
        first,
        last,
        figure["value"],
        tuple((translated(step["template"], step["values"], step["label"]), step["value"]) for step in figure["terms"]),
    )
