"""The addresses of the page that explains a figure: what names one in them, and to whom they lead."""

from collections.abc import Callable, Mapping

from django.urls import reverse
from django.utils.http import urlencode

from vardbalans.web.insight.selectors import Reader

__all__ = ["NAMED", "Whys", "figure_address", "leads"]

NAMED = (
    *("of", "resource", "service", "set", "beds"),
    *("kind", "year", "indicator", "category", "by", "group", "pool", "centre", "against", "own", "measure", "gain"),
    *("before", "way", "dimension", "week", "figure"),
)
"""What may name a figure in an address, beside its unit."""


def figure_address(unit: str, **asked: str) -> str:
    """Return the address that explains the figure of *unit* that *asked* names (``figure``, ``week``, ``service`` …).

    What is empty is left out.
    """
    named = {name: value for name, value in asked.items() if value != ""}
    return f"{reverse('insight:why', args=[unit])}?{urlencode(named)}"


class Whys:
    """The addresses of the figures of one row of a page, by the figure's name: ``whys["done"]``."""

    def __init__(self, unit_id: str, of: str, **asked: str) -> None:
        self._named = {"unit": unit_id, "of": of, **asked}

    def __getitem__(self, figure: str) -> str:
        return figure_address(**self._named | {"figure": figure})


def leads(unit_id: str, reader: Reader) -> Callable[[Mapping[str, str]], str]:
    """Return what tells where a step that is a figure of its own is explained: empty for a unit not read by *reader*.

    A figure that names no unit is of *unit_id*.
    """

    def lead(of: Mapping[str, str]) -> str:
        named = {"unit": unit_id, **of}
        return figure_address(**named) if named["unit"] in reader.scope else ""

    return lead
