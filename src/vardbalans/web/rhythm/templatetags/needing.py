"""What needs the reader now, as a box on another page."""

from typing import Any

from django import template

from vardbalans.web.insight.selectors import reader
from vardbalans.web.rhythm.now import needs_now
from vardbalans.web.rhythm.page import asked_year

register = template.Library()


@register.inclusion_tag("rhythm/box.html", takes_context=True)
def now_box(context: Any, unit_id: str) -> dict[str, Any]:
    """Return what needs the reader at *unit_id* and below (empty: their whole scope) in the year in work."""
    user = context["request"].user
    now = needs_now(user, reader(user), context["run"], unit_id or None, asked_year(None))
    return {"now": now, "unit_id": unit_id}
