"""From dated agreements to what a plan may use: extra time, leave, performers and loans, as they hold in its weeks."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from tests.strategies import WEEKS, flat_series, inputs, recipe, room, service, waiting_list
from vardbalans.engine.allowances import leave_of
from vardbalans.engine.catalogue import Resource, Unit
from vardbalans.engine.errors import BadInput
from vardbalans.engine.inputs import Contract
from vardbalans.engine.leeway import ExtraTime, LeaveRule, Leeway, Performer, StaffLoan, in_force
from vardbalans.engine.plan.data import Leave
from vardbalans.engine.proposal import OWN, Terms, problem_of
from vardbalans.engine.scenario import Settings, run

FIRST, LAST = WEEKS[0].start, WEEKS[-1].end - timedelta(days=1)
LONG_AGO = date(2020, 1, 1)
SITES = {"N": "Norr", "S": "Söder"}


def extra(kind="overtime", price=50_000, most=3.0, since=LONG_AGO, until=None, whole=False):
    return ExtraTime("north", kind, 60.0, price, most, whole, since, until, "avtal")


def staff(name, unit):
    return replace(room(name), resource=Resource(name, name, unit, "staff", 480))


def two_sites(leeway, contracts=()):
    """Clinics N and S, with a list and a doctor each."""
    items = []
    for name, unit in (("visit-n", "N"), ("visit-s", "S")):
        need = flat_series(30).values
        item = service(name, state=waiting_list(need, need, 40.0), limit_days=90)
        items.append(replace(item, service=replace(item.service, unit_id=unit)))
    given = inputs(
        items,
        [staff("north", "N"), staff("south", "S")],
        [recipe("visit-n", "north", 30.0), recipe("visit-s", "south", 40.0)],
    )
    units = {name: Unit(name, f"Kliniken {name}", "clinic") for name in SITES}
    return run(replace(given, units=units, leeway=leeway, contracts=contracts), Settings(draws=20))


def resource_of(leeway, terms, name="north"):
    return next(row for row in problem_of(two_sites(leeway), terms).resources if row.resource_id == name)


def test_extra_time_is_used_only_where_asked_for_and_as_the_data_say():
    leeway = Leeway(extra_time=(extra(), extra("session", 900_000, 1.0, whole=True)))
    assert resource_of(leeway, Terms()).extras == ()
    (found,) = resource_of(leeway, Terms(extras=frozenset({"session"}))).extras
    assert (found.kind, found.minutes, found.cost_ore, found.whole) == ("session", 60, 900_000, True)
    assert found.most == pytest.approx(1.0)
    assert resource_of(leeway, Terms(extras=frozenset({"session"})), "south").extras == ()


def test_how_much_follows_each_rows_days_and_the_price_is_that_of_the_plans_start():
    later = WEEKS[10].start
    rows = (extra(until=later - timedelta(days=1)), extra(price=70_000, most=5.0, since=later))
    (found,) = resource_of(Leeway(extra_time=rows), Terms(extras=frozenset({"overtime"}))).extras
    assert found.most[:10] == pytest.approx(3.0)
    assert found.most[10:] == pytest.approx(5.0)
    assert found.cost_ore == 50_000
    longer = replace(rows[1], minutes=240.0, weekly_most=2.0)  # eight hours a week, in pieces of one
    (found,) = resource_of(Leeway(extra_time=(rows[0], longer)), Terms(extras=frozenset({"overtime"}))).extras
    assert (found.most * found.minutes)[[9, 10]] == pytest.approx([180.0, 480.0])
    over = Leeway(extra_time=(extra(until=FIRST - timedelta(days=1)),))
    assert resource_of(over, Terms(extras=frozenset({"overtime"}))).extras == ()


def test_a_share_of_overtime_has_the_price_of_the_data():
    (found,) = resource_of(Leeway(extra_time=(extra(),)), Terms(overtime=0.1)).extras
    assert found.cost_ore == pytest.approx(50_000 / 60)
    (unpriced,) = resource_of(Leeway(), Terms(overtime=0.1)).extras
    assert unpriced.cost_ore is None


def rule(first, last, minutes=1000.0):
    return LeaveRule("north", first, last, minutes, 0.25, "avtal")


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (WEEKS[2].start, WEEKS[5].end - timedelta(days=1), Leave(1000.0, 2, 5, 0.25)),
        (WEEKS[2].start + timedelta(days=1), WEEKS[5].end, Leave(1000.0, 3, 5, 0.25)),  # only whole weeks
        (FIRST - timedelta(days=14), WEEKS[1].end - timedelta(days=1), Leave(500.0, 0, 1, 0.25)),  # half lies before
        (LAST + timedelta(days=1), LAST + timedelta(days=30), None),
        (FIRST, FIRST + timedelta(days=5), None),
    ],
)
def test_leave_is_given_in_the_whole_weeks_that_the_plan_has_of_it(first, last, expected):
    given = replace(two_sites(Leeway()).inputs, leeway=Leeway(leave_rules=(rule(first, last),)))
    found = leave_of("north", given)
    assert found == (() if expected is None else (expected,))
    assert leave_of("south", given) == ()


def test_leave_is_planned_only_where_asked_for():
    leeway = Leeway(leave_rules=(rule(WEEKS[2].start, WEEKS[5].end),))
    assert resource_of(leeway, Terms()).leave == ()
    assert resource_of(leeway, Terms(leave=True)).leave[0].owed_minutes == 1000


def performer(**more):
    values = {"weekly_most": 5.0, "cost_ore": 40_000, "valid_from": LONG_AGO, "valid_to": None} | more
    return Performer("visit-n", "visit-s", "handkirurg", source="avtal", **values)


def ways(leeway, contracts=(), terms=Terms(elsewhere=True)):  # noqa: B008 - a frozen value
    found = problem_of(two_sites(leeway, contracts), terms)
    return next(row for row in found.services if row.service_id == "visit-n").ways


def test_a_performer_uses_its_own_resources_and_the_patients_travel():
    leeway = Leeway(performers=(performer(),), sites=SITES, travel={("Söder", "Norr"): 50.0})
    own, other = ways(leeway)
    assert (own.way_id, other.way_id, other.name) == (OWN, "visit-s", "Kliniken S")
    assert [(use.resource_id, use.minutes) for use in other.uses] == [("south", 40.0)]
    assert (other.travel_minutes, other.weekly_most, other.cost_ore) == (50.0, 5.0, 40_000)
    assert (other.performer, other.competence) == ("visit-s", "handkirurg")
    assert [way.way_id for way in ways(leeway, terms=Terms())] == [OWN]


def test_a_journey_or_cost_that_is_not_known_is_not_zero():
    (_, other) = ways(Leeway(performers=(performer(cost_ore=None),)))
    assert other.travel_minutes is None
    found = problem_of(two_sites(Leeway(performers=(performer(cost_ore=None),))), Terms(elsewhere=True))
    assert any("Kliniken S" in name for name in found.cost_is_missing())
    with pytest.raises(BadInput, match="budget"):
        problem_of(two_sites(Leeway(performers=(performer(cost_ore=None),))), Terms(elsewhere=True, budget_ore=1.0))


def test_a_contract_holds_the_providers_own_list_and_the_patients_sent_to_it():
    contract = Contract("S", "visit-s", 500_000, 365.25, LONG_AGO)
    found = problem_of(two_sites(Leeway(performers=(performer(),)), (contract,)), Terms(elsewhere=True))
    ((first, second),) = found.agreed().values()
    assert {first[0].service_id, second[0].service_id} == {"visit-n", "visit-s"}
    assert first[1].most == second[1].most == pytest.approx(7 * len(WEEKS))
    sent = next(way for row, way in (first, second) if row.service_id == "visit-n")
    assert sent.cost_ore == 540_000


def test_who_is_no_longer_or_not_yet_a_performer_is_none():
    for row in (performer(valid_to=FIRST - timedelta(days=1)), performer(valid_from=FIRST + timedelta(days=7))):
        assert len(ways(Leeway(performers=(row,)))) == 1


def test_staff_lent_lose_the_journey_of_every_shift():
    loan = StaffLoan("north", "south", 960.0, LONG_AGO, None, "avtal")
    leeway = Leeway(staff_loans=(loan,), sites=SITES, travel={("Norr", "Söder"): 48.0})
    (found,) = problem_of(two_sites(leeway), Terms(loans=True)).loans
    assert (found.most, found.lost) == (960, pytest.approx(2 * 48 / 480))
    assert problem_of(two_sites(leeway), Terms()).loans == ()


def test_the_way_back_takes_as_long_and_within_a_site_no_time_unless_said():
    leeway = Leeway(sites=SITES | {"M": "Söder"}, travel={("Norr", "Söder"): 48.0})
    assert leeway.minutes_between("S", "N") == leeway.minutes_between("N", "S") == 48
    assert leeway.minutes_between("S", "M") == 0
    assert leeway.minutes_between("S", "okänd") is None
    assert replace(leeway, travel={("Söder", "Söder"): 5.0}).minutes_between("S", "M") == 5


def test_rows_in_force_are_those_that_hold_on_any_day():
    rows = [extra(since=FIRST, until=FIRST), extra(since=LAST), extra(since=LAST + timedelta(days=1))]
    assert in_force(rows, FIRST, LAST) == rows[:2]
    assert np.all([row.valid_from <= LAST for row in in_force(rows, FIRST, LAST)])
