"""Each rule about rows finds the row that breaks it, and leaves alone the one that only looks like it."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.quality_rows import TODAY, UNITS, at, broken, connection, judged, operation, request, stay, visit
from tests.data.random_rows import ANY, random_rows
from vardbalans.data.quality import judge
from vardbalans.data.quality.report import row_message
from vardbalans.data.quality.rules import RULES
from vardbalans.data.quality.series import EVENTS, SUMMED
from vardbalans.data.rules import ROW_RULES
from vardbalans.data.tables import TABLES

MANY = [visit(number, starts_at=at("2026-05-04 08:00") + timedelta(days=number)) for number in range(100, 160)]


def test_rows_without_a_fault_break_no_rule() -> None:
    report = judged(
        contacts=[visit(1), *MANY],
        referrals=[request(1, closed=date(2026, 5, 4), closed_reason="treated"), request(2)],
        stays=[stay(1, "2026-05-04 08:00", "2026-05-06 08:00"), stay(2, "2026-05-06 08:00", None)],
        operations=[
            operation(1, "2026-05-04 08:00", "2026-05-04 09:00"),
            operation(2, "2026-05-04 09:00", "2026-05-04 10:00"),
        ],
        clock_stops=[{"referral_id": "R2", "date_from": date(2026, 4, 9), "kind": "medical"}],
        patients=[{"patient_key": "P1", "protected": False}],
    )
    assert broken(report) == set()
    assert {score.value for score in report.scores} == {100.0}


@pytest.mark.parametrize(
    ("table", "rule", "first", "second"),
    [
        ("contacts", "duplicate_contact", visit(1), visit(2, patient_key="P1")),
        ("contacts", "duplicate_contact", visit(1), visit(2, patient_key="P1", status="no_show")),
        ("referrals", "duplicate_referral", request(1), request(2, patient_key="P1")),
        ("referrals", "twice_on_list", request(1), request(2, patient_key="P1", issued=date(2026, 4, 2))),
        (
            "stays",
            "stays_overlap",
            stay(1, "2026-05-04 08:00", "2026-05-09 08:00"),
            stay(2, "2026-05-08 08:00", "2026-05-10 08:00", ward_id="U2"),
        ),
        (
            "stays",
            "stays_overlap",
            stay(1, "2026-05-04 08:00", "2026-05-09 08:00"),
            stay(2, "2026-05-05 08:00", "2026-05-06 08:00"),
        ),
        ("stays", "stays_overlap", stay(1, "2026-05-04 08:00", None), stay(2, "2026-05-05 08:00", "2026-05-06 08:00")),
        (
            "operations",
            "theatre_taken",
            operation(1, "2026-05-04 08:00", "2026-05-04 10:00"),
            operation(2, "2026-05-04 09:30", "2026-05-04 11:00"),
        ),
    ],
)
def test_rows_that_clash_are_both_told_with_the_other(table, rule, first, second) -> None:
    report = judged(**{table: [first, second]})
    assert broken(report) == {(table, rule, 2), (table, rule, 3)}
    assert {(row["row"], row["other_row"]) for row in report.rows.to_pylist()} == {(2, 3), (3, 2)}
    assert "rad 3 i" in str(row_message(report.rows.to_pylist()[0]))


@pytest.mark.parametrize(
    ("table", "first", "second"),
    [
        ("contacts", visit(1), visit(2)),
        ("contacts", visit(1, status="cancelled_patient"), visit(2, patient_key="P1")),
        ("contacts", visit(1), visit(2, patient_key="P1", service_id="S2")),
        ("referrals", request(1, origin_contact_id="C1"), request(2, patient_key="P1", origin_contact_id="C2")),
        (
            "referrals",
            request(1, service_id="S2"),
            request(2, patient_key="P1", service_id="S2", issued=date(2026, 3, 1)),
        ),
        (
            "referrals",
            request(1),
            request(
                2,
                patient_key="P1",
                issued=date(2026, 3, 1),
                received=date(2026, 3, 1),
                closed=date(2026, 3, 5),
                closed_reason="treated",
            ),
        ),
        (
            "stays",
            stay(1, "2026-05-04 08:00", "2026-05-09 08:00"),
            stay(2, "2026-05-05 08:00", "2026-05-06 08:00", patient_key="P2"),
        ),
        (
            "operations",
            operation(1, "2026-05-04 08:00", "2026-05-04 10:00"),
            operation(2, "2026-05-04 09:00", "2026-05-04 11:00", theatre_id="T2"),
        ),
    ],
)
def test_rows_that_only_look_alike_do_not_clash(table, first, second) -> None:
    assert broken(judged(**{table: [first, second]})) == set()


@pytest.mark.parametrize(
    ("date_from", "date_to", "found"),
    [("2026-04-05", "2026-04-20", False), ("2026-03-20", "2026-04-20", True), ("2026-04-05", "2026-06-01", True)],
)
def test_a_clock_stop_lies_inside_its_wait(date_from, date_to, found) -> None:
    stop = {"referral_id": "R1", "date_from": date.fromisoformat(date_from), "date_to": date.fromisoformat(date_to)}
    waited = request(1, closed=date(2026, 5, 4), closed_reason="treated")
    report = judged(referrals=[waited], clock_stops=[stop | {"kind": "medical"}])
    assert broken(report) == ({("clock_stops", "stop_outside_wait", 2)} if found else set())
    # The stop has no unit of its own: its referral's counts.
    assert {row["unit_id"] for row in report.counts.to_pylist() if row["table"] == "clock_stops"} == {"U1"}


def test_the_dead_are_found_on_the_list_and_in_the_book() -> None:
    patients = [
        {"patient_key": "P1", "deceased": date(2026, 5, 1), "protected": False},
        {"patient_key": "P2", "protected": False},
    ]
    closed = request(3, patient_key="P1", issued=date(2026, 3, 1), closed=date(2026, 5, 1), closed_reason="deceased")
    follow_ups = [visit(number, service_id="S2") for number in (1, 2)]
    report = judged(
        patients=patients,
        referrals=[request(1), request(2), closed | {"received": None}],
        contacts=[
            *follow_ups,
            visit(3, patient_key="P1", status="cancelled_provider"),
            visit(4, patient_key="P1", service_id="S2", starts_at=at("2026-05-01 08:00")),
        ],
    )
    assert broken(report) == {("referrals", "dead_on_list", 2), ("contacts", "contact_after_death", 2)}


def test_who_is_treated_does_not_wait_by_the_link_or_where_there_are_none_by_patient_and_service() -> None:
    requests = [request(1), request(2), request(3, issued=date(2026, 5, 20), received=None)]
    assert broken(judged(referrals=requests, contacts=[visit(1)])) == {("referrals", "treated_on_list", 2)}
    unlinked = [visit(number, referral_id=None, starts_at=at("2026-05-04 08:00")) for number in (1, 3)]
    found = broken(judged(referrals=requests, contacts=unlinked))
    # R3 came after the visit. No link is missing: the service has none.
    assert found == {("referrals", "treated_on_list", 2)}
    missed = judged(referrals=requests, contacts=[visit(1, status="no_show"), visit(2, service_id="S2")])
    assert broken(missed) == set()


def test_who_another_unit_has_treated_is_asked_about() -> None:
    """By the request's own contact, or since the request by a service of the same name; not by an earlier visit."""
    elsewhere = {"unit_id": "U2", "service_id": "S3"}
    linked = visit(1, **elsewhere, starts_at=at("2026-03-04 08:00"))
    unlinked = visit(2, **elsewhere, referral_id="R9")
    earlier = visit(3, **elsewhere, referral_id="R8", starts_at=at("2026-03-04 08:00"))
    another = visit(4, unit_id="U2", service_id="S2", referral_id="R7")
    report = judged(referrals=[request(n) for n in (1, 2, 3, 4)], contacts=[linked, unlinked, earlier, another])
    found = {key for key in broken(report) if key[1] == "treated_elsewhere_on_list"}
    assert found == {("referrals", "treated_elsewhere_on_list", row) for row in (2, 3)}
    closed = [request(n, closed=date(2026, 5, 5), closed_reason="treated_elsewhere") for n in (1, 2)]
    assert ("referrals", "treated_elsewhere_on_list", 2) not in broken(judged(referrals=closed, contacts=[linked]))


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, False),
        ({"informed": None}, True),
        ({"declined": False}, True),
        ({"offered_at": None}, True),
        # Midnight in Stockholm is a day without a clock time.
        ({"offered_at": at("2026-04-09 22:00")}, True),
        ({"kind": "medical", "informed": None, "offered_at": None}, False),
    ],
)
def test_patient_chosen_waiting_without_evidence_is_told(changed, found) -> None:
    choice = {
        "referral_id": "R1",
        "date_from": date(2026, 4, 12),
        "kind": "patient_choice",
        "informed": True,
        "declined": True,
        "offered_at": at("2026-04-10 08:00"),
    }
    report = judged(referrals=[request(1)], clock_stops=[choice | changed])
    assert broken(report) == ({("clock_stops", "stop_without_evidence", 2)} if found else set())


