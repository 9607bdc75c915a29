"""Profiles: how a known source's own file becomes tables of the contract. Each profile is one small TOML file.

Those that come with the program stand in ``shipped/``; a region keeps its own in its store (:mod:`.kept`) and its own
comes before a shipped one of the same name. What may stand in the file: :mod:`.document`, and docs/how-to/profiles.md.
"""

from functools import cache
from importlib.resources import files

from vardbalans.data.read.profiles.document import Profile, parsed, profile_text
from vardbalans.data.read.profiles.mapping import mapped, over_parts
from vardbalans.data.read.profiles.sense import require_sense
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = ["Profile", "mapped", "over_parts", "profile_named", "profile_of", "profile_text", "profiles", "shipped"]


def profile_of(name: str, text: str) -> Profile:
    """Return the profile called *name* that *text* (TOML) describes. Raises BadInput that says where it is wrong."""
    return require_sense(parsed(name, text))


@cache
def shipped() -> dict[str, str]:
    """Return the profiles that come with the program: name to TOML text, by name."""
    found = (files(__package__) / "shipped").iterdir()
    texts = {entry.name.removesuffix(".toml"): entry.read_text(encoding="utf-8") for entry in found}
    return dict(sorted(texts.items()))


def profiles() -> tuple[tuple[str, Message], ...]:
    """Return the name of every shipped profile and a sentence that says what it reads."""
    return tuple((name, profile_named(name).meaning) for name in shipped())


@cache
def profile_named(name: str) -> Profile:
    """Return the shipped profile called *name*. Raises BadInput, naming those there are."""
    if name not in shipped():
        raise BadInput(
            Message("Profilen {name} finns inte. Välj någon av: {known}.", name=name, known=", ".join(shipped()))
        )
    return profile_of(name, shipped()[name])
