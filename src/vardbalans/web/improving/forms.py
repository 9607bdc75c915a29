"""The forms of the page Åtgärder."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vardbalans.data.improving.writing import STEPS
from vardbalans.web.improving import sentences
from vardbalans.web.translate import kept, said

__all__ = ["CardForm", "StatusForm"]

_OWN = ("idea", "pilot", "in_plan", "stopped")  # that a measure is measured is not people's to say


class CardForm(forms.Form):
    """One PDSA card: the cycle, the step, and what is said of it."""

    cycle = forms.IntegerField(label=_("Varv"), min_value=1, max_value=999, initial=1)
    step = forms.ChoiceField(label=_("Steg"))
    text = forms.CharField(label=_("Vad"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    author = forms.CharField(label=_("Avsändare"), max_length=100)

    prefix = "card"

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choices = [(key, said(kept(name))) for key, name in STEPS.items()]
        self.fields["step"].choices = choices  # type: ignore[attr-defined]


class StatusForm(forms.Form):
    """A status, with the reason and who says it."""

    status = forms.ChoiceField(label=_("Status"))
    reason = forms.CharField(label=_("Skäl"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}))
    author = forms.CharField(label=_("Avsändare"), max_length=100)

    prefix = "status"

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        names = sentences.statuses()
        self.fields["status"].choices = [(key, names[key]) for key in _OWN]  # type: ignore[attr-defined]
