"""The forms of one's own account."""

from django import forms
from django.utils.translation import gettext_lazy as _

from vardbalans.web.signing.visits import RAISED_MINUTES

__all__ = ["CodeForm", "RaiseForm"]

_CODE = {"autocomplete": "one-time-code", "inputmode": "text", "spellcheck": "false", "autocapitalize": "characters"}


class CodeForm(forms.Form):
    """A code of an app, or a recovery code."""

    code = forms.CharField(label=_("Kod"), max_length=40, widget=forms.TextInput(attrs=_CODE))


class RaiseForm(forms.Form):
    """Why rights are raised, for how long, and what proves who asks."""

    reason = forms.CharField(label=_("Skäl"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}))
    minutes = forms.TypedChoiceField(
        label=_("Minuter"), coerce=int, choices=[(minutes, str(minutes)) for minutes in RAISED_MINUTES], initial=15
    )
    proof = forms.CharField(
        label=_("Kod eller lösenfras"),
        max_length=500,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
