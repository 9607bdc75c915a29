"""Those a projection begins with are those who wait, as the waits are measured: two ways of counting, one answer."""

import json
from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from tests.data.delivery_rows import SERVICES, lake_of, operation, stop, visit
from vardbalans.data.load import load
from vardbalans.data.load.waiting import starts_of
from vardbalans.data.results.waits import waits_table
from vardbalans.data.waitlist_run import document, project_lists
from vardbalans.data.waits_run import waits_of
from vardbalans.data.waits_study import list_studies
from vardbalans.engine.projection import Question, lists_ahead
from vardbalans.engine.scenario import Settings
from vardbalans.engine.waitlist import run

LAST = date(2026, 6, 21)
SHORTER = {
    "rule_id": "r1",
    "kind": "care_guarantee",
    "name": "Sextio dagar",
    "applies_to": "first_visit",
    "value": 62.0,  # nine whole weeks
    "unit": "dagar",
    "valid_from": date(2026, 4, 20),  # a Monday; who came before it has 90 days, and some have waited 70 now
    "source": "Regionens egen",
}
CHILD = {"service_id": "BUP", "name": "BUP", "unit_id": "U1", "kind": "first_visit", "guarantee": "child_first_visit"}


def started(lake):
    """What the projection begins with and says, and the waits of the same day, by service and measure."""
    version = lake.required_head()
    inputs = load(lake, version, weeks=20)
    starts = starts_of(lake, version, inputs)
    waits = {
        (row["service_id"], row["measure"]): row["law"]
        for row in waits_of(lake, version)["rows"]
        if (row["part"], row["dimension"]) == ("waiting", "all")
    }
    return inputs, starts, waits


def region(folder, stops, rules=(), services=(*SERVICES, CHILD), **more):
    """Five hundred who came over a year and a half, the referral some days on its way, a third with a stop."""
    rng = np.random.default_rng(1)
    referrals, made = [], []
    for number in range(600):
        issued = LAST - timedelta(int(rng.integers(0, 500)))
        received = issued + timedelta(int(rng.integers(0, 12)))
        closed = received + timedelta(int(rng.integers(0, 260)))
        ends = closed.isoformat() if closed <= LAST else None
        if number % 3 == 0:
            days = [issued.isoformat(), received.isoformat()]
            referrals.append(operation(number, *days, ends))
        else:
            service = "BUP" if number % 3 == 1 else "NB"
            referrals.append(visit(number, issued.isoformat(), ends, received=received, service_id=service))
        if stops and number % 4 == 0:
            first = received + timedelta(int(rng.integers(0, 90)))
            last = None if number % 8 else first + timedelta(20)
            made.append(stop(number, first.isoformat(), last and last.isoformat()))
    return lake_of(folder, referrals, made, rules=rules, services=services, **more)


@pytest.mark.parametrize(("stops", "rules"), [(True, ()), (False, (SHORTER,))], ids=["stops", "a limit that changed"])
def test_number_share_and_median_are_those_of_the_waits(tmp_path, stops, rules):
    inputs, starts, waits = started(region(tmp_path, stops, rules))
    ahead = lists_ahead(inputs, starts, Question(draws=5, by=10))
    measures = {name: [row.limit.measure for row in start.held] for name, start in starts.items()}
    assert measures == {"NB": ["first_visit"], "OP": ["treatment"], "BUP": ["child_first_visit", "first_visit"]}
    for name, start in starts.items():
        for row in start.held:
            known = waits[name, row.limit.measure]
            assert row.people == known["n"] == start.waiting.sum() > 50
            assert row.not_begun == 0
            assert (row.share_within, row.median_days) == pytest.approx((known["within"], known["median_days"]))
        # And the weeks that are followed from there: a place is a week, and its people have their limit.
        known = waits[name, start.held[0].limit.measure]
        group = run.group_of([ahead.projection.lists[name].item], 20, 7)
        ages = np.arange(group.waiting.shape[2])
        over = np.clip(ages + 1 - group.limit[0, len(ages) - 1 - ages], 0, 1)
        people = group.waiting[0].sum(axis=0)
        # Thirty days end within a week, which counts in part; the others' limits are whole weeks.
        assert 1 - people @ over / people.sum() == pytest.approx(known["within"], abs=0.03 if name == "BUP" else 1e-9)
        middle = np.searchsorted(np.cumsum(people), known["n"] / 2) * 7
        assert middle - 1 <= known["median_days"] <= middle + 7


