"""Writes of follow-up: freeze a month, have it made again, comment, keep meetings and decisions; each is audited."""

import json
from datetime import date

from django.db import transaction
from django.utils import timezone

from vardbalans.data.identity.masking import masked
from vardbalans.data.month_figures import digest_of, month_figures, whole_months
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web.following.models import Decision, DecisionState, FrozenMonth, Meeting, MonthComment
from vardbalans.web.insight.selectors import Run
from vardbalans.web.jobs.actions import job_ask
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import Event, User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.selectors import require
from vardbalans.web.people.units import current_tree

__all__ = [
    "REMAKE",
    "decision_change",
    "decision_make",
    "meeting_save",
    "month_comment",
    "month_freeze",
    "month_remade",
    "month_remake",
]

REMAKE = "following.remake"
"""The kind of the job that makes a frozen month again."""


@transaction.atomic
def month_freeze(*, unit_id: str, month: str, run: Run, by: User) -> FrozenMonth:
    """Keep the month's figures of *run* for the unit and those below it. Raises BadInput, OutOfScope, NotPermitted.

    Only a month that is counted whole can be frozen, and once.
    """
    tree = current_tree()
    require(by, Permission.FOLLOW_UP_WRITE, unit_id, tree=tree)
    if FrozenMonth.objects.filter(unit_id=unit_id, month=month).exists():
        raise BadInput(Message("Månaden är redan fryst."))
    below = frozenset(unit.unit_id for unit in tree.below(unit_id))
    rows = run.stored.follow_up(below)
    if month not in whole_months(rows):
        raise BadInput(Message("Månaden är inte färdigräknad och kan inte frysas ännu."))
    figures = month_figures(rows, run.stored.goals(below), below, month)
    made = FrozenMonth.objects.create(
        unit_id=unit_id,
        month=month,
        frozen_by=by,
        version=run.meta["version"],
        fingerprint=run.meta["fingerprint"],
        run_id=run.meta["run_id"],
        as_of=date.fromisoformat(run.meta["as_of"]),
        seed=run.meta["seed"],
        draws=run.meta["draws"],
        goal=run.meta["goal"],
        weeks=len(run.meta["weeks"]),
        figures=json.dumps(figures, ensure_ascii=False),
        digest=digest_of(figures),
    )
    record(Event.MONTH_FROZEN, by=by, unit_id=unit_id, target=f"{month} version {made.version} {made.digest[:16]}")
    return made


@transaction.atomic
def month_remake(*, frozen: FrozenMonth, by: User) -> None:
    """Have the month's figures made again from the same data and settings. Raises OutOfScope, NotPermitted."""
    job_ask(kind=REMAKE, arguments={"frozen": frozen.pk}, unit_id=frozen.unit_id, by=by)
    record(Event.MONTH_REMADE, by=by, unit_id=frozen.unit_id, target=f"{frozen.month} version {frozen.version}")


def month_remade(*, frozen_id: int, digest: str) -> None:
    """Keep what the figures came to when they were made again; the frozen ones stay as they are."""
    FrozenMonth.objects.filter(pk=frozen_id).update(remade=digest, remade_at=timezone.now())


@transaction.atomic
def month_comment(*, unit_id: str, month: str, text: str, author: str, by: User) -> MonthComment:
    """Say something of the unit's month. Raises BadInput, OutOfScope, NotPermitted."""
    require(by, Permission.FOLLOW_UP_WRITE, unit_id, tree=current_tree())
    _without_identity(text, author)
    made = MonthComment.objects.create(unit_id=unit_id, month=month, text=text, author=author, made_by=by)
    record(Event.MONTH_COMMENTED, by=by, unit_id=unit_id, target=f"{month} comment {made.pk}")
    return made


@transaction.atomic
def meeting_save(*, meeting: Meeting, by: User) -> Meeting:
    """Keep a meeting, new or changed. Raises BadInput, OutOfScope, NotPermitted."""
    require(by, Permission.FOLLOW_UP_WRITE, meeting.unit_id, tree=current_tree())
    _without_identity(meeting.agenda, meeting.minutes)
    if meeting.pk is None:
        meeting.made_by = by
    meeting.save()
    record(Event.MEETING_SAVED, by=by, unit_id=meeting.unit_id, target=f"{meeting.kind} {meeting.held_on} {meeting.pk}")
    return meeting


@transaction.atomic
def decision_make(*, decision: Decision, by: User) -> Decision:
    """Keep a decision of its meeting. Raises BadInput, OutOfScope, NotPermitted."""
    unit_id = decision.meeting.unit_id
    require(by, Permission.FOLLOW_UP_WRITE, unit_id, tree=current_tree())
    _without_identity(decision.text, decision.owner)
    if decision.figure and (not decision.figure.startswith("/") or decision.figure.startswith("//")):
        raise BadInput(Message("Ange siffrans adress här i Vårdbalans; den börjar med /."))
    decision.made_by = by
    decision.save()
    record(Event.DECISION_MADE, by=by, unit_id=unit_id, target=f"decision {decision.pk}, due {decision.due}")
    return decision


@transaction.atomic
def decision_change(*, decision: Decision, state: str, outcome: str, by: User) -> None:
    """Say how far a decision has come. Raises BadInput, OutOfScope, NotPermitted."""
    unit_id = decision.meeting.unit_id
    require(by, Permission.FOLLOW_UP_WRITE, unit_id, tree=current_tree())
    if state not in DecisionState.values:
        raise BadInput(Message("Välj hur långt beslutet har kommit."))
    _without_identity(outcome)
    before, decision.state, decision.outcome = decision.state, state, outcome
    decision.save(update_fields=["state", "outcome"])
    record(Event.DECISION_CHANGED, by=by, unit_id=unit_id, target=f"decision {decision.pk}: {before} -> {state}")


def _without_identity(*texts: str) -> None:
    if any(masked(text) != text for text in texts):
        raise BadInput(Message("Texten liknar ett personnummer. Skriv utan personuppgifter."))
