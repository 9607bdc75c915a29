"""Rules about one row, as a table: name, the SQL predicate that is true when the rule is broken, severity, sentence.

The predicates are read by DuckDB over the typed rows of one table (named ``rows``). ``$today`` is the day of the
import. A predicate that is null (because a value is missing) counts as not broken.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vardbalans.data.findings import Severity
from vardbalans.data.rule_units import RULE_UNITS, SHARES, WARNING_PARTS
from vardbalans.engine.messages import Message

__all__ = ["ROW_RULES", "RowRule"]


@dataclass(frozen=True)
class RowRule:
    """One rule: *broken* is the SQL predicate, *column* where the finding is placed."""

    name: str
    column: str
    broken: str
    severity: Severity
    message: Message


_MIXED = "series_id in (select series_id from rows group by all having count(distinct length(period)) > 1)"
_SHARES = "list_transform(string_split(replace(lag_weeks_pmf, ',', '.'), ';'), lambda v: try_cast(trim(v) as double))"

_PARAMETERS = (
    "map {'care_need': ['need'], 'required_production': ['activities', 'lost_share'], "
    "'required_capacity': ['minutes', 'stay_days'], 'resources': ['sets'], "
    "'available_capacity': ['time', 'utilisation', 'absence']}"
)
_OVERLAPPING = (
    "(unit_id, service_id, date, days_from) in (select (unit_id, service_id, date, days_from) from (select *, "
    "max(coalesce(days_to, 1000000)) over (partition by unit_id, service_id, date order by days_from "
    "rows between unbounded preceding and 1 preceding) as taken from rows where days_from > 0 or days_to is not null) "
    "where days_from <= taken)"
)
_MORE_THAN_WHOLE = (
    "days_from = 0 and days_to is null and (unit_id, service_id, date, count) in (select (unit_id, service_id, date, "
    "whole) from (select unit_id, service_id, date, max(count) filter (where days_from = 0 and days_to is null) as "
    "whole, sum(count) filter (where days_from > 0) as in_bands from rows group by all) where in_bands > whole)"
)
_MIXED_SHIFTS = (
    "(unit_id, competence, shift, day_kind, valid_from) in (select (unit_id, competence, shift, day_kind, valid_from) "
    "from rows group by unit_id, competence, shift, day_kind, valid_from having count(distinct minutes) > 1)"
)


def _listed(texts: Iterable[str]) -> str:
    return "(" + ", ".join(f"'{text}'" for text in texts) + ")"


_UNKNOWN_UNIT = " or ".join(f"(kind = '{kind}' and unit not in {_listed(units)})" for kind, units in RULE_UNITS.items())
_WEEKS = _listed(unit for unit, part in WARNING_PARTS.items() if part != "risk")
_OF_SHARES = _listed(kind for kind, units in RULE_UNITS.items() if SHARES.keys() <= units.keys())
# A limit of a control may be none at all.
_OUTSIDE_SHARES = (
    f"kind in {_OF_SHARES} and "
    "(value < 0 or value = 0 and kind <> 'cost_controls' or "
    + " or ".join(f"unit = '{unit}' and value > {1 / share:g}" for unit, share in SHARES.items())
    + ")"
)

_ENDS_BEFORE = RowRule(
    "ends_before_starts",
    "valid_to",
    "valid_to < valid_from",
    "error",
    Message("Giltig till ligger före giltig från. Byt plats på dagarna, eller lämna giltig till tom."),
)
_TO_BEFORE_FROM = RowRule(
    "ends_before_starts",
    "date_to",
    "date_to < date_from",
    "error",
    Message("Till och med ligger före från och med. Rätta någon av dagarna."),
)
_SERIES_RULES = (
    RowRule(
        "mixed_periods",
        "period",
        _MIXED,
        "error",
        Message("Serien blandar veckor, månader eller dagar. Dela den i två serier med var sitt serie-id."),
    ),
)

ROW_RULES: Mapping[str, tuple[RowRule, ...]] = {
    "units": (
        _ENDS_BEFORE,
        RowRule(
            "own_parent",
            "parent_id",
            "parent_id = unit_id",
            "error",
            Message("Enheten är överordnad sig själv. Skriv enheten ovanför, eller lämna rutan tom."),
        ),
    ),
    "conversions": (
        RowRule(
            "bad_shares",
            "lag_weeks_pmf",
            f"list_bool_or(list_transform({_SHARES}, lambda v: v is null or v < 0))"
            f" or abs(list_sum({_SHARES}) - 1) > 0.001",
            "error",
            Message(
                "Fördröjningen ska vara andelar skilda av semikolon som blir 1 tillsammans, till exempel 0,2;0,5;0,3."
            ),
        ),
        RowRule(
            "own_target",
            "to_service",
            "from_service = to_service",
            "warning",
            Message("Vårdtjänsten flödar till sig själv. Kontrollera att det är meningen."),
        ),
    ),
    "openings": (
        _ENDS_BEFORE,
        RowRule(
            "opening_without_day",
            "weekday",
            "date is null and weekday is null",
            "error",
            Message("Raden säger inte vilken dag som är öppen. Fyll i datum eller veckodag."),
        ),
        RowRule("not_a_week", "week", "week not like '%W%'", "error", Message("Vecka ska skrivas som 2026-W05.")),
    ),
    "recipes": (
        RowRule(
            "set_without_ordinary",
            "set_id",
            "set_id is not null and service_id not in (select service_id from rows where set_id is null)",
            "warning",
            Message(
                "Vårdtjänsten har bara alternativa uppsättningar i den här filen. Lämna Uppsättning tom på raderna för "
                "den ordinarie."
            ),
        ),
        RowRule(
            "taken_set_name",
            "set_id",
            "set_id = 'own'",
            "error",
            Message("Uppsättningen kan inte heta own; så heter den ordinarie i planen. Lämna rutan tom i stället."),
        ),
    ),
    "non_clinical": (
        _ENDS_BEFORE,
        RowRule(
            "time_without_day",
            "weekday",
            "date is null and week is null and weekday is null",
            "error",
            Message("Raden säger inte när tiden är. Fyll i datum, vecka eller veckodag."),
        ),
        RowRule(
            "date_and_week",
            "date",
            "date is not null and (week is not null or weekday is not null)",
            "error",
            Message("Raden har både datum och vecka eller veckodag. Behåll det ena."),
        ),
        RowRule("not_a_week", "week", "week not like '%W%'", "error", Message("Vecka ska skrivas som 2026-W05.")),
    ),
    "staffing_ratios": (
        RowRule(
            "mixed_shift_minutes",
            "minutes",
            _MIXED_SHIFTS,
            "error",
            Message("Passet är olika långt för olika patientkategorier. Skriv samma längd på alla rader för passet."),
        ),
    ),
    "employments": (_ENDS_BEFORE,),
    "extra_time": (_ENDS_BEFORE,),
    "leave_rules": (_TO_BEFORE_FROM,),
    "rules": (
        RowRule(
            "unknown_unit",
            "unit",
            _UNKNOWN_UNIT,
            "error",
            Message(
                "Måttenheten passar inte regelns slag. Skriv dagar eller veckor för vårdgaranti, timmar per vecka för "
                "heltidsmått, andel eller procent för beläggning, ytterfall, kontroller och eskalering, kr för "
                "värdet av en timme, år för loggar, och andel, veckor eller veckor_fram för tidig varning."
            ),
        ),
        RowRule(
            "share_outside",
            "value",
            _OUTSIDE_SHARES,
            "error",
            Message("En andel ska ligga över 0 och högst vara 1, eller 100 procent. Rätta värdet eller måttenheten."),
        ),
        RowRule(
            "rule_below_zero",
            "value",
            f"value < 0 and kind not in {_OF_SHARES}",
            "error",
            Message("Regelns värde är under noll. Rätta värdet, eller ta bort raden."),
        ),
        RowRule(
            "not_whole_weeks",
            "value",
            f"kind = 'early_warning' and unit in {_WEEKS} and value <> floor(value)",
            "error",
            Message("Tidig varning anges i hela veckor. Rätta värdet."),
        ),
    ),
    "performers": (
        _ENDS_BEFORE,
        RowRule(
            "own_performer",
            "performer_service",
            "performer_service = service_id",
            "error",
            Message("Vårdtjänsten är sin egen utförare. Skriv den andra enhetens vårdtjänst, eller ta bort raden."),
        ),
    ),
    "staff_loans": (
        _ENDS_BEFORE,
        RowRule(
            "own_loan",
            "to_resource",
            "to_resource = from_resource",
            "error",
            Message("Personalen lånas ut till sig själv. Skriv den andra enhetens resurs, eller ta bort raden."),
        ),
    ),
    "absences": (_TO_BEFORE_FROM,),
    "clock_stops": (_TO_BEFORE_FROM,),
    "annotations": (_TO_BEFORE_FROM,),
    "adjustments": (
        _TO_BEFORE_FROM,
        RowRule(
            "count_or_factor",
            "factor",
            "(per_week is null) = (factor is null)",
            "error",
            Message("Justeringen ska ha antingen antal per vecka eller faktor. Fyll i en av dem."),
        ),
        RowRule(
            "made_after_end",
            "made_at",
            "made_at::date > date_to",
            "warning",
            Message("Justeringen gjordes efter sin sista dag och har ingen verkan. Kontrollera dagarna."),
        ),
    ),
    "beds": (
        RowRule(
            "more_open_than_physical",
            "available",
            "available > physical",
            "warning",
            Message("Fler disponibla än fysiska vårdplatser. Kontrollera att överbeläggning inte räknats in."),
        ),
    ),
    "bed_counts": (
        RowRule(
            "mixed_periods",
            "period",
            "(unit_id, category) in (select (unit_id, category) from rows group by unit_id, category "
            "having count(distinct length(period)) > 1)",
            "error",
            Message("Enheten har räknat samma slag av vårdplatser per både vecka, månad eller dag. Behåll ett av dem."),
        ),
        RowRule(
            "occupied_above_available",
            "occupied",
            "occupied > available and available > 0",
            "info",
            Message("Fler belagda än disponibla vårdplatser: överbeläggning. Stämmer det behöver inget göras."),
        ),
        RowRule(
            "occupied_without_beds",
            "occupied",
            "occupied > 0 and available = 0",
            "warning",
            Message("Någon låg på en vårdplats fast inga var disponibla. Fyll i platserna, eller lämna dem tomma."),
        ),
        RowRule(
            "outliers_above_occupied",
            "outliers",
            "outliers > occupied",
            "error",
            Message("Fler utlokaliserade än belagda vårdplatser. Rätta någon av dem."),
        ),
    ),
    "contacts": (
        RowRule(
            "ends_before_starts",
            "ends_at",
            "ends_at < starts_at",
            "error",
            Message("Kontakten slutar innan den börjar. Rätta någon av tiderna."),
        ),
        RowRule(
            "booked_after_start",
            "booked_at",
            "booked_at > starts_at",
            "warning",
            Message("Kontakten är bokad efter att den började; ledtiden räknas inte för den."),
        ),
        RowRule(
            "performed_in_future",
            "starts_at",
            "status = 'performed' and starts_at::date > $today + interval 1 day",
            "warning",
            Message("Kontakten är utförd men ligger i framtiden. Kontrollera datum eller status."),
        ),
    ),
    "referrals": (
        RowRule(
            "closed_before_issued",
            "closed",
            "closed < issued",
            "error",
            Message("Väntan avslutades innan remissen utfärdades. Rätta någon av dagarna."),
        ),
        RowRule(
            "decided_before_issued",
            "decided",
            "decided < issued",
            "error",
            Message("Beslutet är fattat innan remissen utfärdades. Rätta någon av dagarna."),
        ),
        RowRule(
            "received_before_issued",
            "received",
            "received < issued",
            "warning",
            Message("Remissen kom in innan den utfärdades. Kontrollera dagarna."),
        ),
        RowRule(
            "closed_before_listed",
            "closed",
            "closed >= issued and closed < coalesce(received, decided)",
            "warning",
            Message("Väntan avslutades innan patienten kom till listan, och räknas som noll dagar där. Rätta dagarna."),
        ),
        RowRule(
            "referral_in_future",
            "issued",
            "greatest(issued, received, decided) > $today",
            "warning",
            Message(
                "Remissen eller beslutet ligger i framtiden, och väntan räknas inte förrän dess. Kontrollera dagen."
            ),
        ),
        RowRule(
            "closed_in_future",
            "closed",
            "closed > $today",
            "warning",
            Message("Väntan är avslutad i framtiden. Kontrollera dagen."),
        ),
        RowRule(
            "closed_without_reason",
            "closed_reason",
            "closed is not null and closed_reason is null",
            "warning",
            Message("Väntan är avslutad utan orsak. Fyll i avslutsorsak så räknas den rätt."),
        ),
        RowRule(
            "reason_without_closed",
            "closed",
            "closed is null and closed_reason is not null",
            "warning",
            Message("Avslutsorsak finns men ingen avslutsdag; patienten räknas som väntande."),
        ),
    ),
    "slots": (
        RowRule(
            "ends_before_starts",
            "ends_at",
            "ends_at <= starts_at",
            "error",
            Message("Tiden slutar innan den börjar. Rätta någon av tiderna."),
        ),
    ),
    "stays": (
        RowRule(
            "discharged_before_admitted",
            "discharged",
            "discharged < admitted",
            "error",
            Message("Patienten är utskriven före inskrivningen. Rätta någon av tiderna."),
        ),
        RowRule(
            "stay_in_future",
            "admitted",
            "greatest(admitted, discharged)::date > $today + interval 1 day",
            "warning",
            Message(
                "Vårdtillfället börjar eller slutar i framtiden, och vårdplatserna räknas då fram till den dagen. "
                "Rätta tiden; lämna utskrivningen tom tills den har skett."
            ),
        ),
        RowRule(
            "ready_before_admitted",
            "ready_for_discharge",
            "ready_for_discharge < admitted",
            "warning",
            Message("Patienten är utskrivningsklar före inskrivningen. Kontrollera tiderna."),
        ),
        RowRule(
            "ready_after_discharged",
            "ready_for_discharge",
            "ready_for_discharge > discharged",
            "warning",
            Message("Patienten är utskrivningsklar efter utskrivningen. Kontrollera tiderna."),
        ),
    ),
    "operations": (
        RowRule(
            "leaves_before_enters",
            "room_out",
            "room_out < room_in",
            "error",
            Message("Patienten lämnar salen innan hen kommit in. Rätta någon av tiderna."),
        ),
        RowRule(
            "closes_before_incision",
            "closure",
            "closure < incision",
            "error",
            Message("Operationen slutar innan den börjar. Rätta någon av tiderna."),
        ),
        RowRule(
            "incision_outside_room",
            "incision",
            "incision < room_in or incision > room_out",
            "warning",
            Message("Knivstart ligger utanför tiden på sal. Kontrollera tiderna."),
        ),
        RowRule(
            "performed_without_times",
            "room_in",
            "status = 'performed' and (room_in is null or room_out is null)",
            "warning",
            Message("Operationen är utförd men saknar tid in på eller ut från sal; den räknas inte i nyttjandegraden."),
        ),
    ),
    "counts": _SERIES_RULES,
    "inflow": _SERIES_RULES,
    "outflow": _SERIES_RULES,
    "waiting": (
        RowRule(
            "ends_before_starts",
            "days_to",
            "days_to < days_from",
            "error",
            Message("Bandet slutar innan det börjar. Rätta väntat från eller väntat till."),
        ),
        RowRule(
            "bands_above_whole",
            "count",
            _MORE_THAN_WHOLE,
            "error",
            Message("Banden har fler personer tillsammans än hela listan. Rätta antalen."),
        ),
        RowRule(
            "bands_overlap",
            "days_from",
            _OVERLAPPING,
            "error",
            Message(
                "Bandet börjar innan ett annat på samma lista har slutat, så att samma väntan ryms i två band. Rätta "
                "väntat från eller väntat till."
            ),
        ),
    ),
    "budget": (
        RowRule("not_a_month", "month", "length(month) <> 7", "error", Message("Månad ska skrivas som 2026-05.")),
    ),
    "cost_rules": (
        RowRule(
            "ends_before_starts",
            "account_to",
            "account_to < account_from",
            "error",
            Message("Konto till ligger före konto från. Byt plats på kontona."),
        ),
    ),
    "cost_centres": (
        RowRule(
            "support_without_driver",
            "driver",
            "kind = 'support' and driver is null",
            "warning",
            Message("Ett stödjande kostnadsställe utan nyckel kan inte fördelas. Fyll i nyckeln det fördelas efter."),
        ),
        RowRule(
            "centre_without_unit",
            "unit_id",
            "kind = 'producing' and unit_id is null",
            "warning",
            Message("Ett producerande kostnadsställe utan enhet har ingen vård att bära. Fyll i enhets-id."),
        ),
    ),
    "cost_pools": (
        RowRule(
            "pool_without_resource",
            "resource_id",
            "basis in ('recipe', 'theatre_minutes', 'anaesthesia_minutes') and resource_id is null",
            "error",
            Message("Poolen mäts i en resurs minuter men ingen resurs är angiven. Fyll i resurs-id, eller byt grund."),
        ),
    ),
    "care_items": (
        RowRule(
            "nothing_given",
            "quantity",
            "quantity = 0",
            "warning",
            Message("Antalet är noll; raden får ingen kostnad. Kontrollera antalet."),
        ),
    ),
    "measures": (
        RowRule(
            "factor_outside_range",
            "factor",
            "factor < factor_low or factor > factor_high",
            "error",
            Message("Faktorn ligger utanför sin egen osäkerhet. Rätta faktor, låg eller hög."),
        ),
        RowRule(
            "number_outside_range",
            "added",
            "added < added_low or added > added_high",
            "error",
            Message("Antalet ligger utanför sin egen osäkerhet. Rätta antalet, låg eller hög."),
        ),
        RowRule(
            "number_or_factor",
            "added",
            "added is not null and factor is not null",
            "error",
            Message("Åtgärden har både faktor och antal. Lämna en av dem tom."),
        ),
        RowRule(
            "number_of_other_parameter",
            "added",
            "added is not null and (point <> 'resources' or target_id is null)",
            "error",
            Message("Ett antal kan bara läggas till en resurs. Välj angreppspunkten Resurser och ange resursen."),
        ),
        RowRule(
            "parameter_of_other_point",
            "parameter",
            f"not coalesce(list_contains({_PARAMETERS}[point], parameter), true)",
            "error",
            Message("Parametern hör till en annan angreppspunkt. Rätta någon av dem."),
        ),
        RowRule(
            "ends_before_starts",
            "ends",
            "ends < starts",
            "error",
            Message("Åtgärden slutar innan den börjar. Rätta någon av dagarna."),
        ),
        RowRule(
            "effect_without_factor",
            "factor",
            "factor is null and added is null and status in ('measured', 'in_plan')",
            "warning",
            Message("Åtgärden har ingen faktor; den påverkar inte kedjan förrän en effekt är angiven."),
        ),
    ),
    "measure_plans": (
        RowRule(
            "stops_before_verdict",
            "stop_after",
            "stop_after < periods_after",
            "error",
            Message("Åtgärden kan inte avslutas innan omdömet är taget. Rätta någon av månaderna."),
        ),
    ),
    "measure_events": (
        RowRule(
            "factor_outside_range",
            "factor",
            "factor < factor_low or factor > factor_high",
            "error",
            Message("Faktorn ligger utanför sin egen osäkerhet. Rätta faktor, låg eller hög."),
        ),
    ),
    "measure_estimates": (
        RowRule(
            "estimate_outside_range",
            "estimate",
            "estimate < low or estimate > high",
            "error",
            Message("Effekten ligger utanför sitt eget intervall. Rätta effekten, låg eller hög."),
        ),
    ),
    "agreed_plans": (
        RowRule(
            "week_of_another_year",
            "week",
            "not starts_with(week, year || '-W')",
            "error",
            Message("Veckan hör inte till planens år. Skriv ISO-veckan, som 2027-W05, eller rätta året."),
        ),
    ),
    "order_events": (
        RowRule(
            "answer_without_reason",
            "reason",
            "status in ('rejected', 'countered') and reason is null",
            "error",
            Message("En beställning som avvisas eller får ett motförslag ska ha ett skäl. Fyll i det."),
        ),
        RowRule(
            "counter_without_volume",
            "volume",
            "status = 'countered' and volume is null",
            "error",
            Message("Ett motförslag ska ha en volym. Fyll i den."),
        ),
    ),
}
