"""What the page of a plan says of its agreement, and what the reader may do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vardbalans.web.people.models import User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.planning import selectors
from vardbalans.web.planning.models import Comment, Decision, State, Version

__all__ = ["AgreementPage", "agreement_page"]


@dataclass(frozen=True)
class AgreementPage:
    """*before*: why the version that this one is made of was returned or opened again.

    *own*: it awaits a decision that the reader could take, had they not submitted it themselves.
    """

    decisions: Sequence[Decision]
    before: Sequence[Decision]
    newest: Version
    comments: Sequence[Comment]
    may_plan: bool
    may_decide: bool
    may_reopen: bool
    own: bool


def agreement_page(user: User, version: Version, names: Mapping[str, str]) -> AgreementPage:
    """Return the agreement of *version* as *user* sees it; *names* are those of the services by id."""
    plan = version.plan
    comments = [row for row in selectors.comments_of(plan) if row.resolved_at is None]
    for comment in comments:
        comment.service_name = names.get(comment.service_id, comment.service_id)
    decisions = list(version.decisions.select_related("by").order_by("pk"))
    told = (Decision.Kind.RETURNED, Decision.Kind.REOPENED)
    based_on = version.based_on
    before = based_on.decisions.filter(kind__in=told).select_related("by").order_by("pk") if based_on else ()
    approver = selectors.may(user, Permission.PLAN_APPROVE, plan.unit_id)
    awaits = approver and version.state == State.SUBMITTED
    own = next((row.by == user for row in reversed(decisions) if row.kind == Decision.Kind.SUBMITTED), False)
    return AgreementPage(
        decisions,
        tuple(before),
        plan.versions.order_by("-number")[0],
        comments,
        selectors.may(user, Permission.PLAN_EDIT, plan.unit_id),
        awaits and not own,
        approver and version.state == State.APPROVED,
        awaits and own,
    )
