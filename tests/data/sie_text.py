"""SIE text for tests: a small true file to start from, and a writer that shares nothing with the reader."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from vardbalans.data.read import Draft, read_file

HEAD = """#FLAGGA 0
#FORMAT PC8
#SIETYP 4
#FNAMN "Åre sjukhus"
#RAR 0 20250101 20251231
#RAR -1 20240701 20241231
#DIM 1 "Kostnadsställe"
"""
VOUCHER = """#VER A 17 20250131 "Lön januari"
{
#TRANS 4011 {1 3110 6 "P12"} 1250.50
#TRANS 2910 {} -1250.50 20250201 "Skuld \\"maj\\"" 1
}
"""


def drafts(folder: Path, text: str, encoding: str = "cp437") -> list[Draft]:
    """Return the drafts of *text* saved as an SIE file."""
    path = folder / "ledger.se"
    path.write_bytes(text.encode(encoding))
    return list(read_file(path))


def codes(read: Iterable[Draft]) -> list[str]:
    """Return the codes of all findings, in the order found."""
    return [finding.code for draft in read for finding in draft.findings]


@dataclass
class Entry:
    """A voucher to write: what ``#VER`` says, and account, objects, öre, day and text of each transaction."""

    series: str
    number: int
    day: date
    text: str
    rows: list[tuple[str, Mapping[str, str], int, date | None, str]] = field(default_factory=list)


@dataclass
class Accounts:
    """A whole file to write."""

    accounts: dict[str, str]
    dimensions: dict[str, str]
    objects: dict[tuple[str, str], str]
    entries: list[Entry]


def written(given: Accounts, *, gap: str = " ", newline: str = "\n") -> str:
    """Return *given* as SIE 4 with *gap* between fields and *newline* after lines."""
    lines = [["#FLAGGA", "0"], ["#FORMAT", "PC8"], ["#SIETYP", "4"], ["#RAR", "0", "20250101", "20251231"]]
    for entry in given.entries:
        lines.append(["#VER", quoted(entry.series), str(entry.number), f"{entry.day:%Y%m%d}", quoted(entry.text)])
        lines.append(["{"])
        for account, objects, ore, day, text in entry.rows:
            listed = gap.join(f"{dimension}{gap}{quoted(item)}" for dimension, item in objects.items())
            booked = f"{day:%Y%m%d}" if day else '""'
            lines.append(["#TRANS", account, f"{{{listed}}}", kronor(ore), booked, quoted(text)])
        lines.append(["}"])
    # Last on purpose: labels may come in any order.
    lines += [["#KONTO", number, quoted(name)] for number, name in given.accounts.items()]
    lines += [["#DIM", number, quoted(name)] for number, name in given.dimensions.items()]
    lines += [["#OBJEKT", dimension, quoted(item), quoted(name)] for (dimension, item), name in given.objects.items()]
    return newline.join(gap.join(line) for line in lines) + newline


def quoted(text: str) -> str:
    """Return *text* as a quoted field."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def kronor(ore: int) -> str:
    """Return an amount as SIE writes it."""
    return f"{'-' if ore < 0 else ''}{abs(ore) // 100}.{abs(ore) % 100:02d}"
