"""What a reader or a check found: where, how serious, and one sentence that says how to repair it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from vardbalans.data.identity.masking import masked
from vardbalans.engine.messages import Message

__all__ = [
    "LISTED",
    "Finding",
    "Gathered",
    "Severity",
    "Spot",
    "has_errors",
    "listing",
    "may_identify",
    "note_row",
    "shown",
    "sorted_findings",
    "translatable",
]

Severity = Literal["error", "warning", "info"]
_ORDER: Mapping[Severity, int] = {"error": 0, "warning": 1, "info": 2}

LISTED = 50
"""How many rows of one kind (file, column, code) are listed one by one; one line more tells how many there are."""

_Kind = tuple[str, str, str, Severity]


@dataclass(frozen=True)
class Finding:
    """One finding. *row* counts as a spreadsheet does (header is row 1) and is None when the whole file is meant."""

    file: str
    row: int | None
    column: str
    code: str
    severity: Severity
    message: Message

    def as_dict(self, translate: Callable[[str], str] = str) -> dict[str, Any]:
        """Return the finding as plain values for JSON, the sentence through *translate*."""
        return {
            "file": self.file,
            "row": self.row,
            "column": self.column,
            "code": self.code,
            "severity": self.severity,
            "message": self.message.render(translate),
        }


@dataclass(frozen=True)
class Spot:
    """One place where something was found: file, row and the value as it may be shown."""

    file: str
    row: int
    value: object = ""


def may_identify(value: object) -> bool:
    """Tell whether *value* holds what could be a personal number."""
    return masked(str(value)) != str(value)


def shown(value: object) -> str:
    """Return *value* as it may stand in a sentence: short, and never with what could be a personal number."""
    text = masked(str(value))
    return text if len(text) <= 60 else f"{text[:59]}…"


def listing(
    spots: Sequence[Spot],
    totals: Mapping[str, int],
    column: str,
    code: str,
    severity: Severity,
    sentence: Callable[[str], Message],
) -> list[Finding]:
    """Return a finding per spot, and one more per file in *totals* that has more spots than those given.

    *spots* must hold at most :data:`LISTED` places per file; *totals* counts all of them.
    """
    found = [Finding(spot.file, spot.row, column, code, severity, sentence(shown(spot.value))) for spot in spots]
    listed = Counter(spot.file for spot in spots)
    for file, total in totals.items():
        if total > listed[file]:
            found.append(_more(file, column, code, severity, total - listed[file]))
    return found


def _more(file: str, column: str, code: str, severity: Severity, count: int) -> Finding:
    more = (
        Message("Samma sak på {count} rader till i kolumnen {column}.", count=count, column=column)
        if column
        else Message("Samma sak på {count} rader till.", count=count)
    )
    return Finding(file, None, column, code, severity, more)


class Gathered:
    """Findings of a delivery that is read part by part, told as if it had been read at once.

    Of one kind (file, column, code, severity) the first :data:`LISTED` rows are kept and the rest counted; counts
    that the parts tell of the same thing are summed.
    """

    def __init__(self) -> None:
        self._listed: Counter[_Kind] = Counter()
        self._beyond: Counter[_Kind] = Counter()
        self._told: dict[tuple[_Kind, str, str], tuple[Finding, int]] = {}
        self._kept: list[Finding] = []

    def add(self, findings: Iterable[Finding]) -> None:
        """Take in the findings of one more part."""
        for item in findings:
            kind = (item.file, item.column, item.code, item.severity)
            count = item.message.values.get("count")
            if item.row is not None and self._listed[kind] < LISTED:
                self._listed[kind] += 1
                self._kept.append(item)
            elif item.row is not None:
                self._beyond[kind] += 1
            elif isinstance(count, int) and item.message.template in _MORE:
                self._beyond[kind] += count
            elif isinstance(count, int):
                same = {name: value for name, value in item.message.values.items() if name != "count"}
                first, total = self._told.get(place := (kind, item.message.template, repr(same)), (item, 0))
                self._told[place] = (first, total + count)
            else:
                self._kept.append(item)

    def findings(self) -> list[Finding]:
        """Return everything that was found, errors first."""
        counted = [
            replace(item, message=Message(item.message.template, **(item.message.values | {"count": total})))
            for item, total in self._told.values()
        ]
        more = [_more(*kind, total) for kind, total in self._beyond.items()]
        return sorted_findings([*self._kept, *counted, *more])


def note_row(what: Message, code: str = "run_note", severity: str = "info") -> dict[str, Any]:
    """Return *what* as the row of a finding that is about no file."""
    return {"file": None, "row": None, "column": None, "code": code, "severity": severity, "message": str(what)}


def translatable(what: Message) -> dict[str, Any]:
    """Return *what* in Swedish, and as a template with its values, for translation."""
    return {"message": str(what), **what.as_dict()}


def sorted_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Return *findings* with errors first, then by file, row and column; equal ones once."""
    return sorted(
        dict.fromkeys(findings),
        key=lambda item: (_ORDER[item.severity], item.file, item.row is None, item.row or 0, item.column, item.code),
    )


def has_errors(findings: Iterable[Finding]) -> bool:
    """Tell whether any finding stops an import."""
    return any(item.severity == "error" for item in findings)


_MORE = frozenset(_more("", column, "", "info", 0).message.template for column in ("", "column"))
