"""The lists of the page Kapacitet as files: the same rows in the same order as the screen, the resources' weeks too."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from xlsxwriter import Workbook

from vardbalans.data.results.capacity import PARTS
from vardbalans.data.write.sheets import guarded
from vardbalans.web import numbers
from vardbalans.web.insight.capacity_measure import in_measure
from vardbalans.web.insight.capacity_page import CapacityPage
from vardbalans.web.insight.capacity_time import LOSSES, gross, kind_name, loss, loss_names, part_name

__all__ = ["capacity_csv", "capacity_workbook"]

Rows = list[list[Any]]
_FORMULA = ("service_name", "resource_name", "before", "capacity", "change")


def capacity_csv(page: CapacityPage) -> bytes:
    """Return the resources as csv that a Swedish spreadsheet opens: decimal comma, semicolon, missing left empty."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    heading, rows = _resources(page)
    writer.writerow(heading)
    writer.writerows([_text(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def capacity_workbook(page: CapacityPage) -> bytes:
    """Return the resources, their weeks, the formula and the sets as the sheets of a workbook, with real numbers."""
    packed = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with Workbook(packed, options) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        for title, (heading, rows) in {
            _("Resurser"): _resources(page),
            _("Veckor"): _weeks(page),
            _("Formeln"): _formula(page),
            _("Uppsättningar"): _sets(page),
            _("Om"): _about(page),
        }.items():
            sheet = book.add_worksheet(title)
            sheet.freeze_panes(1, 0)
            sheet.write_row(0, 0, heading, bold)
            sheet.set_column(0, len(heading) - 1, 18)
            for index, row in enumerate(rows, start=1):
                sheet.write_row(index, 0, row)
    return packed.getvalue()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return numbers.number(value, 2).replace(numbers.NBSP, "").replace(numbers.MINUS, "-")
    return guarded(str(value))


def _resources(page: CapacityPage) -> tuple[list[str], Rows]:
    heading = [_("Enhets-id"), _("Enhet"), _("Resurs-id"), _("Resurs"), _("Slag"), _("Mått"), _("Brutto")]
    heading += [*loss_names().values(), _("Tillgängligt"), _("Andel")]
    count = len(page.run.weeks)
    rows = []
    for row in page.found:
        minutes = [gross(row), *(loss(row, name) for name in LOSSES), row["available_minutes"]]
        shift = row["shift_minutes"]
        rows.append(
            [
                row["unit_id"],
                page.reader.tree.units[row["unit_id"]].name,
                row["resource_id"],
                row["resource_name"],
                kind_name(row["kind"]),
                page.measure_name,
                *(in_measure(value, page.measure, shift, count) for value in minutes),
                row["available_minutes"] / gross(row) if gross(row) else None,
            ]
        )
    return heading, rows


def _weeks(page: CapacityPage) -> tuple[list[str], Rows]:
    heading = [_("Resurs-id"), _("Vecka"), *map(part_name, PARTS), _("Tillgängligt"), _("5 %"), _("95 %"), _("Norm")]
    order = {row["resource_id"]: place for place, row in enumerate(page.found)}
    units = {row["unit_id"] for row in page.found}
    weeks = [week.period for week in page.run.weeks]
    found = page.run.stored.capacity(units, weeks, list(order))
    rows = []
    for row in sorted(found, key=lambda row: (order[row["resource_id"]], row["week"])):
        minutes = [*(row[code] for code in PARTS), *(row[f"available_{end}"] for end in ("minutes", "q05", "q95"))]
        values = [in_measure(value, page.measure, row["shift_minutes"], 1) for value in minutes]
        rows.append([row["resource_id"], row["week"], *values, row["norm"]])
    return heading, rows


def _formula(page: CapacityPage) -> tuple[list[str], Rows]:
    heading = [_("Vårdtjänst"), _("Resurs"), _("K före"), _("K nu"), _("Ändring"), _("av P"), _("av t"), _("av N")]
    heading += [_("av m")]
    if page.formula is None:
        return heading, []
    rows = [[*(line.row[name] for name in _FORMULA), *line.row["parts"].values()] for line in page.formula.lines]
    return heading, rows


def _sets(page: CapacityPage) -> tuple[list[str], Rows]:
    heading = [_("Vårdtjänst"), _("Uppsättning"), _("Räcker till per vecka"), _("Begränsas oftast av"), _("Veckor")]
    rows = [[line.row["service_name"], line.name, line.per_week, line.binding, line.weeks_bound] for line in page.sets]
    return heading, rows


def _about(page: CapacityPage) -> tuple[list[str], Sequence[list[Any]]]:
    meta = page.run.meta
    rows: Rows = [
        [_("Data t.o.m."), meta["as_of"]],
        [_("Dataversion"), meta["version"]],
        [_("Beräknat"), meta["created_at"]],
        [_("Veckor"), f"{page.run.weeks[0].period}..{page.run.weeks[-1].period}"],
        [_("Mått"), page.measure_name],
    ]
    if page.formula:
        rows.append([_("Formelns perioder"), f"{page.formula.before} → {page.formula.now}"])
    return [_("Vad"), _("Värde")], rows
