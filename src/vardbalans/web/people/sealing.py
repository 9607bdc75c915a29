"""The sealer: gives each audit row its place in one chain, signs it, and keeps the newest head outside the database.

Rows are added by many at once and take no turn. One sealer at a time, under a lock in the database, gives those that
have no place yet the next ones: a sequence, a root over all rows so far, and a signature (HMAC-SHA-256) by a key
derived from the store's master key, which lies outside both. The head, the last place and its root, is written to a
file beside the database, so that cutting the log's tail is seen; copy that file elsewhere to be safe from someone who
can write both.
"""

import hashlib
import hmac
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event as Flag
from threading import Thread

from django.conf import settings
from django.db import close_old_connections, connection, transaction
from django.db.utils import DatabaseError
from django.utils import timezone

from vardbalans.data.identity.keyring import Keyring, keyring_for
from vardbalans.engine.errors import VardbalansError
from vardbalans.web.people.models import AuditEvent, Seal, SealLock

__all__ = [
    "FIRST_ROOT",
    "SEAL_EVERY_S",
    "Head",
    "heads",
    "heads_file",
    "root_after",
    "seal",
    "seal_all",
    "sealing",
    "signature_of",
]

_LOG = logging.getLogger(__name__)
FIRST_ROOT = "0" * 64
"""The root before the first row."""
SEAL_EVERY_S = 10.0
_BATCH = 1000
_LOOK_BACK = 20_000
"""How many rows back of the last sealed one are looked at for latecomers, between the full looks at each start."""


@dataclass(frozen=True)
class Head:
    """Where the log stood: its last *sequence* and *root*, *at* a time, signed; *key* is the mark of the key."""

    sequence: int
    root: str
    at: str
    signature: str
    key: str


def heads_file() -> Path:
    """Return the file of heads, one as JSON per line, outside the database."""
    path: Path = settings.CONFIGURATION.heads_file(settings.STORE)
    return path


def root_after(root: str, sequence: int, event_id: int, content_hash: str) -> str:
    """Return the root once the row *event_id* with *content_hash* has taken the place *sequence* after *root*."""
    return hashlib.sha256(f"{root}|{sequence}|{event_id}|{content_hash}".encode()).hexdigest()


def signature_of(key: bytes, *parts: object) -> str:
    """Return the HMAC-SHA-256 of *parts* under *key*."""
    return hmac.new(key, "|".join(map(str, parts)).encode(), hashlib.sha256).hexdigest()


def seal_all(*, everything: bool = True) -> int:
    """Seal all rows that wait, write the head, and return how many were sealed. Raises what the key's reading does.

    Not *everything* looks for latecomers, rows committed after later ones were sealed, among the newest alone.
    """
    ring = keyring_for(settings.STORE, make=True)
    count = 0
    while done := seal(key=ring.log_key, everything=everything):
        count += done
    _keep_head(ring)
    return count


@transaction.atomic
def seal(*, key: bytes, everything: bool = True) -> int:
    """Seal the next rows, at most a thousand, in one transaction; return how many."""
    # The lock comes first: on PostgreSQL what is read after it is what the sealer before left; SQLite's transactions
    # take turns by themselves.
    SealLock.objects.select_for_update().get_or_create(pk=1)
    last = Seal.objects.order_by("-sequence").first()
    sequence, root = (last.sequence, last.root) if last else (0, FIRST_ROOT)
    waiting = AuditEvent.objects.filter(seal__isnull=True)
    if last and not everything:
        waiting = waiting.filter(pk__gt=last.event_id - _LOOK_BACK)
    made = []
    for event in waiting.order_by("pk")[:_BATCH]:
        sequence += 1
        root = root_after(root, sequence, event.pk, event.content_hash)
        signature = signature_of(key, sequence, event.pk, event.content_hash, root)
        made.append(
            Seal(sequence=sequence, event_id=event.pk, content_hash=event.content_hash, root=root, signature=signature)
        )
    Seal.objects.bulk_create(made)
    return len(made)


def heads() -> Iterator[Head | None]:
    """Yield the kept heads in the order they were written; None for a line that cannot be read."""
    path = heads_file()
    if not path.is_file():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                yield Head(**json.loads(line))
            except (ValueError, TypeError):
                yield None


def _keep_head(ring: Keyring) -> None:
    """Write the present head to the file unless it is the last one there. After the commit: never ahead of it."""
    last = Seal.objects.order_by("-sequence").first()
    if last is None or _last_kept() == (last.sequence, last.root):
        return
    at = timezone.now().isoformat(timespec="seconds")
    signature = signature_of(ring.log_key, "head", last.sequence, last.root, at)
    line = json.dumps(asdict(Head(last.sequence, last.root, at, signature, ring.mark))) + "\n"
    path = heads_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # One write in append mode: lines of two sealers do not mix. A line that a crash cut short is closed first.
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(handle).st_size
        torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        os.write(handle, (b"\n" if torn else b"") + line.encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def _last_kept() -> tuple[int, str] | None:
    """Return the last head's place and root, read from the file's end."""
    path = heads_file()
    if not path.is_file():
        return None
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 1000))
        lines = file.read().splitlines()
    try:
        head = json.loads(lines[-1])
        return head["sequence"], head["root"]
    except (IndexError, ValueError, KeyError, TypeError):
        return None


@contextmanager
def sealing(every_s: float = SEAL_EVERY_S) -> Iterator[None]:
    """Seal in a thread of its own until the block ends, and once more then."""
    over = Flag()
    thread = Thread(target=_seal_until, args=(over, every_s), name="sealer", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _seal_until(over: Flag, every_s: float) -> None:
    everything = True
    while True:
        ending = over.is_set()
        try:
            close_old_connections()
            seal_all(everything=everything)
            everything = False
        except (DatabaseError, OSError, VardbalansError) as error:
            # The database restarts or is busy, the disk is full, the key is away: the rows wait, and verify-log and
            # doctor tell how many.
            _LOG.error("the audit trail is not sealed, trying again: %s", error)
        if ending:
            connection.close()
            return
        over.wait(every_s)
