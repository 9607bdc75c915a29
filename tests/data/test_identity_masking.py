"""What a process says never holds a number of a person: sentences, logs, tracebacks."""

import logging
import subprocess
import sys
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.data.people_numbers import TODAY, personal_number, written
from vardbalans.data.identity.masking import MASK, Masking, masked
from vardbalans.data.identity.numbers import systems

NUMBER = "19121212-1212"


@pytest.mark.parametrize("text", [system.example for system in systems() if system.name != "hsa-id"])
def test_every_kind_of_number_is_masked(text: str) -> None:
    """Patients' numbers of all systems, alone and in a sentence; an HSA-id is an employee's public name."""
    assert masked(text) == MASK
    assert masked(f"fel i {text}, rad 2") == f"fel i {MASK}, rad 2"


@example(date(2000, 1, 1), 0, "00", "")
@given(st.dates(date(1890, 1, 1), TODAY), st.sampled_from([0, 60]), st.text(max_size=3), st.text(max_size=3))
def test_a_number_is_masked_wherever_it_stands(born: date, day_plus: int, before: str, after: str) -> None:
    """In every way to write it."""
    number = personal_number(born, day_plus=day_plus)
    for text in written(number):
        assert number[8:] not in masked(f"{before}{text}{after}").replace(before, "").replace(after, "")


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-17 08:30:00",
        "p1bhwuao2wyw2ev5q5zebloyhele",
        "K17",
        "1 234 567 kr",
        "2026-W05",
        "contacts_2025.csv",
        "20261122",
    ],
)
def test_other_texts_stay(text: str) -> None:
    """Times, pseudonyms, amounts and weeks can be read in a log."""
    assert masked(text) == text


def _logged(*args: object, **named: object) -> str:
    record = logging.getLogger("x").makeRecord("x", logging.ERROR, "f", 1, *args, **named)
    assert Masking().filter(record)
    text = logging.Formatter("%(message)s").format(record)
    return f"{text} {record.__dict__}"


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        (f"patient {NUMBER}", ()),
        ("patient %s, %d", (NUMBER, 191212121212)),
        ("patient %(key)s", ({"key": [NUMBER]},)),
        (ValueError(NUMBER), ()),
        ("%d patienter", (NUMBER,)),
        ("inga platser", (NUMBER,)),
    ],
)
def test_a_record_is_masked_in_message_and_arguments(message: object, arguments: tuple[object, ...]) -> None:
    """Whatever the type of the argument, and in what a structured log would take from the record."""
    said = _logged(message, arguments, None, extra={"patient": NUMBER})
    assert MASK in said
    assert "1212" not in said


def test_a_record_is_masked_in_its_traceback() -> None:
    """Libraries put values into their errors."""
    try:
        int(NUMBER)
    except ValueError:
        said = _logged("fel", (), sys.exc_info())
    assert MASK in said
    assert "1212" not in said


def test_a_plain_record_is_unchanged() -> None:
    """A log is there to be read."""
    assert _logged("%d rader", (3,), None).startswith("3 rader ")


def test_a_fault_of_ours_is_printed_masked() -> None:
    """The command line's own traceback, and its warnings, as the process writes them on stderr: once each."""
    code = (
        "import logging, sys\n"
        "from vardbalans import cli\n"
        "from vardbalans.data.identity import masking\n"
        f"def fault(*a, **k): logging.warning('om %s', '{NUMBER}'); raise ValueError('{NUMBER}')\n"
        "cli.app = fault\n"
        "masking.install()\n"
        "cli.main(['profiles'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count(f"om {MASK}") == 1
    assert f"ValueError: {MASK}" in done.stderr
    assert "1212" not in done.stderr
