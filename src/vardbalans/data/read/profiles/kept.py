"""A region's own profiles, kept as files in its store: ``DIR/profiles/<name>.toml``. They come before shipped ones."""

import os
import re
from pathlib import Path
from uuid import uuid4

from vardbalans.data.read.profiles import profile_named, profile_of, profiles, shipped
from vardbalans.data.read.profiles.document import Profile
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = ["Profiles", "write_profile"]

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


class Profiles:
    """The profiles that can be used with the store at *store*: its own, then those shipped."""

    def __init__(self, store: Path) -> None:
        self._folder = store / "profiles"

    def own(self) -> tuple[str, ...]:
        """Return the names of the store's own profiles, whether they can be read or not."""
        found = self._folder.glob("*.toml") if self._folder.is_dir() else ()
        return tuple(sorted(path.stem for path in found if _NAME.fullmatch(path.stem)))

    def known(self) -> tuple[tuple[str, Message], ...]:
        """Return the name of every profile and a sentence that says what it reads, or what is wrong with it."""
        own = {name: self._sentence(name) for name in self.own()}
        return tuple(sorted((dict(profiles()) | own).items()))

    def named(self, name: str) -> Profile:
        """Return the profile called *name*. Raises BadInput, naming those there are, or where its file is wrong."""
        if name in self.own():
            return profile_of(name, self.text(name))
        if name in shipped():
            return profile_named(name)
        known = ", ".join(sorted({*self.own(), *shipped()}))
        raise BadInput(Message("Profilen {name} finns inte. Välj någon av: {known}.", name=name, known=known))

    def text(self, name: str) -> str:
        """Return the TOML text of the profile called *name*. Raises BadInput."""
        if name not in self.own():
            return shipped()[self.named(name).name]
        try:
            return (self._folder / f"{name}.toml").read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            what = Message("Profilen {name} är inte skriven i UTF-8. Spara filen på nytt.", name=name)
            raise BadInput(what) from error

    def _sentence(self, name: str) -> Message:
        try:
            return self.named(name).meaning
        except BadInput as error:
            return error.message


def write_profile(store: Path, name: str, text: str) -> Profile:
    """Keep *text* as the store's own profile called *name*, whole or not at all; an earlier one is replaced.

    Raises BadInput for a name that cannot be a file's, and for a text that is no sound profile; nothing is then kept.
    """
    if not _NAME.fullmatch(name):
        raise BadInput(
            Message(
                "{name} kan inte vara namn på en profil. Använd a–z, 0–9 och bindestreck, högst 60 tecken.", name=name
            )
        )
    profile = profile_of(name, text)
    folder = store / "profiles"
    folder.mkdir(parents=True, exist_ok=True)
    staged = folder / f".{uuid4().hex}"
    try:
        with staged.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        staged.replace(folder / f"{name}.toml")
    finally:
        staged.unlink(missing_ok=True)
    return profile
