"""A kept scenario beside a plan: choose it, turn its measures on and off, and make a version of it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from vardbalans.engine.errors import BadInput
from vardbalans.web.insight.selectors import latest_run
from vardbalans.web.jobs.models import Job, State
from vardbalans.web.jobs.selectors import progress_of
from vardbalans.web.people.access import needs, person
from vardbalans.web.people.permissions import Permission
from vardbalans.web.planning import asking, selectors
from vardbalans.web.planning.answers import asked_version, refused
from vardbalans.web.planning.models import Version
from vardbalans.web.planning.scenario_page import scenario_page
from vardbalans.web.planning.steps import TRY
from vardbalans.web.planning.trying import STANDING, kept_scenarios
from vardbalans.web.translate import said

_DIGITS = 18
"""The number of a job has fewer."""


@needs(Permission.BALANCE_READ)
@require_GET
def show_scenario(request: HttpRequest, version_id: int) -> HttpResponse:
    """Show the scenarios that are kept, and the chosen one beside the plan."""
    version, run = asked_version(request, version_id), latest_run()
    if run is None:
        return render(request, "insight/nothing_yet.html")
    job = _job(version, request.GET.get("job", "")) if "job" in request.GET else None
    done = job is not None and job.state == State.DONE
    page = scenario_page(run, version, job.result or {}) if job and done else None
    standing = {"agreed": _("Åtgärder i den överenskomna planen"), "all": _("Alla åtgärder som pågår")}
    context = {
        "version": version,
        "standing_names": standing,
        "title": standing.get(page.name, page.name) if page else "",
        "kept": kept_scenarios(),
        "job": job,
        "progress": progress_of(job) if job else None,
        "failure": said(job.error) if job else "",
        "page": page,
        "given": job.arguments["given"] if job else "",
        "may_plan": selectors.may(person(request), Permission.PLAN_EDIT, version.plan.unit_id),
    }
    return render(request, "planning/scenario.html", context)


@needs(Permission.BALANCE_READ)
@require_POST
def open_scenario(request: HttpRequest, version_id: int) -> HttpResponse:
    """Open a scenario beside the plan, with the measures that are left on."""
    version, given = asked_version(request, version_id), request.POST.get("given", "")
    if given not in {*STANDING, *(row[0] for row in kept_scenarios())}:
        raise Http404(given)
    off = set(request.POST.getlist("item")) - set(request.POST.getlist("on"))
    job = asking.scenario_ask(version=version, given=given, off=off, by=person(request))
    return redirect(f"{reverse('planning:scenario', args=[version.pk])}?job={job.pk}")


@needs(Permission.PLAN_EDIT)
@require_POST
def take_scenario(request: HttpRequest, version_id: int) -> HttpResponse:
    """Make a version of what the scenario allows, and go to it."""
    version = asked_version(request, version_id)
    job = _job(version, request.POST.get("job", ""))
    name = " ".join(request.POST.get("name", "").split())[:120]
    try:
        new = asking.scenario_take(version=version, job=job, name=name, by=person(request))
    except BadInput as error:
        return refused(request, version, error)
    return redirect("planning:plan", new.pk)


def _job(version: Version, text: str) -> Job:
    """Return the scenario's job of that number. Raises Http404 where the version has none."""
    number = int(text) if text.isdecimal() and len(text) < _DIGITS else 0
    job = Job.objects.filter(pk=number, kind=TRY, arguments__version=version.pk).first()
    if job is None:
        raise Http404(text)
    return job
