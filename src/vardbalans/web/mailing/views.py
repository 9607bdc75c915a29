"""The page where a person asks for the Monday letter, or for no more of it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from vardbalans.web.mailing import actions
from vardbalans.web.mailing.forms import DigestForm
from vardbalans.web.mailing.models import Letter, Wish
from vardbalans.web.people.access import person, signed_in
from vardbalans.web.translate import said


@signed_in
@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """Show whether the reader gets the letter and what became of the last one; take their choice."""
    user = person(request)
    wish = Wish.objects.filter(user=user).first()
    if request.method == "POST" and "decline" in request.POST:
        actions.digest_decline(user=user)
        return redirect("mailing:choose")
    first = {"address": wish.address, "language": wish.language} if wish else {"language": get_language() or "sv"}
    form = DigestForm(request.POST or None, initial=first)
    if form.is_valid():
        actions.digest_choose(user=user, **form.cleaned_data)
        return redirect("mailing:choose")
    last = Letter.objects.filter(user=user).order_by("-week").first()
    context = {
        "form": form,
        "wish": wish,
        "last": last,
        "problem": said(last.problem) if last else "",
        "is_set_up": actions.is_set_up(),
    }
    return render(request, "mailing/choose.html", context, status=422 if form.errors else 200)
