"""What judging found: counts, broken rows, odd periods and scores, with the sentences that say it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import pyarrow as pa

from vardbalans.data.findings import Finding, shown
from vardbalans.data.quality.rules import RULES, Rule
from vardbalans.data.quality.scores import Score, scores_of
from vardbalans.data.tables import TABLES
from vardbalans.engine.messages import Message

__all__ = ["Report", "RuleSum", "alarm_message", "row_message"]

Row = Mapping[str, Any]


@dataclass(frozen=True)
class RuleSum:
    """What one *rule* found over all files and units."""

    rule: Rule
    tested: int
    broken: int


@dataclass(frozen=True, eq=False)
class Report:
    """The judgement of one set of tables on a day.

    *counts* are tested and broken per rule, table, file and unit; *rows* the broken rows (the first of each rule), and
    *alarms* the odd periods of series. *untested* are rules that lack a table: (table, rule) → the tables.
    """

    today: date
    counts: pa.Table
    rows: pa.Table
    alarms: pa.Table
    untested: Mapping[tuple[str, str], tuple[str, ...]]

    @cached_property
    def scores(self) -> tuple[Score, ...]:
        """Return the score of every source and every unit, with steps."""
        return scores_of(self.counts)

    def findings(self) -> Iterator[Finding]:
        """Yield the broken rows as findings, then the odd periods (of a whole file)."""
        for row in self.rows.to_pylist():
            rule = RULES[row["table"], row["rule"]]
            yield Finding(row["file"], row["row"], "", rule.name, rule.severity, row_message(row))
        for row in self.alarms.to_pylist():
            rule = RULES[row["table"], row["rule"]]
            yield Finding(row["file"], None, "", rule.name, rule.severity, alarm_message(row))

    def rules(self) -> tuple[RuleSum, ...]:
        """Return what each rule found in all, in the order of the rule table; rules that tested nothing left out."""
        sums = self.counts.group_by(["table", "rule"]).aggregate([("tested", "sum"), ("broken", "sum")]).to_pylist()
        found = {(row["table"], row["rule"]): (row["tested_sum"], row["broken_sum"]) for row in sums}
        return tuple(RuleSum(rule, *found[place]) for place, rule in RULES.items() if place in found)


def row_message(row: Row) -> Message:
    """Return the sentence of a broken row: what is wrong, how to repair it, and which row it clashes with."""
    said = RULES[row["table"], row["rule"]].message
    if row["other_row"] is None:
        return said
    return Message("{what} Se även rad {row} i {file}.", what=said, row=row["other_row"], file=row["other_file"])


def alarm_message(row: Row, names: Mapping[str, str] | None = None) -> Message:
    """Return the sentence of an odd period; *names* are those of units and services, by id."""
    names = names or {}
    told = {
        "where": _where(row, names),
        "period": row["period"],
        "observed": _counted(row["observed"]),
        "expected": _counted(row["expected"]),
        "other": shown(names.get(row["other"], row["other"])),
        "bands": row["other"],
    }
    said = RULES[row["table"], row["rule"]].message
    return Message(said.template, **{**told, **said.values})


def _where(row: Row, names: Mapping[str, str]) -> str:
    parts = [shown(names.get(part, part)) for part in (row["unit_id"], row["service_id"]) if part]
    return ", ".join([TABLES[row["table"]].title, *parts])


def _counted(value: float) -> str:
    """Return a count as a Swedish reader writes it, with a decimal where it is small."""
    return f"{value:.0f}" if value >= 10 or value == round(value) else f"{value:.1f}".replace(".", ",")
