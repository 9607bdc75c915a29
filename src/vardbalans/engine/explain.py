"""A figure that explains itself: the value, the formula in words, the inputs, and terms that sum to the total.

Every step names where its number comes from: rows of a table of the data version (:class:`Source`), a
parameter, or a calculation. What the terms leave is the named remainder, never silently dropped.
"""

import math
from dataclasses import dataclass
from typing import Any

from vardbalans.engine.messages import Message

__all__ = ["Figure", "Source", "Step"]


@dataclass(frozen=True)
class Source:
    """Rows of one table of the data version: those whose columns equal *where*.

    Beside columns, *where* may hold ``since`` and ``until`` (periods as text; the table's main date lies from the
    first day of the one and before that of the other), ``open_at`` (a day on which the person was waiting), and
    ``removed_since`` and ``removed_until``, or ``treated_since`` and ``treated_until`` (days between which someone left
    a list untreated, or treated).
    """

    table: str
    where: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, table: str, **where: str) -> "Source":
        """Return the source for the rows of *table* with the given column values."""
        return cls(table, tuple(sorted(where.items())))

    def narrowed(self, **where: str) -> "Source":
        """Return the source with further conditions."""
        return Source.of(self.table, **{**dict(self.where), **where})

    def as_dict(self) -> dict[str, Any]:
        """Return the source as plain values for JSON."""
        return {"table": self.table, "where": dict(self.where)}


@dataclass(frozen=True)
class Step:
    """One number on the way: what it is, its value and unit, the factor applied, and where it comes from.

    *of* names the figure that the number is (``figure``, ``service``, ``week`` …), where that one has reasons of its
    own; with its ``unit`` where that may be another than the one it is part of.
    """

    label: Message
    value: float
    unit: str
    factor: float | None = None
    source: Source | None = None
    of: tuple[tuple[str, str], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the step as plain values for JSON; the label in Swedish, with its template for translation."""
        return {
            "label": str(self.label),
            **self.label.as_dict(),
            "value": self.value,
            "unit": self.unit,
            "factor": self.factor,
            "source": self.source.as_dict() if self.source else None,
            **({"of": dict(self.of)} if self.of else {}),
        }


@dataclass(frozen=True)
class Figure:
    """A result with its reasons.

    *terms* sum to *value*; *inputs* are the numbers the formula uses but that do not add up (rates, shares).
    """

    name: str
    value: float
    unit: str
    formula: Message
    terms: tuple[Step, ...]
    inputs: tuple[Step, ...] = ()

    @property
    def remainder(self) -> float:
        """Return what the terms do not explain: value less their sum."""
        return self.value - math.fsum(step.value for step in self.terms)

    def as_dict(self) -> dict[str, Any]:
        """Return the figure as plain values for JSON, the remainder included."""
        return {
            "figure": self.name,
            "value": self.value,
            "unit": self.unit,
            "formula": str(self.formula),
            "formula_template": self.formula.template,
            "formula_values": self.formula.as_dict()["values"],
            "terms": [step.as_dict() for step in self.terms],
            "inputs": [step.as_dict() for step in self.inputs],
            "remainder": self.remainder,
        }
