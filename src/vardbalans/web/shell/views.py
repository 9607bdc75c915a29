"""Language and theme, health checks, the accessibility statement, and what is shown when something is refused."""

from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_POST

from vardbalans.web.insight.period import FROM, TO
from vardbalans.web.people.access import public, signed_in
from vardbalans.web.shell.go import KINDS, places
from vardbalans.web.shell.middleware import LANGUAGES, THEMES

MENU = 12
"""Places of each kind that the command menu shows at once."""
_YEAR = 365 * 24 * 3600


@public
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language in a cookie and go back."""
    return _kept(request, settings.LANGUAGE_COOKIE_NAME, "language", LANGUAGES)


@public
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the chosen theme in a cookie and go back."""
    return _kept(request, settings.THEME_COOKIE_NAME, "theme", THEMES)


@signed_in
@require_GET
def go(request: HttpRequest) -> HttpResponse:
    """List the pages, units and services that the reader may go to: the command menu as a page."""
    kept = {name: request.GET[name] for name in ("page", "unit", "kind", FROM, TO) if name in request.GET}
    if kept.get("kind") not in KINDS:
        kept.pop("kind", None)
    context = {"groups": places(request.user, request.GET), "search": request.GET.get("q", ""), "kept": kept}
    return render(request, "shell/go.html", context)


@signed_in
@require_GET
def go_list(request: HttpRequest) -> HttpResponse:
    """Answer the first of the same as JSON, for the command menu."""
    found = places(request.user, request.GET, MENU)
    groups = [group._asdict() | {"places": [place._asdict() for place in group.places]} for group in found]
    return JsonResponse({"groups": groups})


@public
@require_GET
def accessibility(request: HttpRequest) -> HttpResponse:
    """Show the accessibility statement."""
    return render(request, "shell/accessibility.html")


@public
@require_GET
def livez(_request: HttpRequest) -> HttpResponse:
    """Answer that the process runs."""
    return JsonResponse({"status": "ok"})


@public
@require_GET
def readyz(_request: HttpRequest) -> HttpResponse:
    """Answer whether requests can be served: the database is reached and its tables are up to date."""
    checks = {"database": _database_ready(), "store": settings.STORE.is_dir()}
    ready = all(checks.values())
    return JsonResponse({"status": "ok" if ready else "not ready", "checks": checks}, status=200 if ready else 503)


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Say that a form was too old or came from elsewhere."""
    return render(request, "shell/csrf.html", status=403)


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Say that the request could not be read: too many fields or files, or sent to a name that is not ours."""
    return render(request, "shell/400.html", status=400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Say that the page does not exist, or not for this person."""
    return render(request, "shell/404.html", status=404)


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Say that the person lacks the permission."""
    return render(request, "shell/403.html", status=403)


def failed(_request: HttpRequest) -> HttpResponse:
    """Say that the fault is ours; needs neither database nor user."""
    return HttpResponse(render_to_string("shell/500.html", {"language": get_language(), "theme": "auto"}), status=500)


def _database_ready() -> bool:
    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return False


def _kept(request: HttpRequest, cookie: str, field: str, allowed: tuple[str, ...]) -> HttpResponse:
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    response = redirect(wanted if safe else "/")
    value: Any = request.POST.get(field)
    if value in allowed:
        response.set_cookie(
            cookie, value, max_age=_YEAR, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
        )
    return response
