"""Where the app keeps users, roles and the audit trail: SQLite in the store, or PostgreSQL by URL.

The SQLite library of Debian 12 (3.40.1) can corrupt a database in WAL mode, so ``pysqlite3``, which brings its
own, takes the place of the standard module before Django looks for it.
"""

import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pysqlite3

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = ["SOUND_SQLITE", "databases", "use_sound_sqlite"]

SOUND_SQLITE = (3, 51, 3)


def use_sound_sqlite(version: tuple[int, ...] = pysqlite3.sqlite_version_info) -> None:
    """Put pysqlite3 in place of sqlite3. Raises BadInput when its library is too old for WAL."""
    if version < SOUND_SQLITE:
        raise BadInput(
            Message(
                "SQLite {version} kan skada databasen i WAL-läge (rättat i {sound}). "
                "Uppgradera paketet pysqlite3 eller använd PostgreSQL med VARDBALANS_DATABASE_URL.",
                version=".".join(map(str, version)),
                sound=".".join(map(str, SOUND_SQLITE)),
            )
        )
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2


def databases(store: Path, url: str | None) -> dict[str, dict[str, Any]]:
    """Return Django's DATABASES for *url*, or for the SQLite file in *store* when there is none."""
    return {"default": _postgresql(url) if url else _sqlite(store / "app.sqlite3")}


def _sqlite(path: Path) -> dict[str, Any]:
    use_sound_sqlite()
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        # Kept by each thread: to open it reads the schema, and to close it folds the log in.
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
    }


def _postgresql(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise BadInput(
            Message(
                "VARDBALANS_DATABASE_URL ska ha formen "
                "postgresql://användare:lösenord@värd:port/databas, inte {scheme}.",
                scheme=parts.scheme or "–",
            )
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": 600,
    }
