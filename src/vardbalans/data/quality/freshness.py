"""Whether what is stored is fresh: when each source was last read, how often it comes, and what it last tells of.

The rhythm is learnt from the days a source has been read: the median of the days between. A source is late when it has
not come for clearly longer than that, and old when it comes, but the newest event in it is far behind.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median
from typing import Literal
from zoneinfo import ZoneInfo

import duckdb

from vardbalans.data.lake import Lake, Version
from vardbalans.data.quality.rules import DAY
from vardbalans.data.quality.scores import source_of
from vardbalans.data.quality.series import EVENTS
from vardbalans.data.tables import TABLES
from vardbalans.engine.messages import Message

__all__ = ["Freshness", "Rhythm", "event_days", "freshness", "rhythm_of", "stored_freshness"]

Rhythm = Literal["daily", "weekly", "monthly"]

_ZONE = ZoneInfo("Europe/Stockholm")
_LONGEST: Mapping[Rhythm, float] = {"daily": 3, "weekly": 10, "monthly": 35}
"""The longest usual number of days between two imports of a source that comes so often."""
_PATIENCE: Mapping[Rhythm, int] = {"daily": 5, "weekly": 14, "monthly": 45}
"""Days without an import after which a source is late: a long weekend, a week with a holiday, a slow month."""
_ENOUGH = 3
_CALLED: Mapping[Rhythm, Message] = {
    "daily": Message("varje dag"),
    "weekly": Message("varje vecka"),
    "monthly": Message("varje månad"),
}


@dataclass(frozen=True)
class Freshness:
    """How fresh one *source* of one *table* is.

    *rhythm* is None while too few imports tell it; then nothing is late. *late_from* is the day it becomes late.
    """

    table: str
    source: str
    last_imported: date
    last_event: date | None
    rhythm: Rhythm | None
    late_from: date | None
    state: Literal["fresh", "late", "old", "unknown"]

    @property
    def is_stale(self) -> bool:
        """Tell whether someone should look into it."""
        return self.state in ("late", "old")

    @property
    def message(self) -> Message:
        """Return the sentence for the page and the alarm."""
        told = {
            "table": TABLES[self.table].title,
            "source": self.source,
            "imported": self.last_imported,
            "event": self.last_event or "–",
            "rhythm": _CALLED[self.rhythm] if self.rhythm else "–",
            "late": self.late_from or "–",
        }
        if self.state == "late":
            return Message(
                "{table} ur {source} lästes senast in {imported}, men brukar komma {rhythm}. Kontrollera leveransen.",
                **told,
            )
        if self.state == "old":
            return Message(
                "{table} ur {source} lästes in {imported}, men det senaste i den är från {event}. Kontrollera vad "
                "källan lämnar ut.",
                **told,
            )
        if self.state == "unknown":
            return Message(
                "{table} ur {source} lästes in {imported}; den har kommit för få gånger för att en försening märks.",
                **told,
            )
        return Message("{table} ur {source} är aktuell: inläst {imported}, kommer {rhythm}.", **told)


def freshness(
    versions: Sequence[Version], events: Mapping[tuple[str, str], date | None], today: date
) -> tuple[Freshness, ...]:
    """Return how fresh each table and source is on *today*, by table and source.

    *versions* are those of the store, oldest first; *events* the newest day per table and file, None where the table
    has no days (as :func:`event_days` gives them).
    """
    imported: dict[str, set[date]] = defaultdict(set)
    for version in versions:
        for file in version.files:
            imported[source_of(file.name)].add(version.at.astimezone(_ZONE).date())
    newest: dict[tuple[str, str], date | None] = {}
    for (table, name), day in events.items():
        place = (table, source_of(name))
        newest[place] = max(filter(None, (newest.get(place), day)), default=None)
    return tuple(
        _freshness(table, source, sorted(imported[source]), day, today)
        for (table, source), day in sorted(newest.items(), key=lambda item: item[0])
        if imported[source]
    )


def rhythm_of(days: Sequence[date]) -> Rhythm | None:
    """Return how often a source comes that was read on *days* (in order); None when too few or too far apart."""
    if len(days) < _ENOUGH:
        return None
    between = median((later - earlier).days for earlier, later in pairwise(days))
    return next((rhythm for rhythm, longest in _LONGEST.items() if between <= longest), None)


def _freshness(table: str, source: str, days: Sequence[date], event: date | None, today: date) -> Freshness:
    rhythm = rhythm_of(days)
    if rhythm is None:
        return Freshness(table, source, days[-1], event, None, None, "unknown")
    patience = timedelta(days=_PATIENCE[rhythm])
    late_from = days[-1] + patience
    state: Literal["fresh", "late", "old"] = "late" if today >= late_from else "fresh"
    if state == "fresh" and event and days[-1] - event >= 2 * patience:
        state = "old"
    return Freshness(table, source, days[-1], event, rhythm, late_from, state)


def event_days(con: duckdb.DuckDBPyConnection, present: Collection[str]) -> dict[tuple[str, str], date | None]:
    """Return the newest day of what has happened per table and file on *con*; None for a table without days."""
    found: dict[tuple[str, str], date | None] = {}
    for table in sorted(name for name in present if name in TABLES):
        day = f"max({DAY[table]})" if table in DAY else "null::date"
        happened = EVENTS[table][2] if table in EVENTS else "true"
        rows = con.execute(f'select _file, {day} from "{table}" where {happened} group by _file order by _file')
        found |= {(table, file): newest for file, newest in rows.fetchall() if file}
    return found


def stored_freshness(lake: Lake, today: date) -> tuple[Freshness, ...]:
    """Return how fresh each table and source of *lake* is on *today*; empty for an empty store."""
    versions = lake.versions()
    if not versions:
        return ()
    with closing(lake.connect(versions[-1].number)) as con:
        events = event_days(con, versions[-1].tables)
    return freshness(versions, events, today)
