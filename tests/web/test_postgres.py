"""The same page tests once more, on PostgreSQL: a throw-away cluster, or the server of VARDBALANS_TEST_POSTGRES."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.postgres
def test_the_page_tests_pass_on_postgresql_too(server) -> None:
    files = [
        str(HERE / f"test_{name}.py")
        for name in (
            "access",
            "administering",
            "api",
            "balancing",
            "beds",
            "cost",
            "following",
            "intake",
            "jobs",
            "log",
            "log_in",
            "mailing",
            "need",
            "pages",
            "planning",
            "shell",
            "signing",
        )
    ]
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
