"""A queue ahead as its account: where it stood, what comes and what leaves."""

from collections.abc import Mapping

from vardbalans.engine.explain import Figure, Source, Step
from vardbalans.engine.messages import Message

__all__ = ["queue_figure"]


def queue_figure(value: float, opening: float, flows: Mapping[str, float], sources: Mapping[str, Source]) -> Figure:
    """Return the expected queue *value* with what brought it there from *opening*; the terms sum to it exactly.

    *flows* are people since the start by ``referred``, ``induced``, ``moved_in``, ``treated`` and ``removed``;
    *sources* where the parts come from, by the same names and ``opening``.
    """
    labels = (
        ("opening", Message("väntade vid start"), opening),
        ("referred", Message("kommer utifrån"), flows["referred"]),
        ("induced", Message("leds hit av andra vårdtjänster"), flows["induced"]),
        ("moved_in", Message("flyttas hit från andra listor"), flows["moved_in"]),
        ("treated", Message("behandlade"), -flows["treated"]),
        ("removed", Message("lämnar listan utan behandling"), -flows["removed"]),
    )
    terms = tuple(Step(label, part, "people", source=sources.get(name)) for name, label, part in labels if part)
    formula = Message("väntande = väntande vid start + in − behandlade − avgångar")
    return Figure("queue", value, "people", formula, terms)
