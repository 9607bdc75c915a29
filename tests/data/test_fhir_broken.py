"""FHIR that is broken, cut off, swollen or just wrong: told with file and row, never a traceback."""

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.data.fhir_delivery import (
    PERSONNUMMER,
    Read,
    Resource,
    appointment,
    bundle,
    clinic,
    encounter,
    ndjson,
    organisation,
    patient,
    referral,
    slot,
    stay,
    to,
)
from vardbalans.data.read import Limits, read_file
from vardbalans.data.read.fhir import documents

GOOD = ndjson([patient()])


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'{"resourceType":"Patient","id":"2"', "bad_json"),
        (b'{"resourceType":"Patient"}}', "bad_json"),
        (b"hej", "bad_json"),
        (b"[1, 2]", "not_fhir"),
        (b'{"id":"2"}', "not_fhir"),
        (b'{"resourceType":7}', "not_fhir"),
        (b'{"resourceType":"Patient","gender":"m\xe4n"}', "not_utf8"),
        (b'{"resourceType":"Patient","id":"\\ud800"}', "bad_json"),
        (b'{"resourceType":"Patient","birthDate":19121212}', "wrong_element"),
        (b'{"resourceType":"Patient","identifier":{"value":"1"}}', "wrong_element"),
        (b'{"resourceType":"Encounter","period":"2026"}', "wrong_element"),
        (b'{"resourceType":"Patient","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too_deep"),
        (b'{"resourceType":"Patient","id":"' + b"1" * 100_000 + b'"}', "too_long"),
        (b'{"resourceType":"Organization","name":"' + b"n" * 100_000 + b'"}', "too_long"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_line_that_cannot_be_read_is_told_and_the_others_are_read(line: bytes, code: str, tmp_path: Path) -> None:
    """With the number of the line; empty lines count but say nothing."""
    found = Read(tmp_path, {"a.ndjson": GOOD + b"\n" + line + b"\n" + ndjson([patient(id="3", identifier=[])])})
    assert [(f.row, f.code, f.severity) for f in found.findings] == [(3, code, "error")]
    assert len(found.rows("patients")) == 2


def test_an_element_of_the_wrong_kind_is_named(tmp_path: Path) -> None:
    """By its path, without the number in the list, and without its value."""
    wrong = encounter(participant=[{"individual": {"reference": 191212121212}}])
    found = Read(tmp_path, {"a.ndjson": [wrong, wrong]})
    assert [(f.row, f.column) for f in found.findings] == [(1, _PATH), (2, _PATH)]
    assert "1912" not in str(found.findings[0].message)


_PATH = "Encounter.participant.individual.reference"


def test_many_unreadable_lines_are_told_as_fifty_and_a_count(tmp_path: Path) -> None:
    """A file that is no FHIR at all does not flood the page."""
    found = Read(tmp_path, {"a.ndjson": b"x\n" * 120})
    assert len(found.findings) == 51
    assert "70 rader till" in str(found.findings[-1].message)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.ndjson", b"", "empty_file"),
        ("a.json", b"", "empty_file"),
        ("a.json", b"[]", "not_fhir"),
        ("a.json", b'{"tomt": {}}', "not_fhir"),
        ("a.json", b'{"resourceType": "Bundle", "entry": [', "bad_json"),
        ("a.json", json.dumps(patient()).encode("utf-16"), "not_utf8"),
        ("a.json", b'{"resourceType": "Bundle", "entry": {}}', "wrong_element"),
        ("a.json", b"PK\x03\x04 inte text", "bad_json"),
        ("a.ndjson.gz", gzip.compress(GOOD)[:-12], "broken_archive"),
        ("a.ndjson.gz", b"inte packad", "broken_archive"),
        ("a.ndjson.gz", gzip.compress(b" " * 60_000_000 + GOOD), "too_large"),
    ],
)
def test_a_file_that_cannot_be_read(name: str, content: bytes, code: str, tmp_path: Path) -> None:
    """One finding, no rows of what was not whole."""
    found = Read(tmp_path, {name: content}, Limits(1 << 30, 1 << 40, ratio=100))
    assert [(f.code, f.severity) for f in found.findings] == [(code, "error")]
    assert [draft.table for draft in found.drafts if not draft.rows.num_rows] == [""]