def test_a_time_that_has_passed_is_no_longer_booked() -> None:
    contacts = [
        visit(1, starts_at=at(f"2026-05-{day:02d} 08:00"), ends_at=None, status="booked") for day in (1, 20, 30)
    ]
    for number, row in enumerate(contacts):
        row["contact_id"] = f"B{number}"
    found = broken(judged(contacts=[*contacts, visit(9, starts_at=at("2026-05-25 08:00"))]))
    assert found == {("contacts", "still_booked", 2)}


def test_a_patient_who_never_left_the_ward_is_asked_about() -> None:
    stays = [
        stay(1, "2024-01-01 08:00", None, patient_key="P2"),
        stay(2, "2026-05-04 08:00", None),
        stay(3, "2026-05-05 08:00", None, patient_key="P3"),
    ]
    assert broken(judged(stays=stays)) == {("stays", "stay_without_end", 2)}


def test_a_service_belongs_to_its_unit_or_where_it_usually_is() -> None:
    contacts = [visit(1, unit_id="K1"), visit(2, unit_id="U2"), visit(3)]
    found = broken(judged(contacts=contacts, referrals=[request(8, unit_id="U2"), request(9)]))
    assert found == {("contacts", "other_unit", 2), ("contacts", "other_unit", 3), ("referrals", "other_unit", 2)}
    in_most_months = [
        visit(number, unit_id="U2", starts_at=at(f"2026-{month:02d}-04 08:00"))
        for number, month in enumerate(range(1, 9))
    ]
    assert broken(judged(contacts=in_most_months)) == set()
    in_a_fifth = [visit(number, unit_id="U2" if number % 5 == 0 else "U1") for number in range(100)]
    assert broken(judged(contacts=in_a_fifth)) == set()
    in_a_month = [visit(number, unit_id="U2" if number < 10 else "U1") for number in range(100)]
    assert len(broken(judged(contacts=in_a_month))) == 10


