"""The same page tests once more, on PostgreSQL: a throw-away cluster, or the server of VARDBALANS_TEST_POSTGRES."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import lacking

HERE = Path(__file__).parent
BINARIES = Path("/usr/lib/postgresql")
SETTINGS = ("fsync=on", "full_page_writes=on", "synchronous_commit=on")


def binaries() -> Path | None:
    found = sorted(BINARIES.glob("*/bin"), key=lambda path: int(path.parent.name))
    return found[-1] if found else None


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Yield the address of a PostgreSQL database that may be used and dropped."""
    if given := os.environ.get("VARDBALANS_TEST_POSTGRES"):
        yield given
        return
    tools = binaries()
    if tools is None:
        lacking("no PostgreSQL server: install Debian's package postgresql, or set VARDBALANS_TEST_POSTGRES")
    # PostgreSQL refuses to run as root, so root starts it as the user that Debian's package brings.
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="vardbalans-pg-"))
    if user:
        shutil.chown(folder, user)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(tool: str, *arguments: str) -> None:
        subprocess.run(
            [tools / tool, *arguments],
            user=user,
            cwd=folder,
            check=True,
            capture_output=True,
            env={"LC_ALL": "C.UTF-8"},
        )

    data = str(folder / "data")
    run("initdb", "-D", data, "-U", "vardbalans", "--auth=trust", "--encoding=UTF8")
    options = " ".join(f"-c {setting}" for setting in SETTINGS)
    run(
        "pg_ctl",
        "-D",
        data,
        "-w",
        "-l",
        str(folder / "log"),
        "-o",
        f"-p {port} -h 127.0.0.1 -k {folder} {options}",
        "start",
    )
    try:
        yield f"postgresql://vardbalans@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.mark.postgres
def test_the_page_tests_pass_on_postgresql_too(server) -> None:
    files = [str(HERE / f"test_{name}.py") for name in ("access", "log_in", "pages", "shell")]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *files],
        env=os.environ | {"VARDBALANS_DATABASE_URL": server},
        capture_output=True,
        check=False,
        text=True,
        cwd=HERE.parent.parent,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) >= 100
    assert "skipped" not in done.stdout


@pytest.mark.postgres
def test_the_run_really_used_postgresql(server) -> None:
    code = (
        "import django; django.setup(); from django.db import connection as c; c.ensure_connection(); print(c.vendor)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"VARDBALANS_DATABASE_URL": server, "DJANGO_SETTINGS_MODULE": "vardbalans.web.settings"},
    )
    assert done.stdout.strip() == "postgresql"
