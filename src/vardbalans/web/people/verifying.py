"""Verify the audit trail: recompute every hash, root and signature, and name each row that is not as it was sealed."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import connection

from vardbalans.data.identity.errors import WrongKey
from vardbalans.data.identity.keyring import keyring_for
from vardbalans.engine.messages import Message
from vardbalans.web.people import sealing
from vardbalans.web.people.models import AuditEvent, Seal
from vardbalans.web.people.sealing import Head

__all__ = ["Problem", "Report", "verify"]

_CHUNK = 2000
_GUARDED = (AuditEvent._meta.db_table, Seal._meta.db_table)
_GUARDS = {"sqlite": ("no_update", "no_delete"), "postgresql": ("no_change",)}


@dataclass(frozen=True)
class Problem:
    """One thing that is not as it was sealed; *sequence* and *event_id* where one row is meant."""

    code: str
    message: Message
    sequence: int | None = None
    event_id: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values, in the shape of a finding."""
        return {
            "file": None,
            "row": self.sequence,
            "column": None,
            "code": self.code,
            "severity": "error",
            "message": str(self.message),
            "sequence": self.sequence,
            "event_id": self.event_id,
        }


@dataclass(frozen=True)
class Report:
    """What was found: how many rows, how many of them sealed, the head, and the problems."""

    rows: int
    sealed: int
    unsealed: int
    sequence: int
    root: str
    problems: tuple[Problem, ...]


def verify() -> Report:
    """Recompute the whole log. Raises WrongKey, and what the key's reading does."""
    if not Seal.objects.exists() and not sealing.heads_file().is_file():
        return Report(AuditEvent.objects.count(), 0, AuditEvent.objects.count(), 0, sealing.FIRST_ROOT, _unguarded())
    ring = keyring_for(settings.STORE, make=False)
    kept = tuple(sealing.heads())
    marks = {head.key for head in kept if head}
    if marks and ring.mark not in marks:
        raise WrongKey(
            Message(
                "Nyckeln är inte den som loggen är förseglad med (nyckelmärket är {found}, loggens {expected}).",
                found=ring.mark,
                expected=", ".join(sorted(marks)),
            )
        )
    chain = _Chain(ring.log_key, {head.sequence for head in kept if head})
    for place, event in _places():
        chain.take(place, event)
    problems = [*chain.problems, *_heads_against(chain, kept, ring.log_key), *_unguarded()]
    return Report(
        AuditEvent.objects.count(),
        chain.count,
        AuditEvent.objects.filter(seal__isnull=True).count(),
        chain.sequence,
        chain.root,
        tuple(problems),
    )


def _places() -> Iterator[tuple[Seal, AuditEvent | None]]:
    """Yield the seals in order, each with the row it seals; None where that is gone."""
    seals = Seal.objects.order_by("sequence").iterator(chunk_size=_CHUNK)
    while chunk := list(islice(seals, _CHUNK)):
        rows = AuditEvent.objects.in_bulk([place.event_id for place in chunk])
        yield from ((place, rows.get(place.event_id)) for place in chunk)


class _Chain:
    """The walk along the log: what it has seen so far, the roots at the *wanted* places, and what was wrong."""

    def __init__(self, key: bytes, wanted: set[int]) -> None:
        self._key, self._wanted = key, wanted
        self.count, self.sequence, self.root = 0, 0, sealing.FIRST_ROOT
        self.roots: dict[int, str] = {}
        self.problems: list[Problem] = []

    def take(self, place: Seal, event: AuditEvent | None) -> None:
        """Judge the next place of the log and the row there."""
        if place.sequence != self.sequence + 1:
            self._tell("seal_missing", _gone(self.sequence + 1, place.sequence - 1), self.sequence + 1)
        elif place.root != sealing.root_after(self.root, place.sequence, place.event_id, place.content_hash):
            self._tell(
                "chain_broken", Message("Plats {n}: kedjan går inte ihop med raden före.", n=place.sequence), place
            )
        signed = (place.sequence, place.event_id, place.content_hash, place.root)
        if place.signature != sealing.signature_of(self._key, *signed):
            said = Message("Plats {n}: förseglingen är inte gjord med loggens nyckel.", n=place.sequence)
            self._tell("forged", said, place)
        self._content(place, event)
        self.count, self.sequence, self.root = self.count + 1, place.sequence, place.root
        if place.sequence in self._wanted:
            self.roots[place.sequence] = place.root

    def _content(self, place: Seal, event: AuditEvent | None) -> None:
        if event is None:
            said = Message("Plats {n}: rad {row} är borttagen.", n=place.sequence, row=place.event_id)
            self._tell("dropped", said, place)
            return
        found = event.hashed()
        if found == place.content_hash == event.content_hash:
            return
        other = Seal.objects.filter(content_hash=found).exclude(pk=place.pk).first()
        if other:
            said = Message(
                "Plats {n}: rad {row} har bytt plats; innehållet hör till plats {other}.",
                n=place.sequence,
                row=place.event_id,
                other=other.sequence,
            )
            self._tell("swapped", said, place)
        else:
            said = Message("Plats {n}: rad {row} är ändrad.", n=place.sequence, row=place.event_id)
            self._tell("changed", said, place)

    def _tell(self, code: str, message: Message, where: Seal | int) -> None:
        if isinstance(where, Seal):
            self.problems.append(Problem(code, message, where.sequence, where.event_id))
        else:
            self.problems.append(Problem(code, message, where))


def _gone(first: int, last: int) -> Message:
    if first >= last:
        return Message("Plats {n} saknas i loggen.", n=first)
    return Message("Platserna {first}–{last} saknas i loggen.", first=first, last=last)


def _heads_against(chain: _Chain, kept: tuple[Head | None, ...], key: bytes) -> list[Problem]:
    """Compare the log with the heads outside the database: what was cut, and what was made anew."""
    found: list[Problem] = []
    genuine: list[int] = []
    for number, head in enumerate(kept, 1):
        if head is None:  # a line that a crash cut short; the sealer writes its head once more after it
            continue
        if head.signature != sealing.signature_of(key, "head", head.sequence, head.root, head.at):
            said = Message("Rad {n} bland huvudena är inte skriven med loggens nyckel.", n=number)
            found.append(Problem("head_forged", said))
            continue
        genuine.append(head.sequence)
        if chain.roots.get(head.sequence, head.root) != head.root:
            said = Message("Plats {n} är inte den som var huvud {at}.", n=head.sequence, at=head.at)
            found.append(Problem("head_differs", said, head.sequence))
    if genuine and max(genuine) > chain.sequence:
        said = Message(
            "Loggens slut är avklippt: plats {first}–{last} fanns.", first=chain.sequence + 1, last=max(genuine)
        )
        found.append(Problem("cut", said, chain.sequence + 1))
    if chain.count and not genuine:
        said = Message("Filen med loggens huvuden saknas: {path}.", path=sealing.heads_file())
        found.append(Problem("heads_missing", said))
    return found


def _unguarded() -> tuple[Problem, ...]:
    """Tell of the tables whose rows the database would let be changed: their triggers are gone or off."""
    names = {f"{table}_{guard}": table for table in _GUARDED for guard in _GUARDS[connection.vendor]}
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE tgenabled = 'O' OR tgenabled = 'A'")
        there = {row[0] for row in cursor.fetchall()}
    return tuple(
        Problem("unguarded", Message("Skyddet {name} på tabellen {table} är borttaget.", name=name, table=table))
        for name, table in names.items()
        if name not in there
    )
