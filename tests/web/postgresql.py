"""A PostgreSQL server for the tests: a throw-away cluster, or the server of VARDBALANS_TEST_POSTGRES."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import lacking

BINARIES = Path("/usr/lib/postgresql")
SETTINGS = ("fsync=on", "full_page_writes=on", "synchronous_commit=on")


def binaries() -> Path | None:
    found = sorted(BINARIES.glob("*/bin"), key=lambda path: int(path.parent.name))
    return found[-1] if found else None


@contextmanager
def running() -> Iterator[str]:
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