def stored(world):
    return SimpleNamespace(inputs=world, services=[SimpleNamespace(item=item) for item in world.services])


def test_services_that_share_a_list_have_it_together(tmp_path):
    """The two first visits, under the same guarantee here; a contract says that one site is purchased care."""
    shared = {"guarantee": "first_visit", "shared_list": "Nybesök, hela regionen"}
    services = [
        row | (shared | {"unit_id": row["service_id"]} if row["kind"] == "first_visit" else {})
        for row in (*SERVICES, CHILD)
    ]
    units = [{"unit_id": name, "name": name, "level": "unit"} for name in ("U1", "NB", "BUP")]
    price = {"provider_id": "NB", "service_id": "NB", "price_ore": 90000, "volume": 50.0}
    contracts = [price | {"valid_from": date(year, 1, 1), "price_ore": year} for year in (2024, 2025, 2027)]
    lake = region(tmp_path, stops=True, services=services, units=units, contracts=contracts)
    world, starts, waits = started(lake)
    assert starts.keys() == {"BUP", "OP"}
    outcome = SimpleNamespace(inputs=world, settings=Settings(20))
    study = list_studies(lake, lake.required_head(), outcome)
    told = study.lists
    assert told["OP"].ahead is not None
    names = {item.service.service_id: item.service.name for item in world.services}
    for name, other in (("BUP", "NB"), ("NB", "BUP")):
        assert (told[name].ahead, told[name].total, told[name].needed) == (None, None, ()), "its account is its own"
        assert told[name].reason.values["others"] == names[other]
    together = told["shared:BUP"]
    assert together.ahead is not None
    assert together.ahead.item.waiting.sum() == starts["BUP"].waiting.sum()
    assert together.needed
    whole = {row["part"]: row["law"] for row in together.waits if row["dimension"] == "all"}
    for part in ("n", "within"):
        parts = [waits[name, "first_visit"] for name in ("BUP", "NB")]
        weights = [1, 1] if part == "n" else [row["n"] / whole["waiting"]["n"] for row in parts]
        assert whole["waiting"][part] == pytest.approx(
            sum(row[part] * w for row, w in zip(parts, weights, strict=True))
        )
    states = [item.waiting_list for item in world.services if item.service.service_id in ("BUP", "NB")]
    account = study.shared["shared:BUP"].state
    assert account.queue == sum(state.queue for state in states)
    assert account.inflow.values.sum() == sum(state.inflow.last(len(account.inflow.values)).sum() for state in states)
    rows = {row["service_id"]: row for row in waits_table(stored(world), study).to_pylist()}
    assert (rows["shared:BUP"]["service_name"], rows["shared:BUP"]["is_shared"]) == (shared["shared_list"], True)
    assert rows["shared:BUP"]["queue"] == rows["BUP"]["queue"] + rows["NB"]["queue"]
    assert [name for name, row in rows.items() if row["shares"]] == ["BUP", "NB"]
    assert json.loads(rows["NB"]["shared"])["list"] == {"service_id": "shared:BUP", "unit_id": "BUP"}
    assert [each["service_id"] for each in json.loads(rows["shared:BUP"]["shared"])["services"]] == ["BUP", "NB"]
    (held,) = starts["BUP"].held
    apart = [waits[name, "first_visit"] for name in ("BUP", "NB")]
    assert held.people == sum(row["n"] for row in apart) == starts["BUP"].waiting.sum()
    assert held.share_within * held.people == pytest.approx(sum(row["within"] * row["n"] for row in apart))
    found = document(project_lists(tmp_path / "store", Question(draws=20), weeks=20, service="NB"))
    (row,) = found["lists"]
    assert (row["service_id"], row["services"]) == ("BUP", ["BUP", "NB"])
    assert row["shared_list"] == "Nybesök, hela regionen"
    assert [(site["name"], site["external"], site["price_ore"]) for site in row["capacities"]] == [
        ("BUP", False, None),
        ("NB", True, 2025.0),
    ]
    assert row["capacities"][1]["cost_ore"] == round(row["capacities"][1]["treated"] * 2025)
    assert sum(site["treated"] for site in row["capacities"]) == pytest.approx(
        sum(week["treated"] for week in row["weeks"]), abs=1e-3
    )
    assert found["totals"] == []


