"""Rules about rows of how measures are followed."""

from vardbalans.data.rules.contract import RowRule
from vardbalans.engine.messages import Message

__all__ = ["ROW_RULES"]

ROW_RULES = {
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
}
