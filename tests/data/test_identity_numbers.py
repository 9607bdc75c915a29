"""A person's number is recognised in every way it is written, and nothing else is taken for one."""

from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.people_numbers import TODAY, check_digit, personal_number, written
from vardbalans.data.identity.numbers import identifiers, names_person, systems

BIRTHS = st.dates(date(1890, 1, 1), TODAY)


def read(*texts: str | None, today: date = TODAY) -> list[tuple[str, str]]:
    found = identifiers(pa.array(texts, pa.string()), today)
    return list(zip(found["system"].to_pylist(), found["value"].to_pylist(), strict=True))


def test_the_ways_to_write_a_number_are_one_identity() -> None:
    """Ten and twelve digits, hyphen or none, a dash from a word processor, spaces, FHIR's system before it."""
    ways = ["900222-2397", "19900222-2397", "199002222397", "9002222397", "900222–2397", " 19900222 2397"]
    ways += [f"{uri}|900222-2397" for uri in systems()[0].uris]
    assert set(read(*ways)) == {("personnummer", "199002222397")}


def test_the_mark_tells_the_century() -> None:
    """A plus from the year in which one turns a hundred; without it the latest date that has been."""
    assert read("121212+1212", "121212-1212", "1212121212") == [
        ("personnummer", "191212121212"),
        ("personnummer", "201212121212"),
        ("personnummer", "201212121212"),
    ]
    number = personal_number(date(1926, 12, 31))
    turning = f"{number[2:8]}+{number[8:]}"
    assert read(turning, turning.replace("+", "-")) == [("personnummer", number)] * 2
    assert read(turning, today=date(2025, 11, 22)) == [("personnummer", f"18{number[2:]}")]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(BIRTHS, st.integers(980, 999), st.sampled_from([0, 60])), min_size=1, max_size=50))
def test_every_number_is_one_identity_however_it_is_written(people: list[tuple[date, int, int]]) -> None:
    """The system follows from the day: plus 60 is a coordination number. Another check digit makes it a local id."""
    expected = []
    for born, serial, day_plus in people:
        number = personal_number(born, serial, day_plus)
        system = "samordningsnummer" if day_plus else "personnummer"
        wrong = f"{number[:-1]}{(int(number[-1]) + 1) % 10}"
        expected += [(text, system, number) for text in written(number)] + [(wrong, "local", wrong)]
    assert read(*(text for text, *_ in expected)) == [(system, value) for _, system, value in expected]


@pytest.mark.parametrize(
    "text",
    [
        "199002302398",
        "190002291231",
        "201509160006",
        "1990022223970",
        "a199002222397",
        "19900222-239",
        "199013221235",
        "x",
    ],
)
def test_what_cannot_be_a_number_is_an_id_of_its_source(text: str) -> None:
    """No such day, 1900 had no leap day, birth number 000, one digit too many: kept as it is written."""
    assert read(text) == [("local", text)]


@pytest.mark.parametrize("system", systems(), ids=lambda system: system.name)
def test_the_published_example_of_each_system(system: object) -> None:
    """Told from the text alone, but for the one whose pattern another region shares; and always where it is stated."""
    value = system.example.replace("-", "")
    known = "reserve-blekinge" if system.name == "reserve-sormland-1" else system.name
    assert read(system.example) == [(known, value)]
    stated = [f"{name}|{system.example}" for name in (system.name, *system.uris)]
    assert set(read(*stated)) == {(system.name, value)}


def test_no_reserve_number_is_taken_for_a_coordination_number() -> None:
    """Carelink's days are 32-59, coordination numbers' 61-91: whatever the rest, with a right check digit or not."""
    days = (*range(32, 61), 92, 0)
    nines = [f"8108{day:02d}001" for day in days]
    numbers = [f"19{nine}{check_digit(nine)}" for nine in nines]
    known = ["reserve-carelink" if 32 <= day <= 59 else "local" for day in days]
    assert read(*numbers) == list(zip(known, numbers, strict=True))
    assert {system for system, _ in read(*(number[2:] for number in numbers))} == {"local"}


def test_what_the_source_states_is_believed() -> None:
    """An unknown system is kept with its text; of the two national ones the day decides; an empty system is none."""
    assert read("urn:oid:1.2.3|19900222-2397", "min|a|b", "|x", "local|K1", None) == [
        ("urn:oid:1.2.3", "19900222-2397"),
        ("min", "a|b"),
        ("local", "|x"),
        ("local", "K1"),
        (None, None),
    ]
    assert read("personnummer|197010632391", "personnummer|19900222-2398", "lma-nummer|12345678") == [
        ("samordningsnummer", "197010632391"),
        ("personnummer", "199002222398"),
        ("lma-nummer", "12345678"),
    ]


def test_a_file_named_after_a_person_is_told_from_one_named_after_a_time() -> None:
    """One stamp in ten has a right check digit: those of the last ten years pass, or nightly exports would stop."""
    assert names_person("kontakter 19900222-2397.csv", TODAY)
    assert names_person("900222-2397.csv", TODAY)
    assert names_person("20150916-9806.csv".replace("9806", personal_number(date(2015, 9, 16))[8:]), TODAY)
    days = [TODAY - timedelta(days=3 * days) for days in range(1000)]
    stamps = [f"{day:%Y%m%d}-{index % 24:02d}30" for index, day in enumerate(days)]
    assert {system for system, _ in read(*stamps)} == {"local", "personnummer"}
    assert not names_person(f"contacts {' '.join(stamps)}.csv", TODAY)
    assert not names_person("contacts_2025.csv", TODAY)
