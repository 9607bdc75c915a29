"""The month pack as a workbook: the rows of the page, real numbers and dates, and what they were made of."""

import io
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from xlsxwriter import Workbook

from vardbalans.web.following.pack import MonthPack
from vardbalans.web.insight.selectors import Run

__all__ = ["workbook_of"]

Rows = Sequence[Sequence[Any]]
_DAY, _SHARE, _COUNT = "yyyy-mm-dd", "0.0 %", "# ##0.0"


def workbook_of(pack: MonthPack, run: Run) -> bytes:
    """Return the pack as the bytes of an xlsx file."""
    file = io.BytesIO()
    # Nothing typed or read from data may be taken for a formula or an address.
    book = Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    # The file's own time is that of the data: the same pack gives the same bytes.
    as_of = pack.frozen.as_of if pack.frozen else date.fromisoformat(run.meta["as_of"])
    book.set_properties({"created": datetime.combine(as_of, time())})
    _sheet(book, _("Månad"), *_month(pack))
    _sheet(book, _("Mål"), *_goals(pack))
    _sheet(book, _("Beslut"), *_decisions(pack))
    _sheet(book, _("Kommentarer"), *_comments(pack))
    _sheet(book, _("Om"), *_about(pack, run))
    book.close()
    return file.getvalue()


def _month(pack: MonthPack) -> tuple[list[str], Rows]:
    heading = [
        _("Slag av vård"),
        _("Enhet eller vårdtjänst"),
        _("Plan"),
        _("Utfall"),
        _("Avvikelse"),
        _("Avvikelse, %"),
    ]
    heading += [_("Utfall hittills i år"), _("Årets prognos"), _("Årets plan"), _("Avvikelse vid årets slut")]
    rows = [
        [
            line.kind,
            _("Summa") if line.is_sum else line.name,
            line.row["planned"],
            line.row["counted"],
            line.row["deviation"],
            Share(line.share),
            *(line.row[name] for name in ("done", "year", "year_planned", "year_deviation")),
        ]
        for line in pack.lines
    ]
    return heading, rows


def _goals(pack: MonthPack) -> tuple[list[str], Rows]:
    heading = [_("Indikator"), _("Utfall"), _("Del"), _("Helhet"), _("Mål"), _("Status")]
    rows = []
    for line in pack.goals:
        as_share = line.indicator.unit == "andel"
        value, target = line.row["value"], line.row["target"]
        shown = [Share(value), Share(target)] if as_share else [value, target]
        rows.append([line.name, shown[0], line.row["part"], line.row["whole"], shown[1], line.status[1]])
    return heading, rows


def _decisions(pack: MonthPack) -> tuple[list[str], Rows]:
    heading = [_("Beslut"), _("Möte"), _("Dag"), _("Ansvarig funktion"), _("Klart senast"), _("Status"), _("Utfall")]
    heading += [_("Siffrans adress"), _("Scenarie")]
    return heading, [
        [
            each.text,
            each.meeting.get_kind_display(),
            each.meeting.held_on,
            each.owner,
            each.due,
            each.get_state_display(),
            each.outcome,
            each.figure,
            each.scenario,
        ]
        for each in pack.decisions
    ]


def _comments(pack: MonthPack) -> tuple[list[str], Rows]:
    heading = [_("Kommentar"), _("Funktion"), _("Skriven")]
    return heading, [[each.text, each.author, timezone.localtime(each.made_at)] for each in pack.comments]


def _about(pack: MonthPack, run: Run) -> tuple[list[str], Rows]:
    frozen, meta = pack.frozen, run.meta
    rows: list[list[Any]] = [[_("Enhet"), pack.unit.name], [_("Månad"), pack.month]]
    if frozen:
        rows += [
            [_("Fryst"), timezone.localtime(frozen.frozen_at)],
            [_("Data t.o.m."), frozen.as_of],
            [_("Dataversion"), frozen.version],
            [_("Fingeravtryck"), frozen.fingerprint],
            [_("Slumpfrö"), frozen.seed],
            [_("Kontrollsumma"), frozen.digest],
        ]
    else:
        rows += [
            [_("Fryst"), _("nej")],
            [_("Data t.o.m."), date.fromisoformat(meta["as_of"])],
            [_("Dataversion"), meta["version"]],
            [_("Fingeravtryck"), meta["fingerprint"]],
            [_("Slumpfrö"), meta["seed"]],
        ]
    return [_("Uppgift"), _("Värde")], rows


class Share(float):
    """A share, which a cell shows as per cent."""

    def __new__(cls, value: float | None) -> "Share | None":  # type: ignore[misc]
        """Return nothing for no value."""
        return None if value is None else super().__new__(cls, value)


def _sheet(book: Workbook, name: str, heading: Sequence[str], rows: Rows) -> None:
    sheet = book.add_worksheet(name)
    forms = {key: book.add_format({"num_format": key}) for key in (_DAY, _SHARE, _COUNT, f"{_DAY} hh:mm")}
    sheet.write_row(0, 0, heading, book.add_format({"bold": True}))
    sheet.freeze_panes(1, 1)
    for column, title in enumerate(heading):
        longest = max([len(title), *(len(str(row[column])) for row in rows if isinstance(row[column], str))])
        sheet.set_column(column, column, min(60, max(12, longest + 2)))
    for at, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, datetime):
                sheet.write_datetime(at, column, value.replace(tzinfo=None), forms[f"{_DAY} hh:mm"])
            elif isinstance(value, date):
                sheet.write_datetime(at, column, value, forms[_DAY])
            elif isinstance(value, Share):
                sheet.write_number(at, column, float(value), forms[_SHARE])
            elif isinstance(value, int):
                sheet.write_number(at, column, value)
            elif isinstance(value, float):
                sheet.write_number(at, column, value, forms[_COUNT])
            elif value is not None:
                sheet.write_string(at, column, value)
