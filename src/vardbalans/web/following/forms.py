"""The forms of follow-up: a comment, a meeting, a decision."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy

from vardbalans.web.following.models import Decision, Meeting, MonthComment

__all__ = ["CommentForm", "DecisionForm", "MeetingForm"]

_DAY = "%Y-%m-%d"


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format=_DAY)


class CommentForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is said of a month, and by which function."""

    class Meta:
        model = MonthComment
        fields = ("text", "author")
        labels: ClassVar[dict[str, Any]] = {"text": gettext_lazy("Kommentar"), "author": gettext_lazy("Funktion")}
        widgets: ClassVar[dict[str, Any]] = {"text": forms.Textarea(attrs={"rows": 3})}


class MeetingForm(forms.ModelForm):  # type: ignore[type-arg]
    """A meeting: its kind, day, agenda and minutes."""

    held_on = forms.DateField(label=gettext_lazy("Dag"), input_formats=[_DAY], widget=_day())

    class Meta:
        model = Meeting
        fields = ("kind", "held_on", "agenda", "minutes")
        labels: ClassVar[dict[str, Any]] = {
            "kind": gettext_lazy("Slag av möte"),
            "agenda": gettext_lazy("Dagordning"),
            "minutes": gettext_lazy("Minnesanteckningar"),
        }
        widgets: ClassVar[dict[str, Any]] = {
            "agenda": forms.Textarea(attrs={"rows": 6}),
            "minutes": forms.Textarea(attrs={"rows": 8}),
        }


class DecisionForm(forms.ModelForm):  # type: ignore[type-arg]
    """A decision: what, who, when, and what it rests on."""

    due = forms.DateField(label=gettext_lazy("Klart senast"), input_formats=[_DAY], widget=_day())

    class Meta:
        model = Decision
        fields = ("text", "owner", "due", "figure", "scenario")
        labels: ClassVar[dict[str, Any]] = {
            "text": gettext_lazy("Beslut"),
            "owner": gettext_lazy("Ansvarig funktion"),
            "figure": gettext_lazy("Siffrans adress"),
            "scenario": gettext_lazy("Scenarie"),
        }
        widgets: ClassVar[dict[str, Any]] = {"text": forms.Textarea(attrs={"rows": 3})}
