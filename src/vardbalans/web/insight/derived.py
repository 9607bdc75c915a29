"""Figures that pages derive from others: each is explained on the same page as those that a run stores.

A page's figures are found by a function of its own (:data:`_PROVIDERS`), named in an address by ``of``. What it finds
is a :class:`Derived`: a figure whose steps lead to rows, or to other figures' reasons.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.utils.http import urlencode
from django.utils.module_loading import import_string

from vardbalans.engine.explain import Figure
from vardbalans.web.insight.addresses import NAMED
from vardbalans.web.insight.rows import Made
from vardbalans.web.insight.selectors import Reader, Run

__all__ = ["Back", "Derived", "MadeFrom", "found"]

_PROVIDERS = {
    "year": "vardbalans.web.following.why.of_year",
    "lately": "vardbalans.web.following.why.of_lately",
    "pack": "vardbalans.web.following.why.of_pack",
    "goal": "vardbalans.web.following.why_goal.of_goal",
    "resource": "vardbalans.web.following.why_goal.of_resource",
    "census": "vardbalans.web.insight.why_beds.of_census",
    "counted": "vardbalans.web.insight.why_beds.of_counted",
    "cost": "vardbalans.web.insight.why_cost.of_cost",
    "measure": "vardbalans.web.improving.why.of_measure",
}
"""Where the figures of a page are found: a function of (reader, unit_id, what the address asks for)."""


class Back(NamedTuple):
    """The page that shows the figure."""

    name: str
    address: str


@dataclass(frozen=True)
class MadeFrom:
    """A version of the data that figures were made from without a balance run."""

    version: int
    names: Callable[[str], Mapping[str, str]]

    @property
    def meta(self) -> Mapping[str, Any]:
        """Return the version."""
        return {"version": self.version}


@dataclass(frozen=True)
class Derived:
    """A figure with whose it is (*name*), what it counts (*title*), and the page *back*.

    *asked_by* are the names and values of its address; *made* is what it was made from.
    """

    unit_id: str
    figure: Figure
    name: str
    title: str
    back: Back
    asked_by: Mapping[str, str]
    made: Made
    has_neighbours: bool = field(default=False, init=False)

    @property
    def named(self) -> tuple[tuple[str, str], ...]:
        """Return the names and values of its address, without the period and the figure's own name."""
        return tuple((name, value) for name, value in self.asked_by.items() if name not in ("week", "figure"))

    @property
    def asked(self) -> str:
        """Return :attr:`named` as it stands in an address."""
        return urlencode(self.named)

    @property
    def made_from(self) -> bool:
        """Tell whether it was made without a balance run."""
        return not isinstance(self.made, Run)

    @property
    def asked_for(self) -> dict[str, Any]:
        """Return what the page of an explained figure is made of."""
        return {
            "run": self.made,
            "subject": self,
            "row": {"week": self.asked_by.get("week", "")},
            "figure": self.asked_by["figure"],
            "figure_values": self.figure.as_dict(),
            "version": self.made.meta["version"],
        }


def found(reader: Reader, unit_id: str, query: Mapping[str, str]) -> Derived | None:
    """Return the figure that *query* names at *unit_id*; None where there is none."""
    name = query.get("of", "")
    if name not in _PROVIDERS:
        return None
    asked = {key: query[key] for key in NAMED if query.get(key)}
    provider: Callable[[Reader, str, Mapping[str, str]], Derived | None] = import_string(_PROVIDERS[name])
    return provider(reader, unit_id, {"figure": "", **asked})