def test_impossible_ages_are_found_by_limits_that_leave_the_very_old_alone() -> None:
    ages = [visit(number, age=age) for number, age in enumerate((0, 104, 110, 111, -1, None))]
    assert broken(judged(contacts=ages)) == {("contacts", "impossible_age", 5), ("contacts", "impossible_age", 6)}


@pytest.mark.parametrize("column", ["diagnosis", "drg", "referral_id", "age", "sex"])
def test_a_value_that_is_always_there_is_missed(column) -> None:
    report = judged(
        contacts=[
            visit(1, **{column: None}),
            *MANY,
            *(row | {"contact_id": f"X{n}", "patient_key": f"X{n}"} for n, row in enumerate(MANY)),
        ]
    )
    assert broken(report) == {("contacts", f"missing_{column}", 2)}
    seldom = [row | ({column: None} if number % 3 else {}) for number, row in enumerate(MANY)]
    assert broken(judged(contacts=seldom)) == set()


def test_rows_are_late_that_an_earlier_version_should_have_had() -> None:
    weeks = [visit(n, starts_at=at("2026-03-02 08:00") + timedelta(weeks=n)) for n in range(10)]
    late = visit(20, starts_at=at("2026-03-17 08:00"))
    fresh = visit(21, starts_at=at("2026-05-11 08:00"))
    older = visit(22, starts_at=at("2025-01-07 08:00"))
    elsewhere = visit(23, starts_at=at("2026-03-17 08:00"), ends_at=None, unit_id="U2", service_id="S3")
    report = judged({"contacts": weeks}, contacts=[*weeks, late, fresh, older, elsewhere])
    assert broken(report) == {("contacts", "late_contacts", 12)}
    counts = {row["rule"]: row for row in report.counts.to_pylist() if row["rule"] == "late_contacts"}
    assert counts["late_contacts"]["tested"] in (1, 3)  # those that are new, per unit
    assert broken(judged(contacts=[*weeks, late])) == set()


