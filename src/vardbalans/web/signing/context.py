"""What the log-in page shows of single sign-on."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from vardbalans.web.signing import sso

__all__ = ["providers"]


def providers(_request: HttpRequest) -> dict[str, Any]:
    """Return which providers there are, found out only where a page says it."""
    return {
        "has_oidc": SimpleLazyObject(sso.has_oidc),
        "has_saml": SimpleLazyObject(sso.has_saml),
        "oidc_name": settings.CONFIGURATION.oidc_name,
        "saml_name": settings.CONFIGURATION.saml_name,
    }
