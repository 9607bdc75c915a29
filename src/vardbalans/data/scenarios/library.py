"""The library of levers: what a measure can be, which parameter it changes, and how it is reckoned.

It holds no effects of ours. Figures that others have published stand beside, with their source; the effect here is for
whoever plans to estimate, as an interval, until it has been measured.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec

from vardbalans.engine.measures import Parameter, Point

__all__ = ["Lever", "Published", "levers"]


class Published(msgspec.Struct, frozen=True):
    """An effect that someone has published: what it was, in words, and where."""

    what: str
    source: str
    factor: float | None = None


class Lever(msgspec.Struct, frozen=True):
    """One kind of measure: its Swedish *name*, where it acts, and *arithmetic*, how its effect is reckoned."""

    id: str
    name: str
    point: Point
    parameter: Parameter
    arithmetic: str
    published: tuple[Published, ...] = ()


@cache
def levers() -> Mapping[str, Lever]:
    """Return lever id → lever, in the order of the chain."""
    rows = tomllib.loads((files(__package__) / "library.toml").read_text(encoding="utf-8"))["lever"]
    return {lever.id: lever for lever in msgspec.convert(rows, list[Lever])}
