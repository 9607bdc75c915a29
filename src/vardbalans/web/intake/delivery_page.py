"""What the pages of one delivery say: the preview before it is stored, and the receipt after."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vardbalans.data.checks import choices_text
from vardbalans.data.tables import TABLES
from vardbalans.web import numbers, store
from vardbalans.web.headings import column_choices, column_header, table_title
from vardbalans.web.intake.models import Upload
from vardbalans.web.ordering import swedish_order
from vardbalans.web.people.units import current_tree
from vardbalans.web.translate import said

__all__ = [
    "DeliveryPage",
    "MonthGroup",
    "ShownFinding",
    "TableCounts",
    "delivery_page",
    "severity_name",
    "shown_findings",
]

FINDINGS_SHOWN = 200

Document = Mapping[str, Any]


class TableCounts(NamedTuple):
    """The rows of one table: delivered, and what storing them does; None where it is not known."""

    title: str
    rows: int
    new: int | None
    changed: int | None
    unchanged: int | None
    removed: int | None
    rejected: int | None


class MonthRow(NamedTuple):
    """The total of one unit and month as it is stored now and as it would be, and the difference."""

    unit: str
    month: str
    before: float
    after: float
    difference: float

    @property
    def share(self) -> float | None:
        """Return the difference as a share of what was; None where nothing was."""
        return self.difference / self.before if self.before else None


class MonthGroup(NamedTuple):
    """One table's units and months that change: those that change most, and how many there are."""

    title: str
    rows: tuple[MonthRow, ...]
    total: int

    @property
    def more(self) -> int:
        """Return how many there are beside those shown."""
        return self.total - len(self.rows)


class ShownFinding(NamedTuple):
    """A finding in the reader's language."""

    severity: str
    severity_name: str
    file: str
    row: int | None
    column: str
    message: str
    code: str


@dataclass(frozen=True)
class DeliveryPage:
    """A delivery that has been looked at. *moved_to* is the version someone else stored since; None when nobody has."""

    upload: Upload
    document: Document
    tables: tuple[TableCounts, ...]
    months: tuple[MonthGroup, ...]
    findings: tuple[ShownFinding, ...]
    moved_to: int | None

    @property
    def counts(self) -> Mapping[str, int]:
        """Return how many findings there are by severity."""
        return Counter(finding["severity"] for finding in self.document["findings"])

    @property
    def count(self) -> int:
        """Return how many findings there are."""
        return len(self.document["findings"])

    @property
    def may_store(self) -> bool:
        """Tell whether the delivery can be imported as it is shown."""
        return not self.document["has_errors"] and self.moved_to is None

    @property
    def changes(self) -> int:
        """Return how many rows are new, changed or removed."""
        return sum((table.new or 0) + (table.changed or 0) + (table.removed or 0) for table in self.tables)

    @property
    def compared(self) -> bool:
        """Tell whether the rows were compared with those stored; where a finding stops the import they are not."""
        return any(table.new is not None for table in self.tables)

    @property
    def removes(self) -> bool:
        """Tell whether any row would be removed."""
        return any(table.removed for table in self.tables)

    @property
    def profile(self) -> str:
        """Return the name of the profile the files were read by; empty for our own headings."""
        return str(self.upload.job.arguments["profile"]) if self.upload.job else ""

    @property
    def next_version(self) -> int:
        """Return the number that the version would get."""
        return (self.document["base"] or 0) + 1

    @property
    def conclusion(self) -> str:
        """Return what the preview shows, in one sentence."""
        errors = self.counts["error"]
        if errors:
            return ngettext(
                "{count} fel hindrar inläsningen. Rätta det i källan och ladda upp filerna igen.",
                "{count} fel hindrar inläsningen. Rätta dem i källan och ladda upp filerna igen.",
                errors,
            ).format(count=numbers.number(errors))
        if not self.changes:
            return _("Allt i filerna är redan inläst. Inget skulle ändras.")
        kinds = ("new", "changed", "removed")
        counts = {kind: numbers.number(sum(getattr(table, kind) or 0 for table in self.tables)) for kind in kinds}
        if self.removes:
            sentence = _("Inget hindrar inläsningen: {new} nya rader, {changed} ändrade och {removed} borttagna.")
        else:
            sentence = _("Inget hindrar inläsningen: {new} nya rader och {changed} ändrade.")
        return sentence.format(**counts)

    @property
    def remark(self) -> str:
        """Return how many warnings should be read first; empty when there are none, or errors to repair first."""
        warnings = self.counts["warning"]
        if not warnings or self.document["has_errors"]:
            return ""
        return ngettext(
            "{count} varning är värd att läsa först.", "{count} varningar är värda att läsa först.", warnings
        ).format(count=numbers.number(warnings))


