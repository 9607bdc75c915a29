"""Many write and seal at once, on both databases: one chain, no row without its place, none with two."""

import json
import subprocess
import sys
from pathlib import Path

from tests.web.test_workers import local, place, store  # noqa: F401 - fixtures

SCRIPT = Path(__file__).parent / "log_script.py"
WRITERS, ROWS = 6, 20


def test_the_chain_does_not_fork(place) -> None:  # noqa: F811 - the fixture
    def run(*command: str) -> str:
        done = subprocess.run([sys.executable, *command], env=place, capture_output=True, check=False, text=True)
        assert done.returncode == 0, done.stderr[-3000:] + done.stdout
        return done.stdout

    run(str(SCRIPT), str(WRITERS), str(ROWS))
    report = json.loads(run("-m", "vardbalans.cli", "verify-log", "--json"))
    assert report["findings"] == []
    counted = {name: report[name] for name in ("rows", "sealed", "unsealed", "sequence")}
    assert counted == {"rows": WRITERS * ROWS, "sealed": WRITERS * ROWS, "unsealed": 0, "sequence": WRITERS * ROWS}
    heads = Path(place["VARDBALANS_DATA_DIR"], "audit/heads.jsonl")
    assert heads.stat().st_mode & 0o077 == 0
    assert json.loads(heads.read_text().splitlines()[-1])["root"] == report["root"]
