"""What is found while a file is read: handed over with each draft, and capped per code so that memory is bounded."""

from collections import Counter
from dataclasses import dataclass

from vardbalans.data.findings import LISTED, Finding, Severity
from vardbalans.engine.messages import Message

__all__ = ["Found", "Tally"]


@dataclass
class Tally:
    """How often something was met that is told once, and the row of the first time."""

    count: int = 0
    row: int | None = None

    def add(self, row: int) -> None:
        """Note one more time."""
        self.count += 1
        self.row = self.row or row


class Found:
    """Collects the findings of one file. At most :data:`LISTED` of a code are kept; one more tells of the others."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._counts: Counter[str] = Counter()
        self._kept: list[Finding] = []
        self._last: dict[str, Finding] = {}

    def add(self, code: str, severity: Severity, message: Message, row: int | None = None, column: str = "") -> None:
        """Note one finding."""
        self._counts[code] += 1
        if self._counts[code] <= LISTED:
            self._last[code] = Finding(self.file, row, column, code, severity, message)
            self._kept.append(self._last[code])

    def taken(self) -> list[Finding]:
        """Return what was found since the last call."""
        kept, self._kept = self._kept, []
        return kept

    def close(self) -> None:
        """Note, per code, how many more there were than are listed."""
        for code, count in self._counts.items():
            if count > LISTED:
                last = self._last[code]
                more = Message("Samma sak på {count} rader till.", count=count - LISTED)
                self._kept.append(Finding(self.file, None, last.column, code, last.severity, more))
