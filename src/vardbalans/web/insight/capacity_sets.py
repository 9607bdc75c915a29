"""Resource sets on the page Kapacitet: what each could do, what limits it in each week, and what pooling gives."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from vardbalans.data.pooling_run import erlang_document, pooled
from vardbalans.web.insight import capacity_sentences
from vardbalans.web.insight.capacity_time import span
from vardbalans.web.insight.selectors import Reader, Run
from vardbalans.web.insight.weeks import Week
from vardbalans.web.people.units import Unit

__all__ = ["Pooling", "SetLine", "SetWeek", "pooling_of", "set_lines", "set_weeks"]

Row = Mapping[str, Any]


class SetLine(NamedTuple):
    """One set of a service over the weeks shown: the mean per week, what limits it most often, in how many weeks."""

    row: Row
    name: str
    unit: Unit
    per_week: float
    binding: str
    weeks_bound: int
    resources: tuple[tuple[str, float], ...]
    address: str
    current: bool
    why: str


class SetWeek(NamedTuple):
    """One week of the chosen set."""

    week: Week
    doable: float
    binding: str
    why: str


def set_lines(
    reader: Reader, run: Run, unit_ids: Collection[str], asked: Mapping[str, str], base: str
) -> tuple[SetLine, ...]:
    """Return the sets of the services of *unit_ids*; the one that ``service`` and ``set`` name is marked."""
    names = run.names("resources")
    at = _places(run)
    found = []
    for row in run.stored.capacity_sets(unit_ids):
        doable, binding = ([row[name][index] for index in at] for name in ("doable", "binding"))
        most, count = Counter(binding).most_common(1)[0]
        here = {"service": row["service_id"], "set": row["set_id"]}
        found.append(
            SetLine(
                row,
                row["set_name"] if row["set_id"] else _("ordinarie"),
                reader.tree.units[row["unit_id"]],
                sum(doable) / len(doable),
                names.get(most, most),
                count,
                tuple((names.get(name, name), minutes) for name, minutes in row["minutes"].items()),
                f"{base}{'&' if '?' in base else '?'}{urlencode(here)}#set",
                (asked.get("service"), asked.get("set", "")) == (row["service_id"], row["set_id"]),
                _why(row, "capacity_mean", span(run.weeks)),
            )
        )
    return tuple(found)


def set_weeks(run: Run, line: SetLine) -> tuple[SetWeek, ...]:
    """Return the weeks looked at of the set of *line*."""
    names, row = run.names("resources"), line.row
    return tuple(
        SetWeek(
            week,
            row["doable"][index],
            names.get(row["binding"][index], row["binding"][index]),
            _why(row, "capacity_doable", week.period),
        )
        for week, index in zip(run.weeks, _places(run), strict=True)
    )


def _why(row: Row, figure: str, week: str) -> str:
    asked = {"service": row["service_id"], "figure": figure, "week": week}
    asked |= {"set": row["set_id"]} if row["set_id"] else {}
    return f"{reverse('insight:why', args=[row['unit_id']])}?{urlencode(asked)}"


def _places(run: Run) -> list[int]:
    """Return the places, among the weeks of the run, of those looked at."""
    return [run.meta["weeks"].index(week.period) for week in run.weeks]


@dataclass(frozen=True)
class Pooling:
    """The resources that can be pooled, those chosen, and what Erlang's formulas say of them apart and together.

    *why* tells where the figures of those who leave, and of those who wait, are explained.
    """

    choices: tuple[tuple[Row, bool], ...]
    document: Row | None
    why: Mapping[str, str]

    @property
    def title(self) -> str:
        """Return what pooling gives."""
        if self.document is None:
            return ""
        return capacity_sentences.pooled([unit["name"] for unit in self.document["units"]], self.document["erlang"])


def pooling_of(run: Run, unit_ids: Collection[str], chosen: Sequence[str], unit_id: str) -> Pooling:
    """Return what it gives to pool the resources *chosen* among those of *unit_ids*; at least two are needed.

    It is explained under *unit_id*; empty explains under the unit that all of them lie in, where there is one.
    """
    rows = [row for row in run.stored.capacity_servers(unit_ids) if row["load"] > 0]
    order = [row for name in dict.fromkeys(chosen) for row in rows if row["resource_id"] == name]
    document = None
    if len(order) > 1:
        found = pooled(order, run.meta["version"])
        document = erlang_document(found.names, found.parts) | {"cv": found.cv, "mean_minutes": found.minutes}
    return Pooling(tuple((row, row["resource_id"] in chosen) for row in rows), document, _pool_why(order, unit_id))


def _pool_why(rows: Sequence[Row], unit_id: str) -> dict[str, str]:
    units = {row["unit_id"] for row in rows}
    where = unit_id or (units.pop() if len(units) == 1 else "")
    if not where:
        return {}
    pool = "|".join(row["resource_id"] for row in rows)
    page = reverse("insight:why", args=[where])
    return {
        name: f"{page}?{urlencode({'pool': pool, 'figure': f'capacity_pool_{name}'})}" for name in ("leaves", "waits")
    }
