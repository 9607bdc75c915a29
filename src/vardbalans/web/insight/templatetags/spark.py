"""A need as a small drawing in the page itself: what was counted, and what is expected, dashed."""

from collections.abc import Sequence

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

_WIDTH, _HEIGHT, _EDGE = 132, 34, 3


@register.simple_tag
def need_spark(past: Sequence[float], ahead: Sequence[float], label: str) -> SafeString:
    """Return *past* as a line and *ahead* dashed, from zero up, named *label*; nothing where there is none to draw."""
    values = [*past, *ahead]
    if len(values) < 2:
        return format_html("")
    step = (_WIDTH - 2 * _EDGE) / (len(values) - 1)
    height = (_HEIGHT - 2 * _EDGE) / (max(values) or 1)
    places = [f"{_EDGE + step * n:.1f},{_HEIGHT - _EDGE - value * height:.1f}" for n, value in enumerate(values)]
    return format_html(
        '<svg class="spark" viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">'
        '<polyline points="{}"/><polyline class="ahead" points="{}"/></svg>',
        *(_WIDTH, _HEIGHT, _WIDTH, _HEIGHT),
        label,
        " ".join(places[: len(past)]),
        " ".join(places[max(0, len(past) - 1) :]),
    )
