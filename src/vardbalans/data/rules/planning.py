"""Rules about rows of plans."""

from vardbalans.data.rules.contract import ENDS_BEFORE, TO_BEFORE_FROM, RowRule
from vardbalans.engine.messages import Message

__all__ = ["ROW_RULES"]

ROW_RULES = {
    "extra_time": (ENDS_BEFORE,),
    "leave_rules": (TO_BEFORE_FROM,),
    "performers": (
        ENDS_BEFORE,
        RowRule(
            "own_performer",
            "performer_service",
            "performer_service = service_id",
            "error",
            Message("Vårdtjänsten är sin egen utförare. Skriv den andra enhetens vårdtjänst, eller ta bort raden."),
        ),
    ),
    "staff_loans": (
        ENDS_BEFORE,
        RowRule(
            "own_loan",
            "to_resource",
            "to_resource = from_resource",
            "error",
            Message("Personalen lånas ut till sig själv. Skriv den andra enhetens resurs, eller ta bort raden."),
        ),
    ),
}
