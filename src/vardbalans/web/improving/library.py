"""The library in the reader's language: the region's own examples, and the kinds of measures in the chain."""

import msgspec
from django.utils.translation import gettext as _

from vardbalans.data.improving.examples import Example, examples, matching
from vardbalans.data.scenarios import Lever, levers

__all__ = ["examples_told", "levers_told"]


def examples_told(words: str) -> tuple[Example, ...]:
    """Return the examples that hold every one of *words*."""
    return matching(words, (_example(row) for row in examples().values()))


def levers_told(words: str) -> tuple[Lever, ...]:
    """Return the kinds of measures that hold every one of *words*."""
    wanted = words.casefold().split()
    told = (msgspec.structs.replace(row, name=_(row.name), arithmetic=_(row.arithmetic)) for row in levers().values())
    return tuple(row for row in told if all(word in f"{row.name} {row.arithmetic}".casefold() for word in wanted))


def _example(row: Example) -> Example:
    figures = tuple(msgspec.structs.replace(each, what=_(each.what), unit=_(each.unit)) for each in row.figure)
    texts = {name: _(getattr(row, name)) for name in ("name", "data", "follow_up", "arithmetic")}
    return msgspec.structs.replace(row, figure=figures, **texts)