def test_a_line_or_a_document_beyond_all_measure_is_not_held_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line is skipped to its end; a document is refused, and the way out is said."""
    monkeypatch.setattr(documents, "LONGEST", 1000)
    monkeypatch.setattr(documents, "WHOLE", 2000)
    long = b'{"resourceType":"Patient","x":"' + b"y" * 3500 + b'"}\n'
    found = Read(tmp_path, {"a.ndjson": long + GOOD, "b.json": json.dumps(patient(x="y" * 3500), indent=1).encode()})
    assert found.codes() == [("a.ndjson", 1, "", "too_long"), ("b.json", None, "", "too_large")]
    assert len(found.rows("patients")) == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.ndjson", b"\xef\xbb\xbf" + GOOD.replace(b"\n", b"\r\n")),
        ("a.json", json.dumps(patient(), indent=2).encode()),
        ("a.json", GOOD),
        ("a.json", GOOD + ndjson([{"resourceType": "Basic"}])),
        ("a.json.gz", gzip.compress(json.dumps(bundle([patient()]), indent=2).encode())),
        ("a.ndjson.gz", gzip.compress(GOOD)),
        ("A.NDJSON", GOOD.rstrip()),
        ("a.ndjson", ndjson([bundle([bundle([patient()])])])),
    ],
)
def test_forms_a_file_may_have(name: str, content: bytes, tmp_path: Path) -> None:
    """With a mark, Windows line ends, indented, on one line, packed, ndjson that is named .json, a Bundle in a line."""
    found = Read(tmp_path, {name: content})
    assert len(found.rows("patients")) == 1
    assert {finding.code for finding in found.findings} <= {"unused"}
    assert [draft.table for draft in read_file(tmp_path / name) if draft.table] == ["patients"]


def test_rows_of_a_bundle_are_the_numbers_of_its_entries(tmp_path: Path) -> None:
    """In a file that is one Bundle, whether indented or on one line; on a line of many, the number of the line."""
    whole = bundle([patient(), {"resourceType": "Basic", "id": "1"}, encounter(status="?")])
    lines = ndjson([whole, patient(id="5", identifier=[])])
    found = Read(
        tmp_path, {"a.json": ndjson([whole]), "b.json": json.dumps(whole, indent=1).encode(), "c.ndjson": lines}
    )
    places = [(file, row) for file, row, _, code in found.codes() if code == "unknown_status"]
    assert places == [("a.json", 3), ("b.json", 3), ("c.ndjson", 1)]


def test_a_bundle_may_ask_for_removals_and_hold_empty_entries(tmp_path: Path) -> None:
    """An import removes nothing of itself; that is said."""
    entries: list[Resource] = [
        {"request": {"method": "DELETE", "url": "Patient/7"}},
        {"fullUrl": "urn:uuid:1"},
        {"resource": patient()},
    ]
    found = Read(tmp_path, {"a.json": [{"resourceType": "Bundle", "type": "transaction", "entry": entries}]})
    assert found.codes() == [("a.json", 1, "", "deleted")]
    assert len(found.rows("patients")) == 1


@pytest.mark.parametrize(
    ("resource", "column"),
    [
        (encounter(period=None), "starts_at"),
        (encounter(serviceProvider=None), "unit_id"),
        (encounter(subject={"display": "Tolvan"}), "patient_key"),
        (encounter(subject=to("Patient/")), "patient_key"),
        (encounter(id=""), "contact_id"),
        (patient(id=None, identifier=[]), "patient_key"),
        (stay(period={"start": "2026-05-17T08:00:00Z"}), "discharged"),
        (stay(serviceProvider=None, location=[{"location": {"display": "Sal 1"}}]), "clinic_id"),
        (stay(priority=None), "acute"),
        (appointment(start=None), "starts_at"),
        (referral(authoredOn=None), "issued"),
        (referral(performer=[]), "unit_id"),
        (referral(code=None), "service_id"),
        (slot(schedule=to("Schedule/okänd")), "unit_id"),
        (slot(end=None), "ends_at"),
    ],
    ids=lambda value: value if isinstance(value, str) else value["resourceType"],
)
def test_an_element_that_must_be_there_is_asked_for(resource: Resource, column: str, tmp_path: Path) -> None:
    """By its name in FHIR, once, as an error; the check of empty cells is told that it has been said."""
    found = Read(tmp_path, {"o.ndjson": organisation(), "a.ndjson": [patient(), resource]})
    told = [f for f in found.findings if f.file == "a.ndjson" and f.severity == "error"]
    assert column in {finding.column for finding in told}
    assert {(finding.row, finding.code) for finding in told} == {(2, "missing_element")}
    cells = [cell for draft in found.drafts for cell in draft.unreadable.to_pylist() if cell["_row"] is not None]
    assert {"column": column, "_file": "a.ndjson", "_row": 2} in cells


@pytest.mark.parametrize(
    ("start", "code", "severity"),
    [
        ("2026-05-17", "date_without_time", "warning"),
        ("2026-05", "not_a_datetime", "error"),
        ("2026-05-17T25:00:00Z", "not_a_datetime", "error"),
        ("i morgon", "not_a_datetime", "error"),
    ],
)
def test_times_that_need_a_word(start: str, code: str, severity: str, tmp_path: Path) -> None:
    """As in other files."""
    found = Read(tmp_path, {"a.ndjson": [patient(), encounter(period={"start": start})]})
    assert [(f.row, f.column, f.code, f.severity) for f in found.findings] == [(2, "starts_at", code, severity)]


def test_a_time_may_be_finer_than_a_microsecond(tmp_path: Path) -> None:
    """What is finer is cut off."""
    found = Read(
        tmp_path, {"a.ndjson": [patient(), encounter(period={"start": "2026-05-17T08:00:00.123456789+02:00"})]}
    )
    assert found.row("contacts")["starts_at"].microsecond == 123456
    assert found.findings == []


def test_elements_that_are_not_read_are_counted_by_name(tmp_path: Path) -> None:
    """One line per file and resource; a name that is no element's, or could be a number, is not repeated."""
    resources = [
        patient(name=[{"text": "x"}], telecom=[]),
        patient(id="2", name=[], **{"191212121212": 1, "Å" * 90: 1}),
    ]
    (finding,) = Read(tmp_path, {"a.ndjson": resources}).findings
    assert (finding.code, finding.severity, finding.row) == ("elements_unread", "info", None)
    assert str(finding.message) == "Patient: dessa element används inte och lästes inte: name (2), … (2), telecom (1)."


