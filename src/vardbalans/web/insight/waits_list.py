"""The page Väntelista of a unit: every list below it, who waits and who was treated, to sort and search."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from vardbalans.data.tables import TABLES
from vardbalans.engine.periods import Period
from vardbalans.web import numbers
from vardbalans.web.headings import column_choices
from vardbalans.web.insight import waits_sentences
from vardbalans.web.insight.listing import (
    NAMES,
    ON_A_PAGE,
    Asked,
    Column,
    Row,
    column_of,
    in_order,
    place_of_page,
    units_with,
)
from vardbalans.web.insight.selectors import Reader, Run
from vardbalans.web.people.units import Unit

__all__ = ["ListLine", "WaitsList", "list_address", "waits_list"]

_KIND = next(column for column in TABLES["services"].columns if column.name == "kind")


@dataclass(frozen=True)
class ListLine:
    """One list: its stored row, its unit and address, and when it is within the guarantee, in words."""

    row: Row
    unit: Unit
    address: str
    guarantee: str
    interval: str

    @property
    def why(self) -> dict[str, str]:
        """Return the addresses that explain the list's length, its change, and how long people on it have waited."""
        told = {part: self._why(part) for part in ("waiting", "treated") if self.row[f"{part}_n"] is not None}
        return told | {"queue": self._why("queue"), "change": self._why("queue_change")}

    def _why(self, figure: str) -> str:
        day = date.fromisoformat(self.row["as_of"])
        period = Period.week_of(day) if self.row["frequency"] == "week" else Period(day.replace(day=1), "month")
        asked = {"service": self.row["service_id"], "week": str(period), "figure": figure}
        return f"{reverse('insight:why', args=[self.row['unit_id']])}?{urlencode(asked)}"

    @property
    def is_late(self) -> bool:
        """Tell whether someone has waited longer than the limit."""
        return waits_sentences.is_within(self.row) is False

    @property
    def spark(self) -> str:
        """Return what the small drawing shows, in words."""
        past, ahead = self.row["past"], self.row["ahead"]
        if not past:
            return _("Väntande")
        if not ahead:
            return _("Väntande: {past} nu").format(past=numbers.number(past[-1]))
        return _("Väntande: {past} nu, {ahead} väntas den sista veckan").format(
            past=numbers.number(past[-1]), ahead=numbers.number(ahead[-1])
        )


@dataclass(frozen=True)
class WaitsList:
    """What the page shows. *unit* is None for a reader with several topmost units; *lines* are one page of *found*."""

    unit: Unit | None
    path: tuple[Unit, ...]
    children: tuple[Unit, ...]
    run: Run
    count: int
    found: int
    lines: tuple[ListLine, ...]
    columns: Mapping[str, Column]
    choices: tuple[tuple[str, str], ...]
    kinds: tuple[tuple[str, str], ...]
    search: str
    kind: str
    sort: str
    facts: tuple[str, ...]
    since: str
    as_of: str
    below: int
    earlier: str
    later: str


def list_address(row: Row, **more: str) -> str:
    """Return the address of the page of one service's list."""
    asked = {"service": row["service_id"], **more}
    return f"{reverse('insight:waits_service', args=[row['unit_id']])}?{urlencode(asked)}"


