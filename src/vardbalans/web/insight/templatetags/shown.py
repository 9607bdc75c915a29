"""Filters that show numbers, weeks and times as vardbalans.web.numbers writes them."""

from typing import Any

from django import template
from django.utils.html import format_html

from vardbalans.web import numbers
from vardbalans.web.insight import amounts

register = template.Library()

register.filter("number", numbers.number)
register.filter("signed", numbers.signed)
register.filter("percent", numbers.percent)
register.filter("week", numbers.week)
register.filter("week_and_year", numbers.week_and_year)
register.filter("moment", numbers.moment)
register.filter("unit_name", amounts.unit_name)


@register.filter
def amount(value: float | None, measure: str) -> str:
    """Return *value* in the unit that *measure* is shown in."""
    return amounts.amount(value, measure)


@register.filter
def signed_amount(value: float | None, measure: str) -> str:
    """Return *value* with its sign, in the unit that *measure* is shown in."""
    return amounts.amount(value, measure, sign=True)


@register.filter
def explained(text: str, address: str) -> str:
    """Return a figure that leads to its reasons at *address*; one that is missing, or has none, as it is."""
    return format_html('<a href="{}">{}</a>', address, text) if address and text not in ("", numbers.MISSING) else text


@register.filter
def period(value: Any) -> str:
    """Return a week as ``v. 5 2026``; a month or day as it is."""
    return numbers.week_and_year(str(value))


@register.filter
def months(text: str) -> str:
    """Return the months of a cost run (``2026-01..2026-09``) as a span in words; a text that is none, as it is."""
    return numbers.months(text)


@register.filter
def kronor(ore: float | None) -> str:
    """Return an amount of öre in whole kronor, without the unit."""
    return numbers.number(None if ore is None else ore / 100)


@register.filter
def change(share: float | None) -> str:
    """Return a share as whole per cent with its sign written, plus too."""
    return numbers.percent(share, sign=True)


@register.filter
def percent_signed(share: float | None) -> str:
    """Return a share as per cent with its sign written, plus too."""
    return numbers.percent(share, 1, sign=True)


@register.filter
def kronor_ore(ore: float | None) -> str:
    """Return an amount of öre in kronor to the öre, without the unit."""
    return numbers.number(None if ore is None else ore / 100, 2)
