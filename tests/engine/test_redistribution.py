"""Redistribution: what is moved helps, is conserved, and takes no unit below what it has alone."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from tests.engine.planning import flat, performed, problem, room, service, sites
from vardbalans.engine.plan.check import judge
from vardbalans.engine.plan.data import Link, Loan, Plan, Use, Way, Weights
from vardbalans.engine.plan.value import spread_of
from vardbalans.engine.redistribution import alone, redistribute
from vardbalans.engine.solving import Status

few = settings(max_examples=25, deadline=None)


def unit(name, *more, minutes=10.0, **rest):
    return service(name, ways=(Way("own", "egen", (Use(f"room-{name}", minutes),)), *more), **rest)


def two(minutes=(0.0, 300.0), loans=(), **terms):
    """North has 30 waiting, all due in the first week, and no room; south has room for 30 a week and nobody."""
    north = unit(
        "north",
        performed("north", "south", 10.0, travel_minutes=45.0, competence="knäprotes"),
        queue=30.0,
        due=np.array([30.0, 0, 0]),
        limit_weeks=1,
        weeks=3,
        need=flat(1, 3),
    )
    south = unit("south", weeks=3, need=flat(1, 3))
    rooms = [room("room-north", minutes=minutes[0], weeks=3), room("room-south", minutes=minutes[1], weeks=3)]
    return problem([north, south], rooms, weeks=3, loans=loans, **terms)


def test_those_who_are_late_go_to_who_has_room_and_it_is_told_why():
    """South's own can wait; of north's it treats those who reach their limit: 30, then the 1 of the week before."""
    found = redistribute(two())
    (move,) = found.moves
    assert (move.kind, move.giver, move.taker, move.first) == ("patients", "north", "south", 0)
    assert found.plan.production["north", "south"] == pytest.approx([30, 1, 1])
    assert move.amount == pytest.approx(32)
    assert move.travel_hours == pytest.approx(32 * 1.5)
    assert move.competence == "knäprotes"
    assert "32 patienter från north till south" in str(move.sentence)
    assert found.before.value.late == pytest.approx(30 + 31 + 32)
    assert found.after.value.late == pytest.approx(0)
    before, after = found.standings["north"]
    assert before.wait == pytest.approx((31 + 32 + 33) / 3)
    assert before.within == pytest.approx(1 - 93 / 96)
    assert (after.wait, after.within) == (pytest.approx(1), 1)
    assert found.utilisation["room-south"].before == pytest.approx(3 / 90)
    assert found.utilisation["room-south"].after == pytest.approx((32 + 3) / 90)


def test_what_a_move_is_worth_is_what_the_whole_is_worse_without_it():
    found = redistribute(two())
    assert found.moves[0].saves == pytest.approx(found.before.value.total - found.after.value.total, rel=1e-6)


def test_staff_are_lent_where_patients_cannot_go_and_a_shift_loses_the_journey():
    loan = Loan("room-south", "room-north", 200.0, 0.25)
    north, south = two().services
    found = redistribute(replace(two(loans=(loan,)), services=(replace(north, ways=north.ways[:1]), south)))
    (move,) = found.moves
    assert (move.kind, move.giver, move.taker) == ("staff", "room-south", "room-north")
    lent = found.plan.loans["room-south", "room-north"]
    assert lent[0] == pytest.approx(200)
    assert found.plan.production["north", "own"] == pytest.approx(0.75 * lent / 10)
    assert move.travel_hours == pytest.approx(0.25 * lent.sum() / 60)


def test_nothing_is_moved_where_the_journey_weighs_more_or_is_too_far_or_there_is_no_room():
    for whole in (
        two(weights=Weights(travel_hour=1e6)),
        two(travel_limit_minutes=44.0),
        two(minutes=(0.0, 10.0)),
    ):
        found = redistribute(whole)
        assert found.moves == ()
        assert found.after.value.total == pytest.approx(found.before.value.total)
        assert all(before == after for before, after in found.standings.values())


def test_no_unit_is_taken_below_its_own_limit_for_the_sake_of_others():
    """South has room for its own 10 a week only: every slot for north would make its own list longer at the end."""
    north, south = two().services
    full = replace(two(minutes=(0.0, 100.0)), services=(north, replace(south, need=flat(10, 3))))
    assert redistribute(full).moves == ()


def test_those_whom_faster_care_upstream_brings_may_wait_too():
    """Everyone south treats for north comes to north's surgery a week later; it has no room, and helps nobody."""
    surgery = unit("north-op", weeks=3, queue=5.0)
    whole = two()
    whole = replace(
        whole,
        services=(*whole.services, surgery),
        resources=(*whole.resources, room("room-north-op", minutes=0, weeks=3)),
        links=(Link("north", "north-op", 1.0, (0.0, 1.0)),),
    )
    found = redistribute(whole)
    assert found.moves[0].amount == pytest.approx(32)
    assert found.after.waiting["north-op"].queue == pytest.approx([5, 35, 36])
    assert not found.after.breaches
    *others, last = found.shared.services
    worse = replace(found.shared, services=(*others, replace(last, queue=last.queue + 1)))
    assert {row.rule for row in judge(worse, found.plan).breaches} == {"own_limit_kept"}


