"""What the frame of every page shows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from vardbalans.web.balancing.selectors import standing
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.selectors import holds_somewhere
from vardbalans.web.shell.frame import Frame
from vardbalans.web.shell.middleware import THEMES

__all__ = ["page"]


def page(request: HttpRequest) -> dict[str, Any]:
    """Return the language, the theme, the languages to choose from, the frame, and whether the reader administrates.

    *standing* is how the figures stand to the data, found out only where a page says it. *here* is where the forms of
    the frame lead back to; a page shown by POST gives another.
    """
    return {
        "language": get_language() or settings.LANGUAGE_CODE,
        "languages": settings.LANGUAGES,
        "theme": getattr(request, "theme", THEMES[0]),
        "here": request.get_full_path(),
        "frame": SimpleLazyObject(lambda: Frame(request)),
        "administrates": SimpleLazyObject(lambda: holds_somewhere(request.user, Permission.ROLES_MANAGE)),
        "standing": SimpleLazyObject(lambda: standing(request.user)),
    }
