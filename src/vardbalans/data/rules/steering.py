"""Rules about rows of measures, orders and judgement."""

from vardbalans.data.rules.contract import TO_BEFORE_FROM, RowRule
from vardbalans.engine.messages import Message

__all__ = ["ROW_RULES"]

_PARAMETERS = (
    "map {'care_need': ['need'], 'required_production': ['activities', 'lost_share'], "
    "'required_capacity': ['minutes', 'stay_days'], 'resources': ['sets'], "
    "'available_capacity': ['time', 'utilisation', 'absence']}"
)

ROW_RULES = {
    "annotations": (TO_BEFORE_FROM,),
    "adjustments": (
        TO_BEFORE_FROM,
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
