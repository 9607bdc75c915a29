"""What a data version becomes for the engine: odd deliveries must neither stop a region nor pass a gap off as zero."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from vardbalans.data.lake import Lake
from vardbalans.data.load import load
from vardbalans.data.results.document import document
from vardbalans.data.tables import TABLES
from vardbalans.engine import capacity
from vardbalans.engine.errors import BadInput
from vardbalans.engine.sampling import stream
from vardbalans.engine.scenario import Settings, run

WHEN = datetime(2026, 3, 1, tzinfo=UTC)
MONDAY = date(2023, 1, 2)
BASE = {
    "units": [{"unit_id": "U", "name": "Enheten", "level": "clinic"}],
    "services": [
        {"service_id": name, "name": f"Tjänst {name}", "unit_id": "U", "kind": "first_visit", "guarantee": "none"}
        for name in "AB"
    ],
}


@pytest.fixture
def loaded(tmp_path):
    """Store tables given as lists of rows and load them."""

    def store(at=WHEN, **tables):
        lake = Lake(tmp_path)
        rows = {}
        for name, content in {**BASE, **tables}.items():
            placed = [row | {"_file": f"{name}.csv", "_row": n} for n, row in enumerate(content, 2)]
            rows[name] = pa.Table.from_pylist(placed, schema=TABLES[name].schema())
        return load(lake, lake.commit(rows, by="test", at=at))

    return store


def contacts(service, weeks, per_week=10, start=MONDAY, status="performed"):
    return [
        {
            "contact_id": f"{service}{status}{week}-{n}",
            "patient_key": "p",
            "unit_id": "U",
            "service_id": service,
            "status": status,
            "starts_at": datetime.combine(start + timedelta(weeks=week, days=n % 5), datetime.min.time(), UTC).replace(
                hour=9
            ),
        }
        for week in range(weeks)
        for n in range(per_week)
    ]


def counts(service, periods, value=100.0, series="s"):
    return [
        {"series_id": f"{series}{service}", "unit_id": "U", "service_id": service, "period": p, "value": value}
        for p in periods
    ]


def months(first, count):
    return [f"{first + n // 12}-{n % 12 + 1:02d}" for n in range(count)]


def item(inputs, service="A"):
    return next(row for row in inputs.services if row.service.service_id == service)


def notes(inputs):
    return " ".join(map(str, inputs.notes))


def staff(employments, absences=()):
    return {
        "resources": [{"resource_id": "R", "name": "Team", "unit_id": "U", "kind": "staff", "shift_minutes": 480}],
        "employments": [
            {"person_key": key, "resource_id": "R", "share": share, "valid_from": first, "valid_to": last}
            for key, share, first, last in employments
        ],
        "absences": [
            {"person_key": key, "date_from": first, "date_to": last, "kind": kind}
            for key, first, last, kind in absences
        ],
    }


def posts(inputs):
    return inputs.resources[0].staffing


def test_contacts_and_counts_live_side_by_side_and_neither_is_padded(loaded):
    """A's contacts end in November, B's counts in December: A has not sunk to zero since."""
    found = loaded(contacts=contacts("A", 150), counts=counts("B", months(2023, 38)))
    assert item(found).need.end == MONDAY + timedelta(weeks=150)
    assert item(found).need.values[-1] == 10
    assert found.weeks[0].start == date(2026, 3, 2)
    assert "slutar" in notes(found)
    rate = run(found, Settings(20)).services[0].forecast.mean
    assert rate.mean() == pytest.approx(9.6, rel=0.1)


def test_a_new_clinic_begins_where_it_begins(loaded):
    found = loaded(contacts=contacts("A", 160) + contacts("B", 20, start=MONDAY + timedelta(weeks=140)))
    assert len(item(found, "B").need.values) == 19  # its first week may not have been whole
    assert item(found, "B").need.values.min() == 10


def test_what_is_dated_in_the_future_has_not_happened(loaded):
    found = loaded(contacts=contacts("A", 150) + contacts("B", 1, start=date(2028, 1, 10)))
    assert item(found).need.end == MONDAY + timedelta(weeks=150)
    assert "Tjänst B" in notes(found)


def test_a_week_is_whole_when_it_has_reached_its_last_open_day(loaded):
    """Data to a Friday hold the week of a clinic that closes at weekends, and not that of one that does not."""
    assert len(item(loaded(contacts=contacts("A", 100))).need.values) == 100
    sunday = [
        row | {"contact_id": f"s{n}", "starts_at": row["starts_at"] + timedelta(days=6)}
        for n, row in enumerate(contacts("A", 99))
        if row["starts_at"].weekday() == 0
    ]
    assert len(item(loaded(contacts=contacts("A", 100) + sunday)).need.values) == 99


def test_daily_counts_are_summed_to_whole_weeks(loaded):
    days = [str(MONDAY + timedelta(days=n)) for n in range(7 * 60 + 3)]
    series = item(loaded(counts=counts("A", days, 2.0))).need
    assert (str(series.start), len(series.values), set(series.values)) == ("2023-W01", 60, {14.0})


def test_two_sources_are_summed_where_both_have_figures(loaded):
    both = counts("A", months(2023, 36), 1000.0, "x") + counts("A", months(2023, 35), 1000.0, "y")
    found = loaded(counts=both)
    assert set(item(found).need.values) == {2000.0}
    assert "bara 2023-01 till 2025-11 används" in notes(found)


def test_weeks_and_months_of_one_service_are_not_added(loaded):
    mixed = counts("A", months(2023, 36), series="x") + counts("A", ["2025-W01", "2025-W02"], series="y")
    found = loaded(counts=mixed + counts("B", months(2023, 36)))
    assert [row.service.service_id for row in found.services] == ["B"]
    assert "blandar veckor och månader" in notes(found)


def test_a_gap_is_told_and_not_filled(loaded):
    gap = [month for month in months(2023, 36) if month != "2025-06"]
    found = loaded(counts=counts("A", gap))
    assert len(item(found).need.values) == 6
    assert "Tjänst A (Enheten): bara 2025-07 till 2025-12 används" in notes(found)


def test_inflow_without_a_list_is_still_need(loaded):
    found = loaded(inflow=counts("A", months(2023, 36), 50.0), outflow=counts("A", months(2023, 36), 40.0))
    assert (item(found).need.values[0], item(found).performed.values[0], item(found).waiting_list) == (50, 40, None)


def test_need_without_any_capacity_is_left_out_by_name(loaded):
    found = loaded(inflow=counts("A", months(2023, 36)), counts=counts("B", months(2023, 36)))
    assert [row.service.service_id for row in found.services] == ["B"]
    assert "Tjänst A" in notes(found)


def waiting(day_of, rows=36, bands=((0, None, 500),)):
    return [
        {"unit_id": "U", "service_id": "A", "date": day_of(month), "days_from": low, "days_to": high, "count": count}
        for month in months(2023, rows)
        for low, high, count in bands
    ]


def end_of(month):
    first = date.fromisoformat(f"{month}-01")
    return (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


@pytest.mark.parametrize("shift", [-5, -1, 0, 1])
def test_a_list_counted_a_few_days_off_is_the_periods_list(loaded, shift):
    flows = {name: counts("A", months(2023, 36), 50.0) for name in ("inflow", "outflow")}
    found = loaded(**flows, waiting=waiting(lambda month: end_of(month) + timedelta(days=shift)))
    assert item(found).waiting_list.queue == 500


def test_a_list_counted_mid_period_is_not_used_and_it_is_said(loaded):
    flows = {name: counts("A", months(2023, 36), 50.0) for name in ("inflow", "outflow")}
    found = loaded(**flows, waiting=waiting(lambda month: end_of(month).replace(day=14)))
    assert item(found).waiting_list is None
    assert "inte räknade vid periodernas slut" in notes(found)


def test_the_whole_list_is_not_added_to_its_bands(loaded):
    flows = {name: counts("A", months(2023, 36), 50.0) for name in ("inflow", "outflow")}
    found = loaded(**flows, waiting=waiting(end_of, bands=((0, None, 500), (91, None, 200))))
    assert item(found).waiting_list.queue == 500
    bands = ((0, 90, 300), (91, None, 200))
    assert item(loaded(**flows, waiting=waiting(end_of, bands=bands))).waiting_list.queue == 500


def test_a_list_from_referrals_keeps_its_account_also_when_it_begins_before_the_contacts(loaded):
    referrals = [
        {
            "referral_id": str(n),
            "patient_key": "p",
            "unit_id": "U",
            "service_id": "A",
            "issued": MONDAY - timedelta(weeks=10) + timedelta(days=n),
            "closed": MONDAY + timedelta(days=n) if n % 3 else None,
            "closed_reason": "treated" if n % 3 == 1 else "declined" if n % 3 else None,
        }
        for n in range(900)
    ]
    state = item(loaded(contacts=contacts("A", 140), referrals=referrals)).waiting_list
    flows = state.opening + np.cumsum(state.inflow.values - state.treated.values - state.removed.values)
    assert np.array_equal(flows, state.waiting.values)
    assert state.opening == 70


def test_nobody_leaves_a_list_before_coming_to_it(loaded):
    """Closed two weeks before it was received: the list is empty all the time, never one below."""
    referrals = [
        {
            "referral_id": str(n),
            "patient_key": "p",
            "unit_id": "U",
            "service_id": "A",
            "issued": MONDAY + timedelta(days=n),
            "received": MONDAY + timedelta(days=n + 21),
            "closed": MONDAY + timedelta(days=n + 7),
            "closed_reason": "treated",
        }
        for n in range(900)
    ]
    state = item(loaded(contacts=contacts("A", 140), referrals=referrals)).waiting_list
    assert set(state.waiting.values) == {0.0}
    assert np.array_equal(state.inflow.values, state.treated.values)


def test_one_visit_that_leads_to_two_operations_is_a_share_above_one(loaded):
    visits = contacts("A", 150)
    referrals = [
        {
            "referral_id": f"{visit['contact_id']}{eye}",
            "patient_key": "p",
            "unit_id": "U",
            "service_id": "B",
            "issued": visit["starts_at"].date(),
            "origin_contact_id": visit["contact_id"],
        }
        for visit in visits
        for eye in "12"
    ]
    link = loaded(contacts=visits + contacts("B", 150), referrals=referrals).conversions[0]
    assert link.low < link.share == 2.0 < link.high


def visits_that_lead_on(weeks=150, share=5):
    """10 visits a week at A, one of *share* of which leads to B a week later."""
    visits = contacts("A", weeks)
    referrals = [
        {
            "referral_id": visit["contact_id"],
            "patient_key": "p",
            "unit_id": "U",
            "service_id": "B",
            "issued": visit["starts_at"].date() + timedelta(weeks=1),
            "origin_contact_id": visit["contact_id"],
        }
        for visit in visits[::share]
    ]
    return {"contacts": visits + contacts("B", weeks), "referrals": referrals}


def by_hand(share, since=None, **more):
    return {
        "from_service": "A",
        "to_service": "B",
        "share": share,
        "lag_weeks_pmf": "0;0,5;0,5",
        "source": "Verksamhetschef",
        "valid_from": since,
    } | more


def test_the_share_set_by_hand_that_holds_stands_in_place_of_the_estimate_which_is_kept(loaded):
    rows = [
        by_hand(0.3, reason="Förr"),
        by_hand(0.4, date(2025, 11, 1), reason="Ny process"),
        by_hand(0.9, date(2026, 6, 1)),
    ]
    found = loaded(**visits_that_lead_on(), conversions=rows)
    (link,) = found.conversions
    assert (link.share, link.low, link.high, link.lag_weeks) == (0.4, 0.4, 0.4, (0.0, 0.5, 0.5))
    assert (link.override.valid_from, link.override.said_by) == (date(2025, 11, 1), "Verksamhetschef")
    assert link.override.reason == "Ny process"
    assert link.estimate.share == pytest.approx(0.2, abs=0.01)
    assert "1 flöden satta för hand börjar gälla senare" in notes(found)
    assert notes(found).count("för hand") == 1


def test_a_share_set_by_hand_that_begins_later_leaves_the_estimate(loaded):
    (link,) = loaded(**visits_that_lead_on(), conversions=[by_hand(0.9, date(2026, 6, 1))]).conversions
    assert (link.override, link.share) == (None, link.estimate.share)


def test_a_loop_among_the_linked_contacts_is_left_out_and_told_and_stops_no_run(loaded):
    """Every visit at A leads to one more at A the week after, for ever."""
    visits = contacts("A", 150)
    again = [
        {
            "referral_id": visit["contact_id"],
            "patient_key": "p",
            "unit_id": "U",
            "service_id": "A",
            "issued": visit["starts_at"].date() + timedelta(weeks=1),
            "origin_contact_id": visit["contact_id"],
        }
        for visit in visits
    ]
    found = loaded(contacts=visits, referrals=again)
    assert found.conversions == ()
    assert "Flödet inom Tjänst A (Enheten) klingar aldrig av" in notes(found)
    assert run(found, Settings(5)).services


def test_the_flow_is_in_the_result_with_its_estimate_and_what_is_set_by_hand(loaded):
    found = loaded(**visits_that_lead_on(), conversions=[by_hand(0.4, reason="Ny process")])
    (row,) = document(run(found, Settings(20)))["conversions"]
    assert (row["share"], row["lag_median_weeks"], row["per_year"]) == (0.4, 1, pytest.approx(0.4 * 520))
    assert row["by_hand"] == {"valid_from": None, "source": "Verksamhetschef", "reason": "Ny process"}
    assert row["estimate"]["share"] == pytest.approx(0.2, abs=0.01)
    assert row["estimate"]["low"] < row["estimate"]["share"] < row["estimate"]["high"]


def test_posts_are_counted_by_working_day(loaded):
    """A share that changes on the Wednesday before Good Friday, and a start on a Sunday, which is the next week's."""
    wednesday = date(2026, 4, 1)
    people = [
        ("p", 1.0, MONDAY, wednesday - timedelta(days=1)),
        ("p", 0.8, wednesday, None),
        ("q", 1.0, date(2026, 4, 12), None),
    ]
    fte = dict(
        zip(
            map(str, (found := loaded(contacts=contacts("A", 160), **staff(people))).weeks),
            posts(found).fte,
            strict=True,
        )
    )
    assert [round(fte[f"2026-W{week}"], 3) for week in (13, 14, 15, 16)] == [1.0, 0.9, 0.8, 1.8]


