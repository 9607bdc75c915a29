"""What the page Kapacitet says, in one sentence each."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from vardbalans.web import numbers

__all__ = ["formula", "kinds", "pooled", "waterfall", "weeks"]

Row = Mapping[str, Any]
Write = Callable[[float | None], str]


def kinds(name: str, there: float, left: float) -> str:
    """Return how much of the gross time of a kind of resources is available, in hours."""
    return _("{name}: {available} av {gross} timmar är tillgängliga ({share}).").format(
        name=name,
        available=numbers.hours(left),
        gross=numbers.hours(there),
        share=numbers.percent(left / there if there else None),
    )


def waterfall(total: Row, lost: Sequence[tuple[str, float]], unit: str, write: Write) -> str:
    """Return what is left of the gross time of one resource, and what takes the most of it."""
    there = sum(total[code] or 0.0 for code in ("employed", "opened"))
    text = _("{name}: av {gross} {unit} brutto är {available} tillgängliga ({share}).").format(
        name=total["resource_name"],
        gross=write(there),
        unit=unit,
        available=write(total["available_minutes"]),
        share=numbers.percent(total["available_minutes"] / there if there else None),
    )
    what, minutes = min(lost, key=lambda each: each[1], default=("", 0.0))
    if minutes >= 0:
        return text
    most = _("Mest går bort: {what}, {amount} {unit}.").format(what=what.casefold(), amount=write(-minutes), unit=unit)
    return f"{text} {most}"


def weeks(name: str, rows: Sequence[Row], unit: str, write: Write) -> str:
    """Return in which week there is the least and the most available time."""
    least = min(rows, key=lambda row: row["available_minutes"])
    most = max(rows, key=lambda row: row["available_minutes"])
    return _("{name}: minst tillgänglig tid {least}, {low} {unit}; mest {most}, {high} {unit}.").format(
        name=name,
        least=numbers.week_and_year(least["week"]),
        low=write(least["available_minutes"]),
        most=numbers.week_and_year(most["week"]),
        high=write(most["available_minutes"]),
        unit=unit,
    )


def formula(rows: Sequence[Row], before: str, now: str) -> str:
    """Return how many services gave more and how many less in *now* than in *before*."""
    more = sum(row["change"] > 0 for row in rows)
    less = sum(row["change"] < 0 for row in rows)
    return _(
        "Från {before} till {now} ökade kapaciteten i {more} av {total} vårdtjänster och minskade i {less}."
    ).format(
        before=numbers.week_and_year(before), now=numbers.week_and_year(now), more=more, less=less, total=len(rows)
    )


def pooled(names: Sequence[str], erlang: Row) -> str:
    """Return what it gives to pool resources: the share that finds all taken, apart and together."""
    return _(
        "Var för sig är alla platser upptagna för {apart} av dem som kommer; tillsammans för {together}. "
        "Det gäller {names}."
    ).format(
        apart=numbers.percent(erlang["blocked_apart"], 1),
        together=numbers.percent(erlang["blocked_together"], 1),
        names=", ".join(names),
    )
