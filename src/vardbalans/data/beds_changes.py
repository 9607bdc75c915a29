"""Changes of a hospital's beds as they are written: ``V-KIR-A=3``, ``V-KIR-A=-4:28-31`` and the like."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np

from vardbalans.engine.beds.scenarios import (
    Days,
    beds_changed,
    beds_staffed,
    day_surgery,
    new_ward,
    shorter_stay,
    surge,
    weekend_discharges,
)
from vardbalans.engine.beds.wards import Hospital, PatientGroup
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = ["KINDS", "Change", "change_of"]

Change = Callable[[Hospital, date], Hospital]
"""A hospital, and the date of its first day, to what it becomes."""

_NUMBER = r"[+-]?\d{1,6}(?:\.\d+)?"
_SHAPES = {
    "beds": r"(?P<ward>[^=]+)=(?P<value>[+-]?\d{1,6})(?::(?P<weeks>\d{1,2}-\d{1,2}))?",
    "new-ward": r"(?P<ward>[^=]+)=(?P<value>\d{1,6}):(?P<from>.+)",
    "day-surgery": rf"(?P<ward>[^=]+)=(?P<value>{_NUMBER})",
    "shorter-stay": rf"(?P<ward>[^=]+)=(?P<value>{_NUMBER})",
    "staffed": rf"(?P<ward>[^=]+)=(?P<value>{_NUMBER}):(?P<each>{_NUMBER})(?::(?P<weeks>\d{{1,2}}-\d{{1,2}}))?",
    "weekend": rf"(?P<value>{_NUMBER})",
    "surge": rf"(?P<ward>[^=]+)=(?P<value>{_NUMBER}):(?P<weeks>\d{{1,2}}-\d{{1,2}})(?::(?P<elective>{_NUMBER}))?",
}
KINDS = {
    "beds": Message("VÅRDAVDELNING=ANTAL eller VÅRDAVDELNING=ANTAL:FRÅN-TILL (ISO-veckor); ett negativt antal stänger"),
    "new-ward": Message("NAMN=VÅRDPLATSER:VÅRDAVDELNING,VÅRDAVDELNING vars akuta patienter hör hemma där"),
    "day-surgery": Message("VÅRDAVDELNING=ANDEL av de planerade som inte behöver vårdplats"),
    "shorter-stay": Message("VÅRDAVDELNING=FAKTOR på vårdtiden, högst 1"),
    "staffed": Message(
        "VÅRDAVDELNING=MEDARBETARE:PATIENTER VAR, de öppna vårdplatser som bemanningen räcker till; sist :FRÅN-TILL"
    ),
    "weekend": Message("ANDEL av vägen från helgens utskrivningar till vardagens"),
    "surge": Message(
        "VÅRDAVDELNING=PATIENTER PER DAG:FRÅN-TILL (ISO-veckor), sist :ANDEL av den planerade vården som består"
    ),
}
"""Each kind of change, and how it is written."""


def change_of(kind: str, text: str) -> Change:
    """Return the change of *kind* written as *text*. Raises BadInput where it is not written so, or does not fit."""
    found = re.fullmatch(_SHAPES[kind], text)
    if found is None:
        raise BadInput(Message("{text} ska skrivas {how}.", text=text, how=KINDS[kind]))
    parts = found.groupdict()
    ward, value = parts.get("ward", ""), float(parts["value"])

    def changed(hospital: Hospital, first: date) -> Hospital:
        if kind in ("beds", "staffed"):
            days = _days(parts["weeks"], hospital, first) if parts["weeks"] else None
            return (
                beds_staffed(hospital, ward, value, float(parts["each"]), days)
                if kind == "staffed"
                else beds_changed(hospital, ward, int(value), days)
            )
        if kind == "new-ward":
            groups = [f"{name.strip()}/acute" for name in parts["from"].split(",")]
            return new_ward(hospital, ward, int(value), groups)
        if kind == "day-surgery":
            return day_surgery(hospital, [f"{ward}/elective"], value)
        if kind == "shorter-stay":
            return shorter_stay(hospital, [group.name for group in _groups_of(hospital, ward)], value)
        if kind == "weekend":
            return weekend_discharges(hospital, value)
        elective = float(parts["elective"]) if parts["elective"] else 1.0
        stays = max(_groups_of(hospital, ward), key=lambda group: group.acute).stays
        return surge(hospital, ward, value, stays, _days(parts["weeks"], hospital, first), elective=elective)

    return changed


def _days(weeks: str, hospital: Hospital, first: date) -> Days:
    """Return which of the days that are counted lie in the ISO weeks, which may go on over the new year: 51-2.

    The days counted begin anywhere in a year, so that the weeks may be some of the first and some of the last.
    """
    begin, end = (int(number) for number in weeks.split("-"))
    week = np.array([(first + timedelta(day)).isocalendar().week for day in range(hospital.days)])
    inside: Days = (week >= begin) & (week <= end) if begin <= end else (week >= begin) | (week <= end)
    inside[: hospital.warm_days] = False
    if not inside.any():
        raise BadInput(Message("Inga dagar av året ligger i veckorna {weeks}.", weeks=weeks))
    return inside


def _groups_of(hospital: Hospital, ward: str) -> list[PatientGroup]:
    """Return the groups that belong to *ward* as it is, wherever another change has moved them."""
    found = [group for group in hospital.groups if group.name in (f"{ward}/elective", f"{ward}/acute")]
    if not found:
        raise BadInput(Message("{names} finns inte på sjukhuset.", names=ward))
    return found
