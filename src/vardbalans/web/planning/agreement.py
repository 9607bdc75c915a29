"""Writes of plans and versions: make, copy, submit, approve, return, open again; and comments on them.

A version is immutable once submitted. It is approved or returned by someone else than the one who submitted it, and
what comes after is a new version.
"""

import re
from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from vardbalans.data.identity.masking import masked
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web.jobs.actions import job_follow
from vardbalans.web.people import selectors as people
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import Event, User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.units import current_tree
from vardbalans.web.planning.actions import NotDraft
from vardbalans.web.planning.models import Cell, Comment, Decision, Plan, State, Version

__all__ = [
    "PUBLISH",
    "ask_before_approval",
    "comment_add",
    "comment_resolve",
    "plan_make",
    "version_approve",
    "version_copy",
    "version_reopen",
    "version_return",
    "version_submit",
]

PUBLISH = "plan.publish"
"""The kind of the job that makes an approved version the plan that is followed up."""
_ASKED: list[Callable[[Version, User, str], None]] = []
_MENTION = re.compile(r"@([\w.@+-]{2,150})")


def ask_before_approval(asked: Callable[[Version, User, str], None]) -> None:
    """Have *asked* (version, who approves, why) called before an approval; it raises BadInput to refuse it."""
    _ASKED.append(asked)


@transaction.atomic
def plan_make(*, unit_id: str, year: int, name: str, by: User) -> Version:
    """Make a plan and its first version, empty. Raises BadInput for a name that is taken, OutOfScope, NotPermitted."""
    people.require(by, Permission.PLAN_EDIT, unit_id, tree=current_tree())
    if Plan.objects.filter(unit_id=unit_id, year=year, name=name).exists():
        raise BadInput(Message("Det finns redan en plan för {year} som heter {name}.", year=year, name=name))
    plan = Plan.objects.create(unit_id=unit_id, year=year, name=name, made_by=by)
    record(Event.PLAN_MADE, by=by, unit_id=unit_id, target=f"plan {plan.pk} {year} {name}")
    return Version.objects.create(plan=plan, number=1, made_by=by)


@transaction.atomic
def version_copy(*, version: Version, name: str, by: User) -> Version:
    """Make a new draft of *version*, which stays as it is: a named version to try something in, or an old one restored.

    Raises OutOfScope or NotPermitted.
    """
    people.require(by, Permission.PLAN_EDIT, version.plan.unit_id, tree=current_tree())
    return _copied(_held(version), name=name, by=by)


@transaction.atomic
def version_submit(*, version: Version, by: User, reason: str = "") -> None:
    """Submit the draft for approval; from then on it cannot be changed. Raises BadInput for an empty one."""
    found = _decidable(version, by, Permission.PLAN_EDIT, State.DRAFT)
    if not found.cells.filter(value__isnull=False).exists():
        raise BadInput(Message("Planen är tom. Fyll i den innan den skickas in."))
    _decide(found, Decision.Kind.SUBMITTED, State.SUBMITTED, by, Permission.PLAN_EDIT, reason)


@transaction.atomic
def version_approve(*, version: Version, by: User, reason: str = "") -> None:
    """Approve what someone else has submitted. Raises BadInput where it is one's own."""
    found = _decidable(version, by, Permission.PLAN_APPROVE, State.SUBMITTED)
    _require_other(found, by)
    for asked in _ASKED:
        asked(found, by, reason)
    _decide(found, Decision.Kind.APPROVED, State.APPROVED, by, Permission.PLAN_APPROVE, reason)
    job_follow(kind=PUBLISH, arguments={"version": found.pk}, unit_id=found.plan.unit_id, by=by)


@transaction.atomic
def version_return(*, version: Version, by: User, reason: str) -> Version:
    """Return what someone else has submitted, with the reason; return the new draft to go on with."""
    found = _decidable(version, by, Permission.PLAN_APPROVE, State.SUBMITTED)
    _require_other(found, by)
    _require_reason(reason)
    _decide(found, Decision.Kind.RETURNED, State.RETURNED, by, Permission.PLAN_APPROVE, reason)
    return _copied(found, name=found.name, by=found.made_by)


@transaction.atomic
def version_reopen(*, version: Version, by: User, reason: str) -> Version:
    """Open an approved version again, with the reason: it stays as agreed, and the new draft says where it is from."""
    found = _decidable(version, by, Permission.PLAN_APPROVE, State.APPROVED)
    _require_reason(reason)
    _decide(found, Decision.Kind.REOPENED, State.APPROVED, by, Permission.PLAN_APPROVE, reason)
    return _copied(found, name=found.name, by=by)


