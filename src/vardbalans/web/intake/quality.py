"""How fresh and how good the data are, as :mod:`vardbalans.data.quality` counts it, in the shape the pages need.

What counts it is given by :data:`QUALITY`; without it the pages say that nothing has been counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

from vardbalans.data.lake import Lake

__all__ = ["QUALITY", "Freshness", "QualityRoom", "Score"]


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


QUALITY: QualityRoom | None = None
# Hook: vardbalans.data.quality, once it is there.