def delivery_page(upload: Upload, document: Document) -> DeliveryPage:
    """Return what is shown of *upload*, whose preview gave *document*."""
    head = store.lake().head()
    number = head.number if head else None
    return DeliveryPage(
        upload=upload,
        document=document,
        tables=_tables(document["tables"]),
        months=_months(document["months"]),
        findings=shown_findings(document, most=FINDINGS_SHOWN),
        moved_to=number if upload.is_open and number != document["base"] else None,
    )


def shown_findings(document: Document, *, most: int | None = None) -> tuple[ShownFinding, ...]:
    """Return the findings of *document*, the first *most* of them, in the reader's language."""
    names, words = _column_names(document["tables"]), _words(document["tables"])
    return tuple(
        ShownFinding(
            found["severity"],
            severity_name(found["severity"]),
            found["file"] or "",
            found["row"],
            ", ".join(names.get(column, column) for column in (found["column"] or "").split(", ")),
            said(_in_words(found["message"], words)),
            found["code"],
        )
        for found in document["findings"][:most]
    )


def _words(tables: Iterable[str]) -> dict[str, str]:
    """Return columns' headings and lists of allowed values, as sentences have them → in the reader's language."""
    found = {}
    for column in (column for table in tables for column in TABLES[table].columns):
        found[column.header] = column_header(column)
        found[choices_text(dict(column.choices))] = choices_text(column_choices(column))
    return found


def _in_words(message: Document, words: Mapping[str, str]) -> Document:
    told = {name: words.get(text, text) for name, text in message["values"].items() if name in {"header", "allowed"}}
    return {**message, "values": {**message["values"], **told}}


def _column_names(tables: Iterable[str]) -> dict[str, str]:
    """Return what columns are called, as ``Enhets-id (unit_id)``: a file may have the one heading or the other.

    A finding does not say its table, so columns that are called differently in the tables keep their plain name.
    """
    names: dict[str, set[str]] = defaultdict(set)
    for column in (column for table in tables for column in TABLES[table].columns):
        names[column.file_name].add(column_header(column))
    alone = {name: headers.pop() for name, headers in names.items() if len(headers) == 1}
    return {name: f"{header} ({name})" for name, header in alone.items()}


def severity_name(severity: str) -> str:
    """Return the word for how serious something found is."""
    return {"error": _("Fel"), "warning": _("Varning"), "info": _("Upplysning")}[severity]


def _tables(counts: Mapping[str, Document]) -> tuple[TableCounts, ...]:
    """Return the tables in the order the contract lists them."""
    return tuple(
        TableCounts(
            table_title(name),
            counts[name]["rows"],
            *(counts[name].get(key) for key in ("new", "changed", "unchanged", "removed", "rejected")),
        )
        for name in TABLES
        if name in counts
    )


def _months(found: Mapping[str, Document]) -> tuple[MonthGroup, ...]:
    """Return the totals that change, by table, those that change most first."""
    units = current_tree().units
    groups = []
    for name in TABLES:
        if name in found:
            rows = [_month(total, units) for total in found[name]["rows"]]
            rows.sort(key=lambda row: (-abs(row.difference), swedish_order(row.unit), row.month))
            groups.append(MonthGroup(table_title(name), tuple(rows), found[name]["count"]))
    return tuple(groups)


def _month(total: Document, units: Mapping[str, Any]) -> MonthRow:
    unit = units[total["unit_id"]].name if total["unit_id"] in units else total["unit_id"]
    return MonthRow(unit, total["month"], total["before"], total["after"], total["difference"])
