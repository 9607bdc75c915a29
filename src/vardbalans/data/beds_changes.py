"""Changes of a hospital's beds as they are written: ``V-KIR-A=3``, ``V-KIR-A=-4:28-31`` and the like."""

import re
from collections.abc import Callable
from datetime import date, timedelta

from vardbalans.engine.beds.scenarios import (
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

_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_SHAPES = {
    "beds": r"(?P<ward>[^=]+)=(?P<value>[+-]?\d+)(?::(?P<weeks>\d{1,2}-\d{1,2}))?",
    "new-ward": r"(?P<ward>[^=]+)=(?P<value>\d+):(?P<from>.+)",
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
            days = _days(parts["weeks"], hospital, first) if parts["weeks"] else (0, None)
            return (
                beds_staffed(hospital, ward, value, float(parts["each"]), *days)
                if kind == "staffed"
                else beds_changed(hospital, ward, int(value), *days)
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
        begin, end = _days(parts["weeks"], hospital, first)
        elective = float(parts["elective"]) if parts["elective"] else 1.0
        stays = max(_groups_of(hospital, ward), key=lambda group: group.acute).stays
        return surge(hospital, ward, value, stays, begin, end, elective=elective)

    return changed


def _days(weeks: str, hospital: Hospital, first: date) -> tuple[int, int]:
    """Return the first and last day that lie in the ISO weeks, of those that are counted."""
    begin, end = (int(number) for number in weeks.split("-"))
    days = [
        day
        for day in range(hospital.warm_days, hospital.days)
        if begin <= (first + timedelta(day)).isocalendar().week <= end
    ]
    if not days:
        raise BadInput(Message("Inga dagar av året ligger i veckorna {weeks}.", weeks=weeks))
    return days[0], days[-1]


def _groups_of(hospital: Hospital, ward: str) -> list[PatientGroup]:
    """Return the groups that belong to *ward* as it is, wherever another change has moved them."""
    found = [group for group in hospital.groups if group.name in (f"{ward}/elective", f"{ward}/acute")]
    if not found:
        raise BadInput(Message("{names} finns inte på sjukhuset.", names=ward))
    return found
