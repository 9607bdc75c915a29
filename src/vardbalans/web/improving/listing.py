"""The page Åtgärder of a unit: its measures, benefits, gaps and library, as the address asks for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from vardbalans.data.improving.benefits import Register, benefit_register
from vardbalans.data.improving.examples import SOURCES, Example
from vardbalans.data.improving.register import Entry
from vardbalans.data.improving.told import entries_of, has_failed, told
from vardbalans.data.load.rules import escalation_steps_on
from vardbalans.data.scenarios import Lever
from vardbalans.engine.benefit import Benefit
from vardbalans.engine.errors import BadInput
from vardbalans.engine.escalation import levels_up, raised_to
from vardbalans.web import clock, numbers, store
from vardbalans.web.improving import sentences
from vardbalans.web.improving.library import examples_told, levers_told
from vardbalans.web.insight.addresses import Whys
from vardbalans.web.insight.need_service import Choice
from vardbalans.web.insight.selectors import Reader, Run
from vardbalans.web.people.units import Unit
from vardbalans.web.translate import kept, said

__all__ = ["VIEWS", "Gap", "Line", "MeasuresPage", "acts_in", "home_of", "measures_page"]

Row = Mapping[str, Any]
VIEWS = ("list", "benefits", "gaps", "library")
_SHORT = 0.15  # beyond which a gap is much, as the balance map has it


@dataclass(frozen=True)
class Line:
    """One measure of the list: its row, where it leads, its effects in words, and the unit above it is raised to."""

    row: Row
    unit: str
    address: str
    status: str
    expected: str
    measured: str
    verdict: str
    raised: str
    why: Whys


@dataclass(frozen=True)
class Gap:
    """A resource that is short over the run's weeks, by what share, the measures that are to close it, and the unit
    above it is raised to.
    """

    name: str
    unit: str
    address: str
    share: float
    lines: tuple[Line, ...]
    raised: str


@dataclass(frozen=True)
class MeasuresPage:
    """What the page shows; only the chosen view's part is filled in."""

    unit: Unit | None
    path: tuple[Unit, ...]
    children: tuple[Unit, ...]
    view: str
    views: tuple[Choice, ...]
    search: str
    status: str
    statuses: tuple[tuple[str, str], ...]
    count: int
    lines: tuple[Line, ...]
    lead: str
    register: Register | None = None
    sums: tuple[tuple[str, Benefit, str], ...] = ()
    gains: tuple[Row, ...] = ()
    spreads: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    steps: tuple[float, ...] = ()
    examples: tuple[Example, ...] = ()
    levers: tuple[Lever, ...] = ()
    cases: tuple[Line, ...] = ()
    sources: Mapping[str, str] = field(default_factory=lambda: SOURCES)

    @property
    def escalates(self) -> str:
        """Return how far up a gap is told."""
        one, two = (numbers.percent(step) for step in self.steps)
        return _("Bristen lyfts en nivå över {one}, två över {two}, och en till när ingen åtgärd pågår.").format(
            one=one, two=two
        )


def acts_in(entry: Entry, units: frozenset[str]) -> bool:
    """Tell whether the measure begins, or is to begin, anywhere in *units*."""
    return entry.row["unit_id"] in units or not units.isdisjoint(entry.starts)


def home_of(entry: Entry, scope: frozenset[str]) -> str:
    """Return the unit a reader of *scope* sees the measure at: its own, or the first where it begins."""
    own: str = entry.row["unit_id"]
    return own if own in scope else min(scope & entry.starts.keys())


def measures_page(reader: Reader, run: Run | None, unit_id: str | None, asked: Mapping[str, str]) -> MeasuresPage:
    """Return the page of *unit_id* and below; of the reader's whole scope for None.

    *asked* may hold ``view``, ``q`` (words) and ``status``; what else it holds is passed over. Raises BadInput for an
    empty store.
    """
    if unit_id is None and len(reader.roots) == 1:
        unit_id = reader.roots[0].unit_id
    below = reader.below(unit_id)
    lake = store.lake()
    head = lake.required_head()
    entries, _units = entries_of(lake, head)
    here = [entry for entry in entries if acts_in(entry, below)]
    view = asked.get("view", "list") if asked.get("view") in VIEWS else "list"
    names = sentences.statuses()
    status = asked.get("status", "") if asked.get("status") in names else ""
    search = " ".join(asked.get("q", "").split())[:100]
    lines = [line_of(entry, reader) for entry in here]
    base = reverse("improving:measures_unit", args=[unit_id]) if unit_id else reverse("improving:measures")
    more: dict[str, Any] = {}
    if view == "benefits":
        more = _benefits(lake, head, below, unit_id or "")
    elif view == "gaps" and run is not None:
        with lake.connect(head.number) as connection:
            steps = escalation_steps_on(connection, set(head.tables), clock.today())
        more = {"gaps": _gaps(reader, run, below, lines, steps), "steps": steps}
    elif view == "library":
        more = {
            "examples": examples_told(search),
            "levers": levers_told(search),
            "cases": tuple(line for line in lines if line.row["status"] in ("measured", "in_plan")),
        }
    chosen = [line for line in lines if _matches(line, search, status)]
    return MeasuresPage(
        unit=reader.tree.units.get(unit_id or ""),
        path=reader.path(unit_id)[:-1] if unit_id else (),
        children=tuple(
            child
            for child in (reader.tree.children(unit_id) if unit_id else reader.roots)
            if any(acts_in(entry, reader.below(child.unit_id)) for entry in here)
        ),
        view=view,
        views=_views(base, view),
        search=search,
        status=status,
        statuses=tuple(names.items()),
        count=len(lines),
        lines=tuple(chosen),
        lead=_lead(lines),
        **more,
    )


