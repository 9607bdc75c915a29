"""The forms of log-in."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts
from django.utils.translation import gettext_lazy as _

__all__ = ["ChangePassphraseForm", "LogInForm", "PassphraseForm"]


class LogInForm(forms.Form):
    """User name and passphrase."""

    username = forms.CharField(
        label=_("Användarnamn"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    passphrase = forms.CharField(
        label=_("Lösenfras"),
        strip=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class PassphraseForm(forms.Form):
    """A new passphrase, twice."""

    passphrase = forms.CharField(
        label=_("Ny lösenfras"),
        strip=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("Samma en gång till"),
        strip=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    @property
    def rules(self) -> list[str]:
        """Return what a passphrase must satisfy, one sentence each."""
        return password_validators_help_texts()

    def clean(self) -> dict[str, Any]:
        """Refuse two passphrases that differ."""
        values = super().clean() or {}
        if {"passphrase", "again"} <= set(values) and values["passphrase"] != values["again"]:
            self.add_error("again", _("Lösenfraserna är inte lika. Skriv samma i båda rutorna."))
        return values


class ChangePassphraseForm(PassphraseForm):
    """A new passphrase, twice, after the present one."""

    present = forms.CharField(
        label=_("Nuvarande lösenfras"),
        strip=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
