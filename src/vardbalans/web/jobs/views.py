"""How far a job is, as JSON; and the wish that it end."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from vardbalans.engine.errors import BadInput
from vardbalans.web.jobs import actions, selectors
from vardbalans.web.people.access import person, signed_in
from vardbalans.web.translate import kept, said


@signed_in
@require_GET
def show_progress(request: HttpRequest, job_id: int) -> HttpResponse:
    """Answer how far the job is, to those who may see it."""
    return JsonResponse(selectors.progress_of(selectors.job_of(person(request), job_id)))


@signed_in
@require_POST
def cancel(request: HttpRequest, job_id: int) -> HttpResponse:
    """Ask for the job's end and go back to its page."""
    job = selectors.job_of(person(request), job_id)
    try:
        actions.job_cancel(job=job, by=person(request))
    except BadInput as error:
        context = {"sentence": said(kept(error.message)), "back": back(request)}
        return render(request, "jobs/too_late.html", context, status=409)
    return redirect(back(request))


def back(request: HttpRequest) -> str:
    """Return the page that a form was on; the first page where it names none of ours."""
    wanted = request.POST.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure()) else "/"
