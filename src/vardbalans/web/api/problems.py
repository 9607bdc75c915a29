"""What the interface answers when something is refused: one documented shape, RFC 9457 problem+json.

The sentence is in the language that ``Accept-Language`` asks for, Swedish unless it is English.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Schema

__all__ = ["CONTENT_TYPE", "AnswersInProblems", "Problem", "problem"]

CONTENT_TYPE = "application/problem+json"
PREFIX = "/api/v1/"


class Fault(Schema):
    """One thing that is wrong with what was sent: where, and what."""

    where: str
    what: str


class Problem(Schema):
    """Why a call was refused. *title* is what kind of refusal it is, *detail* the sentence to show."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: tuple[Fault, ...] = ()


def problem(status: int, detail: str = "", *, errors: list[dict[str, str]] | None = None, **more: Any) -> HttpResponse:
    """Return the refusal as a response; *more* are further members, such as the cells that clash."""
    title, usual = _words(status)
    body: Mapping[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail or usual,
        "errors": errors or [],
        **more,
    }
    return HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type=CONTENT_TYPE)


class AnswersInProblems:
    """Middleware that gives a refusal made outside the interface's own views the interface's own shape."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        kind = response.get("Content-Type", "").partition(";")[0]
        if not request.path.startswith(PREFIX) or response.status_code < 400 or kind == CONTENT_TYPE:
            return response
        answer = problem(response.status_code)
        for header in ("Allow", "Retry-After", "WWW-Authenticate"):
            if response.has_header(header):
                answer[header] = response[header]
        return answer


def _words(status: int) -> tuple[str, str]:
    """Return what a refusal is called, and what it says where nothing more is known."""
    known = {
        400: (_("Anropet går inte att läsa"), _("Kontrollera att det som skickas är riktig JSON.")),
        401: (_("Inte inloggad"), _("Skicka en giltig nyckel i rubriken Authorization: Bearer, eller logga in.")),
        403: (_("Inte tillåtet"), _("Behörigheten räcker inte till.")),
        404: (_("Finns inte"), _("Det finns inte, eller ligger utanför behörigheten.")),
        405: (_("Fel metod"), _("Adressen tar inte emot den metoden.")),
        409: (_("Har ändrats"), _("Någon annan har ändrat det under tiden. Hämta på nytt.")),
        413: (_("För stort"), _("Dela upp det som skickas.")),
        422: (_("Går inte att använda"), _("Något av det som skickades går inte att använda.")),
        429: (_("För många anrop"), _("Vänta en stund och försök igen.")),
        503: (_("Upptaget"), _("Databasen svarar inte just nu. Försök igen.")),
    }
    return known.get(status, (_("Fel hos oss"), _("Felet står i loggen; säg till den som driver Vårdbalans.")))
