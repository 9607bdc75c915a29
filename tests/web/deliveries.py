"""Small deliveries for the tests of intake: a region of two units, and files that change it or are broken."""

import gzip
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["ABSENCES", "BROKEN", "REGION", "disguised", "write"]

REGION = {
    "units.csv": "unit_id;name;level;parent_id\nR;Region Test;region;\nK1;Kirurgi;clinic;R\nK2;Medicin;clinic;R\n",
    "resources.csv": "resource_id;name;unit_id;kind;shift_minutes\nL1;Läkare;K1;staff;480\nL2;Läkare;K2;staff;480\n",
    "services.csv": "service_id;name;unit_id;kind;guarantee\nA;Nybesök;K1;first_visit;first_visit\n",
    "counts.csv": "series_id;unit_id;service_id;period;value\n"
    "A;K1;A;2026-09;40\nA;K1;A;2026-10;40\nA;K1;A;2026-11;40\n",
}
ABSENCES = {
    "absences.csv": "person_key;resource_id;date_from;date_to;kind\n"
    "P1;L1;2026-10-05;2026-10-09;sick\nP2;L1;2026-11-02;2026-11-06;vacation\nP3;L2;2026-11-02;2026-11-03;sick\n",
}
BROKEN = {
    "units.csv": "unit_id;name;level;parent_id\nR;Region Test;region;\nK3;Hud;kliniken;R\nK4;;clinic;FINNS-INTE\n"
}


def write(folder: Path, files: dict[str, str]) -> list[Path]:
    """Write *files* (name to text) in *folder* and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in files]


def disguised() -> dict[str, bytes]:
    """Return files whose content is not what their name says, by name."""
    packed = io.BytesIO()
    pq.write_table(pa.table({"unit_id": ["R"]}), packed)
    return {
        "units.xlsx": b"unit_id;name\nR;Region\n",
        "units.csv": packed.getvalue(),
        "units.parquet": b"PK\x03\x04" + bytes(50),
        "units.csv.gz": b"unit_id;name\nR;Region\n",
        "units.txt": b"MZ\x90\x00\x03\x00\x00\x00",
        "units.tsv": gzip.compress(b"unit_id\tname\n"),
    }
