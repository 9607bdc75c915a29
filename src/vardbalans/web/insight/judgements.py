"""Planners' adjustments in words: what each is, and what those of each level have been worth."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from vardbalans.data.tables import TABLES
from vardbalans.engine.need import FEW_PERIODS, Trial, value_added
from vardbalans.engine.periods import Period
from vardbalans.web import numbers
from vardbalans.web.headings import column_choices

__all__ = ["Shown", "Worth", "shown", "worth"]

Row = Mapping[str, Any]
_LEVEL = next(column for column in TABLES["adjustments"].columns if column.name == "author_level")


@dataclass(frozen=True)
class Shown:
    """One adjustment: what it changes, from and to when, who made it, when and why, and what it adds in the run."""

    change: str
    span: str
    author: str
    level: str
    made_on: str
    reason: str
    added: float


@dataclass(frozen=True)
class Worth:
    """What one level's adjustments have been worth: periods with an outcome, error per week before and after, verdict.

    A period is a week, or a month of a service counted by month.
    """

    level: str
    periods: int
    before: float
    after: float
    verdict: str
    good: bool


def shown(rows: Iterable[Row]) -> tuple[Shown, ...]:
    """Return the stored adjustments of a service as a page shows them."""
    return tuple(
        Shown(
            _change(row),
            f"{row['date_from']} – {row['date_to']}",
            row["author"],
            _level(row["author_level"]),
            row["made_on"],
            row["reason"],
            row["added"],
        )
        for row in rows
    )


def worth(trials: Iterable[Row]) -> tuple[Worth, ...]:
    """Return the forecast value added per level, from stored trials."""
    found = value_added(map(_trial, trials))
    return tuple(
        Worth(
            _level(row.author_level),
            row.periods,
            row.base_error,
            row.adjusted_error,
            _verdicts()[row.verdict],
            row.verdict == "better",
        )
        for row in found
    )


def _trial(row: Row) -> Trial:
    period = row["period"] if "period" in row else row["week"]  # what it was called when all were weeks
    return Trial(
        row["author_level"],
        row["service_id"],
        Period.parse(period),
        **{name: row[name] for name in ("before", "after", "outcome")},
    )


def _change(row: Row) -> str:
    if row["factor"] is not None:
        return _("{share} av prognosen").format(share=numbers.percent(row["factor"] - 1, 1, sign=True))
    return _("{count} per vecka").format(count=numbers.number(row["per_week"], 1, sign=True))


def _level(code: str) -> str:
    return column_choices(_LEVEL).get(code, code)


def _verdicts() -> dict[str, str]:
    return {
        "better": _("Justeringarna gjorde prognosen bättre"),
        "worse": _("Justeringarna gjorde prognosen sämre"),
        "same": _("Ingen skillnad"),
        "too_few": _("För få för att säga, minst {count} behövs").format(count=FEW_PERIODS),
    }
