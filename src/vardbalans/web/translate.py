"""Stored sentences in the reader's language: a template, looked up in the catalogue, and its values put in."""

from collections.abc import Mapping

from django.utils.translation import gettext

__all__ = ["translated"]


def translated(template: str, values: Mapping[str, str] | None, swedish: str) -> str:
    """Return the template translated and filled; the sentence *swedish* when its values were not kept.

    A value may itself be a sentence of the catalogue (the name of a part), so values are looked up too.
    """
    if values is None and "{" in template:
        return swedish
    shown = {name: gettext(text) if text else "" for name, text in (values or {}).items()}
    return gettext(template).format(**shown)
