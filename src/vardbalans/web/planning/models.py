"""Plans, their versions, the cells of a version, every step that changed one, comments and decisions.

A cell without a row, or whose value is null, is empty: missing is never zero. Values are exact decimals.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vardbalans.web.people.models import User
from vardbalans.web.people.permissions import Role

__all__ = [
    "Cell",
    "Change",
    "Comment",
    "Decision",
    "Plan",
    "Source",
    "Standing",
    "State",
    "Step",
    "StepKind",
    "Version",
]


class State(models.TextChoices):
    """Where a version is on its way to agreement. Only a draft can be changed."""

    DRAFT = "draft", _("Utkast")
    SUBMITTED = "submitted", _("Inskickad")
    APPROVED = "approved", _("Godkänd")
    RETURNED = "returned", _("Återsänd")


class Source(models.TextChoices):
    """Where the value of a cell comes from."""

    TYPED = "typed", _("skriven")
    PROPOSAL = "proposal", _("förslag")
    SPREAD = "spread", _("fördelad")
    IMPORTED = "imported", _("inläst")


class StepKind(models.TextChoices):
    """What a planner did in one step."""

    TYPED = "typed", _("skrev")
    PASTED = "pasted", _("klistrade in")
    FILLED = "filled", _("fyllde")
    CLEARED = "cleared", _("tömde")
    LOCKED = "locked", _("låste eller låste upp")
    PROPOSAL = "proposal", _("tog förslaget")
    SPREAD = "spread", _("fördelade årets antal")
    IMPORTED = "imported", _("läste in från Excel")
    UNDO = "undo", _("ångrade")
    REDO = "redo", _("gjorde om")


class Standing(models.TextChoices):
    """Whether a step stands, has been undone and may be done again, or has been undone for good."""

    DONE = "done", "done"
    UNDONE = "undone", "undone"
    DROPPED = "dropped", "dropped"


class Plan(models.Model):
    """One plan of a unit and those below it, for the ISO weeks of a year."""

    unit_id = models.CharField(max_length=200)
    year = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["unit_id", "year", "name"], name="plan_name_is_its_own"),
            models.CheckConstraint(condition=Q(year__gte=2000, year__lte=2199), name="plan_year_is_a_year"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(unit_id=""), name="plan_has_name_and_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.year} {self.name}"


class Version(models.Model):
    """A version of a plan. *revision* counts its steps, so that a save can say which state it was made from."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.DRAFT)
    revision = models.PositiveIntegerField(default=0)
    based_on = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["plan", "number"], name="plan_version_number_is_its_own"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="plan_version_state_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} v{self.number}"

    @property
    def is_draft(self) -> bool:
        """Tell whether the version may still be changed."""
        return self.state == State.DRAFT


class Cell(models.Model):
    """What is planned of one service in one week of a version. A locked cell is kept by all but its planner's hand."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="cells")
    service_id = models.CharField(max_length=200)
    week = models.CharField(max_length=8)
    value = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    locked = models.BooleanField(default=False)
    source = models.CharField(max_length=16, choices=Source.choices, default=Source.TYPED)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "service_id", "week"], name="plan_cell_is_one"),
            models.CheckConstraint(condition=Q(value__isnull=True) | Q(value__gte=0), name="plan_cell_not_negative"),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="plan_cell_source_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} {self.week}"


class Step(models.Model):
    """What a planner did at one time: one paste, one fill, one typed value. Undone and redone as a whole.

    *token* is the browser's own name of the step: sent twice, because an answer was lost, it is done once.
    """

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="steps")
    revision = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=StepKind.choices)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=400, blank=True)
    token = models.CharField(max_length=64, null=True)
    standing = models.CharField(max_length=16, choices=Standing.choices, default=Standing.DONE)
    of = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "revision"], name="plan_step_revision_is_its_own"),
            models.UniqueConstraint(fields=["version", "token"], name="plan_step_is_done_once"),
            models.CheckConstraint(condition=Q(kind__in=StepKind.values), name="plan_step_kind_is_known"),
            models.CheckConstraint(condition=Q(standing__in=Standing.values), name="plan_step_standing_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} r{self.revision} {self.kind}"


class Change(models.Model):
    """What a step did to one cell: from what, to what."""

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="changes")
    service_id = models.CharField(max_length=200)
    week = models.CharField(max_length=8)
    before = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    after = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    locked_before = models.BooleanField()
    locked_after = models.BooleanField()
    source_before = models.CharField(max_length=16)
    source_after = models.CharField(max_length=16)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["service_id", "week"], name="plan_change_of_cell")
        ]

    def __str__(self) -> str:
        return f"{self.service_id} {self.week}"


class Comment(models.Model):
    """A comment on a cell, a row (no week), a week (no service) or the whole plan (neither).

    It belongs to the plan and so follows to every new version; *version* is where it was written.
    """

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="comments")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    service_id = models.CharField(max_length=200, blank=True)
    week = models.CharField(max_length=8, blank=True)
    text = models.CharField(max_length=2000)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    mentioned = models.ManyToManyField(User, related_name="mentioned_in")
    resolved_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    service_name: str = ""
    """What the service is called, where a page says so; not kept."""

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(resolved_by__isnull=True, resolved_at__isnull=True)
                | Q(resolved_by__isnull=False, resolved_at__isnull=False),
                name="plan_comment_resolved_by_someone",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="plan_comment_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.at:%Y-%m-%d %H:%M}"


class Decision(models.Model):
    """A version submitted, approved or returned, or opened again as a new one: by whom, in which role, and why."""

    class Kind(models.TextChoices):
        """What was decided."""

        SUBMITTED = "submitted", _("skickade in")
        APPROVED = "approved", _("godkände")
        RETURNED = "returned", _("återsände")
        REOPENED = "reopened", _("öppnade på nytt")

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="decisions")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=32)
    at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=~Q(kind__in=["returned", "reopened"]) | ~Q(reason=""), name="plan_decision_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.kind}"

    @property
    def role_name(self) -> str:
        """Return the name of the role that it was decided in."""
        return str(Role(self.role).label)
