"""How fresh and how good the data are, as :mod:`vardbalans.data.quality` counts it, in the shape the pages need."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from vardbalans.data.lake import Lake
from vardbalans.data.quality import Judgements, judge_version
from vardbalans.data.quality.freshness import event_days, freshness
from vardbalans.data.quality.scores import source_of

__all__ = ["QUALITY", "Freshness", "QualityRoom", "Score", "StoredQuality"]


@dataclass(frozen=True)
class Freshness:
    """A table as one source gives it: when it was last imported, the last day it tells of, and whether that is old."""

    table: str
    source: str
    imported_at: datetime | None
    last_event: date | None
    stale: bool


@dataclass(frozen=True)
class Score:
    """How good the data of a source about a unit were in one version: a share, 1 is without remark.

    An empty *source* stands for all sources together, an empty *unit_id* for all units.
    """

    source: str
    unit_id: str
    version: int
    share: float


class QualityRoom(Protocol):
    """What counts freshness and quality."""

    def freshness(self, lake: Lake, *, today: date) -> Sequence[Freshness]:
        """Return how fresh each table is, by source."""

    def scores(self, root: Path) -> Sequence[Score]:
        """Return the stored scores of every source, unit and version."""

    def judge(self, lake: Lake, number: int) -> None:
        """Judge version *number* and keep the judgement."""


class StoredQuality:
    """Reads judgements kept in the store, and how fresh its sources are."""

    def freshness(self, lake: Lake, *, today: date) -> Sequence[Freshness]:
        """Return how fresh each table is, by source."""
        versions = lake.versions()
        if not versions:
            return ()
        imported: dict[str, datetime] = {}
        for version in versions:
            imported |= {source_of(file.name): version.at for file in version.files}
        found = freshness(versions, _newest_days(lake.root, versions[-1].number), today)
        return [
            Freshness(line.table, line.source, imported.get(line.source), line.last_event, line.is_stale)
            for line in found
        ]

    def scores(self, root: Path) -> Sequence[Score]:
        """Return the stored scores: those of a source are about all units, those of a unit about all sources."""
        return [
            Score(
                row["name"] if row["kind"] == "source" else "",
                row["name"] if row["kind"] == "unit" else "",
                row["version"],
                row["value"] / 100,
            )
            for row in Judgements(root).trend().to_pylist()
        ]

    def judge(self, lake: Lake, number: int) -> None:
        """Judge version *number* and keep the judgement."""
        judge_version(lake, lake.version(number))


@lru_cache(maxsize=8)
def _newest_days(root: Path, number: int) -> dict[tuple[str, str], date | None]:
    """Return the newest day per table and file of a version, which never changes."""
    lake = Lake(root)
    with closing(lake.connect(number)) as con:
        return event_days(con, lake.version(number).tables)


QUALITY: QualityRoom = StoredQuality()
