"""Reads of frozen months, comments, meetings and decisions; those of a unit are for whoever may read its results."""

from collections.abc import Collection
from datetime import date

from django.db.models import QuerySet

from vardbalans.engine.periods import Period
from vardbalans.web.following.models import Decision, DecisionState, FrozenMonth, Meeting, MonthComment

__all__ = ["comments_on", "decisions_of", "frozen_month", "meetings_of", "open_decisions"]


def frozen_month(unit_id: str, month: str) -> FrozenMonth | None:
    """Return the month as it was frozen for the unit; None where it is not."""
    return FrozenMonth.objects.filter(unit_id=unit_id, month=month).first()


def comments_on(unit_id: str, month: str) -> QuerySet[MonthComment]:
    """Return what is said of the unit's month, the oldest first."""
    return MonthComment.objects.filter(unit_id=unit_id, month=month).order_by("pk")


def meetings_of(unit_id: str) -> QuerySet[Meeting]:
    """Return the unit's meetings, the latest first."""
    return Meeting.objects.filter(unit_id=unit_id)


def decisions_of(unit_ids: Collection[str], month: str) -> QuerySet[Decision]:
    """Return the decisions of meetings held by the end of the month after *month*: when it is followed up."""
    until: date = Period.parse(month).next().end
    found = Decision.objects.filter(meeting__unit_id__in=list(unit_ids), meeting__held_on__lt=until)
    return found.select_related("meeting")


def open_decisions(unit_ids: Collection[str]) -> QuerySet[Decision]:
    """Return what is left to do of all that has been decided, the first due first."""
    found = Decision.objects.filter(meeting__unit_id__in=list(unit_ids))
    return found.filter(state__in=[DecisionState.OPEN, DecisionState.UNDER_WAY]).select_related("meeting")