def test_nobody_begins_work_or_is_away_on_a_holiday(loaded):
    """Easter Monday: who begins that day works four days of four, and who is ill that day alone loses none of them."""
    easter = date(2026, 4, 6)
    people = [("p", 1.0, MONDAY, None), ("q", 1.0, easter + timedelta(days=1), None)]
    away = [("p", easter, easter, "sick"), ("q", easter + timedelta(days=4), easter + timedelta(days=4), "sick")]
    found = loaded(contacts=contacts("A", 160), **staff(people, away))
    week = list(map(str, found.weeks)).index("2026-W15")
    assert posts(found).fte[week] == pytest.approx(2.0)
    assert posts(found).known_absence[week] == pytest.approx(1 / 8)


def test_a_day_away_counts_once(loaded):
    """Parental leave with a sick note on top: one of two is away for half of the three years, not more."""
    half = MONDAY + timedelta(weeks=80)
    away = [
        ("p", MONDAY, half - timedelta(days=1), "parental"),
        ("p", MONDAY + timedelta(weeks=20), half - timedelta(days=1), "sick"),
    ]
    people = [("p", 1.0, MONDAY, None), ("q", 1.0, MONDAY, None)]
    found = loaded(contacts=contacts("A", 160), **staff(people, away))
    assert posts(found).absence_by_iso_week[:52].mean() == pytest.approx(0.25, abs=0.02)


