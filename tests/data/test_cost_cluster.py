"""The same run on a Dask cluster of two worker processes, one of them killed on the way: same öre, nothing lost."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from tests.data import cost_clinic as by
from vardbalans.data.cost import CostRun, run_cost

pytest.importorskip("distributed", reason="needs the extra [cluster]")

PATIENTS = 40


def _many() -> dict:
    tables = by.clinic()
    tables["contacts"] = [by.contact(n, f"P{n % PATIENTS:03d}", "NB", 1 + n % 28) for n in range(400)]
    return tables


def _costs(run: CostRun) -> list[tuple[str, int]]:
    with duckdb.connect() as con:
        files = str(run.folder / "costed.parquet")
        return con.execute("select contact_id, ore from read_parquet($1) order by 1", [files]).fetchall()


def _kill_when_begun(store: Path, workers: list[int], killed: list[int]) -> None:
    """Kill the first worker as soon as any part has been kept."""
    for _ in range(2_000):
        if any((store / "cost").glob(".building-*/activity-*.parquet")):
            os.kill(workers[0], signal.SIGKILL)
            killed.append(workers[0])
            return
        time.sleep(0.005)


@pytest.mark.crash
def test_a_killed_worker_loses_nothing(tmp_path) -> None:
    """Its parts are done again by the other, to the same files."""
    from distributed import Client, LocalCluster  # noqa: PLC0415 - takes a second to load

    store = by.stored(tmp_path / "store", _many())
    alone = run_cost(store, period=by.PERIOD, part_rows=10**6)
    with ThreadPoolExecutor(2) as threads:
        divided = run_cost(store, period=by.PERIOD, part_rows=60, executor=threads)
    before = _costs(divided)
    killed: list[int] = []
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, local_directory=str(tmp_path)
        ) as cluster,
        Client(cluster) as client,
    ):
        workers = list(client.run(os.getpid).values())
        watch = threading.Thread(target=_kill_when_begun, args=(store, workers, killed))
        watch.start()
        found = run_cost(store, period=by.PERIOD, part_rows=60, executor=client.get_executor(retries=5))
        watch.join()
    assert killed
    assert found.parts == divided.parts > 5
    assert _costs(found) == before
    assert found.certificate == divided.certificate == alone.certificate
    assert found.certificate.difference_ore == 0
