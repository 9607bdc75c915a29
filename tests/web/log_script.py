"""What the test of many sealers runs as a process: ``python log_script.py WRITERS ROWS``: write and seal at once."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

from vardbalans.web import serve


def main(writers: int, rows: int) -> None:
    serve.prepare(Path(os.environ["VARDBALANS_DATA_DIR"]))
    audit, models, sealing = (import_module(f"vardbalans.web.people.{name}") for name in ("audit", "models", "sealing"))

    def write(writer: int) -> None:
        for number in range(rows):
            audit.record(models.Event.LOGGED_IN, by=None, target=f"{writer} {number}")
            if number % 5 == 0:
                sealing.seal_all(everything=number % 10 == 0)

    # A thread has a connection of its own: to the database it is as another process.
    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(write, range(writers)))
    sealing.seal_all()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