def test_vacation_and_leave_are_not_multiplied(loaded):
    """q is on leave all the time, p has July off: nobody is away more than everybody."""
    july = [("p", date(year, 7, 6), date(year, 7, 26), "vacation") for year in (2023, 2024, 2025)]
    people = [("p", 1.0, MONDAY, None), ("q", 1.0, MONDAY, None)]
    leave = [("q", MONDAY, date(2026, 12, 31), "parental")]
    absence = posts(loaded(contacts=contacts("A", 160), **staff(people, july + leave))).absence_by_iso_week
    assert absence[9] == pytest.approx(0.5, abs=0.01)
    assert absence[28] == pytest.approx(1.0, abs=0.01)


def test_a_new_group_is_expected_to_be_away_as_the_region_is(loaded):
    people = [("p", 1.0, MONDAY, None)]
    tables = staff(people, [("p", MONDAY, MONDAY + timedelta(weeks=40), "sick")])
    tables["resources"].append(
        {"resource_id": "N", "name": "Nytt team", "unit_id": "U", "kind": "staff", "shift_minutes": 480}
    )
    tables["employments"].append(
        {"person_key": "n", "resource_id": "N", "share": 1.0, "valid_from": date(2026, 3, 2), "valid_to": None}
    )
    new, old = loaded(contacts=contacts("A", 160), **tables).resources
    assert new.staffing.absence_by_iso_week == pytest.approx(old.staffing.absence_by_iso_week)
    assert new.staffing.absence_by_iso_week.mean() > 0.1


