"""The monthly delivery of waiting times: completed waits, and who waits at the month's end, a row per referral.

What is delivered stands in a field mapping (data, with a version); the shipped one is our own draft, since the
receiver's specification is not established. First visits are measured from the referral's issue (A→E), operations and
treatment from the decision (D→E). A delivery is checked first (:func:`prepare`) and written only when sound
(:func:`write`). No key of a person, a referral or a contact can be delivered.

How days are counted: day 1 is the day after the start, so a wait from the 1st to the 3rd is 2 days. A stop takes away
the days from its first through its last that lie in the wait, a day in two stops once. Patient-chosen waiting counts
only with its evidence: information, an offered day and clock time, and a no.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from vardbalans.data.checks import check_table
from vardbalans.data.findings import Finding, has_errors, sorted_findings
from vardbalans.data.lake import Lake, Version
from vardbalans.data.write.delivery import checks
from vardbalans.data.write.delivery.files import CONTROL, delivered, written
from vardbalans.data.write.delivery.mapping import (
    AREA_VALUES,
    PARTS,
    BadMapping,
    FieldMapping,
    MappingFile,
    Part,
    read_mapping,
)
from vardbalans.data.write.delivery.summary import summary, summary_table
from vardbalans.data.write.delivery.waits import connected, waits_of
from vardbalans.engine.errors import BadInput, BadPeriod
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period

__all__ = ["BadMapping", "Delivery", "DeliveryRefused", "prepare", "read_mapping", "write"]

_NAMES: Mapping[Part, str] = {"completed": "genomforda", "waiting": "vantande"}


class DeliveryRefused(BadInput):
    """The delivery has errors, which its findings tell, or its folder cannot be written; nothing is."""


@dataclass(frozen=True)
class Delivery:
    """A month's delivery before it is written.

    *parts* are the rows of both files with their origin; *summary* the counts per interval; *control* a line per
    service and unit with the list's own identity beside what is delivered.
    """

    month: Period
    source: MappingFile
    version: Version
    parts: Mapping[Part, pa.Table]
    summary: pa.Table
    control: list[dict[str, Any]]
    findings: tuple[Finding, ...]

    @property
    def has_errors(self) -> bool:
        """Tell whether any finding stops the delivery."""
        return has_errors(self.findings)

    def document(self) -> dict[str, Any]:
        """Return the control summary as plain values: what, from which data, by which mapping, how many."""
        mapping = self.source.mapping
        return {
            "month": str(self.month),
            "due": self.month.end.replace(day=mapping.due_day).isoformat(),
            "mapping": {
                "name": mapping.name,
                "version": mapping.version,
                "draft": mapping.draft,
                "source": mapping.source,
                "sha256": self.source.sha256,
            },
            "version": self.version.number,
            "fingerprint": self.version.fingerprint,
            "rows": {part: len(rows) for part, rows in self.parts.items()},
            "control": self.control,
        }


def prepare(
    lake: Lake, month: Period, source: MappingFile, version: int | None = None, *, outside: bool = False
) -> Delivery:
    """Return the delivery of *month* from *version* (the head where None), with everything found in it.

    *outside* hides more in the summary. Raises BadPeriod for what is no month, BadMapping for a mapping that is not in
    force, UnknownVersion, and BadInput where referrals or services are absent.
    """
    if month.frequency != "month":
        raise BadPeriod(Message("{text} är ingen månad. Skriv till exempel 2026-05.", text=month))
    mapping = source.mapping
    _require_in_force(mapping, month)
    at = lake.head() if version is None else lake.version(version)
    if at is None:
        raise BadInput(Message("Lagret är tomt, så det finns inget att leverera. Importera data först."))
    with connected(lake, at, mapping) as con:
        waits = waits_of(con, month)
        parts = {part: delivered(mapping, part, waits.rows) for part in PARTS}
        control = checks.control(con, month, waits.rows)
        found = [
            *_about_mapping(source, parts),
            *checks.about_month(con, at, month),
            *checks.about_waits(mapping, waits),
            *checks.about_sums(control),
            *checks.names_someone(con, at, parts),
        ]
    for part, rows in parts.items():
        found += check_table(mapping.table(part), rows, {}, today=None)
    below = mapping.suppress_below.outside if outside else mapping.suppress_below.inside
    begun = waits.rows.filter(waits.rows["has_begun"])
    counts = summary(mapping, begun, below)
    return Delivery(month, source, at, parts, counts, control, tuple(sorted_findings(found)))


def _require_in_force(mapping: FieldMapping, month: Period) -> None:
    if month.start < mapping.valid_from or (mapping.valid_to is not None and month.start > mapping.valid_to):
        raise BadMapping(
            Message(
                "Mappningen {name} gäller från {first} till {last}, inte {month}. Välj en annan med --mapping.",
                name=mapping.name,
                first=mapping.valid_from,
                last=mapping.valid_to or "–",
                month=month,
            )
        )


def _about_mapping(source: MappingFile, parts: Mapping[Part, pa.Table]) -> list[Finding]:
    """Return that a draft is a draft, and which fields nothing in the store fills."""
    mapping, found = source.mapping, []
    if mapping.draft:
        message = Message(
            "Mappningen {name} {version} är ett utkast: mottagarens fältspecifikation är inte fastställd. Rätta filen "
            "efter den innan något skickas.",
            name=mapping.name,
            version=mapping.version,
        )
        found.append(Finding(source.name, None, "", "draft_mapping", "warning", message))
    empty = Counter(
        name
        for rows in parts.values()
        for name in rows.column_names
        if len(rows) and rows[name].null_count == len(rows) and not name.startswith("_")
    )
    for one in mapping.fields:
        if one.required or one.value in AREA_VALUES:
            continue
        if empty[one.name] == sum(bool(len(parts[part])) for part in one.files) > 0:
            message = Message(
                "Fältet {field} är tomt på alla rader; underlaget {value} saknas.", field=one.name, value=one.value
            )
            found.append(Finding(source.name, None, one.name, "empty_field", "info", message))
    return found


def write(delivery: Delivery, folder: Path) -> list[Path]:
    """Write the delivery's files into *folder* and return their paths.

    Raises DeliveryRefused when it has errors or the folder cannot be written, and BadInput for more rows than a
    workbook holds.
    """
    if delivery.has_errors:
        count = sum(item.severity == "error" for item in delivery.findings)
        raise DeliveryRefused(Message("Inget skrevs: leveransen har {count} fel. Rätta dem först.", count=count))
    mapping, month = delivery.source.mapping, str(delivery.month)
    control = pa.Table.from_pylist(delivery.control, pa.schema([(one.name, one.stored) for one in CONTROL.columns]))
    sheets = [(_NAMES[part], mapping.table(part), rows) for part, rows in delivery.parts.items()]
    sheets += [("sammanstallning", summary_table(mapping), delivery.summary), ("kontroll", CONTROL, control)]
    findings = [finding.as_dict() for finding in delivery.findings]
    document = delivery.document() | {"findings": findings}
    try:
        return written(folder, month, sheets, document, (f"mappning_{month}.toml", delivery.source.content))
    except OSError as error:
        raise DeliveryRefused(Message("Leveransen gick inte att skriva: {reason}", reason=str(error))) from error
