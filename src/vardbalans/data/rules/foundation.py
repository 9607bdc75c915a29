"""Rules about rows of units, services and what is common."""

from collections.abc import Iterable

from vardbalans.data.rule_units import RULE_UNITS, SHARES, WARNING_PARTS
from vardbalans.data.rules.contract import ENDS_BEFORE, RowRule
from vardbalans.engine.messages import Message

__all__ = ["ROW_RULES"]

_SHARES = "list_transform(string_split(replace(lag_weeks_pmf, ',', '.'), ';'), lambda v: try_cast(trim(v) as double))"


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

ROW_RULES = {
    "units": (
        ENDS_BEFORE,
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
}
