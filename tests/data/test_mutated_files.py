"""Broken files: two hundred spoiled copies of each kind, and the known traps, give findings and never a traceback."""

import gzip
import io
import random
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from vardbalans.data.findings import Finding
from vardbalans.data.read import Draft, Limits, read_file
from vardbalans.data.tables import TABLES

COPIES = 200
LIMITS = Limits(50 << 20, 20 << 20, ratio=100)
HEADS = ["ward_id", "date", "physical", "available", "closed_reason"]
ROWS = [
    [f"Avd {number}", date(2026, 5, 1 + number % 28), 20 + number % 3, 18, "Sjuksköterskebrist å ä ö"]
    for number in range(40)
]


def _csv() -> bytes:
    lines = [";".join(HEADS), *(";".join(map(str, row)) for row in ROWS)]
    return "".join(f"{line}\r\n" for line in lines).encode()


def _xlsx() -> bytes:
    book, stream = Workbook(), io.BytesIO()
    book.active.title = "beds"
    book.active.append(HEADS)
    for row in ROWS:
        book.active.append(row)
    book.save(stream)
    return stream.getvalue()


def _parquet() -> bytes:
    stream = io.BytesIO()
    columns = dict(zip(HEADS, map(list, zip(*ROWS, strict=True)), strict=True))
    pq.write_table(pa.table(columns), stream, row_group_size=10)
    return stream.getvalue()


def _truncated(content: bytes, random: random.Random) -> bytes:
    return content[: random.randrange(len(content))]


def _bit_flipped(content: bytes, random: random.Random) -> bytes:
    spoiled = bytearray(content)
    for _ in range(random.choice([1, 1, 3, 20])):
        spoiled[random.randrange(len(spoiled))] ^= 1 << random.randrange(8)
    return bytes(spoiled)


def _shuffled(content: bytes, random: random.Random) -> bytes:
    """Cut out a piece and put it in elsewhere, or twice."""
    start, stop = sorted(random.choices(range(len(content)), k=2))
    place = random.randrange(len(content))
    return content[:place] + content[start:stop] * random.choice([1, 2]) + content[place:]


def _wrong_bytes(content: bytes, random: random.Random) -> bytes:
    place = random.randrange(len(content))
    strange = random.choice([b"\0\0", b"\xff\xfe", b"\xc3\x28", b'"', b"\r", b"\x1a", "å".encode("cp437"), b"PK\3\4"])
    return content[:place] + strange + content[place + random.choice([0, 2]) :]


SPOILERS = (_truncated, _bit_flipped, _shuffled, _wrong_bytes)


def _sound(drafts: list[Draft], path: Path) -> None:
    """Hold a reading to what is promised of any: findings about the file, typed rows, nothing lost without a word."""
    assert drafts
    for draft in drafts:
        assert all(isinstance(item, Finding) and str(item.message) for item in draft.findings)
        assert all(item.file == path.name for item in draft.findings)
        if draft.table:
            assert draft.rows.schema.equals(TABLES[draft.table].schema())
            draft.rows.validate(full=True)
        else:
            assert [item.severity for item in draft.findings] == ["error"]


@pytest.mark.parametrize(("name", "make"), [("beds.csv", _csv), ("beds.xlsx", _xlsx), ("beds.parquet", _parquet)])
def test_spoiled_copies_are_read_or_told(name: str, make: Callable[[], bytes], tmp_path: Path) -> None:
    """The whole file reads without a finding; of its spoiled copies none ends in anything but drafts."""
    path, content = tmp_path / name, make()
    path.write_bytes(content)
    (whole,) = read_file(path, limits=LIMITS)
    assert (whole.findings, len(whole.rows)) == ([], len(ROWS))
    chance = random.Random(f"2026 {name}")  # noqa: S311 - the same copies every time
    refused = 0
    for number in range(COPIES):
        path.write_bytes(SPOILERS[number % len(SPOILERS)](content, chance))
        drafts = list(read_file(path, limits=LIMITS))
        _sound(drafts, path)
        refused += any(not draft.table for draft in drafts)
    assert refused >= COPIES / 20


# Traps


def _nested(depth: int) -> bytes:
    """Return an archive in an archive in an archive."""
    content = b"unit_id;name\nK1;a\n"
    for _ in range(depth):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("beds.xlsx", content)
        content = stream.getvalue()
    return content


