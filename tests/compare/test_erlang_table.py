"""Erlang B and C against a published table of reference values."""

import csv
from pathlib import Path

import pytest

from vardbalans.engine.queueing import all_busy, blocking, mean_queue, mean_wait

TABLE = Path(__file__).parents[3] / "shared" / "data" / "queueing" / "erlang_reference_dev.csv"
pytestmark = pytest.mark.skipif(
    not TABLE.exists(), reason="the reference table of Erlang values is not on this machine"
)


def test_every_row() -> None:
    rows = list(csv.DictReader(TABLE.read_text().splitlines()))
    assert len(rows) > 10
    for row in rows:
        servers, load = int(row["servers"]), float(row["offered_load_erlang"])
        assert blocking(servers, load) == pytest.approx(float(row["erlang_b_blocking"]), rel=1e-9)
        if not row["erlang_c_wait_probability"]:
            assert load >= servers
            continue
        assert all_busy(servers, load) == pytest.approx(float(row["erlang_c_wait_probability"]), rel=1e-9)
        assert mean_queue(servers, load) == pytest.approx(float(row["mean_queue_length_Lq"]), rel=1e-9)
        assert mean_wait(servers, load) == pytest.approx(float(row["mean_wait_in_service_times_Wq"]), rel=1e-9)
