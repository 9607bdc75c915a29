"""The form of the Monday letter."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

__all__ = ["DigestForm"]


class DigestForm(forms.Form):
    """Where the letter is sent, and in which language."""

    address = forms.EmailField(
        label=_("E-postadress"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    language = forms.ChoiceField(label=_("Språk"), choices=settings.LANGUAGES)