@few
@given(sites())
def test_together_nobody_stands_worse_and_all_that_is_moved_is_someones(whole):
    found = redistribute(whole)
    assert found.single.status is Status.BEST
    assert not found.after.breaches
    assert found.after.value.total <= found.before.value.total + 1e-3
    for name, row in found.after.waiting.items():
        before = found.before.waiting[name]
        assert (row.late <= before.late + 1e-4).all()
        assert row.queue[-1] <= before.queue[-1] + 1e-4
        treated, left = row.treated.sum(), row.queue[-1]
        assert treated + left == pytest.approx(row.service.queue + row.coming.sum(), abs=1e-4)
    for likeness in found.shared.alike:
        spread = spread_of(likeness, found.after.waiting).sum()
        assert spread <= spread_of(likeness, found.before.waiting).sum() + 1e-4
    patients = sum(move.amount for move in found.moves if move.kind == "patients")
    assert patients <= found.after.value.moved + 1e-6
    assert found.after.value.moved - patients <= 0.5 * sum(len(row.ways) for row in whole.services)
    worth = [move.saves for move in found.moves]
    assert worth == sorted(worth, reverse=True)


@few
@given(sites())
def test_with_no_one_to_perform_or_lend_nothing_moves(whole):
    by_itself = alone(whole)
    found = redistribute(by_itself)
    assert found.moves == ()
    assert found.after.value.total == pytest.approx(found.before.value.total)
    assert found.plan.production.keys() == found.single.plan.production.keys()


def _with(plan, key, change):
    return replace(plan, production=plan.production | {key: plan.production[key] + np.array(change, dtype=float)})


FAULTS = {
    "own_limit_kept": lambda plan: _with(plan, ("south", "own"), [0, 0, -1]),
    "capacity_holds": lambda plan: _with(plan, ("north", "south"), [2, 0, 0]),
    "performers_within_limit": lambda plan: _with(plan, ("north", "south"), [0, 31, 0]),
    "loans_within_limit": lambda plan: replace(plan, loans={("room-south", "room-north"): flat(31, 3)}),
    "nothing_is_negative": lambda plan: replace(plan, loans={("room-south", "room-north"): flat(-1, 3)}),
}


@pytest.mark.parametrize("rule", FAULTS)
def test_the_checker_finds_a_fault_planted_in_what_is_proposed(rule):
    whole = two(loans=(Loan("room-south", "room-north", 30.0),))
    north, south = whole.services
    north = replace(north, ways=(north.ways[0], replace(north.ways[1], weekly_most=30.0)))
    found = redistribute(replace(whole, services=(north, south)))
    assert not judge(found.shared, found.plan).breaches
    assert rule in {breach.rule for breach in judge(found.shared, FAULTS[rule](found.plan)).breaches}


def test_one_clinic_without_a_plan_does_not_keep_others_from_theirs():
    other = two(guarantee_from=0)
    stuck, rooms = unit("stuck", weeks=3, queue=5.0), (*other.resources, room("room-stuck", minutes=0, weeks=3))
    whole = replace(other, services=(*other.services, stuck), resources=rooms, locked={("stuck", 0): 5.0})
    found = redistribute(whole)
    assert set(found.single.unplanned) == {"stuck"}
    assert {row.service_id for row in found.shared.services} == {"north", "south"}
    assert {row.subject for row in found.single.relaxations} <= {"stuck", "room-stuck"}
    assert found.moves[0].amount == pytest.approx(32)


def test_where_none_has_a_plan_there_is_nothing_to_share():
    stuck = problem([unit("stuck", queue=5.0)], [room("room-stuck", minutes=0)], locked={("stuck", 0): 5.0})
    found = redistribute(stuck)
    assert (found.plan, found.after, found.moves) == (None, None, ())
    assert found.single.status is Status.IMPOSSIBLE


def test_an_agreed_volume_is_shared_by_all_whom_it_treats():
    """Eight are agreed: the provider's own list and the patients sent to it have them between them."""
    own = Way("own", "egen", (Use("room-out", 1.0),), 100.0, 8.0, agreement="out")
    out = service("out", ways=(own,), queue=6.0, weeks=2)
    sent = replace(own, way_id="out", performer="out")
    home = unit("home", sent, queue=20.0, due=np.array([20.0, 0]), limit_weeks=1, weeks=2)
    whole = problem([out, home], [room("room-home", minutes=0, weeks=2), room("room-out", weeks=2)], weeks=2)
    made = Plan({("out", "own"): np.array([3.0, 2.0]), ("home", "out"): np.array([3.0, 0.0])})
    assert not judge(whole, made).breaches
    more = Plan(made.production | {("home", "out"): np.array([3.0, 1.0])})
    assert [row.rule for row in judge(whole, more).breaches] == ["volume_within_agreement"]
