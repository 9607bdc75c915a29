"""The plan as a workbook and back. What a changed workbook asks for is told by what it was exported from.

The first column is hidden: its heading names the version and revision that the workbook was made from, and below it
stand the services' ids.
"""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook

from vardbalans.data.read.draft import Refused
from vardbalans.data.read.workbooks import read_workbook
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web.planning.actions import Key
from vardbalans.web.planning.models import Change, Version
from vardbalans.web.planning.selectors import Planned, Service, cells_of
from vardbalans.web.planning.weeks import weeks_of_year
from vardbalans.web.typed import read_count

__all__ = ["Difference", "Incoming", "read_plan_workbook", "workbook"]

_MARK = re.compile(r"vardbalans plan (\d+) version (\d+) steg (\d+)")
_LISTED = 50


@dataclass(frozen=True)
class Difference:
    """A cell that the workbook asks to change; *clash*: someone has changed it since the workbook was made."""

    key: Key
    before: Decimal | None
    after: Decimal | None
    clash: bool


@dataclass(frozen=True)
class Incoming:
    """What a workbook asks for, and in sentences what of it could not be read."""

    differences: tuple[Difference, ...]
    problems: tuple[Message, ...]


def workbook(version: Version, services: Sequence[Service], wanted: Mapping[tuple[str, str], int]) -> bytes:
    """Return the version as xlsx: real numbers, frozen panes, the locked cells marked and protected by colour only.

    What is *wanted* of a service and week, where anything is ordered, stands in a sheet of its own, which is not read
    back.
    """
    weeks, cells = weeks_of_year(version.plan.year), cells_of(version)
    target = io.BytesIO()
    book = Workbook(target, {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True})
    head, locked = (
        book.add_format({"bold": True, "bottom": 1}),
        book.add_format({"bg_color": "#EEF1F4", "italic": True}),
    )
    sheet = book.add_worksheet("Plan")
    mark = f"vardbalans plan {version.plan_id} version {version.pk} steg {version.revision}"
    for column, text in enumerate((mark, "Enhet", "Vårdtjänst", *weeks)):
        sheet.write_string(0, column, text, head)
    for row, service in enumerate(services, start=1):
        for column, text in enumerate((service.service_id, service.unit_name, service.name)):
            sheet.write_string(row, column, text)
        for column, week in enumerate(weeks, start=3):
            cell = cells.get((service.service_id, week))
            style = locked if cell and cell.locked else None
            if cell and cell.value is not None:
                sheet.write_number(row, column, float(cell.value), style)
            elif style:
                sheet.write_blank(row, column, None, style)
    sheet.freeze_panes(1, 3)
    sheet.set_column(0, 0, None, None, {"hidden": True})
    sheet.set_column(1, 2, 34)
    sheet.set_column(3, 2 + len(weeks), 9)
    ordered = [service for service in services if any((service.service_id, week) in wanted for week in weeks)]
    if ordered:
        _add_orders(book, head, ordered, wanted, cells)
    book.close()
    return target.getvalue()


def _add_orders(
    book: Any,
    head: Any,
    services: Sequence[Service],
    wanted: Mapping[tuple[str, str], int],
    cells: Mapping[tuple[str, str], Planned],
) -> None:
    weeks = sorted({week for _service, week in wanted})
    sheet = book.add_worksheet("Beställning")
    for column, text in enumerate(("Enhet", "Vårdtjänst", "Vad", "Året", *weeks)):
        sheet.write_string(0, column, text, head)
    row = 0
    for service in services:
        slots = [wanted.get((service.service_id, week), 0) for week in weeks]
        held = [cells.get((service.service_id, week)) for week in weeks]
        planned = [float(cell.value) if cell and cell.value is not None else None for cell in held]
        known = [value for value in planned if value is not None]
        over = [None if value is None else value - count for value, count in zip(planned, slots, strict=True)]
        lines = (
            ("beställt", sum(slots), slots),
            ("över eller under", sum(known) - sum(slots) if known else None, over),
        )
        for what, total, values in lines:
            row += 1
            for column, text in enumerate((service.unit_name, service.name, what)):
                sheet.write_string(row, column, text)
            for column, value in enumerate((total, *values), start=3):
                if value is not None:
                    sheet.write_number(row, column, value)
    sheet.freeze_panes(1, 4)
    sheet.set_column(0, 1, 34)
    sheet.set_column(2, 2, 16)
    sheet.set_column(3, 3 + len(weeks), 9)


def read_plan_workbook(path: Path, version: Version, services: Sequence[Service]) -> Incoming:
    """Return what the workbook at *path* asks to change of *version*. Raises BadInput for one that is not of the plan.

    A cell that is as it was exported asks for nothing, whatever others have made of it since.
    """
    try:
        sheets = read_workbook(path)
    except Refused as refused:
        raise BadInput(refused.finding.message) from refused
    sheet = next((one for one in sheets if one.headers and _MARK.fullmatch(one.headers[0])), None)
    if sheet is None:
        raise BadInput(Message("Filen är inte hämtad från en plan här. Hämta planen som Excel och ändra i den filen."))
    found = _MARK.fullmatch(sheet.headers[0])
    plan_id, version_id, revision = (int(part) for part in found.groups()) if found else (0, 0, 0)
    if plan_id != version.plan_id:
        raise BadInput(Message("Filen är hämtad från en annan plan."))
    source = Version.objects.get(pk=version_id, plan=version.plan)
    exported, now = _as_of(source, revision), _values(version)
    known = {service.service_id: service.name for service in services}
    weeks = set(weeks_of_year(version.plan.year))
    texts = {
        name: column.to_pylist() for name, column in zip(sheet.headers, sheet.columns, strict=True) if name in weeks
    }
    differences, problems = [], []
    for place, service_id in enumerate(sheet.columns[0].to_pylist()):
        if service_id not in known:
            problems.append(Message("Rad {row}: vårdtjänsten finns inte i planen.", row=sheet.rows[place].as_py()))
            continue
        for week, column in texts.items():
            key = Key(service_id, week)
            try:
                after = read_count(column[place] or "")
            except BadInput as error:
                problems.append(
                    Message("{name}, {week}: {what}", name=known[service_id], week=week, what=error.message)
                )
                continue
            before = now.get(key)
            if after not in (exported.get(key), before):
                differences.append(Difference(key, before, after, before != exported.get(key)))
    return Incoming(tuple(differences), tuple(problems[:_LISTED]))


def _values(version: Version) -> dict[Key, Decimal]:
    return {Key(*key): cell.value for key, cell in cells_of(version).items() if cell.value is not None}


def _as_of(version: Version, revision: int) -> Mapping[Key, Decimal | None]:
    """Return the values of *version* as they were at *revision*: what has happened since is taken back."""
    values: dict[Key, Decimal | None] = dict(_values(version))
    later = Change.objects.filter(step__version=version, step__revision__gt=revision).order_by("-step__revision")
    for change in later:
        values[Key(change.service_id, change.week)] = change.before
    return values
