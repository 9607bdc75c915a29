"""The Django app of signing in."""

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest


class SigningConfig(AppConfig):
    """Second factors, sessions, raised rights, single sign-on."""

    name = "vardbalans.web.signing"
    label = "signing"

    def ready(self) -> None:
        """Note every log-in and log-out, however it is made."""
        user_logged_in.connect(_begun, dispatch_uid="signing.begun")
        user_logged_out.connect(_over, dispatch_uid="signing.over")


def _begun(request: HttpRequest, user: Any, **_more: object) -> None:
    from vardbalans.web.signing import visits  # noqa: PLC0415 - models are not there before ready

    visits.begin(request, user)


def _over(request: HttpRequest, **_more: object) -> None:
    from vardbalans.web.signing import visits  # noqa: PLC0415

    visits.over(request)