def test_the_rules_of_the_import_are_among_them_with_their_own_sentences() -> None:
    for table, rules in ROW_RULES.items():
        for rule in rules:
            assert (RULES[table, rule.name].broken, RULES[table, rule.name].message) == (rule.broken, rule.message)
    report = judged(
        contacts=[visit(1, booked_at=at("2026-06-01 08:00"))],
        referrals=[request(1, closed=date(2026, 3, 1), closed_reason="other"), request(2, received=date(2026, 3, 1))],
        stays=[stay(1, "2026-05-04 08:00", "2026-05-03 08:00")],
        units=[*UNITS, {"unit_id": "U9", "level": "unit", "parent_id": "U9"}],
    )
    assert broken(report) == {
        ("contacts", "booked_after_start", 2),
        ("referrals", "closed_before_issued", 2),
        ("referrals", "received_before_issued", 3),
        ("stays", "discharged_before_admitted", 2),
        ("units", "own_parent", 5),
    }


def test_a_rule_without_its_tables_is_not_tested_and_it_is_said() -> None:
    report = judged(referrals=[request(1)])
    assert report.untested["referrals", "dead_on_list"] == ("patients",)
    assert report.untested["referrals", "treated_on_list"] == ("contacts",)
    assert ("referrals", "late_referrals") in report.untested
    assert {row["rule"] for row in report.counts.to_pylist()}.isdisjoint({"dead_on_list", "treated_on_list"})


def test_a_protected_patients_row_is_told_without_a_place() -> None:
    patients = [{"patient_key": "P1", "protected": True}, {"patient_key": "P2", "protected": False}]
    contacts = [visit(1, age=115), visit(2, age=115)]
    report = judged(patients=patients, contacts=contacts)
    hidden, open_ = report.rows.to_pylist()
    assert (hidden["row"], hidden["unit_id"], hidden["service_id"], hidden["day"]) == (2, None, None, None)
    assert (open_["row"], open_["unit_id"], open_["service_id"]) == (3, "U1", "S1")
    # It counts where it was, all the same.
    assert [row["broken"] for row in report.counts.to_pylist() if row["rule"] == "impossible_age"] == [2]


def test_no_key_of_a_person_is_given_out() -> None:
    report = judged(contacts=[visit(1, age=115)], patients=[{"patient_key": "P1", "protected": False}])
    assert "P1" not in str(report.rows.to_pylist())


def test_every_rule_has_a_sentence_that_says_how_to_repair_and_what_it_is_measured_against() -> None:
    for rule in RULES.values():
        assert str(rule.message.template).count(".") >= 1
        assert str(rule.against)
        assert bool(rule.broken) + bool(rule.question) <= 1


@settings(max_examples=5, deadline=None)
@given(
    st.fixed_dictionaries(
        {
            name: random_rows(TABLES[name], ANY, smallest=0, with_origin=True)
            for name in (*EVENTS, *SUMMED, "clock_stops")
        }
    ),
    st.booleans(),
)
def test_rows_of_any_content_are_judged_and_counted(tables, has_before) -> None:
    with connection(tables, tables if has_before else {}) as con:
        report = judge(con, TODAY)
    for row in report.counts.to_pylist():
        assert 0 <= row["broken"] <= row["tested"]
    assert all(str(item.message) for item in report.findings())
    found = report.rows.num_rows + report.alarms.num_rows
    assert found == sum(row["broken"] for row in report.counts.to_pylist())
