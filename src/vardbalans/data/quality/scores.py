"""From counts to a score of 0 to 100 per source and per unit, by arithmetic that can be done by hand.

A rule that breaks nowhere has 100 points, one that breaks for its tolerance or more has none, and in between they fall
in a straight line. The score is the mean of the rules' points, weighted by how serious they are. A rule that tested
nothing is left out; where none tested anything there is no score.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from vardbalans.data.findings import Severity
from vardbalans.data.quality.rules import RULES

__all__ = ["TOLERANCE", "WEIGHT", "Score", "ScoreStep", "scores_of", "source_of"]

WEIGHT: Mapping[Severity, int] = {"error": 3, "warning": 2, "info": 1}
"""How much a rule's points count."""

TOLERANCE: Mapping[Severity, float] = {"error": 0.01, "warning": 0.05, "info": 0.2}
"""The share of broken rows, or periods, at which a rule's points are used up."""

_NUMBERS = re.compile(r"\d+(?:[-_. ]\d+)*")


@dataclass(frozen=True)
class ScoreStep:
    """What one rule gives a score: *tested*, *broken*, and its *points* of 100 with their *weight*."""

    rule: str
    table: str
    tested: int
    broken: int
    points: float
    weight: int


@dataclass(frozen=True)
class Score:
    """The score of one *source* or *unit* called *name*: Σ weight · points / Σ weight over its *steps*."""

    kind: Literal["source", "unit"]
    name: str
    value: float
    steps: tuple[ScoreStep, ...]


def source_of(file: str) -> str:
    """Return the source that *file* is one delivery of: its name with dates and other numbers left open.

    >>> source_of("contacts_2026-11.parquet")
    'contacts_*.parquet'
    """
    return _NUMBERS.sub("*", file)


def scores_of(counts: pa.Table) -> tuple[Score, ...]:
    """Return the scores of every source and every unit in *counts* (rules' counts per file and unit), by name."""
    sums: dict[tuple[Literal["source", "unit"], str], dict[tuple[str, str], list[int]]] = {}
    for row in counts.to_pylist():
        named: list[tuple[Literal["source", "unit"], str | None]] = [
            ("source", source_of(row["file"]) if row["file"] else None),
            ("unit", row["unit_id"]),
        ]
        for kind, name in named:
            if name is not None:
                both = sums.setdefault((kind, name), {}).setdefault((row["table"], row["rule"]), [0, 0])
                both[0] += row["tested"]
                both[1] += row["broken"]
    return tuple(_score(kind, name, sums[kind, name].items()) for kind, name in sorted(sums))


def _score(kind: Literal["source", "unit"], name: str, sums: Iterable[tuple[tuple[str, str], list[int]]]) -> Score:
    steps = tuple(_step(table, rule, *both) for (table, rule), both in sorted(sums))
    weight = sum(step.weight for step in steps)
    return Score(kind, name, sum(step.weight * step.points for step in steps) / weight, steps)


def _step(table: str, rule: str, tested: int, broken: int) -> ScoreStep:
    severity = RULES[table, rule].severity
    points = 100 * max(0.0, 1 - broken / tested / TOLERANCE[severity])
    return ScoreStep(rule, table, tested, broken, points, WEIGHT[severity])
