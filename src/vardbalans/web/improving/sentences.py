"""What the page Åtgärder says in words: conclusions, effects, statuses, kinds of benefit."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from vardbalans.data.improving.series import INDICATORS
from vardbalans.web import numbers
from vardbalans.web.translate import kept, said

__all__ = [
    "change",
    "conclusion",
    "effect",
    "harmed",
    "indicator_name",
    "kinds",
    "methods",
    "statuses",
    "verdict",
    "verdicts",
]

Row = Mapping[str, Any]


def statuses() -> dict[str, str]:
    """Return status → its name, in the order of a measure's life."""
    return {
        "idea": _("Idé"),
        "pilot": _("Pilot"),
        "measured": _("Mätt"),
        "in_plan": _("I planen"),
        "stopped": _("Avslutad"),
    }


def verdicts() -> dict[str, str]:
    """Return verdict → its name."""
    return {"shown": _("visad"), "not_shown": _("ej visad"), "untold": _("kan inte räknas")}


def methods() -> dict[str, str]:
    """Return method of an analysis plan → its name."""
    return {
        "interrupted": _("serien mot sig själv före starten"),
        "staggered": _("mot enheter som inte har börjat"),
        "synthetic": _("mot en sammanvägd jämförelse"),
    }


def kinds() -> dict[str, str]:
    """Return kind of benefit → its name."""
    return {
        "hours": _("Frigjorda timmar"),
        "slots": _("Återvunna tider"),
        "bed_days": _("Vårddygn"),
        "ore": _("Kronor"),
        "cases": _("Antal"),
    }


def indicator_name(indicator: str | None) -> str:
    """Return the indicator's name; a series of the region's own by its id."""
    found = INDICATORS.get(indicator or "")
    return said(kept(found.name)) if found else (indicator or "").removeprefix("series:")


def change(ratio: float | None) -> str:
    """Return a ratio as a change in per cent."""
    return numbers.percent(None if ratio is None else ratio - 1, sign=True)


def effect(found: Row | None, name: str = "estimate") -> str:
    """Return a ratio with its interval as changes in per cent; a dash where there is none."""
    if found is None or found[name] is None:
        return numbers.MISSING
    return _("{change} ({low} till {high})").format(
        change=change(found[name]), low=change(found["low"]), high=change(found["high"])
    )


def conclusion(row: Row) -> str:
    """Return in one sentence what has come of the measure."""
    found, named = row["measured"], indicator_name(row["indicator"])
    if found is None:
        return _("{name}: ingen effekt är räknad än.").format(name=row["name"])
    told = {"name": row["name"], "indicator": named, "effect": effect(found)}
    if not row["decided"]:
        return _("{name}: {indicator} {effect} hittills. Omdömet är inte taget.").format(**told)
    if row["status"] in ("measured", "in_plan"):
        return _("{name}: {indicator} {effect} mot utan åtgärden. Effekten är visad.").format(**told)
    if harmed(row):
        return _("{name}: {indicator} {effect} mot utan åtgärden. Effekten är visad åt fel håll.").format(**told)
    return _("{name}: {indicator} {effect} mot utan åtgärden. Effekten är ej visad.").format(**told)


def harmed(row: Row) -> bool:
    """Tell whether the newest month's effect is shown for the worse."""
    found, plan = row["measured"], row["plan"]
    if found is None or plan is None or found["verdict"] != "shown":
        return False
    return bool((found["estimate"] > 1) == (plan["better"] == "lower"))


def verdict(row: Row) -> str:
    """Return the verdict on a measure in words; nothing where no effect has been counted."""
    return _("visad åt fel håll") if harmed(row) else verdicts().get(row["verdict"] or "", "")
