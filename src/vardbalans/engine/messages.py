"""Sentences for people, kept apart from their values so that they can be translated.

The source language is Swedish. A template is written where it is used, as a literal, so that the extractor
finds it: ``Message("Kolumnen {column} saknas.", column="unit_id")``. ``str()`` gives Swedish; the web and the
command line pass :meth:`Message.render` the catalogue's translate function for other languages.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

__all__ = ["Message", "Value"]

Value = Any  # str, int, float, date or another Message


class Message:
    """A sentence with named values.

    *template* is Swedish, in :meth:`str.format` form. A value may itself be a Message; it is rendered with the
    same translation.
    """

    __slots__ = ("template", "values")

    def __init__(self, template: str, /, **values: Value) -> None:
        self.template = template
        self.values = values

    def render(self, translate: Callable[[str], str] = str) -> str:
        """Return the sentence, the template translated by *translate* and the values put in."""
        values = {name: _shown(value, translate) for name, value in self.values.items()}
        return translate(self.template).format(**values)

    def as_dict(self) -> dict[str, Any]:
        """Return the template and the values in Swedish, for JSON: what is shown later can be in another language.

        A sentence within it that has values of its own is kept likewise; another is its text.
        """
        values = {
            name: value.as_dict() if isinstance(value, Message) and value.values else str(value)
            for name, value in self.values.items()
        }
        return {"template": self.template, "values": values}

    def __str__(self) -> str:
        return self.render()

    def __repr__(self) -> str:
        return f"Message({self.template!r}, {self.values!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and (self.template, self.values) == (other.template, other.values)

    def __hash__(self) -> int:
        return hash((self.template, tuple(sorted(self.values))))


def _shown(value: Value, translate: Callable[[str], str]) -> object:
    if isinstance(value, Message):
        return value.render(translate)
    if isinstance(value, date):
        return value.isoformat()
    return value
