"""Comments, decisions and versions of a plan."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_POST

from vardbalans.engine.errors import BadInput
from vardbalans.web.insight.selectors import latest_run
from vardbalans.web.jobs.views import back
from vardbalans.web.people.access import needs, person
from vardbalans.web.people.permissions import Permission
from vardbalans.web.planning import agreement, ordering, selectors
from vardbalans.web.planning.answers import asked_version, refused
from vardbalans.web.planning.difference_page import difference_page
from vardbalans.web.planning.models import Comment
from vardbalans.web.planning.weeks import weeks_of_year
from vardbalans.web.typed import read_count


@needs(Permission.BALANCE_READ)
@require_POST
def comment(request: HttpRequest, version_id: int) -> HttpResponse:
    """Write a comment, and go back to the page of the form."""
    version = asked_version(request, version_id)
    service, week = request.POST.get("service", "")[:200], request.POST.get("week", "")
    if week and week not in weeks_of_year(version.plan.year):
        raise Http404(week)
    text = request.POST.get("text", "")[:2000]
    try:
        agreement.comment_add(version=version, service_id=service, week=week, text=text, by=person(request))
    except BadInput as error:
        return refused(request, version, error)
    return redirect(back(request))


@needs(Permission.BALANCE_READ)
@require_POST
def resolve(request: HttpRequest, comment_id: int) -> HttpResponse:
    """Mark a comment as resolved, and go back."""
    found = Comment.objects.select_related("plan").filter(pk=comment_id).first()
    if found is None:
        raise Http404(str(comment_id))
    agreement.comment_resolve(comment=found, by=person(request))
    return redirect(back(request))


@needs(Permission.BALANCE_READ)
@require_POST
def decide(request: HttpRequest, version_id: int) -> HttpResponse:
    """Submit, approve, return or open again; the action asks for the permission that each takes."""
    version = asked_version(request, version_id)
    reason, by = request.POST.get("reason", "")[:400], person(request)
    new = None
    try:
        match request.POST.get("decision"):
            case "submit":
                agreement.version_submit(version=version, by=by, reason=reason)
            case "approve":
                agreement.version_approve(version=version, by=by, reason=reason)
            case "return":
                new = agreement.version_return(version=version, by=by, reason=reason)
            case "reopen":
                new = agreement.version_reopen(version=version, by=by, reason=reason)
            case other:
                raise Http404(str(other))
    except BadInput as error:
        return refused(request, version, error)
    return redirect("planning:plan", (new or version).pk)


@needs(Permission.PLAN_APPROVE)
@require_POST
def answer_order(request: HttpRequest, version_id: int) -> HttpResponse:
    """Accept the order of one service, reject it, or offer another volume."""
    version, asked = asked_version(request, version_id), request.POST
    status = next((name for name in ("accepted", "countered", "rejected") if name == asked.get("answer")), None)
    if status is None:
        raise Http404(asked.get("answer", ""))
    try:
        language = get_language() or "sv"
        volume = read_count(asked.get("volume", ""), language) if status == "countered" else None
        ordering.order_answer(
            version=version,
            unit_id=asked.get("unit", ""),
            service_id=asked.get("service", ""),
            status=status,
            volume=None if volume is None else float(volume),
            reason=asked.get("reason", "")[:400],
            by=person(request),
        )
    except BadInput as error:
        return refused(request, version, error)
    return redirect(f"{reverse('planning:plan', args=[version.pk])}#orders")


@needs(Permission.PLAN_EDIT)
@require_POST
def copy(request: HttpRequest, version_id: int) -> HttpResponse:
    """Make a new version of this one and go to it."""
    version = asked_version(request, version_id)
    name = " ".join(request.POST.get("name", "").split())[:120]
    return redirect("planning:plan", agreement.version_copy(version=version, name=name, by=person(request)).pk)


@needs(Permission.BALANCE_READ)
@require_GET
def show_versions(request: HttpRequest, version_id: int) -> HttpResponse:
    """Show the plan's versions, and the difference between this one and another."""
    version, run = asked_version(request, version_id), latest_run()
    if run is None:
        return render(request, "insight/nothing_yet.html")
    page = difference_page(run, version, request.GET.get("against", ""))
    may_plan = selectors.may(person(request), Permission.PLAN_EDIT, version.plan.unit_id)
    return render(request, "planning/versions.html", {"page": page, "version": version, "may_plan": may_plan})
