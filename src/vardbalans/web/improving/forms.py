"""The forms of the page Åtgärder."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vardbalans.data.improving.writing import STEPS, indicators_of
from vardbalans.engine.improving import AnalysisPlan
from vardbalans.web import store
from vardbalans.web.improving import sentences
from vardbalans.web.translate import kept, said

__all__ = ["CardForm", "PlanForm", "StatusForm"]

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


class PlanForm(forms.Form):
    """An analysis plan: what is followed, when the verdict is taken, and when the measure is given up."""

    indicator = forms.ChoiceField(label=_("Indikator"))
    better = forms.ChoiceField(label=_("Bättre är"), choices=[("lower", _("lägre")), ("higher", _("högre"))])
    periods_after = forms.IntegerField(
        label=_("Omdömet tas efter så många hela månader"), min_value=1, max_value=120, initial=12
    )
    stop_after = forms.IntegerField(
        label=_("Avslutas utan visad effekt efter så många (tomt: aldrig av sig själv)"),
        min_value=1,
        max_value=120,
        required=False,
    )
    comparison = forms.CharField(
        label=_("Jämförs med enheterna (id med semikolon; tomt: alla som inte har börjat)"),
        max_length=1000,
        required=False,
    )
    method = forms.ChoiceField(label=_("Metod"), required=False)
    author = forms.CharField(label=_("Avsändare"), max_length=100)

    prefix = "plan"

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        names = [(key, sentences.indicator_name(key)) for key in indicators_of(store.lake())]
        self.fields["indicator"].choices = names  # type: ignore[attr-defined]
        self.fields["method"].choices = [("", _("enligt regel")), *sentences.methods().items()]  # type: ignore[attr-defined]

    def plan(self, measure_id: str, fixed: date) -> AnalysisPlan:
        """Return the plan that was filled in. Raises BadInput where its months contradict each other."""
        given = self.cleaned_data
        others = tuple(filter(None, (name.strip() for name in given["comparison"].split(";"))))
        return AnalysisPlan(
            measure_id,
            given["indicator"],
            given["better"],
            given["periods_after"],
            fixed,
            given["stop_after"],
            others,
            given["method"] or None,
        )


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
