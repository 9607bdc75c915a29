"""The steps of the planning cycle, what each is for, who takes it, and what people tick in it.

The steps are Socialstyrelsen's (behov, kapacitet, balans, plan, uppföljning). Their dates are each region's own: a
template of this program stands in until someone has set them.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vardbalans.web.people.permissions import Permission

__all__ = ["ITEMS", "STEPS", "Item", "Step", "item_named", "step_named", "template_date"]

_TEMPLATE = Path(__file__).with_name("calendar.csv")


@dataclass(frozen=True)
class Item:
    """Something that a person ticks. *asks_why*: only with a note."""

    key: str
    text: str | Promise
    permission: Permission
    asks_why: bool = False


@dataclass(frozen=True)
class Step:
    """One step. *weekly*: it comes back every week of the year that is planned, and has no date of its own."""

    key: str
    name: str | Promise
    purpose: str | Promise
    items: tuple[Item, ...] = ()
    weekly: bool = False


STEPS = (
    Step("order", _("Beställning"), _("Nivån ovanför säger vilken volym den väntar sig; ni svarar.")),
    Step(
        "forecast",
        _("Prognos"),
        _("Hur mycket vård kommer att behövas?"),
        (Item("forecast_seen", _("Prognosen är genomgången och justerad där vi vet mer"), Permission.PLAN_EDIT),),
    ),
    Step(
        "required",
        _("Produktionsbehov"),
        _("Vad behöver göras för att möta behovet och korta köerna?"),
        (Item("required_seen", _("Produktionsbehovet är rimligt"), Permission.PLAN_EDIT),),
    ),
    Step(
        "capacity",
        _("Kapacitet"),
        _("Vad kan vi göra med dem och det vi har?"),
        (Item("capacity_seen", _("Bemanning, öppettider och ledighet stämmer"), Permission.PLAN_EDIT),),
    ),
    Step(
        "gap",
        _("Gap"),
        _("Var och när räcker kapaciteten inte?"),
        (Item("gap_seen", _("Gapet är genomgånget med verksamheten"), Permission.PLAN_EDIT),),
    ),
    Step(
        "choice",
        _("Val"),
        _("Vad lovar vi att göra, och vad gör vi åt det som inte går ihop?"),
        (Item("gap_accepted", _("Det gap som är kvar är godtaget"), Permission.PLAN_APPROVE, asks_why=True),),
    ),
    Step("agreement", _("Överenskommelse"), _("Planen skickas in och godkänns av en chef.")),
    Step("review", _("Veckouppföljning"), _("Gör vi det vi sa? Vad ändrar vi?"), weekly=True),
)


def step_named(key: str) -> Step | None:
    """Return the step of that key; None where there is none."""
    return next((step for step in STEPS if step.key == key), None)


ITEMS: Mapping[str, Item] = {item.key: item for step in STEPS for item in step.items}


def item_named(key: str) -> Item | None:
    """Return the item of that key; None where there is none."""
    return ITEMS.get(key)


def template_date(step: str, year: int) -> date | None:
    """Return the day that the template gives a step in the planning of *year*; None for a weekly step."""
    found = _template().get(step)
    return date(year - found[0], found[1], found[2]) if found else None


@lru_cache(maxsize=1)
def _template() -> Mapping[str, tuple[int, int, int]]:
    with _TEMPLATE.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter=";")
        return {row["step"]: (int(row["years_before"]), int(row["month"]), int(row["day"])) for row in rows}
