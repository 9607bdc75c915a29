"""The page Data: how fresh and how good the data are, what was found last, and the versions that imports have made."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from vardbalans.data.lake import Version
from vardbalans.data.quality import Report
from vardbalans.data.quality.freshness import Freshness
from vardbalans.data.quality.report import alarm_message
from vardbalans.data.quality.rules import Rule
from vardbalans.data.tables import TABLES
from vardbalans.web import clock, numbers
from vardbalans.web.headings import table_title
from vardbalans.web.intake import quality, selectors
from vardbalans.web.intake.delivery_page import DeliveryPage, delivery_page, severity_name
from vardbalans.web.intake.models import Upload
from vardbalans.web.jobs.models import Job
from vardbalans.web.ordering import swedish_order
from vardbalans.web.people.models import User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.selectors import holds_for_region, holds_somewhere, scope_of
from vardbalans.web.people.units import UnitTree, current_tree
from vardbalans.web.translate import kept, said

__all__ = ["DataPage", "FreshLine", "QualityLine", "RuleLine", "VersionLine", "data_page"]

VERSIONS_SHOWN = 20
TREND = 12


class FreshLine(NamedTuple):
    """A table as one source gives it, and whether it is stale; then *sentence* says why and what to do."""

    table: str
    source: str
    state: str
    stale: bool
    unknown: bool
    imported: date
    last_event: date | None
    sentence: str


class QualityLine(NamedTuple):
    """The points of one source or unit now, of 100, and in each version judged, oldest first."""

    name: str
    points: float
    trend: tuple[float, ...]

    @property
    def change(self) -> float | None:
        """Return by how many points it has changed since the version before; None for the first."""
        return self.trend[-1] - self.trend[-2] if len(self.trend) > 1 else None


class RuleLine(NamedTuple):
    """What one rule found in the newest version."""

    severity: str
    severity_name: str
    table: str
    sentence: str
    broken: int
    tested: int


class VersionLine(NamedTuple):
    """A data version: when and by whom it was made, and what it changed in each table."""

    version: Version
    changes: tuple[str, ...]


@dataclass(frozen=True)
class DataPage:
    """What the page shows; *sources*, *rules*, *waiting* and *latest* are empty for those who may not import.

    *judging* is the newest job that judges the newest version; None where nobody has asked for it.
    """

    may_read: bool
    may_import: bool
    versions: tuple[VersionLine, ...] = ()
    judging: Job | None = None
    fresh: tuple[FreshLine, ...] = ()
    units: tuple[QualityLine, ...] = ()
    sources: tuple[QualityLine, ...] = ()
    rules: tuple[RuleLine, ...] = ()
    waiting: Sequence[Upload] = ()
    latest: DeliveryPage | None = None

    @property
    def stale(self) -> int:
        """Return how many tables and sources are stale."""
        return sum(line.stale for line in self.fresh)

    @property
    def too_early(self) -> bool:
        """Tell whether any source has come too few times for a delay to be seen."""
        return any(line.unknown for line in self.fresh)

    @property
    def judging_failed(self) -> str:
        """Return why the newest version could not be judged; empty where it could."""
        return said(self.judging.error) if self.judging else ""

    @property
    def floor(self) -> float:
        """Return the points that the curves start from: a whole ten below the lowest."""
        lowest = min((points for line in (*self.units, *self.sources) for points in line.trend), default=0.0)
        return min(math.floor(lowest / 10) * 10, 90)

    @property
    def head(self) -> Version | None:
        """Return the newest version; None for an empty store."""
        return self.versions[0].version if self.versions else None


def data_page(user: User) -> DataPage:
    """Return what *user* may see of the state of the data."""
    tree = current_tree()
    may_import = holds_for_region(user, Permission.DATA_IMPORT, tree=tree)
    if not (may_import or holds_somewhere(user, Permission.BALANCE_READ)):
        return DataPage(may_read=False, may_import=False)
    versions = _versions()
    head = versions[0].version.number if versions else None
    judging = selectors.judging(head) if head else None
    page = DataPage(
        may_read=True,
        may_import=may_import,
        versions=versions,
        judging=judging,
        fresh=_fresh(judging.result, by_source=may_import) if judging and judging.result else (),
        units=_units(tree, scope_of(user, Permission.BALANCE_READ, tree=tree)),
    )
    return replace(page, **_for_importers(head, tree)) if may_import else page


def _for_importers(head: int | None, tree: UnitTree) -> dict[str, Any]:
    """Return what only those see who import for the region."""
    latest = selectors.latest_look()
    report = quality.report(head) if head else None
    trends = quality.trends(TREND)
    return {
        "sources": _ranked(
            QualityLine(name, *_points(trend)) for (kind, name), trend in trends.items() if kind == "source"
        ),
        "rules": _rules(report, tree) if report else (),
        "waiting": selectors.open_uploads(),
        "latest": delivery_page(latest, latest.look) if latest else None,
    }


def _fresh(judgement: Mapping[str, Any], *, by_source: bool) -> tuple[FreshLine, ...]:
    """Return the tables in the order the contract lists them, stale ones first; by source for importers only.

    A source is called after its files, and what files are called is not for everyone.
    """
    order = {name: place for place, name in enumerate(TABLES)}
    found = sorted(
        quality.fresh(judgement, clock.today()),
        key=lambda item: (not item.is_stale, order[item.table], swedish_order(item.source)),
    )
    if by_source:
        return tuple(_fresh_line(item) for item in found)
    newest = {item.table: item.last_event for item in sorted(found, key=lambda item: item.last_event or date.min)}
    firsts = {item.table: item for item in reversed(found)}
    return tuple(
        _fresh_line(replace(firsts[table], last_event=newest[table]))._replace(source=_("Alla källor"), sentence="")
        for table in dict.fromkeys(item.table for item in found)
    )


def _fresh_line(item: Freshness) -> FreshLine:
    words = {"fresh": _("Färsk"), "late": _("Sen"), "old": _("Gammal"), "unknown": _("För tidigt att säga")}
    return FreshLine(
        table_title(item.table),
        item.source,
        words[item.state],
        item.is_stale,
        item.state == "unknown",
        item.last_imported,
        item.last_event,
        said(kept(item.message)) if item.is_stale else "",
    )


def _units(tree: UnitTree, scope: Collection[str]) -> tuple[QualityLine, ...]:
    """Return the scores of the units in *scope*, the worst first."""
    return _ranked(
        QualityLine(tree.units[name].name, *_points(trend))
        for (kind, name), trend in quality.trends(TREND).items()
        if kind == "unit" and name in scope
    )


def _points(trend: Sequence[float]) -> tuple[float, tuple[float, ...]]:
    return trend[-1], tuple(trend)


def _ranked(lines: Iterable[QualityLine]) -> tuple[QualityLine, ...]:
    return tuple(sorted(lines, key=lambda line: (line.points, swedish_order(line.name))))


def _rules(report: Report, tree: UnitTree) -> tuple[RuleLine, ...]:
    """Return the rules that found something, the most serious first, then those that found most."""
    names = {key: unit.name for key, unit in tree.units.items()}
    order = {"error": 0, "warning": 1, "info": 2}
    found = sorted(
        (item for item in report.rules() if item.broken), key=lambda item: (order[item.rule.severity], -item.broken)
    )
    return tuple(
        RuleLine(
            item.rule.severity,
            severity_name(item.rule.severity),
            table_title(item.rule.table),
            _rule_said(item.rule, report, names),
            item.broken,
            item.tested,
        )
        for item in found
    )


def _rule_said(rule: Rule, report: Report, names: Mapping[str, str]) -> str:
    """Return what the rule says; of a rule about series, what it says of the first period it found."""
    if rule.kind == "rows":
        return said(kept(rule.message))
    first = next(row for row in report.alarms.to_pylist() if (row["table"], row["rule"]) == (rule.table, rule.name))
    return said(kept(alarm_message(first, names)))


def _versions() -> tuple[VersionLine, ...]:
    found = selectors.newest_versions(VERSIONS_SHOWN + 1)
    before = {now.number: then for now, then in pairwise(found)}
    return tuple(VersionLine(now, _changes(now, before.get(now.number))) for now in found[:VERSIONS_SHOWN])


def _changes(now: Version, before: Version | None) -> tuple[str, ...]:
    """Return what *now* has that *before* had not, one text per table: rows added, or that some were changed."""
    texts = []
    for name in TABLES:
        table, former = now.tables.get(name), before.tables.get(name) if before else None
        if table is None or (former and former.fingerprint == table.fingerprint):
            continue
        added = table.rows - (former.rows if former else 0)
        texts.append(f"{table_title(name)} {numbers.signed(added)}" if added else _changed(name))
    return tuple(texts)


def _changed(table: str) -> str:
    return _("{table} ändrade rader").format(table=table_title(table))
