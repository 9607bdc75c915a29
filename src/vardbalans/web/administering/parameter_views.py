"""The page of parameters, and the form of a new value."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from vardbalans.data.tables import TABLES
from vardbalans.web.administering import parameters
from vardbalans.web.headings import column_choices
from vardbalans.web.intake.adjusting import typed_number
from vardbalans.web.jobs.selectors import job_of, progress_of
from vardbalans.web.people.access import needs_for_region, person, signed_in
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.selectors import holds_for_region
from vardbalans.web.people.units import current_tree
from vardbalans.web.translate import said


class ParameterForm(forms.Form):
    """A new value of a parameter, from a day."""

    kind = forms.ChoiceField(label=_("Slag"))
    applies_to = forms.ChoiceField(label=_("Gäller"), required=False)
    name = forms.CharField(label=_("Namn"), max_length=200)
    value = forms.CharField(label=_("Värde"), max_length=30)
    unit = forms.CharField(label=_("Måttenhet"), max_length=50)
    valid_from = forms.DateField(
        label=_("Gäller från"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    source = forms.CharField(label=_("Källa: lagrum, avtal eller beslut"), max_length=300)
    reason = forms.CharField(label=_("Skäl"), max_length=400)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, empty in (("kind", []), ("applies_to", [("", "–")])):
            choices = [*empty, *column_choices(TABLES["rules"].column(name)).items()]
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean_value(self) -> float:
        """Return the number that was typed."""
        value = typed_number(self.cleaned_data["value"])
        if value is None:
            raise forms.ValidationError(_("Skriv ett tal, till exempel 4 eller 1,05."))
        return value


@signed_in
@require_GET
def show_parameters(request: HttpRequest) -> HttpResponse:
    """List every dated parameter with its source, who brought it and when."""
    may = holds_for_region(person(request), Permission.DATA_IMPORT, tree=current_tree())
    page: dict[str, Any] = {"found": parameters.listed(), "may_change": may}
    if (asked := request.GET.get("asked", "")).isdecimal() and len(asked) < 19:
        job = job_of(person(request), int(asked))
        page |= {"job": job, "progress": progress_of(job), "failure": said(job.error)}
    return render(request, "administering/parameters.html", page)


@needs_for_region(Permission.DATA_IMPORT)
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest) -> HttpResponse:
    """Ask for a new value to be stored as a data version."""
    form = ParameterForm(request.POST or None)
    if form.is_valid():
        job = parameters.change(given=form.cleaned_data, by=person(request))
        return redirect(f"{reverse('administering:parameters')}?asked={job.pk}")
    return render(request, "administering/parameter.html", {"form": form}, status=422 if form.is_bound else 200)
