"""Amounts in the unit they are shown in: minutes as hours, activities as they are."""

from django.utils.translation import gettext, gettext_lazy

from vardbalans.web import numbers

__all__ = ["amount", "amount_and_unit", "step_amount", "unit_name"]

_SHOWN = {
    "minutes": (1 / 60, gettext_lazy("timmar"), 1),
    "activities": (1, gettext_lazy("aktiviteter"), 1),
    "share": (100, "%", 1),
    "factor": (1, "", 3),
    "weeks": (1, gettext_lazy("veckor"), 1),
    "days": (1, gettext_lazy("dagar"), 0),
    "people": (1, gettext_lazy("personer"), 0),
    "patients": (1, gettext_lazy("patienter"), 1),
    "beds": (1, gettext_lazy("vårdplatser"), 1),
    "per_100": (1, gettext_lazy("per 100 disponibla"), 1),
    "öre": (1 / 100, gettext_lazy("kr"), 2),
    "recipe": (1, gettext_lazy("minuter enligt recept"), 0),
    "theatre_minutes": (1, gettext_lazy("minuter i sal"), 0),
    "anaesthesia_minutes": (1, gettext_lazy("minuter anestesi"), 0),
    "bed_days": (1, gettext_lazy("vägda vårddygn"), 1),
    "hours": (1, gettext_lazy("timmar"), 1),
    "bed_hours": (1, gettext_lazy("vägda vårdtimmar"), 1),
    "contacts": (1, gettext_lazy("vägda kontakter"), 1),
    "drg_weight": (1, gettext_lazy("DRG-poäng"), 1),
    "items": (1, gettext_lazy("vägda tjänster"), 1),
    "item_amounts": (1, gettext_lazy("belopp i underlaget"), 0),
    "shifts": (1, gettext_lazy("pass"), 0),
    "points": (100, gettext_lazy("procentenheter"), 1),
    "count": (1, gettext_lazy("antal"), 1),
    "fte": (1, gettext_lazy("heltidstjänster"), 2),
}
_ONE = {"minutes": gettext_lazy("timme"), "activities": gettext_lazy("aktivitet")}
_MINUTES = (1, gettext_lazy("minuter"), 1)


def amount(value: float | None, measure: str, *, sign: bool = False) -> str:
    """Return *value* (in *measure*) as an integer in the shown unit, without the unit's name."""
    factor = _SHOWN[measure][0] if measure in _SHOWN else 1
    return numbers.number(None if value is None else value * factor, sign=sign)


def amount_and_unit(value: float | None, measure: str, *, sign: bool = False) -> str:
    """Return *value* (in *measure*) with the unit's name, such as ``42 timmar``; ``mindre än 1 timme`` below a half."""
    text = amount(value, measure, sign=sign)
    if value and text == "0" and measure in _ONE:
        return gettext("mindre än 1 {unit}").format(unit=_ONE[measure])
    name = _ONE[measure] if text.lstrip("+" + numbers.MINUS) == "1" and measure in _ONE else unit_name(measure)
    return f"{text}{numbers.NBSP}{name}"


def unit_name(unit: str) -> str:
    """Return the name of the unit that an engine unit is shown in: ``timmar`` for ``minutes``."""
    return str(_SHOWN[unit][1]) if unit in _SHOWN else unit


def step_amount(value: float, unit: str, *, rate: bool = False) -> tuple[str, str]:
    """Return a step's value and the name of its unit; a *rate* of minutes stays in minutes, as its label says."""
    factor, name, decimals = _MINUTES if rate and unit == "minutes" else _SHOWN.get(unit, (1, unit, 2))
    return numbers.number(value * factor, decimals), str(name)
