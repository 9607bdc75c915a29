"""Rules about rows of budgets and costs."""

from vardbalans.data.rules.contract import RowRule
from vardbalans.engine.messages import Message

__all__ = ["ROW_RULES"]

ROW_RULES = {
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
}
