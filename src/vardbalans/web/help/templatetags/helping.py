"""The help in the head of every page."""

from typing import Any

from django import template
from django.template.context import Context

from vardbalans.web.help.topics import topic_of

register = template.Library()


@register.inclusion_tag("help/menu.html", takes_context=True)
def help_menu(context: Context) -> dict[str, Any]:
    """Return the questions and words of the page that is shown."""
    request = context.get("request")
    match = request.resolver_match if request else None
    return {"topic": topic_of(match.view_name if match else "")}
