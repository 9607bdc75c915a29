"""FHIR read in batches and in two processes comes to what it does in one, also when the second process dies."""

import gzip
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.fhir_delivery import (
    Read,
    appointment,
    bundle,
    clinic,
    encounter,
    ndjson,
    organisation,
    patient,
    referral,
    schedule,
    slot,
    stay,
    to,
)
from vardbalans.data.read import fhir
from vardbalans.data.read.fhir import helper
from vardbalans.data.read.fhir.helper import Helper, parts_of
from vardbalans.data.read.fhir.reading import Batch, Part, part_of

RESOURCES = [
    *clinic(),
    patient(id="2", link=[{"type": "replaced-by", "other": to("Patient/1")}]),
    patient(id="1", meta={"lastUpdated": "2026-01-01T00:00:00Z"}, name=[{"family": "Ö"}]),
    encounter(id="E2", status="okänd"),
    encounter(id="E3", contained=[patient(id="i")], subject=to("#i")),
    encounter(id="E4", period={"start": "i går"}, reasonCode=[], length={}),
    appointment(id="B2", status="cancelled"),
    referral(id="Q2", modifierExtension=[{}]),
    stay(id="S2", subject=to("Group/1")),
    {"resourceType": "Observation"},
    {"resourceType": "Schedule", "id": 7},
    bundle([patient(id="3"), encounter(id="E5", subject=to("Patient/3"))]),
    {"resourceType": "Bundle", "entry": [{"request": {"method": "DELETE"}}]},
    schedule(id="U"),
    slot(id="T2", schedule=to("Schedule/U")),
]
LINES = [*(ndjson([item]) for item in RESOURCES), b"\n", b"{\n", b"[]\n", b'"\xff"\n', b"x" * 9000 + b"\n"]


def told(read: Read) -> list[tuple[Any, ...]]:
    """Return all that came of a delivery, with rows and findings in their order."""
    drafts = [(draft.table, draft.file.name, draft.rows.to_pylist(), draft.unreadable) for draft in read.drafts]
    return [*drafts, *((f.file, f.row, f.column, f.code, str(f.message)) for f in read.findings)]


def files(seed: Sequence[Sequence[bytes]]) -> dict[str, bytes]:
    """Return the files of a delivery with the lines given, the second one packed."""
    plain = {f"{number}.ndjson": b"".join(lines) for number, lines in enumerate(seed)}
    if "1.ndjson" in plain:
        plain["1.ndjson.gz"] = gzip.compress(plain.pop("1.ndjson"))
    return {"organisation.json": ndjson([bundle(organisation())]), **plain}


def batches(count: int = 12) -> list[Batch]:
    """Return some batches of visits in one file."""
    return [
        Batch(0, "a.ndjson", [(number, ndjson([encounter(id=str(number)), *RESOURCES][number % 5 :][:1]))])
        for number in range(1, count + 1)
    ]


made_files = st.lists(st.lists(st.sampled_from(LINES), min_size=1, max_size=25), min_size=1, max_size=3).map(files)


@settings(max_examples=25, deadline=None)
@given(content=made_files, size=st.integers(1, 3000))
def test_where_batches_are_cut_makes_no_difference(
    content: dict[str, bytes], size: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """After any line: rows, findings and their order are those of one batch."""
    want = told(Read(tmp_path_factory.mktemp("one"), content))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fhir, "_BATCH", size)
        assert told(Read(tmp_path_factory.mktemp("many"), content)) == want


@settings(max_examples=4, deadline=None)
@given(content=made_files)
def test_two_processes_read_what_one_does(content: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Rows and findings, in order."""
    want = told(Read(tmp_path_factory.mktemp("one"), content))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fhir, "_BATCH", 500)
        patched.setattr(fhir, "_LARGE", 0)
        patched.setattr("os.cpu_count", lambda: 2)
        assert told(Read(tmp_path_factory.mktemp("two"), content)) == want


def test_the_second_process_gives_its_parts_in_order() -> None:
    """All that it is given and all that is read here."""
    with Helper.started() or pytest.fail("no process") as second:
        given = batches(2)
        assert all(second.takes(batch) for batch in given)
        parts = [second.part_of(batch) for batch in given]
        assert not second.takes(given[0])
        assert [part.result(timeout=60) for part in parts] == [part_of(batch) for batch in given]
        assert second.takes(given[0])
    assert list(parts_of(batches(), helped=True)) == [part_of(batch) for batch in batches()]


DYING = {
    "at once": "import sys; sys.exit(3)",
    "after one": (
        "import sys; from vardbalans.data.read.fhir import helper; "
        "helper.count = lambda: range(1); helper.main(); sys.exit(4)"
    ),
    "while it writes": "import os, sys; sys.stdin.buffer.read(10); os.kill(os.getpid(), 9)",
}


@pytest.mark.parametrize("code", DYING.values(), ids=DYING)
def test_what_a_dead_process_does_not_give_is_read_here(
    code: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is missing and nothing comes twice; that it died is logged once."""
    monkeypatch.setattr(Helper, "started", lambda: Helper([sys.executable, "-c", code]))
    assert list(parts_of(batches(), helped=True)) == [part_of(batch) for batch in batches()]
    assert ["ended" in record.message for record in caplog.records] == [True]


def test_where_no_process_can_be_started_one_reads_all(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As in a frozen program, or where processes are counted."""
    monkeypatch.setattr(sys, "executable", "/finns/inte")
    with caplog.at_level(logging.WARNING):
        assert list(parts_of(batches(), helped=True)) == [part_of(batch) for batch in batches()]
    assert "one process" in caplog.text


def test_what_is_too_large_to_be_held_twice_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Bundle of hundreds of megabytes."""
    with Helper.started() or pytest.fail("no process") as second:
        monkeypatch.setattr(helper, "_LARGEST", 10)
        assert not second.takes(batches(1)[0])


def test_a_reading_that_is_given_up_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a process nor a file, though a part is under way."""
    begun: list[Helper] = []

    def started() -> Helper:
        begun.append(Helper([sys.executable, "-c", "import time; time.sleep(600)"]))
        return begun[0]

    def endless() -> Any:
        while True:
            yield from batches()

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(Helper, "started", started)
    monkeypatch.setattr(helper, "_AHEAD", 0)
    monkeypatch.setattr(helper, "_QUEUED", 0)
    parts = parts_of(endless(), helped=True)
    first: Part = next(parts)
    assert first.number == 0
    assert list(tmp_path.iterdir()) != []
    monkeypatch.setattr(helper, "_QUEUED", 2)
    begun[0].part_of(batches(1)[0])
    parts.close()
    assert begun[0]._process.returncode
    assert list(tmp_path.iterdir()) == []


def test_a_file_with_too_many_units_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of it is not read; other files are."""
    monkeypatch.setattr(fhir, "MOST", 3)
    monkeypatch.setattr(fhir, "_BATCH", 1)
    units = [{"resourceType": "Organization", "id": str(number)} for number in range(9)]
    found = Read(tmp_path, {"a.ndjson": [*units, {"resourceType": "Basic"}], "b.ndjson": [patient()]})
    assert found.codes() == [("a.ndjson", None, "", "too_many_units")]
    assert len(found.rows("units")) == 4
    assert len(found.rows("patients")) == 1
