"""The words behind the numbers: which sentence each part and input of a balance is shown with.

A part is stored as a code and a number; here it becomes a :class:`Step` of a :class:`Figure`. The same
sentences serve the command line, the API and the pages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vardbalans.engine.explain import Figure, Source, Step
from vardbalans.engine.messages import Message

__all__ = [
    "AVAILABLE",
    "DEMAND",
    "INPUTS",
    "PartRow",
    "available_figure",
    "balance_figure",
    "named_inputs",
    "required_figure",
]

DEMAND: Mapping[str, Message] = {
    "need": Message("prognos för veckan"),
    "adjustment": Message("planerares justering av prognosen"),
    "removals": Message("avgår från listan utan behandling"),
    "residual": Message("oförklarad rest, antas lämna listan som hittills"),
    "waiting_list": Message("för att väntelistan ska nå sitt mål"),
    "induced": Message("följer av extra produktion i andra vårdtjänster"),
    "lost": Message("tider som bokas men inte används"),
}
AVAILABLE: Mapping[str, Message] = {
    "employed": Message("anställd tid en vanlig vecka"),
    "holidays": Message("helgdagar"),
    "booked_absence": Message("frånvaro som redan är bokad"),
    "expected_absence": Message("väntad frånvaro utöver den bokade"),
    "absence": Message("frånvaro"),  # runs stored before the two were told apart
    "opened": Message("öppen tid en vanlig vecka"),
    "closed": Message("helgdagar och stängda dagar"),
    "maintenance": Message("service och underhåll"),
    "non_clinical": Message("icke-klinisk tid"),
    "unused": Message("tid som inte kan nyttjas (nyttjandegraden)"),
    "observed": Message("observerad produktion det senaste året"),
}
INPUTS: Mapping[str, tuple[Message, str]] = {
    "level": (Message("nivå en vanlig vecka"), "activities"),
    "trend": (Message("trend sedan historikens slut"), "factor"),
    "working_days": (Message("arbetsdagar"), "days"),
    "working_days_factor": (Message("arbetsdagarnas inverkan"), "factor"),
    "season": (Message("årstid"), "factor"),
    "deviation": (Message("den senaste tidens avvikelse"), "factor"),
    "queue_now": (Message("väntande nu"), "people"),
    "target_queue": (Message("väntande när målet är nått"), "people"),
    "removals": (Message("avgångar utan behandling per vecka, det senaste året"), "people"),
    "residual": (Message("oförklarad rest per vecka, det senaste året"), "people"),
    "lost_share": (Message("andel bokade tider som går förlorade"), "share"),
    "amount_each": (Message("minuter per aktivitet enligt receptet"), "minutes"),
    "fte": (Message("tjänster (heltid)"), "fte"),
    "shift_minutes": (Message("minuter per pass"), "minutes"),
    "absence": (Message("andel frånvaro som räknas: den större av väntad och bokad"), "share"),
    "absence_expected": (Message("väntad andel frånvaro: egen nivå × regionens årsprofil"), "share"),
    "absence_booked": (Message("redan bokad andel frånvaro"), "share"),
    "stay_days": (Message("medelvårdtid"), "days"),
    "per_day": (Message("minuter per vårddygn enligt receptet"), "minutes"),
    "per_session": (Message("minuter per pass enligt receptet"), "minutes"),
    "utilisation": (Message("nyttjandegrad"), "share"),
    "open_minutes": (Message("öppna minuter"), "minutes"),
    "per_working_day": (Message("observerad produktion per arbetsdag"), "activities"),
}
_INPUT_SOURCES = {
    "absence_expected": "absences",
    "absence_booked": "absences",
    "fte": "employments",
    "open_minutes": "openings",
    "shift_minutes": "resources",
    "utilisation": "utilisation",
}


@dataclass(frozen=True)
class PartRow:
    """One stored part of what is required: *slots* of a service, each taking *amount_each* of the resource."""

    service_id: str
    service_name: str
    code: str
    slots: float
    amount_each: float
    source: Source | None


def required_figure(value: float, measure: str, parts: Sequence[PartRow], inputs: Sequence[Step] = ()) -> Figure:
    """Return what is required of a resource in a week, with one term per service and part."""
    unit = "minutes" if measure == "minutes" else "activities"
    terms = tuple(
        Step(
            Message("{service}: {what}", service=part.service_name, what=DEMAND[part.code]),
            part.slots * part.amount_each,
            unit,
            part.slots,
            part.source,
        )
        for part in parts
    )
    formula = (
        Message("Behov av kapacitet = summan över vårdtjänsterna av antal tider × minuter per tid")
        if measure == "minutes"
        else Message("Behov = prognos för det som kommer in, minus avgångar, plus det som väntelistan kräver")
    )
    return Figure("required", value, unit, formula, terms, tuple(inputs))


def available_figure(
    value: float, measure: str, resource_id: str, parts: Mapping[str, tuple[float, Source]], inputs: Mapping[str, float]
) -> Figure:
    """Return what is available of a resource in a week: ordinary time less what is closed, absent or not used."""
    unit = "minutes" if measure == "minutes" else "activities"
    terms = tuple(Step(AVAILABLE[code], amount, unit, None, source) for code, (amount, source) in parts.items())
    formula = {
        "employed": Message(
            "Tillgänglig tid = tjänster × (passets minuter × arbetsdagar − icke-klinisk tid) × (1 − frånvaro) × "
            "nyttjandegrad"
        ),
        "opened": Message(
            "Tillgänglig tid = (uppsättningar × öppna minuter − service − icke-klinisk tid), dag för dag × "
            "nyttjandegrad"
        ),
        "observed": Message(
            "Tillgängligt = observerad produktion per arbetsdag × arbetsdagar; resurserna bakom är inte kända"
        ),
    }[next(iter(parts))]
    sources = {name: Source.of(table, resource_id=resource_id) for name, table in _INPUT_SOURCES.items()}
    return Figure("available", value, unit, formula, terms, named_inputs(inputs, sources))


def balance_figure(available: Figure, required: Figure, inputs: Sequence[Step] = ()) -> Figure:
    """Return available less required; negative is short. *inputs* are what else is told of the balance."""
    terms = (
        Step(Message("tillgängligt"), available.value, available.unit),
        Step(Message("behov"), -required.value, required.unit),
    )
    value = available.value - required.value
    return Figure(
        "balance",
        value,
        required.unit,
        Message("Balans = tillgängligt − behov; minus betyder brist"),
        terms,
        tuple(inputs),
    )


def named_inputs(inputs: Mapping[str, float], sources: Mapping[str, Source]) -> tuple[Step, ...]:
    """Return *inputs* as steps with their words and units, in the order given; *sources* tell where some come from."""
    return tuple(Step(*_named(name, value), None, sources.get(name)) for name, value in inputs.items())


def _named(name: str, value: float) -> tuple[Message, float, str]:
    label, unit = INPUTS[name]
    return label, value, unit
