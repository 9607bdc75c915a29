"""The rules that data are judged by, as a table: what is broken, how serious, how to repair it, measured against what.

Three kinds. *Rows* are broken one by one: a predicate over the rows of one table, or a question (``questions/*.sql``)
that returns the broken rows where more than one row must be seen. *Series* are judged period by period against their
own history (:mod:`~vardbalans.data.quality.patterns`). The row rules of the import (:data:`ROW_RULES`) are among the
first: those that only warn are stored, and those that stop an import are counted in a delivery.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from vardbalans.data.findings import Severity
from vardbalans.data.rules import ROW_RULES
from vardbalans.engine.messages import Message

__all__ = ["ASKED_FOR", "DAY", "ON_LIST", "RULES", "Rule"]

DAY: Mapping[str, str] = {
    "contacts": "starts_at::date",
    "referrals": "coalesce(received, decided, issued)",
    "stays": "admitted::date",
    "operations": "coalesce(room_in, planned_start)::date",
    "clock_stops": "date_from",
    "slots": "starts_at::date",
    "absences": "date_from",
    "beds": "date",
    "waiting": "date",
}
"""SQL for the day that places a row in time, per table that has one."""

_OWN_ROW = Message("radens egna kolumner")
_LATE_DAYS = 14


@dataclass(frozen=True)
class Rule:
    """One rule about *table*.

    *broken* is an SQL predicate over ``rows``; *question* names the file whose query returns the broken rows instead,
    with *values* put into its text. A rule with neither is about series. *tested* is the predicate of the rows that
    the rule can say something about, *among* a query that narrows them first. *needs* are the other tables without
    which nothing is tested; those that begin with ``before.`` are the store as it was.
    """

    name: str
    table: str
    severity: Severity
    message: Message
    against: Message = _OWN_ROW
    broken: str = ""
    tested: str = "true"
    question: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    among: str = ""
    needs: tuple[str, ...] = ()

    @property
    def kind(self) -> Literal["rows", "series"]:
        """Tell what is counted: rows, or periods of series."""
        return "rows" if self.broken or self.question else "series"


def _of_import() -> tuple[Rule, ...]:
    """Return the import's rules about rows, as they are there."""
    return tuple(
        Rule(rule.name, table, rule.severity, rule.message, broken=rule.broken)
        for table, rules in ROW_RULES.items()
        for rule in rules
    )


_DUPLICATES = (
    Rule(
        "duplicate_contact",
        "contacts",
        "warning",
        Message("Samma patient, enhet, vårdtjänst och starttid finns på en rad till. Ta bort den ena i källan."),
        Message("de andra raderna i tabellen"),
        question="duplicate_contact",
        tested="patient_key is not null and starts_at is not null",
    ),
    Rule(
        "duplicate_referral",
        "referrals",
        "warning",
        Message("Samma remiss finns under två id. Avsluta eller ta bort den ena i källan."),
        Message("de andra raderna i tabellen"),
        question="duplicate_referral",
        tested="patient_key is not null and issued is not null",
    ),
    Rule(
        "twice_on_list",
        "referrals",
        "info",
        Message("Patienten väntar två gånger på samma vårdtjänst. Kontrollera om den ena väntan ska avslutas."),
        Message("de andra som väntar"),
        question="twice_on_list",
        tested="closed is null and patient_key is not null",
        needs=("services",),
    ),
)

_OVERLAPS = (
    Rule(
        "stays_overlap",
        "stays",
        "warning",
        Message(
            "Patienten ligger på två vårdplatser samtidigt. Rätta in- eller utskrivningen i något av vårdtillfällena."
        ),
        Message("patientens andra vårdtillfällen"),
        question="stays_overlap",
        tested="patient_key is not null and (discharged is null or discharged > admitted)",
    ),
    Rule(
        "theatre_taken",
        "operations",
        "warning",
        Message("Salen har två operationer samtidigt. Rätta salen, eller tiden in eller ut, på någon av dem."),
        Message("salens andra operationer"),
        question="theatre_taken",
        tested="status = 'performed' and room_out > room_in",
    ),
)

