"""The time a cost run covers: whole months."""

from dataclasses import dataclass
from datetime import date
from typing import Self

from vardbalans.engine.errors import BadInput, BadPeriod
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period

__all__ = ["Span"]


@dataclass(frozen=True)
class Span:
    """From the first day of a month until the first day of another (*after*, not in it)."""

    first: date
    after: date

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a month ``2026-05``, a year ``2025`` or months ``2025-07..2026-06``. Raises BadInput."""
        first, _, last = text.partition("..")
        begins, ends = _months(first, text), _months(last or first, text)
        if ends[1].start < begins[0].start:
            raise BadInput(Message("Perioden {text} slutar innan den börjar. Byt plats på månaderna.", text=text))
        return cls(begins[0].start, ends[1].end)

    @property
    def months(self) -> tuple[Period, ...]:
        """Return the months, in order."""
        found = [Period(self.first, "month")]
        while found[-1].end < self.after:
            found.append(found[-1].next())
        return tuple(found)

    @property
    def weeks(self) -> tuple[Period, ...]:
        """Return every ISO week that has a day in the span."""
        found = [Period.week_of(self.first)]
        while found[-1].end < self.after:
            found.append(found[-1].next())
        return tuple(found)

    def __str__(self) -> str:
        first, last = self.months[0], self.months[-1]
        return str(first) if first == last else f"{first}..{last}"


def _months(text: str, whole: str) -> tuple[Period, Period]:
    is_year = len(text) == 4 and text.isdigit()
    try:
        first, last = (Period.parse(f"{text}-{month}" if is_year else text) for month in ("01", "12"))
    except BadPeriod as error:
        raise _no_period(whole) from error
    # The day after the last month must be one there is.
    if first.frequency != "month" or last.start.year == date.max.year:
        raise _no_period(whole)
    return first, last


def _no_period(text: str) -> BadInput:
    return BadInput(
        Message(
            "{text} är ingen period för kostnad per patient. Skriv en månad 2026-05, ett år 2025 eller månader "
            "2025-07..2026-06.",
            text=text,
        )
    )
