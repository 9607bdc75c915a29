"""Rules about rows of resources and their time."""

from vardbalans.data.rules.contract import ENDS_BEFORE, TO_BEFORE_FROM, RowRule
from vardbalans.engine.messages import Message

__all__ = ["ROW_RULES"]

_MIXED_SHIFTS = (
    "(unit_id, competence, shift, day_kind, valid_from) in (select (unit_id, competence, shift, day_kind, valid_from) "
    "from rows group by unit_id, competence, shift, day_kind, valid_from having count(distinct minutes) > 1)"
)

ROW_RULES = {
    "openings": (
        ENDS_BEFORE,
        RowRule(
            "opening_without_day",
            "weekday",
            "date is null and weekday is null",
            "error",
            Message("Raden säger inte vilken dag som är öppen. Fyll i datum eller veckodag."),
        ),
        RowRule("not_a_week", "week", "week not like '%W%'", "error", Message("Vecka ska skrivas som 2026-W05.")),
    ),
    "non_clinical": (
        ENDS_BEFORE,
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
    "employments": (ENDS_BEFORE,),
    "absences": (TO_BEFORE_FROM,),
    "beds": (
        RowRule(
            "more_open_than_physical",
            "available",
            "available > physical",
            "warning",
            Message("Fler disponibla än fysiska vårdplatser. Kontrollera att överbeläggning inte räknats in."),
        ),
    ),
}
