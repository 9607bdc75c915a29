"""The button that has the balance computed."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from vardbalans.web.balancing import actions
from vardbalans.web.jobs.views import back
from vardbalans.web.people.access import needs, person
from vardbalans.web.people.permissions import Permission


@needs(Permission.BALANCE_RUN)
@require_POST
def run(request: HttpRequest) -> HttpResponse:
    """Ask for the balance of the newest data and go back to the page of the button."""
    actions.balance_ask(by=person(request))
    return redirect(back(request))
