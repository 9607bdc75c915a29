"""The accounting years that ``#RAR`` declares, and what a year is called: 2025, or 2024/2025 when it is broken."""

import re
from datetime import date
from mmap import mmap

from vardbalans.data.read.sie.syntax import day, fields, year_index

__all__ = ["Years"]

_LABEL = b"#RAR"
_NEAR = 200
_MOST = 100


class Years:
    """Accounting years by index; a year without dates has None for them."""

    def __init__(self) -> None:
        self.by_index: dict[int, tuple[date, date] | None] = {}

    def add(self, items: list[str]) -> None:
        """Take the fields of one ``#RAR``. Raises ValueError."""
        index, *days = items[:3]
        if not any(days):
            self.by_index.setdefault(year_index(index), None)
            return
        first, last = map(day, days)
        if first > last:
            raise ValueError(items)
        self.by_index[year_index(index)] = first, last

    def look_ahead(self, content: mmap) -> None:
        """Take every ``#RAR`` of the file, wherever it stands: vouchers may come before it."""
        at = content.find(_LABEL)
        while at >= 0 and len(self.by_index) < _MOST:
            before, line = content[max(0, at - _NEAR) : at], content[at + len(_LABEL) : at + _NEAR]
            if re.search(rb"(?:^|[\r\n\xbf])[ \t]*$", before):
                self._add_if_whole(re.split(rb"[\r\n]", line)[0].decode("ascii", "replace"))
            at = content.find(_LABEL, at + 1)

    def _add_if_whole(self, line: str) -> None:
        # A broken line is told when its turn comes in the reading proper.
        try:
            self.add(fields(line))
        except ValueError:
            return

    @property
    def dated(self) -> bool:
        """Whether any year has dates."""
        return any(self.by_index.values())

    def covers(self, booked: date) -> bool:
        """Tell whether *booked* lies in a declared year; True when none has dates."""
        return not self.dated or any(a <= booked <= b for a, b in filter(None, self.by_index.values()))

    def holds(self, index: int, first: date) -> bool:
        """Tell whether the month that begins on *first* touches the year at *index*; True when that has no dates."""
        span = self.by_index.get(index)
        return span is None or span[0].replace(day=1) <= first <= span[1]

    def name_of(self, booked: date) -> str:
        """Return the name of the year that *booked* lies in: its calendar year when no declared year holds it."""
        spans = filter(None, self.by_index.values())
        return _name(*next(((a, b) for a, b in spans if a <= booked <= b), (booked, booked)))

    def name_at(self, index: int, booked: date) -> str:
        """Return the name of the year at *index*, or of the year of *booked* where that has no dates."""
        span = self.by_index.get(index)
        return _name(*span) if span else self.name_of(booked)


def _name(first: date, last: date) -> str:
    return str(last.year) if first.year == last.year else f"{first.year}/{last.year}"
