"""What a proposal would change, row by row; and the newest verdict on a version."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from vardbalans.web.insight.selectors import Run
from vardbalans.web.jobs.models import Job, State
from vardbalans.web.jobs.selectors import progress_of
from vardbalans.web.planning import selectors
from vardbalans.web.planning.actions import Key
from vardbalans.web.planning.models import Version
from vardbalans.web.planning.page import shown
from vardbalans.web.planning.steps import CHECK, PROPOSE
from vardbalans.web.translate import said

__all__ = ["Check", "ProposalPage", "Proposed", "latest_check", "proposal_page", "proposed_cells"]


@dataclass(frozen=True)
class Proposed:
    """One service of the proposal: its year now and as proposed, and the weeks that would change."""

    service_id: str
    name: str
    now: str
    then: str
    change: Decimal
    weeks: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class ProposalPage:
    """The difference between the plan and the proposal; *same* counts the services that it leaves as they are."""

    status: str
    rows: tuple[Proposed, ...]
    same: int
    clash: tuple[str, ...]
    relaxations: tuple[str, ...]
    gap: float | None


@dataclass(frozen=True)
class Check:
    """The newest verdict: *sentences* with the number of weeks each holds in; *is_old*: the plan has changed since."""

    job: Job
    progress: Mapping[str, Any]
    sentences: tuple[tuple[str, int], ...]
    failure: str
    is_old: bool


def proposed_cells(job: Job) -> dict[Key, Decimal]:
    """Return the cells of a finished proposal."""
    return {Key(service, week): Decimal(value) for service, week, value in (job.result or {}).get("cells", ())}


def proposal_page(run: Run, version: Version, job: Job) -> ProposalPage:
    """Return what the finished proposal of *job* would change of *version* as it is now."""
    cells, proposed = selectors.cells_of(version), proposed_cells(job)
    rows, same = [], 0
    for service in selectors.services_of(run, version.plan.unit_id):
        own = {key.week: value for key, value in proposed.items() if key.service_id == service.service_id}
        now = {week: cells.get((service.service_id, week)) for week in own}
        changed = tuple(
            (week, shown(cell.value if cell else None), shown(value))
            for week, value in own.items()
            for cell in (now[week],)
            if not (cell and cell.locked) and (cell.value if cell else None) != value
        )
        if not changed:
            same += bool(own)
            continue
        before = sum((cell.value for cell in now.values() if cell and cell.value is not None), Decimal(0))
        after = sum(own.values(), Decimal(0))
        rows.append(Proposed(service.service_id, service.name, shown(before), shown(after), after - before, changed))
    result = job.result or {}
    return ProposalPage(
        result["status"],
        tuple(rows),
        same,
        tuple(said(sentence) for sentence in result["clash"]),
        tuple(said(sentence) for sentence in result["relaxations"]),
        result["gap"],
    )


def latest_check(version: Version) -> Check | None:
    """Return the verdict that was last asked for on *version*; None where nobody has asked."""
    job = Job.objects.filter(kind=CHECK, arguments__version=version.pk).order_by("-pk").first()
    if job is None:
        return None
    result = job.result or {}
    return Check(
        job,
        progress_of(job),
        tuple((said(row["sentence"]), row["weeks"]) for row in result.get("breaches", ())),
        said(job.error) if job.state == State.FAILED else "",
        bool(result) and result["revision"] != version.revision,
    )


def latest_proposal(version: Version) -> Job | None:
    """Return the proposal that was last asked for; None where nobody has asked."""
    return Job.objects.filter(kind=PROPOSE, arguments__version=version.pk).order_by("-pk").first()
