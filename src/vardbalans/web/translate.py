"""Stored sentences in the reader's language: a template, looked up in the catalogue, and its values put in.

A :class:`Message` that is kept as JSON (:func:`kept`) holds its template and values, those of sentences within it too.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext

from vardbalans.engine.messages import Message

__all__ = ["kept", "said", "translated"]


def translated(template: str, values: Mapping[str, Any] | None, swedish: str) -> str:
    """Return the template translated and filled; the sentence *swedish* when its values were not kept.

    A value may itself be a sentence of the catalogue (the name of a part), so values are looked up too; one with
    values of its own was kept as a template.
    """
    if values is None and "{" in template:
        return swedish
    shown = {name: _word(text) for name, text in (values or {}).items()}
    return gettext(template).format(**shown)


def _word(value: Any) -> str:
    if isinstance(value, Mapping):
        return translated(value["template"], value["values"], "")
    return gettext(value) if value else ""


def kept(message: Message) -> dict[str, Any]:
    """Return *message* as plain values for JSON, so that :func:`said` can show it in any language later."""
    return {
        "template": message.template,
        "values": {name: _plain(value) for name, value in message.values.items()},
    }


def said(sentence: Mapping[str, Any] | None) -> str:
    """Return a sentence that :func:`kept` made, in the reader's language; nothing where there is none."""
    if not sentence:
        return ""
    values = {name: said(value) if isinstance(value, dict) else value for name, value in sentence["values"].items()}
    return gettext(sentence["template"]).format(**values)


def _plain(value: Any) -> Any:
    if isinstance(value, Message):
        return kept(value)
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str | int | float) else str(value)
