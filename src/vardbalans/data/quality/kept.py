"""Judgements kept per data version, so that a page shows the newest and the trend without judging again.

A judgement lies in ``<store>/quality/<version>/``: counts, rows, alarms and scores as Parquet, and what it is about.
It appears whole by a rename. One made by other rules, or in another form, counts as not made.
"""

import hashlib
import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from vardbalans.data.quality.report import Report
from vardbalans.data.quality.rules import RULES

__all__ = ["TREND", "Judgements"]

_FORMAT = 1
"""Raised when what is kept looks otherwise, or when a question or the judging of series changes."""
_META = "judgement.json"
_TABLES = ("counts", "rows", "alarms")

TREND = pa.schema(
    [
        ("version", pa.int64()),
        ("day", pa.date32()),
        ("kind", pa.string()),
        ("name", pa.string()),
        ("value", pa.float64()),
    ]
)
"""The score of one source or unit in one version."""


class Judgements:
    """The judgements kept under *root*, a store folder."""

    def __init__(self, root: Path) -> None:
        self._root = root / "quality"

    def versions(self) -> list[int]:
        """Return the versions that are judged, oldest first."""
        return [number for number in self._numbers() if self._meta(number) is not None]

    def get(self, version: int) -> Report | None:
        """Return the judgement of *version*; None where it is not made."""
        meta = self._meta(version)
        if meta is None:
            return None
        counts, rows, alarms = (pq.read_table(self._folder(version) / f"{name}.parquet") for name in _TABLES)
        untested = {(table, rule): tuple(lacking) for table, rule, lacking in meta["untested"]}
        return Report(date.fromisoformat(meta["today"]), counts, rows, alarms, untested)

    def latest(self) -> tuple[int, Report] | None:
        """Return the newest version that is judged, with its judgement."""
        versions = self.versions()
        report = self.get(versions[-1]) if versions else None
        return (versions[-1], report) if report else None

    def trend(self) -> pa.Table:
        """Return every score of every version judged (schema :data:`TREND`), oldest first."""
        found = [pq.read_table(self._folder(number) / "scores.parquet") for number in self.versions()]
        return pa.concat_tables([TREND.empty_table(), *found])

    def keep(self, version: int, report: Report) -> None:
        """Keep *report* as the judgement of *version*; it takes the place of an earlier one."""
        self._root.mkdir(parents=True, exist_ok=True)
        staging = self._root / f".{uuid4().hex}"
        staging.mkdir()
        for name in _TABLES:
            pq.write_table(getattr(report, name), staging / f"{name}.parquet", compression="zstd")
        scores = [
            {"version": version, "day": report.today, "kind": score.kind, "name": score.name, "value": score.value}
            for score in report.scores
        ]
        pq.write_table(pa.Table.from_pylist(scores, TREND), staging / "scores.parquet", compression="zstd")
        meta = {
            "format": _FORMAT,
            "rules": _digest(),
            "today": report.today.isoformat(),
            "untested": [[*place, list(lacking)] for place, lacking in sorted(report.untested.items())],
        }
        (staging / _META).write_text(json.dumps(meta), encoding="utf-8")
        shutil.rmtree(self._folder(version), ignore_errors=True)
        staging.rename(self._folder(version))

    def _folder(self, version: int) -> Path:
        return self._root / f"{version:012d}"

    def _numbers(self) -> list[int]:
        return sorted(int(path.name) for path in self._root.glob("[0-9]*")) if self._root.exists() else []

    def _meta(self, version: int) -> dict[str, Any] | None:
        path = self._folder(version) / _META
        if not path.exists():
            return None
        meta: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        # What another version of this program kept may look otherwise.
        return meta if (meta["format"], meta["rules"]) == (_FORMAT, _digest()) else None


def _digest() -> str:
    """Return what tells this rule table from another."""
    return hashlib.sha256(
        repr([(place, rule.severity, rule.broken) for place, rule in RULES.items()]).encode()
    ).hexdigest()
