"""The forms of intake."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from vardbalans.data.read import SUFFIXES
from vardbalans.data.tables import TABLES
from vardbalans.engine.messages import Message
from vardbalans.web.headings import table_title
from vardbalans.web.intake import profiling
from vardbalans.web.intake.adjusting import typed_number
from vardbalans.web.intake.receiving import IncomingFile, refusals
from vardbalans.web.ordering import swedish_order
from vardbalans.web.translate import kept, said

__all__ = ["AdjustmentForm", "DeliveryForm", "ProfileForm", "SampleForm", "profile_choices"]

_ACCEPT = ",".join(dict.fromkeys(f".{suffix.rsplit('.', 1)[1]}" for suffix in SUFFIXES))


def _day() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


def _number(text: str) -> float | None:
    """Return the number that *text* writes in a Swedish or an English form; None for nothing."""
    if not text.strip():
        return None
    value = typed_number(text)
    if value is None:
        raise ValidationError(_("Skriv ett tal, till exempel 4 eller 1,05."))
    return value


class _FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class _FilesField(forms.FileField):
    """Files, judged by name, content and size; *too_large* names those that were dropped on their way in."""

    too_large: Sequence[str] = ()

    def clean(self, data: Any, initial: Any = None) -> list[IncomingFile]:  # noqa: ARG002 - Django's signature
        """Return the files. Raises ValidationError with a sentence per reason."""
        files = [file for file in (data if isinstance(data, list | tuple) else [data]) if file]
        problems = refusals(files, self.too_large)
        if not files and not problems:
            problems = [Message("Välj minst en fil.")]
        if problems:
            raise ValidationError([said(kept(problem)) for problem in problems])
        return files


class _UploadForm(forms.Form):
    """A form that brings files; *too_large* are the names of those that were dropped on their way in."""

    def __init__(self, *args: Any, too_large: Sequence[str] = (), **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["sent"].too_large = too_large  # type: ignore[attr-defined]


class DeliveryForm(_UploadForm):
    """The files of a delivery, and how they are read."""

    sent = _FilesField(label=_("Filer"), widget=_FilesInput(attrs={"accept": _ACCEPT, "multiple": True}))
    profile = forms.ChoiceField(label=_("Hur ska filerna läsas?"), required=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["profile"].choices = profile_choices()  # type: ignore[attr-defined]


class SampleForm(_UploadForm):
    """One file that shows what a source looks like."""

    sent = _FilesField(label=_("Exempelfil"), widget=forms.FileInput(attrs={"accept": _ACCEPT}))
    table = forms.ChoiceField(label=_("Vad innehåller filen?"), required=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        titles = sorted(((name, table_title(name)) for name in TABLES), key=lambda pair: swedish_order(pair[1]))
        self.fields["table"].choices = [("", _("Låt Vårdbalans föreslå")), *titles]  # type: ignore[attr-defined]


class AdjustmentForm(forms.Form):
    """One adjustment of a forecast: from and to when, by how much, whose judgement it is and why.

    The level it is judged from is no field: it is the person's.
    """

    date_from = forms.DateField(label=_("Från och med"), input_formats=["%Y-%m-%d"], widget=_day())
    date_to = forms.DateField(label=_("Till och med"), input_formats=["%Y-%m-%d"], widget=_day())
    per_week = forms.CharField(label=_("Antal fler per vecka"), required=False, max_length=20)
    factor = forms.CharField(label=_("Faktor på prognosen"), required=False, max_length=20)
    author = forms.CharField(label=_("Avsändare"), max_length=100)
    reason = forms.CharField(label=_("Skäl"), max_length=400, widget=forms.Textarea(attrs={"rows": 3}))

    def clean_per_week(self) -> float | None:
        """Return the number that was meant. Raises ValidationError."""
        return _number(self.cleaned_data["per_week"])

    def clean_factor(self) -> float | None:
        """Return the factor that was meant. Raises ValidationError."""
        factor = _number(self.cleaned_data["factor"])
        if factor is not None and factor < 0:
            raise ValidationError(_("Faktorn måste vara noll eller mer."))
        return factor

    def clean(self) -> dict[str, Any]:
        """Return what was given when it says one thing. Raises ValidationError."""
        given = super().clean() or {}
        if {"per_week", "factor"} <= given.keys() and (given["per_week"] is None) == (given["factor"] is None):
            self.add_error("per_week", _("Ange antingen antal per vecka eller faktor."))
        if {"date_from", "date_to"} <= given.keys() and given["date_to"] < given["date_from"]:
            self.add_error("date_to", _("Sista dagen ligger före den första."))
        return given


class ProfileForm(forms.Form):
    """The name of a profile, and how its source writes dates and decimals."""

    name = forms.RegexField(
        label=_("Profilens namn"),
        regex=r"^[a-zåäö0-9]+(-[a-zåäö0-9]+)*$",
        max_length=60,
        error_messages={
            "invalid": _("Använd små bokstäver, siffror och bindestreck, till exempel cosmic-besok."),
            "required": _("Ge profilen ett namn."),
        },
    )


def profile_choices() -> list[tuple[str, Any]]:
    """Return the ways to read files: by our own headings, or by a profile."""
    own = ("", _("Efter rubrikerna i Vårdbalans mallar"))
    return [own, *((name, f"{name}: {said(kept(sentence))}") for name, sentence in profiling.known())]