def test_strange_types_of_resource_do_not_flood_the_page(tmp_path: Path) -> None:
    """As for everything else, fifty are told one by one."""
    names = [f"Typ{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(400)]
    found = Read(tmp_path, {"a.ndjson": [{"resourceType": name} for name in names]})
    assert len(found.findings) == 51


# Two hundred mutations

Mutation = Callable[[random.Random, bytes], bytes]


def _cut(rng: random.Random, content: bytes) -> bytes:
    return content[: rng.randrange(len(content))]


def _drop(rng: random.Random, content: bytes) -> bytes:
    at = rng.randrange(len(content))
    return content[:at] + content[at + rng.randint(1, 4) :]


def _byte(rng: random.Random, content: bytes) -> bytes:
    at = rng.randrange(len(content))
    return content[:at] + bytes([rng.randrange(256)]) + content[at + 1 :]


def _twice(rng: random.Random, content: bytes) -> bytes:
    at, until = sorted(rng.sample(range(len(content)), 2))
    return content[:until] + content[at:until] + content[until:]


_ODD: tuple[Any, ...] = (
    None,
    0,
    -1.5,
    True,
    "",
    "x" * 3000,
    [],
    [[]],
    {},
    [None],
    {"reference": "#"},
    "2026-13-45",
    "Patient/",
)


def _value(rng: random.Random, content: bytes) -> bytes:
    """Put something odd in place of a value, somewhere."""
    lines = [json.loads(line) for line in content.splitlines()]
    place: Any = rng.choice(lines)
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            break
        key = rng.choice(keys)
        if not isinstance(place[key], dict | list) or rng.random() < 0.25:
            place[key] = rng.choice(_ODD)
            break
        place = place[key]
    return ndjson(lines)


@pytest.mark.parametrize("seed", range(10))
def test_two_hundred_mutations_give_findings_and_no_traceback(seed: int, tmp_path: Path) -> None:
    """Twenty at a time, half of them Bundles: every sentence can be said, and none has the patient's number in it."""
    rng = random.Random(seed)  # noqa: S311 - mutations, no secret
    files = {}
    for number in range(20):
        content = ndjson(clinic()) if number % 2 else ndjson([bundle(clinic())])
        mutate = rng.choice((_cut, _drop, _byte, _twice, _value, _value, _value))
        files[f"{number}.{'ndjson' if number % 2 else 'json'}"] = mutate(rng, content)
    found = Read(tmp_path, {"sound.ndjson": ndjson(clinic()), **files})
    assert {draft.file.name for draft in found.drafts} >= {name for name, content in files.items() if content}
    said = [str(finding.message) for finding in found.findings]
    assert len(said) > 20
    assert not any("191212121212" in sentence for sentence in said)
    assert f"{PERSONNUMMER}|191212121212" in {row["patient_key"] for row in found.rows("patients")}
