"""Meetings of a unit: the weekly review and the operations council, with agenda, minutes and decisions."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from vardbalans.engine.errors import BadInput
from vardbalans.web import clock
from vardbalans.web.following import actions
from vardbalans.web.following.forms import DecisionForm, MeetingForm
from vardbalans.web.following.meeting_figures import meeting_figures
from vardbalans.web.following.models import Decision, DecisionState, Meeting
from vardbalans.web.following.selectors import meetings_of, open_decisions
from vardbalans.web.insight import selectors
from vardbalans.web.people.access import needs, person
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.selectors import require, scope_of
from vardbalans.web.translate import kept, said


@needs(Permission.BALANCE_READ)
@require_http_methods(["GET", "POST"])
def show_meetings(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Show the unit's meetings and the decisions left to do; by POST keep a new meeting."""
    frame = _frame(request, unit_id)
    form = MeetingForm(request.POST or None, initial={"held_on": clock.today(), "agenda": _usual_agenda()})
    if request.method == "POST" and (kept_meeting := _saved(request, form, Meeting(unit_id=unit_id))):
        return redirect("following:meeting", unit_id=unit_id, meeting_id=kept_meeting.pk)
    frame |= {"form": form, "meetings": meetings_of(unit_id), "decisions": open_decisions(frame["below"])}
    frame["today"] = clock.today()
    return render(request, "following/meetings.html", frame, status=422 if form.errors else 200)


@needs(Permission.BALANCE_READ)
@require_http_methods(["GET", "POST"])
def show_meeting(request: HttpRequest, unit_id: str, meeting_id: int) -> HttpResponse:
    """Show a meeting with its decisions; by POST keep its changed agenda and minutes."""
    meeting = _meeting(unit_id, meeting_id)
    form = MeetingForm(request.POST or None, instance=meeting)
    if request.method == "POST" and _saved(request, form, meeting):
        return redirect("following:meeting", unit_id=unit_id, meeting_id=meeting_id)
    return _shown(request, unit_id, _meeting(unit_id, meeting_id), form, DecisionForm())


@needs(Permission.FOLLOW_UP_WRITE)
@require_POST
def decide(request: HttpRequest, unit_id: str, meeting_id: int) -> HttpResponse:
    """Keep a decision of the meeting."""
    meeting = _meeting(unit_id, meeting_id)
    form = DecisionForm(request.POST, instance=Decision(meeting=meeting))
    if form.is_valid():
        try:
            actions.decision_make(decision=form.instance, by=person(request))
        except BadInput as error:
            form.add_error(None, said(kept(error.message)))
    if form.errors:
        return _shown(request, unit_id, meeting, MeetingForm(instance=meeting), form)
    return redirect(f"{reverse('following:meeting', args=[unit_id, meeting_id])}#decisions-title")


@needs(Permission.FOLLOW_UP_WRITE)
@require_POST
def change(request: HttpRequest, unit_id: str, decision_id: int) -> HttpResponse:
    """Keep how far a decision has come."""
    decision = Decision.objects.filter(pk=decision_id, meeting__unit_id=unit_id).select_related("meeting").first()
    if decision is None:
        raise Http404(str(decision_id))
    state, outcome = request.POST.get("state", ""), request.POST.get("outcome", "").strip()[:2000]
    meeting = decision.meeting
    try:
        actions.decision_change(decision=decision, state=state, outcome=outcome, by=person(request))
    except BadInput as error:
        problem = said(kept(error.message))
        return _shown(request, unit_id, meeting, MeetingForm(instance=meeting), DecisionForm(), problem)
    return redirect(f"{reverse('following:meeting', args=[unit_id, meeting.pk])}#decisions-title")


def _saved(request: HttpRequest, form: MeetingForm, meeting: Meeting) -> Meeting | None:
    """Return the meeting that *form* holds, kept; None where something in it is wrong, which the form then says."""
    tree = selectors.reader(request.user).tree
    require(request.user, Permission.FOLLOW_UP_WRITE, meeting.unit_id, tree=tree)
    form.instance.unit_id = meeting.unit_id
    if not form.is_valid():
        return None
    try:
        return actions.meeting_save(meeting=form.instance, by=person(request))
    except BadInput as error:
        form.add_error(None, said(kept(error.message)))
        return None


def _meeting(unit_id: str, meeting_id: int) -> Meeting:
    found = meetings_of(unit_id).filter(pk=meeting_id).first()
    if found is None:
        raise Http404(str(meeting_id))
    return found


def _shown(
    request: HttpRequest, unit_id: str, meeting: Meeting, form: MeetingForm, decision: DecisionForm, problem: str = ""
) -> HttpResponse:
    frame = _frame(request, unit_id) | {"meeting": meeting, "form": form, "decision": decision, "problem": problem}
    frame |= {"decisions": meeting.decisions.all(), "states": DecisionState.choices, "today": clock.today()}
    run = selectors.latest_run()
    frame["figures"] = meeting_figures(selectors.reader(request.user), run, meeting) if run else None
    frame["here"] = reverse("following:meeting", args=[unit_id, meeting.pk])
    wrong = bool(form.errors or decision.errors or problem)
    return render(request, "following/meeting.html", frame, status=422 if wrong else 200)


def _frame(request: HttpRequest, unit_id: str) -> dict[str, Any]:
    reader = selectors.reader(request.user)
    return {
        "tab": "meetings",
        "unit": reader.tree.units[unit_id],
        "path": reader.path(unit_id)[:-1],
        "below": reader.below(unit_id),
        "may_write": unit_id in scope_of(request.user, Permission.FOLLOW_UP_WRITE, tree=reader.tree),
    }


def _usual_agenda() -> str:
    points = [
        _("Förra mötets beslut"),
        _("Utfall mot plan och tidiga signaler"),
        _("Vårdgarantin och väntelistorna"),
        _("Kapacitet de närmaste veckorna"),
        _("Beslut"),
    ]
    return "\n".join(points)
