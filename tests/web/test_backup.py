"""Backups of the embedded database: sound, checked, put back; what is spoilt is refused."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from pysqlite3 import dbapi2

from vardbalans.engine.errors import BadInput
from vardbalans.web import backup


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store whose database has one row that lies in the write-ahead log alone."""
    folder = tmp_path / "store"
    folder.mkdir()
    with closing(dbapi2.connect(folder / backup.DATABASE)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE django_migrations (name TEXT)")
        database.execute("CREATE TABLE kept (value INTEGER)")
        database.execute("INSERT INTO kept VALUES (1)")
        database.commit()
    heads(folder).parent.mkdir()
    heads(folder).write_text("one\n")
    return folder


def heads(store: Path) -> Path:
    return store / "audit" / "heads.jsonl"


def value(store: Path) -> list[int]:
    with closing(dbapi2.connect(store / backup.DATABASE)) as database:
        return [row[0] for row in database.execute("SELECT value FROM kept ORDER BY value")]


def write(store: Path, number: int) -> None:
    with closing(dbapi2.connect(store / backup.DATABASE)) as database:
        database.execute("INSERT INTO kept VALUES (?)", [number])
        database.commit()


def test_what_was_is_put_back_and_what_is_lies_aside(store, tmp_path) -> None:
    with closing(dbapi2.connect(store / backup.DATABASE)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO kept VALUES (99)")
        place = backup.back_up(store, heads(store), tmp_path / "kept", keep=3)
        writer.rollback()
    write(store, 2)
    heads(store).write_text("one\ntwo\n")
    aside = backup.restore(store, heads(store), place)
    assert value(store) == [1]
    assert heads(store).read_text() == "one\n"
    with closing(dbapi2.connect(aside / backup.DATABASE)) as before:
        assert before.execute("SELECT count(*) FROM kept").fetchone() == (2,)
    assert (aside / "heads.jsonl").read_text() == "one\ntwo\n"
    assert backup.restore(tmp_path / "new", heads(tmp_path / "new"), place) is None
    assert value(tmp_path / "new") == [1]


def test_the_oldest_go_and_nothing_else(store, tmp_path) -> None:
    other = tmp_path / "kept" / "vardbalans-notes"
    other.mkdir(parents=True)
    made = [backup.back_up(store, heads(store), tmp_path / "kept", keep=2) for _ in range(4)]
    assert [place.exists() for place in made] == [False, False, True, True]
    assert other.exists()
    assert not list((tmp_path / "kept").glob("*.draft"))


def test_a_spoilt_backup_is_refused(store, tmp_path) -> None:
    place = backup.back_up(store, heads(store), tmp_path / "kept", keep=2)
    file = place / backup.DATABASE
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(BadInput, match="inte som den skrevs"):
        backup.restore(store, heads(store), place)
    (place / "sha256.json").write_text(json.dumps({}))
    with pytest.raises(BadInput):
        backup.restore(store, heads(store), place)
    with pytest.raises(BadInput, match="ingen säkerhetskopia"):
        backup.restore(store, heads(store), tmp_path)
    with pytest.raises(BadInput, match="pg_dump"):
        backup.back_up(tmp_path / "empty", heads(store), tmp_path / "kept", keep=2)
    assert value(store) == [1]


def test_nothing_is_put_back_while_the_database_is_used(store, tmp_path) -> None:
    place = backup.back_up(store, heads(store), tmp_path / "kept", keep=2)
    with closing(dbapi2.connect(store / backup.DATABASE)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO kept VALUES (3)")
        with pytest.raises(BadInput, match="används"):
            backup.restore(store, heads(store), place)
        writer.commit()
    assert value(store) == [1, 3]