def line_of(entry: Entry, reader: Reader) -> Line:
    """Return a measure as the list shows it."""
    row = told(entry)
    home = home_of(entry, reader.scope)
    unit = reader.tree.units.get(row["unit_id"])
    added = row["added"]
    return Line(
        row,
        unit.name if unit else row["unit_id"],
        f"{reverse('improving:measure', args=[home])}?{urlencode({'measure': entry.measure_id})}",
        sentences.statuses()[row["status"]],
        sentences.effect(row["expected"], "factor")
        if added is None
        else numbers.signed(added, 0 if added == round(added) else 1),
        sentences.effect(row["measured"]),
        sentences.verdict(row),
        _raised(reader, row["unit_id"], int(has_failed(row))),
        Whys(home, "measure", measure=entry.measure_id),
    )


def _raised(reader: Reader, unit_id: str, levels: int) -> str:
    """Return the name of the unit that is told; nothing where it stays at *unit_id*."""
    found = raised_to([unit.unit_id for unit in reader.tree.path(unit_id)], levels)
    return reader.tree.units[found].name if found else ""


def _matches(line: Line, search: str, status: str) -> bool:
    text = f"{line.row['measure_id']} {line.row['name']} {line.unit} {line.row['owner'] or ''}".casefold()
    return status in ("", line.row["status"]) and all(word in text for word in search.casefold().split())


def _views(base: str, view: str) -> tuple[Choice, ...]:
    names = {"list": _("Åtgärder"), "benefits": _("Nytta"), "gaps": _("Brister"), "library": _("Bibliotek")}
    return tuple(
        Choice(name, base if key == "list" else f"{base}?{urlencode({'view': key})}", key == view)
        for key, name in names.items()
    )


def _lead(lines: Sequence[Line]) -> str:
    shown = sum(line.row["status"] in ("measured", "in_plan") for line in lines)
    tried = sum(line.row["measured"] is not None for line in lines)
    return _("{all} åtgärder; effekten är räknad för {tried} och visad för {shown}.").format(
        all=len(lines), tried=tried, shown=shown
    )


def _benefits(lake: Any, head: Any, below: frozenset[str], home: str) -> dict[str, Any]:
    try:
        found = benefit_register(lake, head, below)
    except BadInput as refusal:
        return {"notes": (said(kept(refusal.message)),)}
    names = {entry.measure_id: entry.row["name"] for entry in found.entries}
    kinds = sentences.kinds()
    there = {row.measure_id for row in found.gains}
    return {
        "register": found,
        "sums": tuple(
            (kinds[row.kind], row, Whys(home, "measure", gain=row.kind)["gain"] if home else "")
            for row in found.at(None)
        ),
        "gains": tuple(
            {
                "name": names[row.measure_id],
                "kind_name": kinds[row.kind],
                "gain": row,
                "unit": found.units[row.unit_id].name,
                "why": Whys(row.unit_id, "measure", measure=row.measure_id, gain=row.kind)["gain"],
            }
            for row in found.gains
        ),
        "spreads": tuple(
            {"name": names[name], "spread": row, "median": sentences.change(row.median)}
            for name, row in found.spreads.items()
            if name in there
        ),
        "notes": tuple(said(kept(note)) for note in found.notes),
    }


def _gaps(
    reader: Reader, run: Run, below: frozenset[str], lines: Sequence[Line], steps: Sequence[float]
) -> tuple[Gap, ...]:
    """Return the resources whose need is far beyond what is available over all weeks, the worst first.

    Each of *steps* that a gap is beyond raises it a level.
    """
    sums: dict[tuple[str, str], list[float]] = {}
    for row in run.rows(below):
        if row["required"] is not None and row["available"] is not None:
            total = sums.setdefault((row["unit_id"], row["resource_id"]), [0.0, 0.0])
            total[0] += row["required"]
            total[1] += row["available"]
    names = run.names("resources")
    found = []
    for (unit, resource), (required, available) in sums.items():
        if available > 0 and required / available - 1 > _SHORT:
            tied = tuple(line for line in lines if resource in (line.row["gap_id"], line.row["target_id"]))
            address = f"{reverse('insight:balance', args=[unit])}?{urlencode({'resource': resource})}"
            place = reader.tree.units[unit].name if unit in reader.tree.units else unit
            share = required / available - 1
            acted_on = any(line.row["status"] != "stopped" and not has_failed(line.row) for line in tied)
            raised = _raised(reader, unit, levels_up(share, steps, acted_on=acted_on))
            found.append(Gap(names.get(resource, resource), place, address, share, tied, raised))
    return tuple(sorted(found, key=lambda gap: -gap.share))
