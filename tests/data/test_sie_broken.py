"""Broken files give rows or findings, never a traceback; whole ones give back what was written."""

import random
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.data.sie_text import HEAD, VOUCHER, Accounts, Entry, written
from vardbalans.data.read import COMMAND_LINE, read_file
from vardbalans.data.read.sie import summary
from vardbalans.data.read.sie.checksum import sum_of

BODY = (
    HEAD.removeprefix("#FLAGGA 0\n")
    + '#KONTO 4011 "Löner"\n#OBJEKT 1 3110 "Mottagning"\n#IB 0 1930 5\n#PSALDO 0 202501 4011 {1 "3110"} 5\n'
    + '#PBUDGET 0 202501 4011 {} 100\n#PBUDGET 0 202501 4011 {1 "3110"} 60\n'
    + VOUCHER
    + VOUCHER.replace("A 17", "A 18").replace("#TRANS 2910", "#BTRANS 1930 {} 1\n#RTRANS 2910 {} -1250.50\n#TRANS 2910")
)
SMALL = f"#FLAGGA 0\n#KSUMMA\n{BODY}#KSUMMA {sum_of(BODY.splitlines())}\n"
INSERTED = (
    b"{" * 3000,
    b'"' * 99,
    b"\\" * 99,
    b'\n#TRANS 4011 {1 "a} 5\n',
    b"\n#TRANS 4011 {} 99999999999999999999\n",
    b"\n#VER\n",
    b"\n#RAR 0 20251231 20250101\n",
    b"\n#RAR 0 00010101 99991231\n",
    b"\n#PBUDGET 0 202501 4011 {} 9999999999999\n",
    b"\n#KSUMMA " + b"9" * 5000 + b"\n",
    b"x" * 20_000,
    "\u0661\u00b2".encode(),
)


def _broken(content: bytes, chance: random.Random) -> bytes:
    at, end = sorted(chance.randrange(len(content) + 1) for _ in range(2))
    match chance.randrange(6):
        case 0:
            return content[:at]
        case 1:
            return content[:at] + content[end:]
        case 2:
            flipped = bytearray(content)
            flipped[at - 1] ^= 1 << chance.randrange(8)
            return bytes(flipped)
        case 3:
            return content[:at] + chance.choice(INSERTED) + content[at:]
        case 4:
            return content[:at] + chance.randbytes(20) + content[at:]
        case _:
            encoding = chance.choice(["utf-8", "utf-8-sig", "latin-1", "utf-16"])
            return content.decode("cp437").encode(encoding, "replace")


@pytest.mark.parametrize("seed", range(10))
def test_two_hundred_broken_files_are_told_and_none_breaks_the_reader(seed: int, tmp_path: Path) -> None:
    """Cut off, bits flipped, wrong encodings, endless lines, deep braces; up to three of them at once."""
    chance = random.Random(seed)  # noqa: S311 - which faults, not secrets
    path = tmp_path / "ledger.se"
    for _ in range(20):
        content = SMALL.encode("cp437")
        for _ in range(chance.randint(1, 3)):
            content = _broken(content, chance) or b"\n"
        path.write_bytes(content)
        if chance.random() < 0.8:
            read = list(read_file(path))
            assert any(draft.findings or len(draft.rows) for draft in read)
        else:
            document, findings = summary(path, COMMAND_LINE)
            assert document["vouchers"] or findings


def test_the_file_that_is_broken_is_whole(tmp_path: Path) -> None:
    """Or the test above would say nothing."""
    path = tmp_path / "ledger.se"
    path.write_bytes(SMALL.encode("cp437"))
    document, findings = summary(path, COMMAND_LINE)
    assert [item.code for item in findings] == ["budget_form"]
    assert (document["checksum"], document["vouchers"], document["transactions"]) == ("right", 2, 4)


NAMES = st.text('abcåäöÅÄÖé 12"\\{}#;,\t', max_size=12).map(str.strip)
CODES = st.text("abcXYZ0123456789-", min_size=1, max_size=6)
DAYS = st.integers(0, 364).map(lambda number: date(2025, 1, 1) + timedelta(days=number))
OBJECTS = st.dictionaries(st.sampled_from(["1", "6", "20"]), st.text('aBå9 {}"\\', min_size=1, max_size=5), max_size=3)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["1930", "4011", "7010"]), OBJECTS, st.integers(-(10**12), 10**12), st.none() | DAYS, NAMES
    ),
    max_size=6,
)
ENTRIES = st.lists(
    st.builds(Entry, st.sampled_from(["A", "B", ""]), st.integers(1, 999), DAYS, NAMES, ROWS),
    max_size=6,
    unique_by=lambda entry: (entry.series, entry.number),
)
FILES = st.builds(
    Accounts,
    st.dictionaries(CODES, NAMES, max_size=5),
    st.dictionaries(st.sampled_from(["1", "6", "20"]), NAMES, max_size=3),
    st.dictionaries(st.tuples(st.sampled_from(["1", "6"]), CODES), NAMES, max_size=4),
    ENTRIES,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    file=FILES,
    gap=st.sampled_from([" ", "\t", "  "]),
    newline=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["cp437", "utf-8", "latin-1"]),
)
def test_what_is_written_is_read(file: Accounts, gap: str, newline: str, encoding: str, tmp_path: Path) -> None:
    """The same accounts, dimensions, objects, vouchers and sums, whatever the white space, line ends and encoding."""
    text = written(file, gap=gap, newline=newline)
    # Å, ä and ö tell one encoding from another; a file with too few of them cannot be told.
    path = tmp_path / "written.se"
    path.write_bytes((text + f"#PROSA {'åäöÅÄÖ' * 40}{newline}").encode(encoding))
    document, _ = summary(path, COMMAND_LINE)
    assert {row["number"]: row["name"] for row in document["accounts"]} == file.accounts
    assert {row["number"]: row["name"] for row in document["dimensions"]} == file.dimensions
    assert {(row["dimension"], row["number"]): row["name"] for row in document["objects"]} == file.objects
    left_over = {_name(entry): sum(row[2] for row in entry.rows) for entry in file.entries}
    assert document["vouchers"] == len(left_over)
    assert {row["voucher"]: row["amount_ore"] for row in document["unbalanced"]} == {
        name: ore for name, ore in left_over.items() if ore
    }
    rows = [row for draft in read_file(path) if draft.table == "ledger" for row in draft.rows.to_pylist()]
    assert [_read(row) for row in rows] == [_wanted(entry, row) for entry in file.entries for row in entry.rows]


def _name(entry: Entry) -> str:
    return f"{entry.series}-{entry.number}" if entry.series else str(entry.number)


def _read(row: dict) -> tuple[object, ...]:
    names = ("voucher", "date", "account", "cost_centre", "dimensions", "amount_ore", "text")
    return tuple(row[name] for name in names)


def _wanted(entry: Entry, row: tuple) -> tuple[object, ...]:
    account, objects, ore, day, text = row
    others = ";".join(f"{dimension}:{item}" for dimension, item in objects.items() if dimension != "1")
    return (_name(entry), day or entry.day, account, objects.get("1"), others or None, ore, text or entry.text or None)
