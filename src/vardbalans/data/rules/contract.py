"""What a rule about one row is, and those that several tables have."""

from dataclasses import dataclass

from vardbalans.data.findings import Severity
from vardbalans.engine.messages import Message

__all__ = ["ENDS_BEFORE", "TO_BEFORE_FROM", "RowRule"]


@dataclass(frozen=True)
class RowRule:
    """One rule: *broken* is the SQL predicate, *column* where the finding is placed."""

    name: str
    column: str
    broken: str
    severity: Severity
    message: Message


ENDS_BEFORE = RowRule(
    "ends_before_starts",
    "valid_to",
    "valid_to < valid_from",
    "error",
    Message("Giltig till ligger före giltig från. Byt plats på dagarna, eller lämna giltig till tom."),
)

TO_BEFORE_FROM = RowRule(
    "ends_before_starts",
    "date_to",
    "date_to < date_from",
    "error",
    Message("Till och med ligger före från och med. Rätta någon av dagarna."),
)
