"""Which version a request is about, and how a write is answered: as JSON to the grid, as a page to a form."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from vardbalans.engine.errors import BadInput
from vardbalans.web.people.access import person
from vardbalans.web.people.models import User
from vardbalans.web.planning import selectors
from vardbalans.web.planning.actions import NotDraft, Stale
from vardbalans.web.planning.models import Version
from vardbalans.web.translate import kept, said

__all__ = ["answered", "asked_version", "refused", "sentence_of", "stale"]


def asked_version(request: HttpRequest, version_id: int) -> Version:
    """Return the version, and let the page's frame be about its unit. Raises OutOfScope."""
    found = selectors.version_of(person(request), version_id)
    request.unit_id = found.plan.unit_id  # type: ignore[attr-defined]
    return found


def sentence_of(error: BadInput) -> str:
    """Return what *error* says, in the reader's language."""
    return said(kept(error.message))


def answered(user: User, version_id: int, base: int, *, own: bool = False) -> JsonResponse:
    """Return the version's revision and what has changed after *base*: by others, or with *own* by anyone."""
    now = selectors.standing_of(version_id, user, base)
    changes = []
    if own or now.others_since:
        changes = selectors.changes_after(Version(pk=version_id), base, but=None if own else user)
    return JsonResponse({"revision": now.revision, "changes": changes, "stack": now.stack})


def stale(user: User, version: Version, base: int, error: Stale) -> JsonResponse:
    """Return 409 with the cells that clash and what others have made of them."""
    version.refresh_from_db(fields=["revision"])
    found = {
        "sentence": _("En annan planerare har ändrat samma rutor."),
        "clashes": [list(key) for key in error.clashes],
        "revision": version.revision,
        "changes": selectors.changes_after(version, base, but=user),
        "stack": selectors.stack_of(version, user),
    }
    return JsonResponse(found, status=409)


def refused(request: HttpRequest, version: Version, error: BadInput) -> HttpResponse:
    """Return why nothing was written: 409 for a version that is no draft any more, else 422."""
    status, sentence = (409 if isinstance(error, NotDraft) else 422), sentence_of(error)
    if request.content_type == "application/json":
        return JsonResponse({"sentence": sentence}, status=status)
    return render(request, "planning/refused.html", {"version": version, "sentence": sentence}, status=status)
