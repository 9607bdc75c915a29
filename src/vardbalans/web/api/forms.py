"""The form of a new integration."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vardbalans.web.api.actions import LENDABLE
from vardbalans.web.people.permissions import Permission

__all__ = ["IntegrationForm", "permission_names"]


def permission_names() -> dict[Permission, Any]:
    """Return what each permission that a token can lend is called."""
    return {
        Permission.BALANCE_READ: _("Läsa siffror och planer"),
        Permission.BALANCE_RUN: _("Låta räkna balansen"),
        Permission.PLAN_EDIT: _("Ändra i planer"),
        Permission.DATA_IMPORT: _("Skicka in och läsa in data (kräver hela regionen)"),
        Permission.PATIENT_ROWS_READ: _("Läsa rader om enskilda, med ändamål; varje läsning loggas"),
    }


class IntegrationForm(forms.Form):
    """What a system is called, for which unit it calls, what it may do, and until when."""

    name = forms.CharField(label=_("Systemets namn"), max_length=120)
    unit_id = forms.ChoiceField(label=_("Enhet, med dem under den"))
    permissions = forms.MultipleChoiceField(label=_("Behörigheter"), widget=forms.CheckboxSelectMultiple)
    last_day = forms.DateField(
        label=_("Sista dag"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d"],
    )

    def __init__(self, *args: Any, units: list[tuple[str, Any]], **more: Any) -> None:
        first = {"permissions": [Permission.BALANCE_READ], "last_day": timezone.localdate() + timedelta(days=365)}
        super().__init__(*args, **{"initial": first} | more)
        names = permission_names()
        self.fields["unit_id"].choices = units  # type: ignore[attr-defined]
        self.fields["permissions"].choices = [(each.value, names[each]) for each in LENDABLE]  # type: ignore[attr-defined]

    def clean_permissions(self) -> list[Permission]:
        """Return the permissions chosen."""
        return [Permission(text) for text in self.cleaned_data["permissions"]]

    @property
    def expires_at(self) -> datetime:
        """Return the moment after the last day."""
        day = self.cleaned_data["last_day"] + timedelta(days=1)
        return timezone.make_aware(datetime.combine(day, time()))
