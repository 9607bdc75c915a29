"""The purpose that a reading of rows about people is done for, as it is typed."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

__all__ = ["purpose_of"]

_LENGTH = (10, 400)


def purpose_of(given: Mapping[str, str]) -> tuple[str, str]:
    """Return the purpose that the form *given* states, and what is wrong with it; empty where nothing is."""
    purpose = given.get("purpose", "").strip()
    if _LENGTH[0] <= len(purpose) <= _LENGTH[1]:
        return purpose, ""
    return purpose, _("Skriv ändamålet med minst {count} tecken.").format(count=_LENGTH[0])
