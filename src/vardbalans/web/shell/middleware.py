"""Headers on every answer, and the reader's language and theme from their cookies."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

__all__ = ["CONTENT_SECURITY_POLICY", "LANGUAGES", "THEMES", "Preferences", "SecurityHeaders", "WrongMethod"]

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
LANGUAGES = ("sv", "en")
THEMES = ("auto", "light", "dark")

Answer = Callable[[HttpRequest], HttpResponse]


class SecurityHeaders:
    """Adds the content security policy and, to pages, ``no-store`` unless the view says otherwise."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response


class Preferences:
    """Activates the reader's language and puts ``theme`` on the request.

    The language is that of the cookie (Swedish without one); of ``Accept-Language`` where a system calls.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        called = request.path.startswith("/api/v")
        language = _accepted(request) if called else _chosen(request, settings.LANGUAGE_COOKIE_NAME, LANGUAGES)
        request.theme = _chosen(request, settings.THEME_COOKIE_NAME, THEMES)  # type: ignore[attr-defined]
        with translation.override(language):
            response = self.get_response(request)
        response["Content-Language"] = language
        return response


class WrongMethod:
    """Shows a page that speaks to people where a view refuses the method: a form's address typed or reloaded."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or response.content:
            return response
        page = render(request, "shell/405.html", status=405)
        page["Allow"] = response["Allow"]
        return page


def _accepted(request: HttpRequest) -> str:
    """Return the language that the caller asks for first among ours."""
    asked = parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    return next(
        (code for code in (full.partition("-")[0] for full, _weight in asked) if code in LANGUAGES), LANGUAGES[0]
    )


def _chosen(request: HttpRequest, cookie: str, allowed: tuple[str, ...]) -> str:
    value = request.COOKIES.get(cookie, "")
    return value if value in allowed else allowed[0]
