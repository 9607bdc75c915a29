"""The page Uppföljning: plan, outcome and forecast, and the goal tree. What they show was stored with the run."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from vardbalans.web.following.goals import goal_page
from vardbalans.web.following.year import service_year, unit_year
from vardbalans.web.insight import selectors
from vardbalans.web.insight.selectors import Reader, Run
from vardbalans.web.people.access import needs
from vardbalans.web.people.permissions import Permission


@needs(Permission.BALANCE_READ)
@require_GET
def show_start(request: HttpRequest) -> HttpResponse:
    """Lead to the reader's topmost unit, or list them where they are several."""
    reader = selectors.reader(request.user)
    if len(reader.roots) == 1:
        return redirect("following:unit", unit_id=reader.roots[0].unit_id)
    return render(request, "following/start.html", {"roots": reader.roots})


@needs(Permission.BALANCE_READ)
@require_GET
def show_unit(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Show the year of one kind of care at the unit and below."""
    there = found(request)
    if there is None:
        return nothing(request)
    reader, run = there
    page = unit_year(reader, run, unit_id, request.GET)
    context = {"page": page, "run": run, "unit": reader.tree.units[unit_id], "path": reader.path(unit_id)[:-1]}
    return render(request, "following/year.html" if page else "following/empty.html", context)


@needs(Permission.BALANCE_READ)
@require_GET
def show_service(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Show the year of one service of the unit."""
    there = found(request)
    if there is None:
        return nothing(request)
    reader, run = there
    page = service_year(reader, run, unit_id, request.GET)
    return render(request, "following/year.html", {"page": page, "run": run, "unit": page.unit, "path": page.path})


@needs(Permission.BALANCE_READ)
@require_GET
def show_goals(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Show the goal tree of the unit and below."""
    there = found(request)
    if there is None:
        return nothing(request)
    reader, run = there
    page = goal_page(reader, run, unit_id, request.GET)
    context = {"page": page, "run": run, "unit": reader.tree.units[unit_id], "path": reader.path(unit_id)[:-1]}
    return render(request, "following/goals.html" if page else "following/empty.html", context | {"tab": "goals"})


def found(request: HttpRequest) -> tuple[Reader, Run] | None:
    """Return the reader and the newest run; None where there is none that tells of follow-up."""
    run = selectors.latest_run()
    return (selectors.reader(request.user), run) if run and run.tells_follow_up else None


def nothing(request: HttpRequest) -> HttpResponse:
    """Say that there is nothing to show yet, and why."""
    context: dict[str, Any] = {"run": selectors.latest_run(), "title": _("Uppföljning")}
    return render(request, "following/nothing.html", context)
