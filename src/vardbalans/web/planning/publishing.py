"""An approved version becomes data: what a follow-up compares with, on the page and on the command line."""

from collections import defaultdict

from django.utils import translation

from vardbalans.data.agreed import plan_is_stored, plan_rows
from vardbalans.data.lake import HeadMoved
from vardbalans.engine.follow_up import Approved
from vardbalans.engine.periods import Period
from vardbalans.web import store
from vardbalans.web.people.units import current_tree
from vardbalans.web.planning.models import Decision, State, Version

__all__ = ["approved_version", "decision_on", "published"]

_MOST_ATTEMPTS = 5


def published(version: Version) -> int:
    """Store what *version* promises as rows of the data, once; return the data version that holds it.

    The rows name the function that approved the plan, never the person: who it was stands with the plan.
    """
    plan, attempt = version.plan, 0
    approved = _approved(version)
    while True:
        lake = store.lake()
        head = lake.required_head()
        if plan_is_stored(lake, head, plan.unit_id, plan.name, plan.year, version.number):
            return head.number
        first = approved[0][1]
        try:
            rows = {"agreed_plans": plan_rows(approved)}
            return lake.commit(rows, by=first.by, at=first.at, expected_head=head.number).number
        except HeadMoved:  # someone stored a version meanwhile
            attempt += 1
            if attempt == _MOST_ATTEMPTS:
                raise


def _approved(version: Version) -> list[tuple[str, Approved]]:
    plan = version.plan
    decision = decision_on(version)
    unit = current_tree().units.get(plan.unit_id)
    with translation.override("sv"):
        by = f"{decision.role_name}, {unit.name if unit else plan.unit_id}"
    slots: dict[str, dict[Period, float]] = defaultdict(dict)
    for cell in version.cells.filter(value__isnull=False).order_by("service_id", "week"):
        slots[cell.service_id][Period.parse(cell.week)] = float(cell.value or 0)
    return [
        (service, Approved(plan.unit_id, plan.name, version.number, plan.year, weeks, by, decision.at))
        for service, weeks in slots.items()
    ]


def approved_version(unit_id: str, name: str, year: int, number: int) -> Version | None:
    """Return the approved version that rows of the data name; None where the plan was brought in from elsewhere."""
    found = Version.objects.filter(plan__unit_id=unit_id, plan__name=name, plan__year=year, number=number)
    return found.filter(state=State.APPROVED).select_related("plan").first()


def decision_on(version: Version) -> Decision:
    """Return the decision that approved *version*, with who made it."""
    return version.decisions.filter(kind=Decision.Kind.APPROVED).select_related("by", "version").order_by("-pk")[0]
