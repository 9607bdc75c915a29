"""The period a page is looked at in: ISO weeks or months in the address, so that a link shows what its sender saw."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from vardbalans.engine.errors import BadInput
from vardbalans.engine.periods import Period

__all__ = ["FROM", "TO", "WHOLE", "Chosen", "chosen"]

FROM, TO = "from", "to"
"""What the period is called in addresses."""


@dataclass(frozen=True)
class Chosen:
    """The weeks or months asked for, as text (empty: none), and the days they span; None where that side is open."""

    first: str
    last: str
    since: date | None
    until: date | None

    @property
    def asked(self) -> dict[str, str]:
        """Return what an address needs to say it again."""
        return {name: text for name, text in ((FROM, self.first), (TO, self.last)) if text}

    def holds(self, period: Period) -> bool:
        """Tell whether *period* begins in it; so a week that two months share belongs to that of its Monday."""
        return (self.since is None or period.start >= self.since) and (self.until is None or period.start < self.until)


WHOLE = Chosen("", "", None, None)


def chosen(asked: Mapping[str, str]) -> Chosen:
    """Return the period that ``from`` and ``to`` say (``2026-W45`` or ``2026-11``); what cannot be is passed over."""
    first, last = _read(asked.get(FROM, "")), _read(asked.get(TO, ""))
    if first and last and last.end <= first.start:
        return WHOLE
    return Chosen(
        str(first) if first else "",
        str(last) if last else "",
        first.start if first else None,
        last.end if last else None,
    )


def _read(text: str) -> Period | None:
    try:
        found = Period.parse(text)
        ends = found.end
    except (BadInput, ValueError, OverflowError):  # no period, or one that ends after the calendar does
        return None
    return found if ends and found.frequency in {"week", "month"} else None
