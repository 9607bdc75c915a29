"""A pseudonym is HMAC-SHA-256 as Python's own, the same for the same person, and another under another key."""

import base64
import hmac
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.data.people_numbers import TODAY, personal_number, written
from vardbalans.data.identity.keyring import Keyring
from vardbalans.data.identity.numbers import identifiers
from vardbalans.data.identity.pseudonyms import Pseudonymiser, pseudonyms
from vardbalans.data.tables import TABLES

KEYRING = Keyring(bytes(range(32)))
KEY = KEYRING.pseudonym_key("patient")


def _by_hand(system: str, value: str, key: bytes = KEY) -> str:
    digest = hmac.new(key, f"{system}\0{value}".encode(), "sha256").digest()[:16]
    return "p1" + base64.b32encode(digest).decode().rstrip("=").lower()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=80), max_size=40), st.binary(max_size=64))
@example(["P1", "åäö|ö", "", "x\0y", "199002222397"], b"")
def test_the_pseudonym_is_the_one_by_hand(texts: list[str], key: bytes) -> None:
    """Two ways to the same answer, over random texts and keys up to the hash's block."""
    array = pa.array([*texts, None], pa.string())
    found = identifiers(array, TODAY).to_pylist()[:-1]
    expected = [_by_hand(row["system"], row["value"], key) for row in found]
    assert pseudonyms(array, key, TODAY).to_pylist() == [*expected, None]


def test_many_at_once_are_as_few() -> None:
    """Beyond one batch the order holds, and no two are alike."""
    texts = pa.array([f"P{number}" for number in range(300_000)])
    made = pseudonyms(texts, KEY, TODAY)
    assert pc.count_distinct(made).as_py() == len(texts)
    assert made.take(pa.array([0, 262_143, 262_144, 299_999])).to_pylist() == [
        _by_hand("local", f"P{number}") for number in (0, 262_143, 262_144, 299_999)
    ]


def test_a_pseudonym_imported_again_is_left_as_it_is() -> None:
    """So an export can come back; what merely looks like one does not pass."""
    once = pseudonyms(pa.array(["P1"]), KEY, TODAY)
    assert pseudonyms(once, KEY, TODAY) == once
    near = pa.array([once[0].as_py() + "a", once[0].as_py().upper(), "p1" + "1" * 26, "x" + once[0].as_py()])
    assert not set(pseudonyms(near, KEY, TODAY).to_pylist()) & set(near.to_pylist())


def test_one_person_has_one_pseudonym_and_a_key_of_her_own_kind() -> None:
    """However written; but a nurse who is a patient is two, and another master key makes others of all."""
    number = personal_number(date(1968, 5, 17))
    assert len(set(pseudonyms(pa.array(list(written(number))), KEY, TODAY).to_pylist())) == 1
    keys = [KEY, KEYRING.pseudonym_key("staff"), Keyring(bytes(32)).pseudonym_key("patient")]
    assert len({pseudonyms(pa.array([number]), key, TODAY)[0] for key in keys}) == 3


def test_every_key_of_a_person_in_a_table_is_replaced_and_nothing_else() -> None:
    """Missing keys stay missing; the same key in two tables stays the same."""
    operations, contacts = TABLES["operations"], TABLES["contacts"]
    given_rows = [{"operation_id": "O1", "contact_id": "C1", "surgeon_key": "P1", "_row": 2}, {"operation_id": "O2"}]
    rows = pa.Table.from_pylist(given_rows, schema=operations.schema())
    made = Pseudonymiser(KEYRING, TODAY).pseudonymised(rows, operations)
    surgeon = _by_hand("local", "P1", KEYRING.pseudonym_key("staff"))
    assert made.schema == rows.schema
    assert made.to_pylist() == [rows.to_pylist()[0] | {"surgeon_key": surgeon}, rows.to_pylist()[1]]
    patients = pa.Table.from_pylist([{"patient_key": "P1"}] * 2, schema=contacts.schema())
    twice = pa.concat_tables([patients, patients])
    assert set(Pseudonymiser(KEYRING, TODAY).pseudonymised(twice, contacts)["patient_key"].to_pylist()) == {
        _by_hand("local", "P1")
    }


def test_every_table_with_people_says_so() -> None:
    """A key of a person that the contract does not mark would be stored as it came."""
    keys = {
        (table.name, column.name): column.identity
        for table in TABLES.values()
        for column in table.columns
        if column.name.endswith("_key")
    }
    assert keys == {
        ("patients", "patient_key"): "patient",
        ("contacts", "patient_key"): "patient",
        ("referrals", "patient_key"): "patient",
        ("stays", "patient_key"): "patient",
        ("operations", "surgeon_key"): "staff",
        ("employments", "person_key"): "staff",
        ("absences", "person_key"): "staff",
        ("care_items", "patient_key"): "patient",
    }


@given(st.lists(st.lists(st.none() | st.sampled_from(["P1", "P2", "19121212-1212", "191212121212", ""]), max_size=6)))
@settings(max_examples=20, deadline=None)
def test_parts_of_a_delivery_get_what_the_whole_would(parts):
    """Whether a key came in an earlier part changes nothing."""
    contacts, remembering = TABLES["contacts"], Pseudonymiser(KEYRING, TODAY)
    for texts in parts:
        rows = pa.table({"patient_key": pa.array(texts, pa.string())})
        fresh = Pseudonymiser(KEYRING, TODAY).pseudonymised(rows, contacts)
        assert remembering.pseudonymised(rows, contacts).equals(fresh)
