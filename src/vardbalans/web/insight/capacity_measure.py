"""The unit that time is shown in on the page Kapacitet: hours, shifts, or full-time posts."""

from django.utils.translation import gettext as _

from vardbalans.web import numbers

__all__ = ["MEASURES", "in_measure", "measure_name", "shown"]

MEASURES = ("hours", "shifts", "fte")
_WEEKDAYS = 5
_DECIMALS = {"hours": 0, "shifts": 0, "fte": 1}


def measure_name(measure: str) -> str:
    """Return the name of the unit."""
    return {"hours": _("timmar"), "shifts": _("pass"), "fte": _("heltider")}[measure]


def in_measure(minutes: float | None, measure: str, shift: float | None, weeks: int) -> float | None:
    """Return *minutes* over *weeks* in the unit: hours, shifts of *shift* minutes, or posts that work every weekday.

    None where the minutes are not known, or the shift is not and the unit needs it.
    """
    if minutes is None or (measure != "hours" and not shift):
        return None
    if measure == "hours" or not shift:
        return minutes / 60
    return minutes / shift / (_WEEKDAYS * weeks if measure == "fte" else 1)


def shown(minutes: float | None, measure: str, shift: float | None, weeks: int) -> str:
    """Return the same as text, without the unit's name."""
    return numbers.number(in_measure(minutes, measure, shift, weeks), _DECIMALS[measure])
