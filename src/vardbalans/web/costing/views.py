"""The button that has cost per patient computed."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from vardbalans.engine.errors import BadInput
from vardbalans.web.costing import actions
from vardbalans.web.jobs.views import back
from vardbalans.web.people.access import needs, person
from vardbalans.web.people.permissions import Permission
from vardbalans.web.translate import kept, said


@needs(Permission.BALANCE_RUN)
@require_POST
def run(request: HttpRequest) -> HttpResponse:
    """Ask for cost per patient in the period given and go back to the page of the button."""
    period, compare = (request.POST.get(name, "").strip() for name in ("period", "compare"))
    try:
        actions.cost_ask(period=period, compare=compare, by=person(request))
    except BadInput as error:
        context = {"problem": said(kept(error.message)), "back": back(request), "period": period, "compare": compare}
        return render(request, "costing/refused.html", context, status=422)
    return redirect(back(request))
