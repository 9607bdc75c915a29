"""The form of the steps' last days."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vardbalans.web.rhythm.process import STEPS

__all__ = ["DatesForm"]

_DAY = "%Y-%m-%d"


class DatesForm(forms.Form):
    """The last day of each step that has one, and what decides them."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for step in STEPS:
            if not step.weekly:
                widget = forms.DateInput(attrs={"type": "date"}, format=_DAY)
                self.fields[step.key] = forms.DateField(label=str(step.name), input_formats=[_DAY], widget=widget)
        self.fields["source"] = forms.CharField(label=_("Vad bestämmer datumen?"), max_length=400)

    @property
    def dates(self) -> dict[str, date]:
        """Return the day of each step, cleaned."""
        return {name: value for name, value in self.cleaned_data.items() if name != "source"}
