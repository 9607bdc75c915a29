"""Where the browser's import meets :mod:`vardbalans.data.intake`: the one place that knows what a preview holds."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from heapq import nlargest
from pathlib import Path
from typing import Any

from vardbalans.data import intake
from vardbalans.data.findings import Finding
from vardbalans.data.lake import HeadMoved, MonthTotal, Version
from vardbalans.data.read import UPLOAD
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web import clock, store
from vardbalans.web.translate import kept

__all__ = ["commit", "described", "head_moved", "prepared", "require_same", "stored_before"]

MONTHS_KEPT = 60
"""How many units and months are kept per table, those that change most: a region has tens of thousands."""

Document = dict[str, Any]


@contextmanager
def prepared(paths: Sequence[Path], profile: str, progress: intake.Progress) -> Iterator[intake.Preview]:
    """Read, check and compare the files; the preview's rows lie on disk for as long as the block lasts.

    *progress* may raise to stop it.
    """
    lake, today = store.lake(), clock.today()
    with intake.prepare(lake, paths, profile or None, today=today, limits=UPLOAD, progress=progress) as preview:
        yield preview


def described(preview: intake.Preview) -> Document:
    """Return what the pages say of *preview*, as JSON: counts per table, months, findings, files, fingerprint."""
    return {
        "base": preview.base,
        "fingerprint": preview.fingerprint,
        "has_errors": preview.has_errors,
        "files": [asdict(file) for file in preview.files],
        "tables": preview.summary(),
        "months": _months(preview),
        "findings": [_finding(finding) for finding in preview.findings],
    }


def require_same(preview: intake.Preview, shown: Document) -> None:
    """Return when *preview* is what was shown. Raises HeadMoved, FileChanged, or BadInput for anything else."""
    if preview.fingerprint == shown["fingerprint"]:
        return
    if preview.base != shown["base"]:
        raise head_moved(preview.base, shown["base"])
    before = {file["name"]: file["sha256"] for file in shown["files"]}
    for file in preview.files:
        if before.get(file.name) != file.sha256:
            raise intake.FileChanged.since_preview(file.name)
    raise BadInput(Message("Leveransen är inte längre den som visades. Förhandsgranska igen."))


def head_moved(now: int | None, shown: int | None) -> HeadMoved:
    """Return the error that says that someone stored a version since the preview."""
    return HeadMoved(
        Message(
            "Någon annan har läst in data under tiden: lagret är nu på version {now}, inte {expected}. "
            "Förhandsgranska igen.",
            now=now or "–",
            expected=shown or "–",
        )
    )


def commit(preview: intake.Preview, *, by: str, at: datetime) -> Version:
    """Store *preview* as one version; the head when there is nothing new in it."""
    return intake.commit(store.lake(), preview, by=by, at=at)


def stored_before(base: int | None, *, by: str, at: datetime) -> Version | None:
    """Return the version that an earlier attempt at the same import made on top of *base*; None when none did.

    An attempt is told by its time and its person: the time is when the import was asked for, the same in every attempt.
    """
    number, head = (base or 0) + 1, store.lake().head()
    if head is None or head.number < number:
        return None
    found = store.lake().version(number)
    return found if (found.by, found.at) == (by, at) else None


def _months(preview: intake.Preview) -> dict[str, Document]:
    """Return per table how many units and months change, and those that change most."""
    changing: dict[str, list[MonthTotal]] = defaultdict(list)
    for total in preview.months(store.lake()):
        if total.difference:
            changing[total.table].append(total)
    return {
        table: {
            "count": len(totals),
            "rows": [
                {**asdict(total), "difference": total.difference}
                for total in nlargest(MONTHS_KEPT, totals, key=lambda total: abs(total.difference))
            ],
        }
        for table, totals in changing.items()
    }


def _finding(finding: Finding) -> Document:
    """Return *finding* with its sentence kept as template and values."""
    return finding.as_dict() | {"message": kept(finding.message)}
