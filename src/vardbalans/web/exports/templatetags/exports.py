"""The links that fetch a page's list as a file, chosen and ordered as the page shows it."""

from typing import Any

from django import template
from django.urls import reverse

register = template.Library()


@register.inclusion_tag("exports/links.html", takes_context=True)
def export_links(context: Any, name: str, unit_id: str = "") -> dict[str, str]:
    """Return the addresses of the list called *name* for the unit, as csv and as a workbook."""
    asked = context["request"].GET.copy()
    asked.pop("page", None)
    if unit_id:
        asked["unit"] = unit_id
    query = f"?{asked.urlencode()}" if asked else ""
    return {form: reverse("exports:list", args=[name, form]) + query for form in ("csv", "xlsx")}
