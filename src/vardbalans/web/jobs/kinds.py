"""Which kinds of job there are. A room that has long work registers its kinds when Django starts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vardbalans.web.jobs.run import Run
from vardbalans.web.people.permissions import Permission

__all__ = ["Kind", "Outcome", "kind_named", "register"]


@dataclass(frozen=True)
class Outcome:
    """How a job ended well: its *result* as JSON, and what is written to the database with it, all or nothing."""

    result: Mapping[str, Any]
    effect: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Kind:
    """A kind of job: what it does, and the permission that lets a person see and stop it.

    Whoever holds *watch* for any unit may see how far it is, but not stop it; None: nobody beside.

    *work* may be run again from its start, by another process, whenever its worker has died; it must find what it
    already did. It reports and saves through :class:`Run`.
    """

    name: str
    permission: Permission
    work: Callable[[Run], Outcome]
    watch: Permission | None = None


_KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Make *kind* known."""
    _KINDS[kind.name] = kind


def kind_named(name: str) -> Kind:
    """Return the kind called *name*. Raises KeyError."""
    return _KINDS[name]
