"""Which day it is: the one place the pages ask, so that a test can say another."""

from datetime import date

from django.utils import timezone

__all__ = ["today"]


def today() -> date:
    """Return today's date in Stockholm."""
    return timezone.localdate()