def waits_list(reader: Reader, run: Run, unit_id: str | None, asked: Mapping[str, str]) -> WaitsList:
    """Return the page of *unit_id* and what lies below it; of the reader's whole scope for None.

    *asked* may hold ``q`` (words of the service's or the unit's name), ``kind`` (of service), ``sort`` (a column's key,
    after ``-`` the other way) and ``page``. What it holds beside that is passed over.
    """
    if unit_id is None and len(reader.roots) == 1:
        unit_id = reader.roots[0].unit_id
    rows = [row for row in run.waiting_lists(reader.below(unit_id)) if row["unit_id"] in reader.tree.units]
    labels = column_choices(_KIND)
    kinds = tuple((name, label) for name, label in labels.items() if any(row["kind"] == name for row in rows))
    how = Asked.of(asked, (*NAMES, *_FIGURES), dict(kinds))
    found = in_order([row for row in rows if how.matches(row, reader.tree)], how.sort, _FIGURES, reader.tree)
    page, last = place_of_page(asked.get("page", ""), len(found))
    base = reverse("insight:waits_unit", args=[unit_id]) if unit_id else reverse("insight:waits")
    return WaitsList(
        unit=reader.tree.units.get(unit_id or ""),
        path=reader.path(unit_id)[:-1] if unit_id else (),
        children=units_with(reader, unit_id, rows),
        run=run,
        count=len(rows),
        found=len(found),
        lines=tuple(_line(row, reader, run) for row in found[page * ON_A_PAGE : (page + 1) * ON_A_PAGE]),
        columns={key: column_of(key, name, how, base, _ASCENDING_FIRST) for key, name in _names().items()},
        choices=_choices(),
        kinds=kinds,
        search=how.search,
        kind=how.kind,
        sort=how.sort,
        facts=waits_sentences.list_facts(rows),
        since=next((row["treated_since"] for row in rows if row["treated_since"]), ""),
        as_of=max((row["as_of"] for row in rows), default=""),
        below=max((row["below"] for row in rows), default=0),
        earlier=how.address(base, page=page - 1) if page else "",
        later=how.address(base, page=page + 1) if page < last else "",
    )


def _line(row: Row, reader: Reader, run: Run) -> ListLine:
    weeks = len(run.weeks)
    return ListLine(
        row,
        reader.tree.units[row["unit_id"]],
        list_address(row),
        waits_sentences.guarantee(row, run.weeks[0].period, weeks),
        waits_sentences.guarantee_interval(row, weeks),
    )


def _names() -> dict[str, str]:
    return {
        "name": _("Vårdtjänst"),
        "unit": _("Enhet"),
        "queue": _("Väntar"),
        "change": _("Ändring på ett år"),
        "within": _("Inom gränsen"),
        "median": _("Median"),
        "p90": _("9 av 10"),
        "treated": _("Inom gränsen"),
        "treated_median": _("Median"),
        "treated_p90": _("9 av 10"),
        "guarantee": _("Inom vårdgarantin"),
    }


def _when(row: Row) -> float | None:
    """Return where the list stands in time: the week it is within the limit, then never; None without a limit."""
    if row["reached"] is None:
        return None
    if row["within_week"] is None:
        return 1e9
    year, week = row["within_week"].split("-W")
    return float(year) * 100 + float(week)


_FIGURES: Mapping[str, Callable[[Row], float | None]] = {
    "queue": lambda row: row["queue"],
    "change": lambda row: row["change"],
    "within": lambda row: row["waiting_within"],
    "median": lambda row: row["waiting_median"],
    "p90": lambda row: row["waiting_p90"],
    "treated": lambda row: row["treated_within"],
    "treated_median": lambda row: row["treated_median"],
    "treated_p90": lambda row: row["treated_p90"],
    "guarantee": _when,
}
_ASCENDING_FIRST = NAMES | {"within", "treated"}  # the worst first


def _choices() -> tuple[tuple[str, str], ...]:
    return (
        ("unit", _("Enhet")),
        ("name", _("Vårdtjänst")),
        ("-queue", _("Flest väntande")),
        ("-change", _("Växer mest")),
        ("within", _("Minst andel väntande inom gränsen")),
        ("treated", _("Minst andel behandlade inom gränsen")),
        ("-median", _("Längst median bland väntande")),
        ("-p90", _("Längst väntan för 9 av 10 väntande")),
        ("-treated_median", _("Längst median bland behandlade")),
        ("-treated_p90", _("Längst väntan för 9 av 10 behandlade")),
        ("-guarantee", _("Sist inom vårdgarantin")),
    )
