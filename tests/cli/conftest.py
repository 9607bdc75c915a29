"""One small region, written and imported once for all command-line tests."""

import json

import pytest

from vardbalans.cli import run


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli") / "demo"
    assert run(["demo", str(folder), "--seed", "7"]) == 0
    return folder


@pytest.fixture(scope="session")
def store(demo_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    assert run(["import", str(demo_folder), "--by", "test", "--store", str(folder)]) == 0
    return folder


@pytest.fixture
def call(capsys):
    """Run a command with --json; return its exit code and the document it printed."""

    def _call(*arguments):
        code = run([*map(str, arguments), "--json"])
        out = capsys.readouterr().out
        return code, json.loads(out) if out else None

    return _call
