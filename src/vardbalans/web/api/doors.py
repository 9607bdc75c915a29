"""Who calls: a system by its token, or a person by their session. Systems are counted and held to a rate."""

import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer

from vardbalans.web.api.actions import let_in
from vardbalans.web.api.models import Integration
from vardbalans.web.people.attempts import counted
from vardbalans.web.people.models import User

__all__ = ["SESSION", "TOKEN", "TooMany"]

_MINUTE_S = 60


class TooMany(Exception):
    """The system calls more often than it may."""


class Token(HttpBearer):
    """A system, by ``Authorization: Bearer`` and its token."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """Return the account that acts for the system. Raises TooMany."""
        found = let_in(token)
        if found is None:
            return None
        integration, account = found
        _within_rate(integration)
        request.user = account
        return account


class Session(APIKeyCookie):
    """A person who is logged in; what writes carries the token against forged requests in ``X-CSRFToken``."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Any:
        """Return the person behind the session; None where nobody is logged in, or a token was sent and refused."""
        if "Authorization" in request.headers or not isinstance(request.user, User):
            return None
        return super().__call__(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:  # noqa: ARG002 - ninja's signature
        """Return the person, once what writes has shown its token against forged requests."""
        return request.user


def _within_rate(integration: Integration) -> None:
    """Count the call in its minute. Raises TooMany. The app is one process, so its own cache is enough."""
    key = f"api:{integration.pk}:{int(time.time()) // _MINUTE_S}"
    if counted(key, timedelta(seconds=2 * _MINUTE_S)) > integration.per_minute:
        raise TooMany(integration.name)


TOKEN, SESSION = Token(), Session()
