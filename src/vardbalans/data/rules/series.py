"""Rules about rows of summed counts."""

from vardbalans.data.rules.contract import RowRule
from vardbalans.engine.messages import Message

__all__ = ["ROW_RULES"]

_MIXED = "series_id in (select series_id from rows group by all having count(distinct length(period)) > 1)"

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

_SERIES_RULES = (
    RowRule(
        "mixed_periods",
        "period",
        _MIXED,
        "error",
        Message("Serien blandar veckor, månader eller dagar. Dela den i två serier med var sitt serie-id."),
    ),
)

ROW_RULES = {
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
}
