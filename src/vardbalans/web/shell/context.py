"""What the frame of every page shows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from vardbalans.web.shell.middleware import THEMES

__all__ = ["page"]


def page(request: HttpRequest) -> dict[str, Any]:
    """Return the language, the theme and the languages to choose from."""
    return {
        "language": get_language() or settings.LANGUAGE_CODE,
        "languages": settings.LANGUAGES,
        "theme": getattr(request, "theme", THEMES[0]),
    }
