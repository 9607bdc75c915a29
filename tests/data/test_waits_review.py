"""The weekly review of a store's list: who waits, in recorded order, with stops, slots and doubts."""

from datetime import UTC, date, datetime

import pytest

from tests.data.delivery_rows import lake_of, operation, stop, visit
from vardbalans.data.waits_review import review_of
from vardbalans.engine.errors import BadInput

TODAY = date(2026, 5, 31)
SLOTS = [
    {
        "slot_id": f"T{number}",
        "unit_id": "U1",
        "service_id": "NB",
        "starts_at": datetime(2026, 6, day, 8, tzinfo=UTC),
        "ends_at": datetime(2026, 6, day, 9, tzinfo=UTC),
        "status": status,
    }
    for number, (day, status) in enumerate([(3, "free"), (2, "booked"), (5, "free"), (9, "free")])
]


def lake(folder, **more):
    referrals = [
        visit(1, "2026-05-01", priority="2"),
        visit(2, "2026-02-20", priority="2"),
        visit(3, "2026-05-10", priority="1"),
        visit(4, "2026-05-20", priority="akut"),
        visit(5, "2026-03-01", "2026-05-15", priority="1"),
        visit(6, "2026-05-20", priority="1", received=date(2026, 6, 2)),
        visit(7, "2026-03-05", priority="2", patient_key="P2"),
    ]
    stops = [
        stop(2, "2026-04-01", "2026-04-20"),
        stop(1, "2026-05-20", None, "patient_choice", declined=None),
        stop(7, "2026-05-20", "2026-07-01"),
    ]
    return lake_of(folder, referrals, stops, **more)


def test_the_list_on_a_day_in_recorded_order(tmp_path):
    store = lake(tmp_path, slots=SLOTS)
    found = review_of(store, store.required_head(), "NB", today=TODAY, count=2)
    assert found["slots"] == ["2026-06-03", "2026-06-05"]
    told = [(row["referral_id"], row["days"], row["days_counted"], row["due"], row["slot"]) for row in found["rows"]]
    assert told == [
        ("R3", 21, 21, "2026-08-08", "2026-06-03"),
        ("R2", 100, 80, "2026-06-10", "2026-06-05"),
        ("R7", 87, 75, "2026-07-16", None),
        ("R1", 30, 30, "2026-07-30", None),
        # A class that is no number comes after those that are.
        ("R4", 11, 11, "2026-08-18", None),
    ]
    assert [row["in_stop"] for row in found["rows"]] == [False, False, True, False, False]
    # R2 and R7 are one patient, and R1's stop lacks the patient's no.
    assert {row["referral_id"]: row["doubts"] for row in found["rows"] if row["doubts"]} == {
        "R1": ["stop_without_evidence"],
        "R2": ["twice_on_list"],
        "R7": ["twice_on_list"],
    }
    assert found["effects"]["none"] == {"within": 5, "past": 0, "passing": 0, "unlimited": 0}


def test_recorded_classes_stand_as_the_region_says(tmp_path):
    store = lake(tmp_path, slots=SLOTS)
    asked = {"today": TODAY, "slots": [date(2026, 6, 20)], "priorities": ["akut", "2", "1"]}
    found = review_of(store, store.required_head(), "NB", **asked)
    assert [row["referral_id"] for row in found["rows"]] == ["R4", "R2", "R7", "R1", "R3"]
    assert found["effects"]["none"] == {"within": 4, "past": 1, "passing": 1, "unlimited": 0}
    assert found["effects"]["by_limit"]["past"] == 0
    assert found["effects"]["in_order"]["past"] == 1
    assert [row["late"] for row in found["rows"]] == [False, True, False, False, False]


def test_a_list_without_slots_or_an_unknown_service_is_named(tmp_path):
    store = lake(tmp_path)
    with pytest.raises(BadInput, match="lediga tider"):
        review_of(store, store.required_head(), "NB", today=TODAY)
    with pytest.raises(BadInput, match="XX"):
        review_of(store, store.required_head(), "XX", today=TODAY)


def test_a_clock_that_begins_later_limits_nothing_yet(tmp_path):
    """On the list since the referral came, and decided or issued after the day: no wait is below zero."""
    referrals = [
        operation(1, "2026-05-01", "2026-06-20", received=date(2026, 5, 2)),
        operation(2, "2026-06-05", None, received=date(2026, 5, 30)),
    ]
    store = lake_of(tmp_path, referrals)
    found = review_of(store, store.required_head(), "OP", today=TODAY, slots=[date(2026, 6, 3)])
    assert [(row["referral_id"], row["since"], row["days"], row["due"]) for row in found["rows"]] == [
        ("R1", "2026-05-01", 30, None),
        ("R2", "2026-05-30", 1, None),
    ]
    assert found["effects"]["none"] == {"within": 0, "past": 0, "passing": 0, "unlimited": 2}


def test_without_being_asked_the_classes_stand_as_the_table_has_them_and_nobody_is_named(tmp_path):
    recorded = [
        {"priority": "akut", "place": 1, "name": "Genast", "urgent": True},
        {"priority": "2", "place": 2, "name": None, "urgent": None},
        {"priority": "1", "place": 3, "name": "Kan vänta", "urgent": False},
    ]
    store = lake(tmp_path, slots=SLOTS, priorities=recorded)
    found = review_of(store, store.required_head(), "NB", today=TODAY, slots=[date(2026, 6, 20)])
    assert [row["referral_id"] for row in found["rows"]] == ["R4", "R2", "R7", "R1", "R3"]
    assert [row["priority_name"] for row in found["rows"]] == ["Genast", None, None, None, "Kan vänta"]
    assert not any("patient" in name for row in found["rows"] for name in row)