def _bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (30 << 20))
    return stream.getvalue()


def _with_cell(text: str) -> bytes:
    """Return the workbook with a cell that no library would write."""
    stream = io.BytesIO(_xlsx())
    with zipfile.ZipFile(stream) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    place = next(name for name in parts if b"Avd 7<" in parts[name])
    parts[place] = parts[place].replace(b"Avd 7<", text.encode() + b"<", 1)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return written.getvalue()


def _of_another_age() -> bytes:
    """Return the workbook with a part that asks for a version of zip that there is not."""
    content = bytearray(_xlsx())
    content[content.index(b"PK\1\2") + 6] = 148
    return bytes(content)


HUGE = "å" * (1 << 20)
TRAPS = {
    "an archive in an archive": ("beds.xlsx", lambda: _nested(3), "broken_workbook"),
    "a workbook that swells": ("beds.xlsx", _bomb, "archive_bomb"),
    "a workbook of an unknown zip": ("beds.xlsx", _of_another_age, "not_a_workbook"),
    "a workbook named csv": ("beds.csv", _xlsx, "not_text"),
    "a csv file named xlsx": ("beds.xlsx", _csv, "not_a_workbook"),
    "a csv file named parquet": ("beds.parquet", _csv, "broken_parquet"),
    "an archive named csv.gz": ("beds.csv.gz", lambda: _nested(1), "broken_archive"),
    "a gzip that swells": ("beds.csv.gz", lambda: gzip.compress(_csv() + b";;;;\r\n" * 9_000_000, 1), "too_large"),
    "half a gzip": ("beds.csv.gz", lambda: gzip.compress(_csv())[:100], "broken_archive"),
    "UTF-16 without its mark": ("beds.csv", lambda: _csv().decode().encode("utf-16-le"), "not_text"),
    "bytes of no encoding": ("beds.csv", lambda: _csv() + b"\x81\x8d", "unknown_encoding"),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_is_one_finding(trap: str, tmp_path: Path) -> None:
    """Told by its own code before it does harm."""
    name, make, code = TRAPS[trap]
    path = tmp_path / name
    path.write_bytes(make())
    (draft,) = read_file(path, limits=LIMITS)
    _sound([draft], path)
    assert [item.code for item in draft.findings] == [code]


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("beds.csv", lambda: _csv().replace(b"Avd 7;", HUGE.encode() + b";")),
        ("beds.csv", lambda: _csv().replace(b"Avd 7;", b'"' + b"a;b\n" * 300_000 + b'";')),
        ("beds.csv", lambda: _csv().replace(b"ward_id", HUGE.encode())),
        ("beds.csv", lambda: _csv().replace(b"20;", b"9" * 100_000 + b";")),
        ("beds.csv", lambda: _csv().replace(b"2026-05-01", b"1" * 100_000)),
        ("beds.xlsx", lambda: _with_cell(HUGE)),
        ("beds.xlsx", lambda: _with_cell("&#0;")),
    ],
)
def test_a_huge_or_strange_cell_is_read_or_told(name: str, make: Callable[[], bytes], tmp_path: Path) -> None:
    """A million letters in a cell or a heading, a number of a hundred thousand digits."""
    path = tmp_path / name
    path.write_bytes(make())
    drafts = list(read_file(path, limits=Limits(50 << 20, 200 << 20, ratio=1000)))
    _sound(drafts, path)
    assert all(len(str(item.message)) < 1000 for draft in drafts for item in draft.findings)


def test_a_parquet_file_of_other_types_is_told(tmp_path: Path) -> None:
    """Nested, binary and dated otherwise: one finding per column, no rows made up."""
    path = tmp_path / "beds.parquet"
    table = pa.table(
        {
            "ward_id": pa.array([[b"A"]], pa.list_(pa.binary())),
            "date": pa.array([datetime(2026, 5, 17)], pa.timestamp("ns")),  # noqa: DTZ001
            "physical": pa.array([{"a": 1}]),
            "available": pa.array([b"\xff"], pa.binary()),
        }
    )
    pq.write_table(table, path)
    (draft,) = read_file(path)
    _sound([draft], path)
    assert {item.code for item in draft.findings} == {"wrong_type"}
