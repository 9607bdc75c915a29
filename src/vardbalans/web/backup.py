"""Back the embedded database up, and put a backup back.

A backup is a folder of its own: the database as one sound file (``VACUUM INTO``, which other writers do not disturb),
the heads of the audit trail, and their SHA-256. It is opened and checked before it counts. The lake's files never
change once written, and the key lies elsewhere: copy both with any tool.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pysqlite3 import dbapi2

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = ["DATABASE", "back_up", "restore"]

DATABASE = "app.sqlite3"
_HEADS, _SUMS = "heads.jsonl", "sha256.json"


def back_up(store: Path, heads: Path, folder: Path, *, keep: int) -> Path:
    """Write a backup under *folder*, check it, and let the oldest beyond *keep* go; return where it is.

    Raises BadInput where there is no embedded database, or the copy is not sound.
    """
    source = store / DATABASE
    if not source.is_file():
        raise BadInput(Message("Ingen inbyggd databas i {store}. PostgreSQL kopieras med pg_dump.", store=store))
    place = folder / f"vardbalans-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    draft = place.with_suffix(".draft")
    draft.mkdir(mode=0o700, parents=True)
    try:
        # The heads come first: a backup's heads are never ahead of its log.
        if heads.is_file():
            shutil.copyfile(heads, draft / _HEADS)
        with closing(dbapi2.connect(source, timeout=20)) as database:
            database.execute("VACUUM INTO ?", [str(draft / DATABASE)])
        _require_sound(draft / DATABASE)
        sums = {path.name: _sum(path) for path in sorted(draft.iterdir())}
        (draft / _SUMS).write_text(json.dumps(sums, indent=1), "utf-8")
        draft.rename(place)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    made = [each for each in sorted(folder.glob("vardbalans-*")) if (each / _SUMS).is_file()]
    for old in made[:-keep]:
        shutil.rmtree(old)
    return place


def restore(store: Path, heads: Path, place: Path) -> Path | None:
    """Put the backup at *place* back; return where what was there before was moved, None where nothing was.

    Raises BadInput for a backup that is not as it was written, and while something uses the database.
    """
    try:
        sums = json.loads((place / _SUMS).read_text("utf-8"))
        wrong = [name for name, expected in sums.items() if _sum(place / name) != expected]
    except (OSError, ValueError) as error:
        raise BadInput(Message("{place} är ingen säkerhetskopia som går att läsa.", place=place)) from error
    if wrong or DATABASE not in sums:
        raise BadInput(Message("Säkerhetskopian är inte som den skrevs: {names}.", names=", ".join(wrong) or DATABASE))
    _require_sound(place / DATABASE)
    aside = store / f"before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    with _idle(store / DATABASE):
        there = [path for path in (store / DATABASE, heads) if path.exists()]
        if there:
            aside.mkdir(mode=0o700)
    for path in there:
        shutil.move(path, aside / path.name)
    for rest in store.glob(f"{DATABASE}-*"):  # what the write-ahead log holds was folded in when the database was idle
        rest.unlink()
    store.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(place / DATABASE, store / DATABASE)
    if _HEADS in sums:
        heads.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(place / _HEADS, heads)
    return aside if there else None


@contextmanager
def _idle(database: Path) -> Iterator[None]:
    """Hold *database* for oneself while the block runs. Raises BadInput when another process uses it."""
    if not database.exists():
        yield
        return
    with closing(dbapi2.connect(database, timeout=1, isolation_level=None)) as held:
        try:
            held.execute("PRAGMA locking_mode=EXCLUSIVE")
            held.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            held.execute("PRAGMA journal_mode=DELETE")
            held.execute("BEGIN EXCLUSIVE")
        except dbapi2.OperationalError as error:
            raise BadInput(Message("Databasen används. Stoppa webben och arbetaren innan du återställer.")) from error
        held.execute("ROLLBACK")
        yield


def _require_sound(database: Path) -> None:
    with closing(dbapi2.connect(f"file:{database}?mode=ro", uri=True)) as copy:
        answer = copy.execute("PRAGMA quick_check").fetchone()[0]
        tables = copy.execute("SELECT count(*) FROM sqlite_master WHERE name = 'django_migrations'").fetchone()[0]
    if answer != "ok" or not tables:
        raise BadInput(Message("Databasen i {path} är inte hel: {why}.", path=database, why=answer))


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
