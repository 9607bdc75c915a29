"""How good and how fresh the data are, as :mod:`vardbalans.data.quality` judges a version.

A version is judged by a job, never while someone waits for a page; what the judgement keeps is read here.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.utils.translation import gettext

from vardbalans.data.quality import Judgements, Report, judge_version
from vardbalans.data.quality.freshness import Freshness, freshness
from vardbalans.data.quality.lists import write_lists
from vardbalans.web import store

__all__ = ["fresh", "judge", "lists_workbook", "report", "trends"]

_LIST = "att_ratta.xlsx"


def judge(version: int) -> dict[str, Any]:
    """Judge *version*, keep the judgement in the store, and return the newest day per table and file, as JSON."""
    lake = store.lake()
    _report, days = judge_version(lake, lake.version(version))
    return {"events": [[table, file, day.isoformat() if day else None] for (table, file), day in days.items()]}


def fresh(judgement: Mapping[str, Any], today: date) -> tuple[Freshness, ...]:
    """Return how fresh each table and source is on *today*; *judgement* is what :func:`judge` returned."""
    events = {(table, file): date.fromisoformat(day) if day else None for table, file, day in judgement["events"]}
    return freshness(store.lake().versions(), events, today)


def report(version: int) -> Report | None:
    """Return the judgement of *version*; None where it is not judged."""
    return Judgements(store.root()).get(version)


def trends(count: int) -> Mapping[tuple[str, str], Sequence[float]]:
    """Return the scores of the newest *count* versions judged, oldest first, by (``source`` or ``unit``, name).

    Only what the newest of them has a score of is there.
    """
    judged = tuple(Judgements(store.root()).versions()[-count:])
    return _trends(store.root(), judged) if judged else {}


@lru_cache(maxsize=4)
def _trends(root: Path, judged: tuple[int, ...]) -> Mapping[tuple[str, str], Sequence[float]]:
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    newest: set[tuple[str, str]] = set()
    for row in Judgements(root).trend().to_pylist():
        if row["version"] in judged:
            found[row["kind"], row["name"]].append(row["value"])
            newest |= {(row["kind"], row["name"])} if row["version"] == judged[-1] else set()
    return {place: tuple(values) for place, values in found.items() if place in newest}


def lists_workbook(found: Report) -> bytes:
    """Return the workbook of rows to repair, in the reader's language."""
    with TemporaryDirectory() as folder:
        write_lists(Path(folder), found, gettext)
        return (Path(folder) / _LIST).read_bytes()
