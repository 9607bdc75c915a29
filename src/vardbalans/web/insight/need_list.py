"""The page Behov of a unit: every service below it, its need last year and the expected one, to sort and search."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vardbalans.web import numbers
from vardbalans.web.insight import judgements
from vardbalans.web.insight.addresses import figure_address
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
from vardbalans.web.insight.subjects import whole_run
from vardbalans.web.people.units import Unit, UnitTree

__all__ = ["NeedLine", "NeedList", "need_address", "need_list"]

CHANGED = 0.05
"""A need that changes by less than this share is told of as much the same."""


@dataclass(frozen=True)
class NeedLine:
    """One service of the list, and where each of its figures is explained."""

    row: Row
    unit: Unit
    address: str
    why: Mapping[str, str]

    @property
    def direction(self) -> str:
        """Return the mark of a need that changes by more than 5 %; empty for another."""
        change = self.row["change"]
        if change is None or abs(change) <= CHANGED:
            return ""
        return "▲" if change > 0 else "▼"

    @property
    def spark(self) -> str:
        """Return what the small drawing shows, in words."""
        past, ahead = self.row["past"], self.row["ahead"]
        if not past or not ahead:
            return _("Behov per månad")
        return _("Behov per månad: {past} den senaste räknade, {ahead} den sista väntade").format(
            past=numbers.number(past[-1]), ahead=numbers.number(ahead[-1])
        )


@dataclass(frozen=True)
class NeedList:
    """What the page shows. *unit* is None for a reader with several topmost units; *lines* are one page of *count*."""

    unit: Unit | None
    path: tuple[Unit, ...]
    children: tuple[Unit, ...]
    run: Run
    count: int
    found: int
    lines: tuple[NeedLine, ...]
    columns: Mapping[str, Column]
    choices: tuple[tuple[str, str], ...]
    search: str
    sort: str
    facts: tuple[str, ...]
    earlier: str
    later: str
    worth: tuple[judgements.Worth, ...]


def need_address(row: Row, **more: str) -> str:
    """Return the address of the page of one service's need."""
    return (
        f"{reverse('insight:need_service', args=[row['unit_id']])}?{urlencode({'service': row['service_id'], **more})}"
    )


def need_list(reader: Reader, run: Run, unit_id: str | None, asked: Mapping[str, str]) -> NeedList:
    """Return the page of *unit_id* and what lies below it; of the reader's whole scope for None.

    *asked* may hold ``q`` (words of the service's or the unit's name), ``sort`` (a column's key, after ``-`` the other
    way) and ``page``. What it holds beside that is passed over.
    """
    if unit_id is None and len(reader.roots) == 1:
        unit_id = reader.roots[0].unit_id
    below = reader.below(unit_id)
    rows = [row for row in run.needs(below) if row["unit_id"] in reader.tree.units]
    how = Asked.of(asked, (*NAMES, *_FIGURES))
    found = in_order([row for row in rows if how.matches(row, reader.tree)], how.sort, _FIGURES, reader.tree)
    page, last = place_of_page(asked.get("page", ""), len(found))
    shown = found[page * ON_A_PAGE : (page + 1) * ON_A_PAGE]
    base = reverse("insight:need_unit", args=[unit_id]) if unit_id else reverse("insight:need")
    return NeedList(
        unit=reader.tree.units.get(unit_id or ""),
        path=reader.path(unit_id)[:-1] if unit_id else (),
        children=units_with(reader, unit_id, rows),
        run=run,
        count=len(rows),
        found=len(found),
        lines=tuple(
            NeedLine(row, reader.tree.units[row["unit_id"]], need_address(row), _why(row, run)) for row in shown
        ),
        columns={key: column_of(key, name, how, base, NAMES) for key, name in _names().items()},
        choices=_choices(),
        search=how.search,
        sort=how.sort,
        facts=_facts(rows, reader.tree),
        earlier=how.address(base, page=page - 1) if page else "",
        later=how.address(base, page=page + 1) if page < last else "",
        worth=judgements.worth(run.trials(below)),
    )


def _why(row: Row, run: Run) -> dict[str, str]:
    figures = {"total": "need_total", "last": "need_last", "change": "need_change", "growth": "need_growth"}
    asked = {"service": row["service_id"], "week": whole_run(run)}
    return {name: figure_address(row["unit_id"], figure=figure, **asked) for name, figure in figures.items()}


def _names() -> dict[str, str]:
    return {
        "name": _("Vårdtjänst"),
        "unit": _("Enhet"),
        "last": _("Senaste året"),
        "total": _("Väntat"),
        "change": _("Ändring"),
        "growth": _("Tillväxt per år"),
    }


_FIGURES: Mapping[str, Callable[[Row], float | None]] = {
    "last": lambda row: row["last_year"],
    "total": lambda row: row["total"],
    "change": lambda row: row["change"],
    "growth": lambda row: row["growth"],
}


def _choices() -> tuple[tuple[str, str], ...]:
    return (
        ("unit", _("Enhet")),
        ("name", _("Vårdtjänst")),
        ("-change", _("Ökar mest")),
        ("change", _("Minskar mest")),
        ("-total", _("Störst behov")),
        ("-last", _("Störst senaste året")),
        ("-growth", _("Störst tillväxt per år")),
    )


def _facts(rows: Sequence[Row], tree: UnitTree) -> tuple[str, ...]:
    known = [row for row in rows if row["change"] is not None]
    if not known:
        return ()
    more = sum(row["change"] > CHANGED for row in known)
    fewer = sum(row["change"] < -CHANGED for row in known)
    first = ngettext(
        "{count} vårdtjänst. Behovet väntas öka för {more} och minska för {fewer}, med mer än 5 %.",
        "{count} vårdtjänster. Behovet väntas öka för {more} och minska för {fewer}, med mer än 5 %.",
        len(rows),
    ).format(count=numbers.number(len(rows)), more=more, fewer=fewer)
    most = max(known, key=lambda row: row["change"])
    if most["change"] <= CHANGED or len(known) == 1:
        return (first,)
    second = _("Mest ökar {name}: {share}.").format(
        name=_told_apart(most, rows, tree), share=numbers.percent(most["change"], sign=True)
    )
    return first, second


def _told_apart(row: Row, rows: Sequence[Row], tree: UnitTree) -> str:
    """Return the service's name, with its unit's where another service is called the same."""
    alike = sum(other["service_name"] == row["service_name"] for other in rows)
    name: str = row["service_name"]
    return name if alike == 1 else f"{name}, {tree.units[row['unit_id']].name}"
