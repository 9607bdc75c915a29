"""Failed log-ins and links counted per address: a generous limit that stops guessing but not a hospital.

The counts lie in the process's own cache: the app is one process, and a restart that forgets them does no harm.
"""

import hashlib
from datetime import timedelta

from django.core.cache import cache
from django.http import HttpRequest

__all__ = ["LIMITS", "WINDOW", "counted", "failed", "too_many"]

LIMITS = {"log_in": 100, "link": 20, "factor": 100}
"""How many failures of a kind one address may have within the window."""
WINDOW = timedelta(minutes=15)


def failed(request: HttpRequest, kind: str) -> None:
    """Count one failure of *kind* from the address of *request*."""
    counted(_key(request, kind), WINDOW)


def too_many(request: HttpRequest, kind: str) -> bool:
    """Tell whether the address of *request* has used up its failures of *kind* for now."""
    return int(cache.get(_key(request, kind), 0)) >= LIMITS[kind]


def counted(key: str, window: timedelta) -> int:
    """Count one more of *key*, and return how many there are within the window, which starts at the first."""
    if not cache.add(key, 1, window.total_seconds()):
        try:
            return cache.incr(key)
        except ValueError:  # it ran out between the two calls
            cache.set(key, 1, window.total_seconds())
    return 1


def _key(request: HttpRequest, kind: str) -> str:
    address = request.META.get("REMOTE_ADDR", "")
    return f"{kind}:{hashlib.sha256(address.encode()).hexdigest()}"
