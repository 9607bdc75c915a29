"""Which method made a forecast and why, in one sentence."""

from collections.abc import Mapping

from vardbalans.engine.messages import Message
from vardbalans.engine.need.history import Kind

__all__ = ["METHOD_NAMES", "reason"]

METHOD_NAMES: Mapping[str, Message] = {
    "mixture": Message("blandning av tillståndsmodeller"),
    "theta": Message("theta"),
    "seasonal_naive": Message("samma period förra säsongen"),
    "mean": Message("medelvärde"),
    "tsb": Message("Teunter–Syntetos–Babai"),
    "croston_sba": Message("Croston enligt Syntetos–Boylan"),
    "adida": Message("ADIDA"),
    "daily_regression": Message("daglig regression"),
}


def reason(kind: Kind, weights: Mapping[str, float]) -> Message:
    """Return in one sentence which method was used and why."""
    if kind == "constant":
        return Message("Alla värden är lika, så prognosen är samma värde.")
    if kind == "short":
        return Message(
            "Historiken är för kort för en modell: medelvärde för samma del av säsongen, med brett intervall."
        )
    best = METHOD_NAMES[max(weights, key=lambda name: weights[name])]
    if kind == "intermittent":
        return Message("Många nollor: {method} missade minst i prognoser från tidigare tidpunkter.", method=best)
    if len(weights) == 1:
        return Message("{method} missade minst i prognoser från tidigare tidpunkter.", method=best)
    return Message(
        "En sammanvägning missade minst i prognoser från tidigare tidpunkter; mest väger {method} ({share:.0%}).",
        method=best,
        share=max(weights.values()),
    )