def test_a_post_of_nothing_stops_nobody(loaded):
    found = loaded(contacts=contacts("A", 160), **staff([("p", 0.0, MONDAY, None)]))
    assert posts(found).fte.max() == 0


def test_a_limit_in_weeks_is_a_limit(loaded):
    rule = {
        "rule_id": "r",
        "kind": "care_guarantee",
        "name": "12 veckor",
        "applies_to": "first_visit",
        "value": 12.0,
        "unit": "veckor",
        "valid_from": date(2020, 1, 1),
        "source": "test",
    }
    services = [BASE["services"][0] | {"guarantee": "first_visit"}]
    assert item(loaded(services=services, contacts=contacts("A", 150), rules=[rule])).limit_days == 84
    with pytest.raises(BadInput, match="dagar eller veckor"):
        loaded(services=services, contacts=contacts("A", 150), rules=[rule | {"unit": "kvartal"}])


def test_countries_do_not_mix_and_an_unknown_one_is_said(loaded):
    unit = BASE["units"][0]
    other = {"unit_id": "V", "name": "Area", "level": "region", "country": "GB-ENG"}
    with pytest.raises(BadInput, match="GB-ENG, SE"):
        loaded(units=[unit, other], contacts=contacts("A", 150))
    with pytest.raises(BadInput, match="Sverige"):
        loaded(units=[unit | {"country": "Sverige"}], contacts=contacts("A", 150))


