"""What the figures say, in one sentence each."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vardbalans.web import numbers
from vardbalans.web.insight import levels
from vardbalans.web.insight.amounts import amount_and_unit
from vardbalans.web.insight.balance_map import Line

__all__ = ["conclusion", "short_by", "units_fine", "units_much_short", "units_much_short_soon"]

Row = Mapping[str, Any]
SOON = 8


def units_much_short(lines: Sequence[Line]) -> str:
    """Return how many of the units need more than 15 % above their capacity in some week."""
    much = sum(_worst(line) > levels.MUCH for line in lines)
    if not much:
        return _("Ingen enhet har ett behov som är mer än 15 % över kapaciteten någon vecka.")
    if len(lines) == 1:
        return _("Enheten har ett behov som är mer än 15 % över kapaciteten någon vecka.")
    return ngettext(
        "{count} av {total} enheter har ett behov som är mer än 15 % över kapaciteten någon vecka.",
        "{count} av {total} enheter har ett behov som är mer än 15 % över kapaciteten någon vecka.",
        much,
    ).format(count=much, total=len(lines))


def units_much_short_soon(lines: Sequence[Line], start: int) -> str:
    """Return how many of them need that much within eight weeks from the place *start*; nothing when it says nothing.

    It says nothing when no unit is that short in any week, or no week is left.
    """
    weeks = min(SOON, max((len(line.worst) for line in lines), default=0) - start)
    if weeks <= 0 or all(_worst(line) <= levels.MUCH for line in lines):
        return ""
    much = sum(any(_share(row) > levels.MUCH for row in line.worst[start : start + SOON]) for line in lines)
    return _soon(weeks, _units(much))


def _soon(weeks: int, units: str) -> str:
    return ngettext(
        "Den närmaste veckan gäller det {units}.", "De närmaste {weeks} veckorna gäller det {units}.", weeks
    ).format(weeks=weeks, units=units)


def _units(count: int) -> str:
    return ngettext("{count} enhet", "{count} enheter", count).format(count=count) if count else _("ingen enhet")


def units_fine(lines: Sequence[Line]) -> str:
    """Return how many units have capacity, within 5 %, every week."""
    fine = sum(_worst(line) <= levels.BALANCED for line in lines)
    if len(lines) == 1:
        return _("Kapaciteten räcker alla veckor.") if fine else ""
    if not fine:
        return _("Ingen enhet har kapacitet som räcker alla veckor.")
    return ngettext(
        "{count} enhet har kapacitet som räcker alla veckor.",
        "{count} enheter har kapacitet som räcker alla veckor.",
        fine,
    ).format(count=fine)


def short_by(row: Row) -> str:
    """Return by how much *row* is short: ``42 timmar (6 pass)``."""
    text = amount_and_unit(-row["balance"], row["measure"])
    if not row["shifts"]:
        return text
    shifts = ngettext("{count} pass", "{count} pass", row["shifts"]).format(count=numbers.number(row["shifts"]))
    return f"{text} ({shifts})"


def conclusion(rows: Sequence[Row]) -> str:
    """Return what the chart of one resource shows: how often and by how much it is short, or its smallest margin."""
    name = rows[0]["resource_name"]
    known = [row for row in rows if row["balance"] is not None]
    if not known:
        return _("{name}: kapacitet eller behov är inte känt någon vecka.").format(name=name)
    worst = min(known, key=lambda row: row["balance"])
    week = numbers.week_and_year(worst["week"])
    shares = [levels.excess(row) for row in known]
    short = sum(share is not None and share > levels.BALANCED for share in shares)
    if not short:
        return _(
            "{name}: behovet är som mest 5 % över kapaciteten under {total} veckor. Minst är balansen {week}: {amount}."
        ).format(
            name=name,
            total=len(known),
            week=week,
            amount=amount_and_unit(worst["balance"], worst["measure"], sign=True),
        )
    return ngettext(
        "{name}: behovet är mer än 5 % över kapaciteten {short} av {total} veckor. Mest saknas {week}: {amount}.",
        "{name}: behovet är mer än 5 % över kapaciteten {short} av {total} veckor. Mest saknas {week}: {amount}.",
        short,
    ).format(name=name, short=short, total=len(known), week=week, amount=short_by(worst))


def _worst(line: Line) -> float:
    return max(map(_share, line.worst), default=float("-inf"))


def _share(row: Row | None) -> float:
    share = levels.excess(row) if row else None
    return float("-inf") if share is None else share
