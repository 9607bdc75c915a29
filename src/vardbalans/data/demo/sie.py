"""The demo's ledger as SIE 4 files in codepage 437, one per accounting year, each with its checksum."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.demo import clock
from vardbalans.data.demo.ledger import ACCOUNTS
from vardbalans.data.demo.region import REGION_NAME
from vardbalans.data.read.sie.checksum import sum_of

__all__ = ["write_ledger"]


def write_ledger(folder: Path, ledger: pa.Table, centres: dict[str, str], extra_ore: dict[str, int]) -> list[Path]:
    """Write ``ledger_<year>.se`` for every year of *ledger* and return the paths.

    *centres* are names of cost centres. *extra_ore* is added to the last line of a voucher, given as
    ``year/voucher``: the way a fault is planted.
    """
    paths = []
    for year in sorted(set(ledger["year"].to_pylist())):
        path = folder / f"ledger_{year}.se"
        rows = ledger.filter(pc.equal(ledger["year"], year)).to_pylist()
        lines = [*_head(year, centres), *_vouchers(rows, extra_ore)]
        text = "\r\n".join(["#FLAGGA 0", "#KSUMMA", *lines, f"#KSUMMA {sum_of(lines)}", ""])
        path.write_bytes(text.encode("cp437"))
        paths.append(path)
    return paths


def _head(year: str, centres: dict[str, str]) -> Iterator[str]:
    yield '#PROGRAM "Vårdbalans demo" 1'
    yield "#FORMAT PC8"
    yield f"#GEN {clock.AS_OF:%Y%m%d}"
    yield "#SIETYP 4"
    yield f'#FNAMN "{REGION_NAME}"'
    yield f"#RAR 0 {year}0101 {year}1231"
    yield from (f'#KONTO {number} "{name}"' for number, name in sorted(ACCOUNTS.items()))
    yield '#DIM 1 "Kostnadsställe"'
    yield from (f'#OBJEKT 1 "{centre}" "{name}"' for centre, name in centres.items())


def _vouchers(rows: list[dict[str, object]], extra_ore: dict[str, int]) -> Iterator[str]:
    for voucher, group in groupby(rows, key=lambda row: str(row["voucher"])):
        lines = list(group)
        series, number = voucher.split("-")
        yield f'#VER {series} {number} {lines[0]["date"]:%Y%m%d} "{lines[0]["text"]}"'
        yield "{"
        for row in lines:
            extra = extra_ore.get(f"{row['year']}/{voucher}", 0) if row is lines[-1] else 0
            objects = f'1 "{row["cost_centre"]}"' if row["cost_centre"] else ""
            yield f"#TRANS {row['account']} {{{objects}}} {_kronor(int(str(row['amount_ore'])) + extra)}"
        yield "}"


def _kronor(ore: int) -> str:
    return f"{'-' if ore < 0 else ''}{abs(ore) // 100}.{abs(ore) % 100:02d}"
