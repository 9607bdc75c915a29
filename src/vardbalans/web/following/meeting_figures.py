"""What a meeting looks at: what was done lately against plan, where capacity is short soon, and decisions left to do.

The weekly review sees all the unit's services, the operations council those of surgery and what they use. The figures
are always the newest: what a meeting saw on its day stands in its minutes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from vardbalans.data.results.year_figures import LATE_FIGURES, late_values
from vardbalans.web.following.models import Decision, Meeting, MeetingKind
from vardbalans.web.following.selectors import open_decisions
from vardbalans.web.following.year import year_address
from vardbalans.web.insight.addresses import figure_address
from vardbalans.web.insight.levels import BALANCED, excess, mark
from vardbalans.web.insight.selectors import Reader, Run
from vardbalans.web.ordering import swedish_order

__all__ = ["Ahead", "Done", "MeetingFigures", "meeting_figures"]

Row = Mapping[str, Any]
AHEAD_WEEKS = 8
_OF_COUNCIL = "surgery"


@dataclass(frozen=True)
class Done:
    """A service's last whole periods together: outcome, plan (None where a period has none), likely, and the sign.

    *figures* and *why* are by the name of a figure: its value, and where it is explained.
    """

    name: str
    unit: str
    address: str
    frequency: str
    periods: int
    figures: Mapping[str, float | None]
    why: Mapping[str, str]
    low: float | None
    high: float | None
    sign: int


@dataclass(frozen=True)
class Ahead:
    """A resource that is short in some of the coming weeks: in how many, the first, and by how much in the worst."""

    name: str
    unit: str
    address: str
    first: str
    weeks: int
    worst: float
    why: str

    @property
    def mark(self) -> str:
        """Return by how much at most, as the maps mark it."""
        return mark(self.worst)


@dataclass(frozen=True)
class MeetingFigures:
    """What the page shows beside the agenda; *run* tells how fresh it is."""

    run: Run
    done: tuple[Done, ...]
    ahead: tuple[Ahead, ...]
    earlier: Sequence[Decision]
    weeks: int


def meeting_figures(reader: Reader, run: Run, meeting: Meeting) -> MeetingFigures:
    """Return what *meeting* looks at."""
    below = reader.below(meeting.unit_id)
    council = meeting.kind == MeetingKind.COUNCIL
    rows = [row for row in run.stored.follow_up(below) if row["service_id"]] if run.tells_follow_up else []
    year = max((row["of_year"] for row in rows), default=0)
    chosen = [row for row in rows if row["of_year"] == year and (not council or row["kind"] == _OF_COUNCIL)]
    done = [_done(row, reader) for row in chosen]
    used = {use["resource_id"] for use in run.stored.uses({row["service_id"] for row in chosen})} if council else None
    return MeetingFigures(
        run,
        tuple(sorted(done, key=lambda row: (not row.sign, swedish_order(row.unit), swedish_order(row.name)))),
        _ahead(run, reader, below, used),
        tuple(row for row in open_decisions(below) if row.meeting_id != meeting.pk),
        AHEAD_WEEKS,
    )


def _done(row: Row, reader: Reader) -> Done:
    lately = row["lately"]
    same = {"of": "lately", "service": row["service_id"], "year": str(row["of_year"])}
    return Done(
        row["service_name"],
        reader.tree.units[row["unit_id"]].name,
        year_address(row),
        row["frequency"],
        lately["periods"] if lately else 0,
        late_values(row),
        {name: figure_address(row["unit_id"], **same, figure=name) for name in LATE_FIGURES},
        lately["low"] if lately else None,
        lately["high"] if lately else None,
        lately["sign"] if lately else 0,
    )


def _ahead(run: Run, reader: Reader, below: frozenset[str], used: set[str] | None) -> tuple[Ahead, ...]:
    coming = [week.period for week in run.weeks[run.first_to_come :][:AHEAD_WEEKS]]
    short: dict[str, list[tuple[str, float, Row]]] = {}
    for row in run.rows(below):
        share = excess(row) if row["week"] in coming else None
        if share is not None and share > BALANCED and (used is None or row["resource_id"] in used):
            short.setdefault(row["resource_id"], []).append((row["week"], share, row))
    found = []
    for rows in short.values():
        week, share, row = max(rows, key=lambda each: each[1])
        found.append(
            Ahead(
                row["resource_name"],
                reader.tree.units[row["unit_id"]].name,
                reverse("insight:balance", args=[row["unit_id"]]),
                min(each[0] for each in rows),
                len(rows),
                share,
                figure_address(row["unit_id"], resource=row["resource_id"], week=week, figure="balance"),
            )
        )
    return tuple(sorted(found, key=lambda row: (row.first, -row.worst, swedish_order(row.name))))