@pytest.mark.parametrize("tables", [{}, {"contacts": contacts("A", 1, 3, start=MONDAY + timedelta(days=1))}])
def test_no_whole_week_of_anything_is_an_error_in_words(loaded, tables):
    with pytest.raises(BadInput, match="ingen hel vecka"):
        loaded(**tables)


def warning_rule(value, unit, since, **more):
    return {
        "rule_id": f"{unit}{since}",
        "kind": "early_warning",
        "name": "Tidig varning",
        "value": value,
        "unit": unit,
        "valid_from": since,
        "source": "Beslut",
    } | more


def test_the_regions_latest_rule_tells_when_to_warn(loaded):
    rules = [
        warning_rule(0.9, "andel", date(2025, 1, 1)),
        warning_rule(0.6, "andel", date(2025, 6, 1), source="Beslut 2"),
        warning_rule(0.5, "andel", date(2027, 1, 1)),
        warning_rule(2.0, "veckor", date(2025, 3, 1)),
        warning_rule(6.0, "veckor_fram", date(2025, 4, 1)),
        warning_rule(8.0, "weeks_ahead", date(2025, 5, 1)),
    ]
    rule = loaded(contacts=contacts("A", 150), rules=rules).warning_rule
    assert (rule.risk, rule.weeks, rule.ahead_weeks, rule.source) == (0.6, 2, 8, "Beslut 2")


def test_without_a_rule_of_its_own_a_region_is_warned_by_ours(loaded):
    rule = loaded(contacts=contacts("A", 150)).warning_rule
    assert (rule.risk, rule.weeks, rule.ahead_weeks) == (0.7, 3, 4)
    assert rule.valid_from == date(2026, 11, 1)


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (30.0, "dagar", "dagar"),
        (70.0, "andel", "Risken"),
        (2.5, "veckor_fram", "hela veckor"),
        (-1.0, "weeks_ahead", "minst 0"),
    ],
)
def test_a_rule_of_warning_in_a_wrong_unit_is_told(loaded, value, unit, said):
    with pytest.raises(BadInput, match=said):
        loaded(contacts=contacts("A", 150), rules=[warning_rule(value, unit, date(2025, 1, 1))])


def judgement(name, at, unit=None, service="A", **change):
    return {
        "adjustment_id": name,
        "service_id": service,
        "unit_id": unit,
        "date_from": date(2026, 3, 2),
        "date_to": date(2026, 12, 31),
        "author": "Planerare",
        "author_level": "clinic",
        "reason": "Ny remissväg",
        "made_at": at,
    } | (change or {"factor": 1.1})


