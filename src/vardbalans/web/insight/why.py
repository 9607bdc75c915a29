"""Why a figure is what it is: the formula in words, its inputs, and terms that sum to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from vardbalans.web import numbers
from vardbalans.web.headings import table_title
from vardbalans.web.insight.amounts import step_amount
from vardbalans.web.insight.rows import PERSON_TABLES
from vardbalans.web.translate import translated

__all__ = ["Explanation", "ShownStep", "explanation", "source_of"]

_PARTS = {"balance": ("available", "required")}
"""The figures whose terms are figures themselves, explained on pages of their own."""


@dataclass(frozen=True)
class ShownStep:
    """A step as the page shows it. *place* (``terms-0``) names it in addresses; *table* is empty without a source.

    *service* is the service its label begins with, *figure* the figure of the same subject that it is, *address* where
    it is explained; each empty when there is none.
    """

    place: str
    label: str
    service: str
    figure: str
    value: str
    unit: str
    factor: str
    table: str
    table_title: str
    address: str = ""
    """Where the figure it is has reasons of its own; empty where it has none."""

    @property
    def patient_level(self) -> bool:
        """Tell whether the source holds rows about single people's care or health."""
        return self.table in PERSON_TABLES


class InputGroup(NamedTuple):
    """The inputs of one service, their labels without its name; *service* is empty for the rest."""

    service: str
    steps: tuple[tuple[str, ShownStep], ...]


@dataclass(frozen=True)
class Explanation:
    """A figure in words and steps. *remainder* is what the terms leave of the value."""

    value: str
    unit: str
    formula: str
    terms: tuple[ShownStep, ...]
    inputs: tuple[ShownStep, ...]
    remainder: str

    @property
    def input_groups(self) -> tuple[InputGroup, ...]:
        """Return the inputs by service, in the order the services first come."""
        order = {step.service: None for step in self.inputs}
        ranked = sorted(self.inputs, key=lambda step: list(order).index(step.service))
        return tuple(
            InputGroup(name, tuple((step.label.removeprefix(f"{name}: "), step) for step in steps))
            for name, steps in groupby(ranked, key=lambda step: step.service)
        )

    @property
    def has_factors(self) -> bool:
        """Tell whether any term has a number of its own before the multiplication."""
        return any(step.factor for step in self.terms)


def explanation(figure: Mapping[str, Any], lead: Callable[[Mapping[str, str]], str] | None = None) -> Explanation:
    """Return *figure* (as :meth:`Figure.as_dict` gives it) in the reader's language and units.

    *lead* tells where a step that is a figure of its own is explained; without it none leads anywhere.
    """
    value, unit = step_amount(figure["value"], figure["unit"])
    return Explanation(
        value=value,
        unit=unit,
        formula=translated(figure["formula_template"], figure.get("formula_values"), figure["formula"]),
        terms=_steps("terms", figure, lead),
        inputs=_steps("inputs", figure, lead),
        remainder=step_amount(figure["remainder"], figure["unit"])[0],
    )


def source_of(figure: Mapping[str, Any], place: str) -> Mapping[str, Any] | None:
    """Return the source (table, where) of the step at *place* (``terms-0``); None when there is none."""
    part, _dash, index = place.partition("-")
    if part not in {"terms", "inputs"} or not index.isdecimal() or int(index) >= len(figure[part]):
        return None
    source: Mapping[str, Any] | None = figure[part][int(index)]["source"]
    return source


def _steps(
    part: str, figure: Mapping[str, Any], lead: Callable[[Mapping[str, str]], str] | None
) -> tuple[ShownStep, ...]:
    figures = dict(enumerate(_PARTS.get(figure["figure"], ()))) if part == "terms" else {}
    return tuple(
        _step(f"{part}-{index}", step, figures.get(index, ""), lead(step["of"]) if lead and "of" in step else "")
        for index, step in enumerate(figure[part])
    )


def _step(place: str, step: Mapping[str, Any], figure: str, address: str) -> ShownStep:
    table = step["source"]["table"] if step["source"] else ""
    value, unit = step_amount(step["value"], step["unit"], rate=place.startswith("inputs"))
    return ShownStep(
        place=place,
        label=translated(step["template"], step["values"], step["label"]),
        service=step["values"].get("service", ""),
        figure=figure,
        value=value,
        unit=unit,
        factor=numbers.number(step["factor"], 2) if step["factor"] is not None else "",
        table=table,
        table_title=table_title(table) if table else "",
        address=address,
    )
