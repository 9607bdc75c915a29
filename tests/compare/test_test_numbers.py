"""The published test numbers: each is recognised as what it is, however it is written, and stays out of the store."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.data.people_numbers import TODAY
from tests.data.test_identity_store import everything
from vardbalans.data import intake
from vardbalans.data.identity.numbers import identifiers
from vardbalans.data.lake import Lake

FILE = Path(__file__).parents[3] / "shared" / "data" / "sweden" / "personnummer" / "list.json"
pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"the public data file {FILE.name} is not on this machine")
FORMS = ("long_format", "short_format", "separated_format", "separated_long")
SYSTEMS = {"ssn": "personnummer", "con": "samordningsnummer"}


@pytest.fixture(scope="module")
def people() -> list[dict[str, Any]]:
    """Return the list's rows less the one whose forms have a space, which we take for a hyphen left out."""
    return [row for row in json.loads(FILE.read_text()) if row["integer"]]


def test_valid_numbers_are_recognised_in_every_form_and_invalid_ones_in_none(people: list[dict[str, Any]]) -> None:
    """Ten digits without a mark leave out the plus of those over a hundred: they are read a century later."""
    assert len(people) >= 13
    for row in people:
        old = "+" in row["separated_format"]
        texts = [row[form] for form in FORMS if not (old and form == "short_format")]
        found = identifiers(pa.array([*texts, str(row["integer"])]), TODAY).to_pylist()
        if row["valid"]:
            assert found == [{"system": SYSTEMS[row["type"]], "value": row["long_format"]}] * len(found)
        else:
            assert {item["system"] for item in found} == {"local"}


def test_none_is_left_in_the_store(people: list[dict[str, Any]], tmp_path: Path) -> None:
    """Valid or not, in any form, in the file as it lies or in its columns."""
    texts = sorted({row[form] for row in people for form in FORMS})
    rows = "".join(f"{text};nej\n" for text in texts)
    (tmp_path / "patients.csv").write_text(f"patient_key;protected\n{rows}")
    lake = Lake(tmp_path / "store")
    preview = intake.prepare(lake, [tmp_path / "patients.csv"], today=TODAY)
    assert "duplicate_key" in {item.code for item in preview.findings}  # one person, written in four ways
    valid = [row["separated_long"] for row in people if row["valid"]]
    (tmp_path / "patients.csv").write_text("patient_key;protected\n" + "".join(f"{text};nej\n" for text in valid))
    preview = intake.prepare(lake, [tmp_path / "patients.csv"], today=TODAY)
    intake.commit(lake, preview, by="test", at=datetime(2026, 11, 22, tzinfo=UTC))
    assert lake.read("patients").num_rows == len(valid)
    for path, content in everything(lake.root):
        assert [text for text in texts if text.encode() in content] == [], path.name