def test_adjustments_come_in_the_order_they_were_made_and_none_from_the_future(loaded):
    rows = [
        judgement("J2", datetime(2026, 2, 2, 9, tzinfo=UTC)),
        judgement("J1", datetime(2026, 2, 3, 9, tzinfo=UTC), per_week=4.0),
        judgement("J3", datetime(2026, 3, 2, tzinfo=UTC)),
    ]
    found = loaded(contacts=contacts("A", 160), adjustments=rows)
    assert [(row.adjustment_id, row.factor, row.per_week) for row in found.adjustments] == [
        ("J2", 1.1, None),
        ("J1", None, 4.0),
    ]
    assert found.adjustments[0].made_on == date(2026, 2, 2)


def test_an_adjustment_for_another_unit_is_not_used_and_it_is_said(loaded):
    units = [
        {"unit_id": "R", "name": "Regionen", "level": "region"},
        {"unit_id": "U", "name": "Enheten", "level": "clinic", "parent_id": "R"},
        {"unit_id": "V", "name": "Grannen", "level": "clinic", "parent_id": "R"},
    ]
    at = datetime(2026, 2, 2, tzinfo=UTC)
    rows = [judgement(f"J{unit}", at, unit) for unit in ("R", "U", "V")]
    found = loaded(units=units, contacts=contacts("A", 160), adjustments=rows)
    assert [row.adjustment_id for row in found.adjustments] == ["JR", "JU"]
    assert "justering JV gäller en annan enhet" in notes(found)


def test_without_the_table_there_are_no_adjustments_and_no_note_of_it(loaded):
    found = loaded(contacts=contacts("A", 160))
    assert found.adjustments == ()
    assert "justering" not in notes(found).lower()


def _room(**more):
    return {
        "contacts": contacts("A", 165),
        "resources": [
            {"resource_id": "R", "name": "Rummet", "unit_id": "U", "kind": "room", "shift_minutes": 480},
            {"resource_id": "L", "name": "Läkarna", "unit_id": "U", "kind": "staff", "shift_minutes": 480},
        ],
        "openings": [
            {"resource_id": "R", "weekday": day, "sets": 2.0, "minutes": 480.0, "open_holidays": False}
            for day in range(1, 6)
        ],
        "utilisation": [{"resource_id": name, "share": 0.8, "valid_from": MONDAY} for name in ("R", "L")],
        "employments": [{"person_key": "p", "resource_id": "L", "share": 1.0, "valid_from": MONDAY}],
        **more,
    }


def test_what_takes_time_is_loaded_with_its_days(loaded):
    found = loaded(
        **_room(
            maintenance=[
                {"resource_id": "R", "date": date(2026, 3, 3), "sets": 1.0, "minutes": 240.0, "reason": "Service"},
                {"resource_id": "L", "date": date(2026, 3, 3), "sets": 1.0, "minutes": 240.0, "reason": "Service"},
            ],
            non_clinical=[
                {"resource_id": "L", "kind": "meeting", "weekday": 3, "minutes": 60.0, "movable": True},
                {"resource_id": "L", "kind": "education", "week": "2026-W10", "minutes": 50.0, "movable": False},
            ],
            norms=[{"resource_id": "L", "per_week": 20.0, "valid_from": MONDAY, "source": "Mål"}],
        )
    )
    team, rooms = (row for row in found.resources)
    assert (team.resource.resource_id, rooms.resource.resource_id) == ("L", "R")
    assert capacity.available(rooms, found.weeks, 1, stream(1, "r")).parts[2].minutes[:2].tolist() == [-240, 0]
    assert capacity.available(team, found.weeks, 1, stream(1, "r")).parts[4].minutes[:2].tolist() == [-110, -60]
    assert [row.value for row in team.norms] == [20]
    assert "Service på Läkarna räknas inte" in notes(found)
    assert "Service på Rummet" not in notes(found)


def test_alternative_sets_are_loaded_and_terms_without_a_recipe_are_told(loaded):
    recipe = {"service_id": "A", "resource_id": "L", "minutes": 30.0, "per": "activity", "valid_from": MONDAY}
    found = loaded(
        **_room(
            recipes=[recipe, recipe | {"resource_id": "R", "set_id": "rum"}],
            resource_sets=[
                {"service_id": "A", "set_id": "rum", "name": "Bara rum", "share": 0.5, "cost_ore": 100},
                {"service_id": "A", "set_id": "video", "name": "Video"},
            ],
        )
    )
    assert sorted(row.set_id for row in found.recipes) == ["", "rum"]
    assert found.resource_sets[0].share == 0.5
    assert "Uppsättningen Video för A saknar recept." in notes(found)
    assert "Bara rum" not in notes(found)
