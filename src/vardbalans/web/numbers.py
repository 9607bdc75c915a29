"""Numbers, weeks and times as people read them, in the reader's language.

Swedish: ``−1 234 567,9`` with U+2212 and no-break spaces; English: ``−1,234,567.9``. What is missing is shown as
``–``, never as zero. The table of cases in tests/web/numbers.json is the definition.
"""

import math
import re
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.utils import timezone
from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import get_language
from django.utils.translation import gettext as _

__all__ = [
    "MINUS",
    "MISSING",
    "NBSP",
    "hours",
    "moment",
    "months",
    "number",
    "percent",
    "signed",
    "week",
    "week_and_year",
    "weekdays",
]

MINUS = "\u2212"
NBSP = "\u00a0"
MISSING = "–"
_MONTHS = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_MARKS = {"sv": (NBSP, ","), "en": (",", ".")}


def number(value: float | None, decimals: int = 0, *, sign: bool = False) -> str:
    """Return *value* rounded half up to *decimals*; with *sign* a plus is written too."""
    if value is None or not math.isfinite(value):
        return MISSING
    group, point = _MARKS.get((get_language() or "sv")[:2], _MARKS["sv"])
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    text = f"{abs(rounded):,.{decimals}f}".replace(",", "\0").replace(".", point).replace("\0", group)
    return _mark(rounded, sign) + text


def signed(value: float | None, decimals: int = 0) -> str:
    """Return *value* with its sign written, plus too."""
    return number(value, decimals, sign=True)


def hours(minutes: float | None, decimals: int = 0, *, sign: bool = False) -> str:
    """Return *minutes* as hours, without the unit."""
    return number(None if minutes is None else minutes / 60, decimals, sign=sign)


def percent(share: float | None, decimals: int = 0, *, sign: bool = False) -> str:
    """Return a share as per cent with its sign after a no-break space."""
    text = number(None if share is None else share * 100, decimals, sign=sign)
    return text if text == MISSING else f"{text}{NBSP}%"


def week(period: str) -> str:
    """Return ``v. 5`` for ``2026-W05``; another period as it is."""
    if "-W" not in period:
        return period
    return _("v. {week}").format(week=int(period.split("-W")[1])).replace(" ", NBSP)


def week_and_year(period: str) -> str:
    """Return ``v. 5 2026`` for ``2026-W05``; another period as it is, an hour without its letter T.

    The ends of a row of periods, ``2026-W05..2026-W08``, are written likewise.
    """
    first, between, last = period.partition("..")
    if between:
        return f"{week_and_year(first)}–{week_and_year(last)}"
    return f"{week(period)} {period[:4]}".replace(" ", NBSP) if "-W" in period else period.replace("T", " ")


def months(text: str) -> str:
    """Return months (``2026-01..2026-09``) as a span in words: ``januari–september 2026``; other text as it is."""
    ends = [_MONTHS.fullmatch(end) for end in text.split("..")]
    if len(ends) > 2 or not all(ends):
        return text
    named = [(str(MONTHS[int(end[2])]), end[1]) for end in ends if end]
    (first, year), (last, in_year) = named[0], named[-1]
    if len(named) == 1:
        return f"{first} {year}"
    return f"{first}–{last} {year}" if year == in_year else f"{first} {year} – {last} {in_year}"


def weekdays() -> tuple[str, ...]:
    """Return the names of the days of the week, from Monday."""
    return tuple(str(WEEKDAYS[day]) for day in range(7))


def moment(value: datetime | str | None) -> str:
    """Return a time as ``2026-11-22 14:05`` in Stockholm; a text without a clock time as it is."""
    if not value:
        return MISSING
    if isinstance(value, str):
        if len(value) <= len("2026-11-22"):
            return value
        value = datetime.fromisoformat(value)
    if timezone.is_aware(value):
        value = timezone.localtime(value)
    return value.strftime("%Y-%m-%d %H:%M")


def _mark(rounded: Decimal, sign: bool) -> str:
    if rounded < 0:
        return MINUS
    return "+" if sign and rounded > 0 else ""
