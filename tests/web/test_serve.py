"""The app as it is served: a process of its own, waitress, a store folder that survives it."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from pysqlite3 import dbapi2

SERVE = """
import sys
from pathlib import Path
from vardbalans.web import serve
serve.run(Path(sys.argv[1]), "127.0.0.1", int(sys.argv[2]))
"""
LINK = """
import sys
from pathlib import Path
from vardbalans.web import serve
serve.prepare(Path(sys.argv[1]))
from vardbalans.web.people.actions import first_run_link
print(first_run_link(base_url="http://127.0.0.1:8000"))
"""


MIGRATE = """
import sys
from pathlib import Path
from vardbalans.web import serve
store = Path(sys.argv[1])
serve.prepare(store)
from django.core.management import call_command
from vardbalans.web.people.actions import first_run_link
first_run_link(base_url="http://127.0.0.1:8000")
serve.prepare(store)
print(len(list(store.glob("before-migration/*"))))
call_command("migrate", "mailing", "zero", verbosity=0)
serve.prepare(store)
"""


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VARDBALANS_", "DJANGO_"))}
    return kept | {"VARDBALANS_KEY_FILE": os.environ["VARDBALANS_KEY_FILE"]} | more


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address
        return answer.read()


@contextmanager
def served(store: Path) -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(store), str(port)], env=environment())
    base = f"http://127.0.0.1:{port}"
    try:
        for _attempt in range(100):
            assert process.poll() is None, "the server ended"
            try:
                fetch(f"{base}/livez")
                break
            except OSError:
                time.sleep(0.1)
        yield base
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)


def test_served_twice_from_an_empty_folder_with_a_kill_between(tmp_path) -> None:
    store = tmp_path / "store"
    for _start in range(2):
        with served(store) as base:
            assert json.loads(fetch(f"{base}/readyz"))["status"] == "ok"
            assert b"Logga in" in fetch(f"{base}/people/log-in/")
            assert b"--over2" in fetch(f"{base}/static/vardbalans.css")
    assert stat.S_IMODE((store / "secret_key").stat().st_mode) == 0o600
    with dbapi2.connect(store / "app.sqlite3") as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    database.close()


def test_a_link_is_made_without_the_server(tmp_path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LINK, str(tmp_path)], env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("http://127.0.0.1:8000/people/link/")


def test_an_unknown_setting_stops_the_start(tmp_path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LINK, str(tmp_path)],
        env=environment(VARDBALANS_HTPS="1"),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "VARDBALANS_HTPS" in done.stderr
    assert not (tmp_path / "app.sqlite3").exists()


def test_sqlite_is_durable_and_takes_its_lock_at_once(tmp_path) -> None:
    code = """
import sys
from pathlib import Path
from vardbalans.web import serve
serve.prepare(Path(sys.argv[1]))
from django.db import connection
with connection.cursor() as cursor:
    print([cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "foreign_keys")])
print(connection.transaction_mode, connection.Database.sqlite_version_info >= (3, 51, 3))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["['wal', 2, 1]", "IMMEDIATE True"]


def test_what_pages_rarely_need_is_not_loaded_with_the_web(tmp_path) -> None:
    code = """
import sys
from importlib import import_module
from pathlib import Path
from vardbalans.web import serve
serve.prepare(Path(sys.argv[1]))
import_module("vardbalans.web.urls")
heavy = "highspy llvmlite numba openpyxl ortools pandas simpy sklearn statsforecast statsmodels typst".split()
heavy += [f"scipy.{name}" for name in ("linalg", "optimize", "sparse", "special", "stats")]
print([name for name in heavy if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["[]"]


def test_over_tls_cookies_are_bound_to_the_host() -> None:
    code = """
from vardbalans.web import settings
print(settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE)
print(settings.CSRF_COOKIE_NAME, settings.SECURE_HSTS_SECONDS)
"""
    for https, expected in (
        ("1", "__Host-vardbalans_session True\n__Host-vardbalans_csrf 31536000"),
        ("0", "vardbalans_session False\nvardbalans_csrf 0"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=environment(VARDBALANS_HTTPS=https),
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == expected


@pytest.mark.parametrize("key", ["VARDBALANS_TEST_POSTGRES", "VARDBALANS_UPDATE_PICTURES"])
def test_the_tests_own_keys_are_known(key, tmp_path) -> None:
    subprocess.run(
        [sys.executable, "-c", LINK, str(tmp_path)], env=environment(**{key: "1"}), check=True, capture_output=True
    )


def test_the_database_is_backed_up_before_its_tables_change_and_only_then(tmp_path) -> None:
    store = tmp_path / "store"
    done = subprocess.run(
        [sys.executable, "-c", MIGRATE, str(store)], env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["0"], "neither for a new database nor where nothing is to change"
    (place,) = store.glob("before-migration/vardbalans-*")
    assert {each.name for each in place.iterdir()} >= {"app.sqlite3", "sha256.json"}
    asked = "SELECT (SELECT count(*) FROM django_migrations WHERE app = 'mailing'), (SELECT count(*) FROM people_user)"
    counts = []
    for database in (place / "app.sqlite3", store / "app.sqlite3"):
        with closing(dbapi2.connect(database)) as opened:
            counts.append(opened.execute(asked).fetchone())
    assert counts[0] == (0, 1), "as it was before"
    assert counts[1][0] > 0
    assert counts[1][1] == 1
