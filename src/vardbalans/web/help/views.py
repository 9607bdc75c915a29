"""The help: where to begin, the words, the first hour, and one page per kind of page with its exercise."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from vardbalans.engine.errors import BadInput
from vardbalans.web.help.exercises import exercise_of
from vardbalans.web.help.first_hour import first_hour
from vardbalans.web.help.glossary import terms_in_order
from vardbalans.web.help.topics import TOPICS
from vardbalans.web.insight import selectors
from vardbalans.web.people.access import person, signed_in
from vardbalans.web.translate import kept, said


@signed_in
@require_GET
def show_help(request: HttpRequest) -> HttpResponse:
    """Show where to begin, and the pages that there is help for."""
    return render(request, "help/help.html", {"topics": TOPICS.values()})


@signed_in
@require_GET
def show_glossary(request: HttpRequest) -> HttpResponse:
    """Show every word with its meaning."""
    return render(request, "help/glossary.html", {"terms": terms_in_order()})


@signed_in
@require_GET
def show_first_hour(request: HttpRequest) -> HttpResponse:
    """Show the steps of the first hour, and which of them the reader has taken."""
    steps = first_hour(person(request))
    return render(request, "help/first_hour.html", {"steps": steps, "done": sum(step.done for step in steps)})


@signed_in
@require_GET
def show_topic(request: HttpRequest, key: str) -> HttpResponse:
    """Show the questions to ask of one kind of page, and its exercise with the answer that was typed, if any."""
    if key not in TOPICS:
        raise Http404(key)
    exercise = exercise_of(key, selectors.reader(request.user), selectors.latest_run())
    typed = request.GET.get("answer", "")[:40].strip()
    context: dict[str, Any] = {"topic": TOPICS[key], "exercise": exercise, "typed": typed}
    if exercise and typed:
        try:
            context["right"] = exercise.is_answered_by(typed, get_language() or "sv")
        except BadInput as refusal:
            context["problem"] = said(kept(refusal.message))
    return render(request, "help/topic.html", context)
