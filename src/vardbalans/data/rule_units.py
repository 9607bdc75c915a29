"""The units a dated rule may be given in, by its kind: what the import lets in and what the reading knows."""

import math
from collections.abc import Mapping

__all__ = ["RULE_UNITS", "SHARES", "WARNING_PARTS", "counted"]

SHARES: Mapping[str, float] = {"andel": 1.0, "share": 1.0, "procent": 0.01, "percent": 0.01}

WARNING_PARTS: Mapping[str, str] = {
    **dict.fromkeys(SHARES, "risk"),
    "veckor": "weeks",
    "weeks": "weeks",
    "veckor_fram": "ahead_weeks",
    "weeks_ahead": "ahead_weeks",
}

# Kind of rule → unit → how many of what the reading counts in (days, minutes a week, shares, kronor) one of it is.
RULE_UNITS: Mapping[str, Mapping[str, float]] = {
    "care_guarantee": {
        "dagar": 1, "dag": 1, "days": 1, "day": 1, "veckor": 7, "vecka": 7, "weeks": 7, "week": 7,
    },
    "full_time": {"timmar per vecka": 60, "minuter per vecka": 1, "hours per week": 60, "minutes per week": 1},
    "occupancy": SHARES,
    "cost_outliers": SHARES,
    "cost_controls": SHARES,
    "escalation": SHARES,
    "hour_value": {"kr": 1},
    "log_retention": {"år": 1, "years": 1},
    "early_warning": {unit: SHARES.get(unit, 1.0) for unit in WARNING_PARTS},
}  # fmt: skip


def counted(kind: str, value: float, unit: str) -> float:
    """Return *value* in what the reading of *kind* counts in (5 procent is 0.05); not a number for an unknown unit."""
    return round(value * RULE_UNITS[kind].get(unit, math.nan), 12)