def test_moved_people_kept_slots_and_recorded_classes_come_from_the_store(tmp_path):
    referrals = [
        visit(n, (LAST - timedelta(7 * n % 300 + 60)).isoformat(), received=LAST - timedelta(7 * n % 300))
        | {"transferred_from": f"R{900 + n}" if n % 4 == 0 else None, "priority": "ab"[n % 2]}
        for n in range(80)
    ]
    services = [row | {"urgent_share": 0.2} if row["service_id"] == "NB" else row for row in SERVICES]
    priorities = [
        {"priority": "b", "place": 1, "name": "Först", "urgent": True},
        {"priority": "a", "place": 2, "name": None, "urgent": None},
    ]
    done = [visit(100 + n, "2025-01-06", (LAST - timedelta(7 * n)).isoformat()) for n in range(60)]
    lake_of(tmp_path, [*referrals, *done], services=services, priorities=priorities)
    (row,) = document(project_lists(tmp_path / "store", Question(draws=20), weeks=8, service="NB"))["lists"]
    assert row["opening"] == 80
    assert [(each["priority"], each["name"]) for each in row["classes"][:2]] == [("b", "Först"), ("a", None)]
    assert sum(week["moved_in"] for week in row["weeks"]) > 0
    first = project_lists(tmp_path / "store", Question(draws=20), weeks=8, service="NB").lists
    item = first.projection.lists["NB"].item
    assert item.urgent_share == 0.2
    assert [each.urgent for each in item.classes[:2]] == [True, False]
    assert item.moved_in_steps == 8, "sixty days is eight whole weeks"
    assert first.starts["NB"].moved_share == pytest.approx(0.25, abs=0.02)


def test_a_stop_is_taken_away_and_whose_clock_has_not_begun_is_counted_apart(tmp_path):
    lake = lake_of(
        tmp_path,
        [
            visit(1, "2026-02-02", received=date(2026, 2, 2)),  # sixty days of it in a stop
            visit(2, "2026-02-02", received=date(2026, 2, 2)),
            operation(3, "2026-04-05", None),  # no decision yet: on the list since then
            *(visit(number, "2025-02-03", "2026-06-01") for number in range(10, 14)),
        ],
        [stop(1, "2026-03-02", "2026-04-30")],
    )
    inputs, starts, _ = started(lake)
    days = (inputs.as_of - date(2026, 2, 2)).days
    assert np.flatnonzero(starts["NB"].waiting[0]).tolist() == [(days - 60) // 7, days // 7]
    assert starts["NB"].held[0].share_within == 0.5
    assert (starts["OP"].held[0].people, starts["OP"].held[0].not_begun) == (0, 1)
    assert np.flatnonzero(starts["OP"].waiting[0]).tolist() == [(inputs.as_of - date(2026, 4, 5)).days // 7]


def test_who_comes_has_waited_since_the_referral_was_issued(tmp_path):
    """Ten days before a Sunday's end the clock has gone a week."""
    lake = lake_of(
        tmp_path,
        [visit(n, str(LAST - timedelta(7 * n + 10)), received=LAST - timedelta(7 * n)) for n in range(1, 60)],
    )
    inputs, starts, _ = started(lake)
    ahead = lists_ahead(inputs, starts, Question(draws=5, by=10))
    assert ahead.projection.lists["NB"].item.came_waited.tolist() == [0.0, 1.0]