@transaction.atomic
def comment_add(*, version: Version, service_id: str, week: str, text: str, by: User) -> Comment:
    """Comment a cell, a row, a week or the plan; whoever is named with @ and may read the unit is mentioned."""
    plan, tree = version.plan, current_tree()
    people.require(by, Permission.BALANCE_READ, plan.unit_id, tree=tree)
    if not text.strip():
        raise BadInput(Message("Skriv något i kommentaren."))
    _require_no_identity(text)
    comment = Comment.objects.create(
        plan=plan, version=version, service_id=service_id, week=week, text=text.strip(), by=by
    )
    named = User.objects.filter(username__in=set(_MENTION.findall(text)), is_active=True)
    comment.mentioned.set(
        user for user in named if plan.unit_id in people.scope_of(user, Permission.BALANCE_READ, tree=tree)
    )
    where = f"plan {plan.pk} {service_id} {week}".strip()
    record(Event.PLAN_COMMENTED, by=by, unit_id=plan.unit_id, target=where[:400])
    return comment


@transaction.atomic
def comment_resolve(*, comment: Comment, by: User) -> None:
    """Mark the comment as resolved, once."""
    people.require(by, Permission.BALANCE_READ, comment.plan.unit_id, tree=current_tree())
    found = Comment.objects.filter(pk=comment.pk, resolved_at__isnull=True)
    if found.update(resolved_at=timezone.now(), resolved_by=by):
        what = f"plan {comment.plan_id} comment {comment.pk} resolved"
        record(Event.PLAN_COMMENTED, by=by, unit_id=comment.plan.unit_id, target=what)


def _held(version: Version) -> Version:
    return Version.objects.select_for_update(of=("self",)).select_related("plan").get(pk=version.pk)


def _decidable(version: Version, by: User, permission: Permission, state: State) -> Version:
    found = _held(version)
    people.require(by, permission, found.plan.unit_id, tree=current_tree())
    if found.state != state:
        raise NotDraft(Message("Versionen är inte längre i det läge som beslutet gäller. Visa sidan på nytt."))
    return found


def _require_other(version: Version, by: User) -> None:
    """Two people: one submits, another decides."""
    submitted = version.decisions.filter(kind=Decision.Kind.SUBMITTED).order_by("-pk").first()
    if submitted and submitted.by_id == by.pk:
        raise BadInput(Message("Den som har skickat in planen kan inte själv besluta om den. Be en annan chef."))


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise BadInput(Message("Skriv varför, så att den som planerar vet vad som ska ändras."))


def _require_no_identity(text: str) -> None:
    if masked(text) != text:
        raise BadInput(Message("Texten liknar ett personnummer. Skriv utan personuppgifter."))


def _decide(version: Version, kind: Decision.Kind, state: State, by: User, permission: Permission, reason: str) -> None:
    plan = version.plan
    _require_no_identity(reason)
    role = people.role_through(by, permission, plan.unit_id, tree=current_tree())
    Decision.objects.create(version=version, kind=kind, by=by, role=role, reason=reason.strip()[:400])
    version.state = state
    version.save(update_fields=["state"])
    what = f"plan {plan.pk} v{version.number}: {kind}"
    record(Event.PLAN_DECIDED, by=by, unit_id=plan.unit_id, target=what, reason=reason.strip()[:400])


def _copied(version: Version, *, name: str, by: User) -> Version:
    plan = version.plan
    # The plan's row is held, so that two copies at once do not get the same number.
    Plan.objects.select_for_update().get(pk=plan.pk)
    last = plan.versions.order_by("-number").values_list("number", flat=True)[0]
    new = Version.objects.create(plan=plan, number=last + 1, name=name, based_on=version, made_by=by)
    cells = [
        Cell(
            version=new,
            service_id=cell.service_id,
            week=cell.week,
            value=cell.value,
            locked=cell.locked,
            source=cell.source,
        )
        for cell in version.cells.all()
    ]
    Cell.objects.bulk_create(cells, batch_size=500)
    record(Event.PLAN_MADE, by=by, unit_id=plan.unit_id, target=f"plan {plan.pk} v{new.number} from v{version.number}")
    return new
