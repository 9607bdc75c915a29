"""The page Data: how fresh and how good the data are, what was found last, and the versions that imports have made."""

import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import NamedTuple

from django.utils.translation import gettext as _

from vardbalans.data.lake import Version
from vardbalans.data.tables import TABLES
from vardbalans.web import clock, numbers, store
from vardbalans.web.headings import table_title
from vardbalans.web.intake import quality, selectors
from vardbalans.web.intake.delivery_page import DeliveryPage, delivery_page
from vardbalans.web.intake.models import Upload
from vardbalans.web.ordering import swedish_order
from vardbalans.web.people.models import User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.selectors import holds_for_region, holds_somewhere, scope_of
from vardbalans.web.people.units import UnitTree, current_tree

__all__ = ["DataPage", "FreshLine", "QualityLine", "VersionLine", "data_page"]

VERSIONS_SHOWN = 20


class FreshLine(NamedTuple):
    """A table as one source gives it, and whether it is old."""

    table: str
    source: str
    imported_at: datetime | None
    last_event: date | None
    stale: bool


class QualityLine(NamedTuple):
    """The score of one source and unit now, and in each version there is one for, oldest first."""

    source: str
    unit: str
    share: float
    trend: tuple[float, ...]

    @property
    def change(self) -> float | None:
        """Return by how many percentage points the score has changed since the version before; None for the first."""
        return 100 * (self.trend[-1] - self.trend[-2]) if len(self.trend) > 1 else None


class VersionLine(NamedTuple):
    """A data version: when and by whom it was made, and what it changed in each table."""

    version: Version
    changes: tuple[str, ...]


@dataclass(frozen=True)
class DataPage:
    """What the page shows. What only those who import may see is empty for others: *waiting* and *latest*."""

    may_read: bool
    may_import: bool
    fresh: tuple[FreshLine, ...]
    quality: tuple[QualityLine, ...]
    versions: tuple[VersionLine, ...]
    waiting: Sequence[Upload] = ()
    latest: DeliveryPage | None = None

    @property
    def stale(self) -> int:
        """Return how many tables are old."""
        return sum(line.stale for line in self.fresh)

    @property
    def floor(self) -> float:
        """Return the share that the curves of quality start from: a whole tenth below the lowest."""
        lowest = min((share for line in self.quality for share in line.trend), default=0.0)
        return min(math.floor(lowest * 10) / 10, 0.9)

    @property
    def head(self) -> Version | None:
        """Return the newest version; None for an empty store."""
        return self.versions[0].version if self.versions else None


def data_page(user: User) -> DataPage:
    """Return what *user* may see of the state of the data."""
    tree = current_tree()
    may_import = holds_for_region(user, Permission.DATA_IMPORT, tree=tree)
    if not (may_import or holds_somewhere(user, Permission.BALANCE_READ)):
        return DataPage(False, False, (), (), ())
    latest = selectors.latest_look() if may_import else None
    return DataPage(
        may_read=True,
        may_import=may_import,
        fresh=_fresh(by_source=may_import),
        quality=_quality(tree, scope_of(user, Permission.BALANCE_READ, tree=tree) | ({""} if may_import else set())),
        versions=_versions(),
        waiting=selectors.open_uploads() if may_import else (),
        latest=delivery_page(latest, latest.look) if latest else None,
    )


def _fresh(*, by_source: bool) -> tuple[FreshLine, ...]:
    """Return the tables in the order the contract lists them, old ones first; sources are files, for importers only."""
    found = quality.QUALITY.freshness(store.lake(), today=clock.today())
    if not by_source:
        found = [_of_table(lines) for lines in _grouped(found).values()]
    order = {name: place for place, name in enumerate(TABLES)}
    ranked = sorted(found, key=lambda line: (not line.stale, order[line.table], swedish_order(line.source)))
    return tuple(
        FreshLine(table_title(line.table), line.source, line.imported_at, line.last_event, line.stale)
        for line in ranked
    )


def _grouped(lines: Sequence[quality.Freshness]) -> dict[str, list[quality.Freshness]]:
    groups: dict[str, list[quality.Freshness]] = defaultdict(list)
    for line in lines:
        groups[line.table].append(line)
    return groups


def _of_table(lines: Sequence[quality.Freshness]) -> quality.Freshness:
    """Return all sources of a table as one: as new as the newest, old when one of them is."""
    return quality.Freshness(
        lines[0].table,
        _("Alla källor"),
        max((line.imported_at for line in lines if line.imported_at), default=None),
        max((line.last_event for line in lines if line.last_event), default=None),
        any(line.stale for line in lines),
    )


def _quality(tree: UnitTree, scope: Collection[str]) -> tuple[QualityLine, ...]:
    """Return the scores of the units in *scope*, the worst first; ``""`` in it stands for all units together."""
    scores: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
    for score in quality.QUALITY.scores(store.root()):
        if score.unit_id in scope:
            scores[score.source, score.unit_id][score.version] = score.share
    names = {key: unit.name for key, unit in tree.units.items()} | {"": _("Alla enheter")}
    lines = (_quality_line(source or _("Alla källor"), names[unit], found) for (source, unit), found in scores.items())
    return tuple(sorted(lines, key=lambda line: (line.share, swedish_order(line.unit), swedish_order(line.source))))


def _quality_line(source: str, unit: str, by_version: dict[int, float]) -> QualityLine:
    trend = tuple(share for _version, share in sorted(by_version.items()))
    return QualityLine(source, unit, trend[-1], trend)


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