_WAITING = (
    Rule(
        "stop_outside_wait",
        "clock_stops",
        "warning",
        Message(
            "Uppehållet ligger utanför väntan det gäller. Rätta uppehållets dagar, eller vilken remiss det hör till."
        ),
        Message("remissens utfärdade och avslutade dag"),
        question="stop_outside_wait",
        needs=("referrals",),
    ),
    Rule(
        "dead_on_list",
        "referrals",
        "warning",
        Message("Patienten är avliden men står kvar på väntelistan. Avsluta väntan med orsaken avliden."),
        Message("dödsdagen i tabellen Patienter"),
        question="dead_on_list",
        tested="closed is null",
        needs=("patients",),
    ),
    Rule(
        "contact_after_death",
        "contacts",
        "warning",
        Message("Kontakten ligger efter patientens dödsdag. Avboka den, eller rätta patienten eller dagen."),
        Message("dödsdagen i tabellen Patienter"),
        question="contact_after_death",
        needs=("patients",),
    ),
    Rule(
        "treated_on_list",
        "referrals",
        "warning",
        Message("Vården är utförd men patienten står kvar på väntelistan. Avsluta väntan med orsaken vården utförd."),
        Message("utförda kontakter i tabellen Vårdkontakter"),
        question="treated_on_list",
        tested="closed is null",
        needs=("contacts",),
    ),
    Rule(
        "treated_elsewhere_on_list",
        "referrals",
        "info",
        Message(
            "En annan enhet har utfört vården men patienten står kvar på väntelistan. Kontrollera om väntan ska "
            "avslutas."
        ),
        Message("utförda kontakter i tabellen Vårdkontakter"),
        question="treated_elsewhere_on_list",
        tested="closed is null",
        needs=("contacts", "services"),
    ),
    Rule(
        "stop_without_evidence",
        "clock_stops",
        "warning",
        Message(
            "Uppehållet är patientvald väntan utan underlag och räknas inte. Fyll i att patienten är informerad, dag "
            "och klockslag som erbjöds, och att patienten tackade nej."
        ),
        broken="not (coalesce(informed, false) and coalesce(declined, false)"
        " and coalesce(offered_at::timestamp::time <> time '00:00', false))",
        tested="kind = 'patient_choice'",
    ),
)

ON_LIST = (
    ("referrals", "dead_on_list"),
    ("referrals", "duplicate_referral"),
    ("referrals", "treated_elsewhere_on_list"),
    ("referrals", "treated_on_list"),
    ("referrals", "twice_on_list"),
    ("clock_stops", "stop_outside_wait"),
    ("clock_stops", "stop_without_evidence"),
)
"""The rules, by table and name, that tell who should perhaps not be on a waiting list, or not with this clock."""

_REGISTERED = (
    Rule(
        "still_booked",
        "contacts",
        "warning",
        Message("Tiden har passerat men kontakten är fortfarande bokad. Registrera vad som hände."),
        Message("den senast utförda kontakten i tabellen"),
        broken="starts_at::date < (select max(starts_at::date) - 7 from rows where status = 'performed')",
        tested="status = 'booked'",
    ),
    Rule(
        "stay_without_end",
        "stays",
        "warning",
        Message(
            "Patienten är inskriven sedan mer än ett år. Fyll i utskrivningen om patienten har lämnat vårdavdelningen."
        ),
        Message("den senaste inskrivningen i tabellen"),
        broken="admitted::date < (select max(admitted::date) - 365 from rows)",
        tested="discharged is null",
    ),
    *(
        Rule(
            f"late_{table}",
            table,
            "warning",
            Message(
                "Raden kom först nu, mer än två veckor efter att den borde ha funnits i en tidigare inläsning. Ta reda "
                "på varför den registrerades sent."
            ),
            Message("den närmast tidigare dataversionen"),
            # What the earlier version did not reach back to, or a unit it did not have, is a history delivered later.
            broken=f"{DAY[table]} between (select min({DAY[table]}) from before.{table})"
            f" and (select max({DAY[table]}) - {_LATE_DAYS} from before.{table} where {seen})"
            f" and {unit} in (select {unit} from before.{table})",
            among=f"select * from {{rows}} anti join before.{table} using ({key})",
            needs=(f"before.{table}",),
        )
        for table, key, unit, seen in (
            ("contacts", "contact_id", "unit_id", "status <> 'booked'"),
            ("referrals", "referral_id", "unit_id", "true"),
            ("stays", "stay_id", "ward_id", "true"),
            ("operations", "operation_id", "theatre_id", "status = 'performed'"),
        )
    ),
)

