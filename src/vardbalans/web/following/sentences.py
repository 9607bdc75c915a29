"""What a year's follow-up says, in one sentence each."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vardbalans.web import numbers

__all__ = ["plan_is", "share_of_plan", "so_far", "warned", "year_ahead"]

Row = Mapping[str, Any]


def share_of_plan(deviation: float | None, planned: float | None) -> float | None:
    """Return the deviation as a share of the plan; None where there is nothing to compare with."""
    return deviation / planned if deviation is not None and planned else None


def so_far(row: Row) -> str:
    """Return what has been done so far this year against the plan of the same days."""
    if row["done"] is None:
        return _("Färre än {count} utförda hittills i år: för få att visa.").format(count=row["below"])
    done = numbers.number(row["done"])
    share = share_of_plan(row["done_deviation"], row["done_planned"])
    if share is None:
        return _("{done} utförda hittills i år. Det finns ingen plan att jämföra med.").format(done=done)
    if round(row["done_deviation"]) == 0:
        return _("{done} utförda hittills i år, som planerat.").format(done=done)
    text = (
        _("{done} utförda hittills i år, {count} ({share}) fler än planerat.")
        if row["done_deviation"] > 0
        else _("{done} utförda hittills i år, {count} ({share}) färre än planerat.")
    )
    count, part = numbers.number(abs(row["done_deviation"])), numbers.percent(abs(share), 1)
    return text.format(done=done, count=count, share=part)


def year_ahead(row: Row) -> str:
    """Return where the year is expected to end, with its 80 % interval, against the plan; nothing of too few."""
    if row["year"] is None:
        return ""
    values = {
        "year": numbers.number(row["year"]),
        "low": numbers.number(row["year_low"]),
        "high": numbers.number(row["year_high"]),
    }
    share = share_of_plan(row["year_deviation"], row["year_planned"])
    if share is None:
        return _("Året väntas sluta på {year} (80 % intervall {low}–{high}).").format(**values)
    text = _("Året väntas sluta på {year} (80 % intervall {low}–{high}), {count} ({share}) mot planen.")
    count = numbers.signed(row["year_deviation"])
    return text.format(**values, count=count, share=numbers.percent(share, 1, sign=True))


def warned(row: Row) -> str:
    """Return the early sign of the last periods together; empty where they lie within what was likely."""
    lately = row["lately"]
    if not lately or not lately["sign"]:
        return ""
    weekly = row["frequency"] == "week"
    values = {
        "outcome": numbers.number(lately["outcome"]),
        "low": numbers.number(lately["low"]),
        "high": numbers.number(lately["high"]),
        "count": lately["periods"],
    }
    if lately["sign"] > 0:
        text = (
            _("De senaste {count} veckorna har fler utförts än vad som var troligt: {outcome}, mot {low}–{high}.")
            if weekly
            else _("Den senaste månaden har fler utförts än vad som var troligt: {outcome}, mot {low}–{high}.")
        )
    else:
        text = (
            _("De senaste {count} veckorna har färre utförts än vad som var troligt: {outcome}, mot {low}–{high}.")
            if weekly
            else _("Den senaste månaden har färre utförts än vad som var troligt: {outcome}, mot {low}–{high}.")
        )
    return text.format(**values)


def plan_is(row: Row) -> str:
    """Return what the plan is made of, service by service."""
    if plan := row["approved"]:
        return _("Planen är {plan}, version {version}, godkänd {at} av {by}.").format(
            plan=plan["plan"], version=plan["version"], at=plan["at"][:10], by=plan["by"]
        )
    if row["service_id"]:
        text = {
            "agreed": _("Planen är den godkända beställningen, fördelad på arbetsdagar."),
            "proposed": _("Planen är en beställning som inte är godkänd av båda, fördelad på arbetsdagar."),
            "last_year": _("Ingen beställning finns: planen är förra årets utfall samma veckor."),
            "none": _("Det finns varken beställning eller utfall förra året att jämföra med."),
        }[next(name for name in ("agreed", "proposed", "last_year", "none") if row[f"by_{name}"])]
        return _("Ingen produktionsplan är godkänd för {year}.").format(year=row["of_year"]) + " " + text
    parts = [
        text.format(count=count)
        for count, text in (
            (row["by_approved"], _("godkänd produktionsplan för {count}")),
            (row["by_agreed"], _("godkänd beställning för {count}")),
            (row["by_proposed"], _("beställning som inte är godkänd för {count}")),
            (row["by_last_year"], _("förra årets utfall samma veckor för {count}")),
        )
        if count
    ]
    text = ngettext(
        "Av {count} vårdtjänst är planen {parts}.", "Av {count} vårdtjänster är planen {parts}.", row["services"]
    ).format(count=row["services"], parts=", ".join(parts) or _("okänd"))
    if not row["by_none"]:
        return text
    more = ngettext(
        "{count} vårdtjänst saknar plan och jämförs inte.",
        "{count} vårdtjänster saknar plan och jämförs inte.",
        row["by_none"],
    ).format(count=row["by_none"])
    return f"{text} {more}"
