"""The interface as a whole: its operations, who may call, and how refusals are answered."""

import logging
from typing import Any

from django.db.utils import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from vardbalans.engine.errors import BadInput, VardbalansError
from vardbalans.web.api import reading, writing
from vardbalans.web.api.doors import SESSION, TOKEN, TooMany
from vardbalans.web.api.problems import CONTENT_TYPE, Problem, problem
from vardbalans.web.people.access import by_token
from vardbalans.web.people.selectors import NotPermitted, OutOfScope
from vardbalans.web.planning.actions import NotDraft
from vardbalans.web.translate import kept, said

__all__ = ["api", "document", "patterns"]

_log = logging.getLogger(__name__)
_REFUSALS = (400, 401, 403, 404, 405, 409, 413, 422, 429)
api = NinjaAPI(
    title="Vårdbalans",
    version="1",
    description=(
        "Production and capacity management: the same figures and rows as the pages, and the same writes. Every call "
        "is limited to the caller's units; another unit answers 404. Missing is null, never zero. Refusals are "
        "application/problem+json, in the language of Accept-Language (sv, en)."
    ),
    openapi_url=None,
    docs_url=None,
    urls_namespace="api-1",
    auth=[TOKEN, SESSION],
)
api.add_router("", reading.router)
api.add_router("", writing.router)


def patterns() -> list[Any]:
    """Return the addresses of the operations, each marked as open to systems by their tokens."""
    found: list[Any] = api.urls[0]
    for entry in found:
        by_token(entry.callback)
    # The root lists nothing by itself; the page of operations does.
    return [entry for entry in found if entry.name != "api-root"]


def document() -> dict[str, Any]:
    """Return the OpenAPI document, with the refusals that every operation may answer."""
    found: dict[str, Any] = dict(api.get_openapi_schema(path_prefix="/api/v1"))
    shape = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    parts = found["components"]["schemas"]
    parts |= shape.pop("$defs", {})
    parts["Problem"] = shape
    refused = {
        "description": "Refused",
        "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for operations in found["paths"].values():
        for operation in operations.values():
            operation["responses"] |= {str(status): refused for status in _REFUSALS}
    return found


@api.exception_handler(AuthenticationError)
def _not_in(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    answer = problem(401)
    answer["WWW-Authenticate"] = 'Bearer realm="vardbalans"'
    return answer


@api.exception_handler(HttpError)
def _refused(_request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code)


@api.exception_handler(TooMany)
def _too_many(_request: HttpRequest, _error: TooMany) -> HttpResponse:
    answer = problem(429)
    answer["Retry-After"] = "60"
    return answer


@api.exception_handler(ValidationError)
def _unusable(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    faults = [{"where": ".".join(map(str, each["loc"])), "what": str(each["msg"])} for each in error.errors]
    return problem(422, errors=faults)


@api.exception_handler(Http404)
@api.exception_handler(OutOfScope)
def _not_there(_request: HttpRequest, _error: Exception) -> HttpResponse:
    return problem(404)


@api.exception_handler(NotPermitted)
def _not_permitted(_request: HttpRequest, _error: NotPermitted) -> HttpResponse:
    return problem(403)


@api.exception_handler(BadInput)
@api.exception_handler(VardbalansError)
def _bad(_request: HttpRequest, error: VardbalansError) -> HttpResponse:
    return problem(409 if isinstance(error, NotDraft) else 422, said(kept(error.message)))


@api.exception_handler(OperationalError)
def _busy(_request: HttpRequest, error: OperationalError) -> HttpResponse:
    _log.error("the database does not answer: %s", error)
    answer = problem(503)
    answer["Retry-After"] = "5"
    return answer
