"""What can be permitted, and which role holds what. The only place to look for either."""

from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy

__all__ = ["PERMISSIONS_OF", "Permission", "Role"]


class Permission(StrEnum):
    """One thing a person may do with one unit and those below it."""

    BALANCE_READ = "balance.read"
    """See results, and the source rows behind them that are about no single person."""
    PATIENT_ROWS_READ = "patient_rows.read"
    """Find the rows about people behind a figure (file, row, date, what checks it), with a stated purpose; logged."""
    BALANCE_RUN = "balance.run"
    """Have the balance computed anew. It is always the whole region's, so holding this for any unit is enough."""
    NEED_ADJUST = "need.adjust"
    """Adjust the forecast of a service of the unit, with a reason."""
    PLAN_EDIT = "plan.edit"
    """Make plans of the unit, change, comment and submit them."""
    PLAN_APPROVE = "plan.approve"
    """Approve or return the unit's plans that someone else has submitted, and open an approved one again."""
    CALENDAR_EDIT = "calendar.edit"
    """Set the last days of the steps in the planning of the unit and those below it."""
    FOLLOW_UP_WRITE = "follow_up.write"
    """Freeze a month of the unit, comment on it, and keep minutes and decisions of its meetings."""
    MEASURES_EDIT = "measures.edit"
    """Write PDSA cards and set statuses of the unit's measures. That one is measured the following says, not people."""
    DATA_IMPORT = "data.import"
    """Read in data, and see what was found in them. It concerns the region, so it counts at the top of the tree."""
    ROLES_MANAGE = "roles.manage"
    """Give and end roles."""
    AUDIT_READ = "audit.read"
    """Read the audit trail."""


class Role(TextChoices):
    """A named list of permissions, given to a person for a unit and a period."""

    READER = "reader", gettext_lazy("Läsare")
    PLANNER = "planner", gettext_lazy("Planerare")
    ANALYST = "analyst", gettext_lazy("Analytiker")
    MANAGER = "manager", gettext_lazy("Chef")
    ADMINISTRATOR = "administrator", gettext_lazy("Administratör")


PERMISSIONS_OF: dict[Role, frozenset[Permission]] = {
    Role.READER: frozenset({Permission.BALANCE_READ}),
    Role.PLANNER: frozenset(
        {
            Permission.BALANCE_READ,
            Permission.BALANCE_RUN,
            Permission.NEED_ADJUST,
            Permission.PLAN_EDIT,
            Permission.FOLLOW_UP_WRITE,
            Permission.MEASURES_EDIT,
        }
    ),
    Role.ANALYST: frozenset(
        {
            Permission.BALANCE_READ,
            Permission.BALANCE_RUN,
            Permission.NEED_ADJUST,
            Permission.PLAN_EDIT,
            Permission.FOLLOW_UP_WRITE,
            Permission.MEASURES_EDIT,
            Permission.PATIENT_ROWS_READ,
            Permission.DATA_IMPORT,
        }
    ),
    Role.MANAGER: frozenset({Permission.BALANCE_READ, Permission.PLAN_APPROVE, Permission.CALENDAR_EDIT}),
    Role.ADMINISTRATOR: frozenset(
        {Permission.BALANCE_READ, Permission.ROLES_MANAGE, Permission.AUDIT_READ, Permission.CALENDAR_EDIT}
    ),
}
