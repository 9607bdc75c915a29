"""A delivery full of numbers and names of people leaves none of them behind: not in the store, not in what is said."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from tests.data.people_numbers import TODAY, personal_number, written
from vardbalans.cli import run
from vardbalans.data.identity.numbers import systems
from vardbalans.data.lake import Lake
from vardbalans.data.protection import protected_patients

BORN = [date(1898, 3, 1) + timedelta(days=601 * index) for index in range(72)]
PERSONS = [personal_number(born, 980 + index % 20, 60 * (index % 3 == 0)) for index, born in enumerate(BORN)]
RESERVES = [
    system.example for system in systems() if system.name not in {"personnummer", "samordningsnummer", "hsa-id"}
]
NAMES = ("Efternamnsson", "Storgatan 1", "070-1234567", "namn@example.org")


def forms() -> list[tuple[str, str]]:
    """Return (whose, text) for everyone in every way to write their number."""
    people = [(number, text) for number in PERSONS for text in written(number)]
    return people + [(text, text) for text in RESERVES]


def _csv(path: Path, header: str, rows: Sequence[Sequence[str]]) -> None:
    path.write_text("\n".join([header, *(";".join(row) for row in rows)]) + "\n", encoding="utf-8")


def deliver(folder: Path) -> None:
    """Write a delivery: contacts as csv, patients as xlsx, referrals as parquet, employments as csv."""
    folder.mkdir()
    _csv(folder / "units.csv", "unit_id;name;level", [("K1", "Kirurgen", "clinic")])
    _csv(
        folder / "services.csv",
        "service_id;name;unit_id;kind;guarantee",
        [("S1", "Besök", "K1", "first_visit", "none")],
    )
    _csv(folder / "resources.csv", "resource_id;name;unit_id;kind;shift_minutes", [("R1", "Rum", "K1", "room", "480")])
    texts = [text for _, text in forms()]
    _csv(
        folder / "contacts.csv",
        "contact_id;patient_key;unit_id;service_id;starts_at;status;Förnamn;Patientens adress;Mobil;E-post 2",
        [(f"C{at}", text, "K1", "S1", "2026-05-18 08:00", "performed", *NAMES) for at, text in enumerate(texts)],
    )
    book = Workbook()
    book.active.title = "Patienter"
    book.active.append(["Patientnyckel", "Skyddad", "Personnamn"])
    for at, number in enumerate(PERSONS):
        book.active.append([int(number) if at % 2 else number, "ja" if at < 3 else "nej", NAMES[0]])
    book.save(folder / "patienter.xlsx")
    keys = {"patient_key": pa.array([int(number) for number in PERSONS]), "namn": pa.array([NAMES[0]] * len(PERSONS))}
    given = {"referral_id": [f"R{at}" for at in range(len(PERSONS))], "unit_id": "K1", "service_id": "S1"}
    columns = {
        name: pa.array(value if isinstance(value, list) else [value] * len(PERSONS)) for name, value in given.items()
    }
    pq.write_table(
        pa.table({**columns, **keys, "issued": pa.array([TODAY] * len(PERSONS))}), folder / "referrals.parquet"
    )
    _csv(
        folder / "employments.csv",
        "person_key;resource_id;share;valid_from;efternamn",
        [(number, "R1", "0,5", "2026-01-01", NAMES[0]) for number in PERSONS[:9]],
    )


def everything(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield each file below *folder* as it lies, and the columns of Parquet files unpacked."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield path, path.read_bytes()
        if path.suffix == ".parquet":
            yield path, str(pq.ParquetFile(path).read().to_pydict()).encode()


def what_is_found(content: bytes) -> set[str]:
    """Return the numbers and names that *content* holds in any form: ten digits in a row, or with their mark."""
    wanted = {number[2:] for number in PERSONS} | {
        f"{number[2:8]}{mark}{number[8:]}" for number in PERSONS for mark in "-+–"
    }
    return {text for text in (*wanted, *RESERVES, *NAMES) if text.encode() in content}


IMPORT = """
import logging, sys
from vardbalans.cli import run
from vardbalans.data.identity import masking
logging.basicConfig(level="DEBUG")
masking.install()
where = [sys.argv[1], "--store", sys.argv[2]]
print([run(["import", *where, "--by", "Ada"]), run(["import", *where, "--json"]), run(["check", *where])])
"""


@dataclass(frozen=True)
class Imported:
    """A folder with a delivery, the store it was imported to, and all that was said on stdout and stderr."""

    delivery: Path
    store: Path
    out: str
    err: str


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    """Import the delivery, import it again, and check it, in a process of its own with all its logs on stderr."""
    folder = tmp_path_factory.mktemp("people")
    deliver(folder / "delivery")
    command = [sys.executable, "-c", IMPORT, str(folder / "delivery"), str(folder / "store")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return Imported(folder / "delivery", folder / "store", done.stdout, done.stderr)


def test_no_number_and_no_name_is_left_anywhere(imported: Imported) -> None:
    """Every byte of every file of the store, stdout, stderr and the log of three commands."""
    assert imported.out.endswith("[0, 0, 0]\n")
    assert what_is_found((imported.delivery / "contacts.csv").read_bytes()) >= {*RESERVES, *NAMES}
    files = list(everything(imported.store))
    assert {path.relative_to(imported.store).parts[0] for path, _ in files} == {"lake", "originals"}
    assert {path.name: found for path, content in files if (found := what_is_found(content))} == {}
    assert what_is_found((imported.out + imported.err).encode()) == set()


def test_everyone_is_one_person_in_all_tables(imported: Imported) -> None:
    """However and wherever the number was written; and the second import of the same files changed nothing."""
    lake = Lake(imported.store)
    assert lake.head().number == 1
    contacts = lake.read("contacts").sort_by("_row")["patient_key"].to_pylist()
    whose: dict[str, set[str]] = {}
    for (person, _), key in zip(forms(), contacts, strict=True):
        whose.setdefault(person, set()).add(key)
    assert {len(keys) for keys in whose.values()} == {1}
    assert len(set(contacts)) == len(whose)
    expected = [next(iter(whose[number])) for number in PERSONS]
    assert lake.read("patients").sort_by("_row")["patient_key"].to_pylist() == expected
    assert lake.read("referrals").sort_by("_row")["patient_key"].to_pylist() == expected
    assert protected_patients(lake) == set(expected[:3])
    assert not set(lake.read("employments")["person_key"].to_pylist()) & set(expected)


def test_columns_that_identify_are_left_out_and_told(imported: Imported) -> None:
    """As information: the file is fine, and nobody needs to repair it."""
    for heading in ("Förnamn", "Patientens adress", "Mobil", "E-post 2", "Personnamn", "namn", "efternamn"):
        assert f"Kolumnen {heading} lästes inte: namn, nummer och kontaktuppgifter" in imported.err
    assert "känns inte igen" not in imported.err


def test_the_originals_come_back_byte_by_byte(imported: Imported) -> None:
    """For whoever holds the key."""
    lake = Lake(imported.store)
    for path in imported.delivery.iterdir():
        assert b"".join(lake.open_original(lake.original(path.name).sha256)) == path.read_bytes()


def test_a_refused_delivery_repeats_no_number(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """In free text, in place of headings, as the name of a sheet and of a file, in a column for codes."""
    folder, number = tmp_path / "delivery", PERSONS[1]
    folder.mkdir()
    marked = f"{number[:8]}-{number[8:]}"
    _csv(folder / "contacts.csv", f"C1;{number};K1;S1;{marked}", [("C2", number, "K1", "S1", marked)])
    _csv(folder / "annotations.csv", "annotation_id;date_from;text", [("A1", "2026-01-01", f"ring {marked[2:]}")])
    _csv(folder / f"referrals_{marked}.csv", "referral_id", [("R1",)])
    _csv(folder / "units.csv", "unit_id;name;level;parent_id", [("K1", "x", number[2:], marked)])
    book = Workbook()
    book.active.title = number
    book.active.append(["a", "b"])
    book.save(folder / "bok.xlsx")
    assert run(["import", str(folder), "--store", str(tmp_path / "store")]) == 3
    said = "".join(capfd.readouterr())
    assert what_is_found(said.encode()) == set()
    for code in (
        "Filens namn innehåller",
        "Kolumnen •••",
        "Bladet •••",
        "Nivå kan inte vara •••",
        "ser ut som ett personnummer",
    ):
        assert code in said
    assert not (tmp_path / "store" / "originals").exists()
