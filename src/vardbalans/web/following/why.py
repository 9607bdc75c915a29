"""Why the figures of the page Uppföljning and of a month pack are what they are."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from vardbalans.data.results.year_figures import (
    LATE_FIGURES,
    PERIOD_FIGURES,
    YEAR_FIGURES,
    lately_figure,
    year_figure,
)
from vardbalans.web.following.pack import pack_address
from vardbalans.web.following.selectors import frozen_month
from vardbalans.web.following.year import kind_names, year_address
from vardbalans.web.insight.derived import Back, Derived, MadeFrom
from vardbalans.web.insight.selectors import Reader, latest_run, names_of
from vardbalans.web.ordering import swedish_order

__all__ = ["of_lately", "of_pack", "of_year"]

Row = Mapping[str, Any]


def of_year(reader: Reader, unit_id: str, asked: Mapping[str, str]) -> Derived | None:
    """Return a figure of the year of a service (``service``), or of a ``kind`` of care at the unit and below."""
    run = latest_run()
    if run is None or not run.tells_follow_up or asked["figure"] not in titles():
        return None
    below = _near(reader, unit_id)
    rows = [row for row in run.stored.follow_up(below) if str(row["of_year"]) == asked.get("year")]
    row = _chosen(rows, unit_id, asked)
    return None if row is None else _derived(reader, row, rows, asked, run, Back(_back(row, reader), year_address(row)))


def of_lately(reader: Reader, unit_id: str, asked: Mapping[str, str]) -> Derived | None:
    """Return a figure of a ``service``'s last whole periods together, as meetings show it."""
    run = latest_run()
    if run is None or not run.tells_follow_up or asked["figure"] not in LATE_FIGURES or not asked.get("service"):
        return None
    rows = [row for row in run.stored.follow_up([unit_id]) if str(row["of_year"]) == asked.get("year")]
    row = _chosen(rows, unit_id, asked)
    figure = lately_figure(row, asked["figure"], _named(row, asked)) if row else None
    if row is None or figure is None:
        return None
    back = Back(_back(row, reader), year_address(row))
    return Derived(unit_id, figure, row["service_name"], titles()[asked["figure"]], back, dict(asked), run)


def of_pack(reader: Reader, unit_id: str, asked: Mapping[str, str]) -> Derived | None:
    """Return a figure of a month that is frozen at the unit ``group``, as it was frozen."""
    run, home, month = latest_run(), asked.get("group", ""), asked.get("week", "")
    frozen = frozen_month(home, month) if home in reader.scope else None
    if run is None or frozen is None or asked["figure"] not in titles() or unit_id not in reader.below(home):
        return None
    below = _near(reader, unit_id)
    now = {_place(row): row for row in run.stored.follow_up(below) if str(row["of_year"]) == month[:4]}
    rows = [_as_stored(row, month, now.get(_place(row))) for row in frozen.values["rows"] if row["unit_id"] in below]
    row = _chosen(rows, unit_id, asked)
    made = MadeFrom(frozen.version, lambda table: names_of(table, frozen.version))
    return (
        None
        if row is None
        else _derived(reader, row, rows, asked, made, Back(f"{_('Månadspaket')} {month}", pack_address(home, month)))
    )


def _near(reader: Reader, unit_id: str) -> list[str]:
    children = [child.unit_id for child in reader.tree.children(unit_id) if child.unit_id in reader.scope]
    return [unit_id, *children]


def _place(row: Row) -> tuple[str, str, str]:
    return row["unit_id"], row["kind"], row["service_id"]


def _as_stored(row: Row, month: str, now: Row | None) -> Row:
    """Return a row of a frozen month as a year that has no other month, with the rows that it was counted from."""
    whole = {**{name: row[name] for name in ("counted", "planned", "deviation", "hidden")}, "period": month}
    told = {"of_year": int(month[:4]), "weeks": None, "months": [whole | {"whole": True, "expected": row["counted"]}]}
    past = {
        "is_frozen": True,
        "source": now["source"] if now else None,
        "below": now["below"] if now else 0,
        "approved": None,
    }
    return {**row, **told, **past, "ordered": None, "frequency": "month"}


def _chosen(rows: Sequence[Row], unit_id: str, asked: Mapping[str, str]) -> Row | None:
    service, kind = asked.get("service", ""), asked.get("kind", "")
    return next(
        (
            row
            for row in rows
            if row["unit_id"] == unit_id and row["service_id"] == service and (service or row["kind"] == kind)
        ),
        None,
    )


def _derived(
    reader: Reader, row: Row, rows: Sequence[Row], asked: Mapping[str, str], made: Any, back: Back
) -> Derived | None:
    """Return the figure of *row*, whose parts are among *rows*."""
    period = asked.get("week", "") if asked["figure"] in PERIOD_FIGURES or asked["of"] == "pack" else ""
    parts = [] if row["service_id"] else [each for each in rows if each["kind"] == row["kind"] and _is_part(each, row)]
    named = [(_name(each, reader), each, _named(each, asked)) for each in parts]
    named.sort(key=lambda part: swedish_order(part[0]))
    figure = year_figure(row, named, asked["figure"], period, _named(row, asked))
    if figure is None:
        return None
    kind = kind_names().get(row["kind"], row["kind"])
    return Derived(
        row["unit_id"], figure, row["service_name"] or kind, titles()[asked["figure"]], back, dict(asked), made
    )


def _is_part(row: Row, whole: Row) -> bool:
    own = row["unit_id"] == whole["unit_id"]
    return bool(row["service_id"]) is own


def _name(row: Row, reader: Reader) -> str:
    name: str = row["service_name"] or reader.tree.units[row["unit_id"]].name
    return name


def _back(row: Row, reader: Reader) -> str:
    return f"{_('Uppföljning')}: {_name(row, reader)}"


def _named(row: Row, asked: Mapping[str, str]) -> dict[str, str]:
    """Return what names *row* in addresses, in the same period."""
    whose = {"service": row["service_id"]} if row["service_id"] else {"kind": row["kind"]}
    same = {name: asked[name] for name in ("of", "group", "year", "week") if asked.get(name)}
    return {"unit": row["unit_id"], **same, **whose}


def titles() -> dict[str, str]:
    """Return the name of every figure of a year, a week or a month."""
    names = (
        *(_("Utfall hittills"), _("Plan hittills"), _("Avvikelse hittills"), _("Avvikelse hittills, andel av planen")),
        *(_("Årets prognos"), _("Årets plan")),
        *(_("Avvikelse vid årets slut"), _("Avvikelse vid årets slut, andel av planen")),
        *(_("Utfall"), _("Prognos"), _("Plan"), _("Avvikelse"), _("Avvikelse, andel av planen")),
    )
    return dict(zip((*YEAR_FIGURES, *PERIOD_FIGURES), names, strict=True))