_UNITS = tuple(
    Rule(
        "other_unit",
        table,
        "warning",
        Message("Vårdtjänsten hör till en annan enhet än raden. Rätta enheten eller vårdtjänsten."),
        Message("vårdtjänstens enhet i tabellen Vårdtjänster"),
        question="other_unit",
        values={"table": table, "day": DAY[table]},
        needs=("services",),
    )
    for table in ("contacts", "referrals")
)

_PERFORMED = "status = 'performed'"
ASKED_FOR = {
    "diagnosis": ("Diagnos", _PERFORMED),
    "drg": ("DRG", _PERFORMED),
    "referral_id": ("Remiss-id", "true"),
    "age": ("Ålder", "true"),
    "sex": ("Kön", "true"),
}
"""The columns of contacts whose missing values matter: heading, and the predicate of the rows that should have them."""

_VALUES = (
    Rule(
        "impossible_age",
        "contacts",
        "warning",
        Message("Åldern är under 0 eller över 110 år. Rätta åldern, eller lämna den tom."),
        broken="age not between 0 and 110",
        tested="age is not null",
    ),
    *(
        Rule(
            f"missing_{column}",
            "contacts",
            "warning",
            Message("{header} saknas, men brukar alltid finnas för vårdtjänsten. Fyll i värdet.", header=header),
            Message("vårdtjänstens egen vanliga andel"),
            question="missing_value",
            values={"column": column, "among": among},
            tested=among,
        )
        for column, (header, among) in ASKED_FOR.items()
    ),
)

_OWN_HISTORY = Message("seriens egen historik")
_FLOWS = ("contacts", "referrals", "stays", "operations", "counts", "inflow", "outflow")
_SERIES: tuple[tuple[str, tuple[str, ...], Severity, Message], ...] = (
    (
        "jump",
        (*_FLOWS, "waiting"),
        "info",
        Message(
            "{where}, {period}: {observed} mot väntade {expected}. Kontrollera om något saknas, är dubblerat eller hör "
            "till en annan period."
        ),
    ),
    (
        "level_shift",
        _FLOWS,  # a waiting list is always on its way up or down
        "info",
        Message(
            "{where}: nivån går från {expected} till {observed} från och med {period}. Bekräfta att verksamheten har "
            "ändrats, annars är registreringen fel."
        ),
    ),
    (
        "gap",
        (*_FLOWS, "waiting"),
        "warning",
        Message("{where}, {period}: inget registrerat mot väntade {expected}. Komplettera perioden."),
    ),
    (
        "stopped",
        (*_FLOWS, "waiting"),
        "warning",
        Message(
            "{where}: inget registrerat sedan {period}, mot väntade {expected}. Komplettera, eller sätt slutdatum på "
            "enheten om verksamheten har upphört."
        ),
    ),
    (
        "moved",
        _FLOWS[:-2],
        "warning",
        Message(
            "{where}, {period}: {observed} mot väntade {expected}, medan {other} ändras lika mycket åt andra hållet. "
            "Kontrollera om volymen har bytt enhet."
        ),
    ),
)
_MORE_SERIES = (
    *(
        Rule(
            f"missing_more_{column}",
            "contacts",
            "warning",
            Message(
                "{where}, {period}: {header} saknas på {observed} rader mot väntade {expected}. Komplettera i källan.",
                header=header,
            ),
            Message("vårdtjänstens egen vanliga andel"),
        )
        for column, (header, _) in ASKED_FOR.items()
    ),
    Rule(
        "shifted_columns",
        "waiting",
        "error",
        Message(
            "{period}: kolumnerna för väntetid ser ut att ha bytt plats ({bands}). Kontrollera filens rubriker mot "
            "källan och läs in den på nytt."
        ),
        Message("fördelningen de andra dagarna"),
    ),
)

RULES: Mapping[tuple[str, str], Rule] = MappingProxyType(
    {
        (rule.table, rule.name): rule
        for rule in (
            *_of_import(),
            *_DUPLICATES,
            *_OVERLAPS,
            *_WAITING,
            *_REGISTERED,
            *_UNITS,
            *_VALUES,
            *(
                Rule(name, table, severity, message, _OWN_HISTORY)
                for name, tables, severity, message in _SERIES
                for table in tables
            ),
            *_MORE_SERIES,
        )
    }
)
"""Every rule by table and name."""
