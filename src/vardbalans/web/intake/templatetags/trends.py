"""A trend as a small drawing in the page itself."""

from collections.abc import Sequence

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

_WIDTH, _HEIGHT, _EDGE = 96, 24, 3


@register.simple_tag
def sparkline(points: Sequence[float], floor: float, label: str) -> SafeString:
    """Return *points* (*floor* to 100) as a line with a dot at its end, named *label* for those who cannot see it."""
    step = (_WIDTH - 2 * _EDGE) / max(len(points) - 1, 1)
    height = (_HEIGHT - 2 * _EDGE) / (100 - floor)
    places = [(_EDGE + step * place, _EDGE + (100 - value) * height) for place, value in enumerate(points)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    x, y = places[-1]
    return format_html(
        '<svg class="spark" viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">'
        '<polyline points="{}"/><circle cx="{}" cy="{}" r="2.5"/></svg>',
        *(_WIDTH, _HEIGHT, _WIDTH, _HEIGHT),
        label,
        line,
        f"{x:.1f}",
        f"{y:.1f}",
    )
