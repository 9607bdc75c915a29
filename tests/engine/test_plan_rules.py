"""Each rule of a plan: allowed, exactly at the edge, forbidden; by the checker and by the solver."""

from dataclasses import replace

import numpy as np
import pytest

from tests.engine.planning import flat, plan, problem, room, service
from vardbalans.engine.errors import BadInput
from vardbalans.engine.plan import check, rules
from vardbalans.engine.plan.check import judge
from vardbalans.engine.plan.data import Extra, Keep, Leave, Likeness, Link, Loan, Plan, Problem, Use, Way, Weights
from vardbalans.engine.plan.solve import propose, sentence_of
from vardbalans.engine.solving import Limits, Status, least_clash

WAITING = service(queue=50.0)
LATE = service(queue=10.0, due=flat(8, 1), limit_weeks=1)
SESSIONS = room(minutes=0, extras=(Extra("session", flat(2, 1), 50.0, whole=True),))
OTHER = Way("t", "Norr", (Use("room", 1.0),), weekly_most=10.0, performer="t")
FAR = (Way("own", "egen", (Use("room", 10.0),)), Way("far", "Norr", (), 100.0, travel_minutes=45.0))


def _agreed(most):
    return service(queue=50.0, ways=(Way("own", "egen", (Use("room", 1.0),), 100.0, most),))


# rule → (problem and plan for a number, the number exactly at the edge, +1 where more is forbidden, −1 where less)
CASES = {
    "capacity_holds": (lambda _: problem([WAITING]), lambda n: plan(s=[n]), 10, 1),
    "lists_fit_surely": (
        lambda _: problem([WAITING], [room(minutes=500, surely=flat(100, 1))]),
        lambda n: plan(s=[n]),
        10,
        1,
    ),
    "extras_within_limit": (
        lambda _: problem([WAITING], [SESSIONS]),
        lambda n: Plan({("s", "own"): flat(0, 1)}, {("room", "session"): flat(n, 1)}),
        2,
        1,
    ),
    "guarantee_holds": (lambda _: problem([LATE], guarantee_from=0), lambda n: plan(s=[n]), 8, -1),
    "budget_holds": (lambda _: problem([_agreed(None)], budget_ore=1000.0), lambda n: plan(s=[n]), 10, 1),
    "volume_within_agreement": (lambda _: problem([_agreed(10.0)]), lambda n: plan(s=[n]), 10, 1),
    "journeys_within_limit": (
        lambda n: problem([service(queue=50.0, ways=FAR)], travel_limit_minutes=float(n)),
        lambda _: Plan({("s", "far"): flat(1, 1)}),
        45,
        -1,
    ),
    "leave_is_given": (
        lambda _: problem([WAITING], [room(leave=(Leave(50.0, 0, 0),))]),
        lambda n: Plan({}, {}, {"room": flat(n, 1)}),
        50,
        -1,
    ),
    "leave_is_spread": (
        lambda _: problem([WAITING], [room(leave=(Leave(0.0, 0, 0, 0.3),))]),
        lambda n: Plan({}, {}, {"room": flat(n, 1)}),
        30,
        1,
    ),
    "performers_within_limit": (
        lambda _: problem([service(queue=50.0, ways=(*WAITING.ways, OTHER))]),
        lambda n: Plan({("s", "t"): flat(n, 1)}),
        10,
        1,
    ),
    "loans_within_limit": (
        lambda _: problem([WAITING], [room(), room("hall")], loans=(Loan("hall", "room", 50.0),)),
        lambda n: Plan({}, loans={("hall", "room"): flat(n, 1)}),
        50,
        1,
    ),
    "own_limit_kept": (
        lambda _: problem([replace(WAITING, keep=Keep(flat(0, 1), 45.0, flat(0, 1)))]),
        lambda n: plan(s=[n]),
        5,
        -1,
    ),
    "spread_within_limit": (
        lambda _: problem(
            [service(queue=50.0, minutes=1), service("t", queue=10.0)],
            alike=(Likeness("lika", ("s", "t"), (10.0, 10.0), 3.0),),
        ),
        lambda n: plan(s=[n]),
        10,
        -1,
    ),
    "queue_never_negative": (lambda _: problem([service(queue=10.0, minutes=1)]), lambda n: plan(s=[n]), 10, 1),
    "nothing_is_negative": (lambda _: problem([WAITING]), lambda n: plan(s=[n]), 0, -1),
}


@pytest.mark.parametrize("rule", CASES)
def test_allowed_at_the_edge_and_forbidden_beyond(rule):
    of, made, edge, direction = CASES[rule]
    assert not judge(of(edge - direction), made(edge - direction)).breaches
    assert not judge(of(edge), made(edge)).breaches
    found = judge(of(edge + direction), made(edge + direction)).breaches
    assert {breach.rule for breach in found} == {rule}
    assert all(str(breach.sentence) for breach in found)


def test_a_locked_cell_is_kept_to_the_number():
    locked = problem([WAITING], locked={("s", 0): 7.0})
    assert not judge(locked, plan(s=[7])).breaches
    for other in (6, 8):
        (found,) = judge(locked, plan(s=[other])).breaches
        assert (found.rule, found.week, found.amount) == ("locked_cells_kept", 0, 1)


@pytest.mark.parametrize("rule", ["capacity_holds", "lists_fit_surely", "guarantee_holds", "budget_holds"])
def test_the_solver_stops_at_the_same_edge(rule):
    of, _, edge, direction = CASES[rule]
    for number, status in ((edge, Status.BEST), (edge + direction, Status.IMPOSSIBLE)):
        whole = of(edge)
        locked = Problem(
            whole.weeks,
            whole.services,
            whole.resources,
            locked={("s", 0): float(number)},
            budget_ore=whole.budget_ore,
            guarantee_from=whole.guarantee_from,
        )
        found = propose(locked)
        assert found.status is status
        if status is Status.IMPOSSIBLE:
            assert set(found.clash) == {rule, "locked_cells_kept"}
            assert len({item.rule for item in found.relaxations}) == 1  # one of the two is enough to give up


@pytest.mark.parametrize(
    ("rule", "edge", "of"),
    [
        ("volume_within_agreement", 10, lambda n: problem([_agreed(10.0)], locked={("s", 0): n})),
        ("extras_within_limit", 10, lambda n: problem([WAITING], [SESSIONS], locked={("s", 0): n})),
        (
            "leave_is_given",
            5,
            lambda n: problem([WAITING], [room(leave=(Leave(50.0, 0, 0),))], locked={("s", 0): n}),
        ),
        ("leave_is_spread", 50, lambda n: problem([WAITING], [room(leave=(Leave(float(n), 0, 0, 0.5),))])),
        (
            "performers_within_limit",
            10,
            lambda n: problem([service(queue=50.0, ways=(OTHER,))], locked={("s", 0): n}),
        ),
        (
            "loans_within_limit",
            5,
            lambda n: problem(
                [WAITING], [room(minutes=0), room("hall")], loans=(Loan("hall", "room", 50.0),), locked={("s", 0): n}
            ),
        ),
        ("own_limit_kept", 10, lambda n: problem([replace(WAITING, keep=Keep(flat(0, 1), 50.0 - n, flat(0, 1)))])),
        (
            "spread_within_limit",
            10,
            lambda n: problem(
                [WAITING, service("t", queue=10.0)],
                alike=(Likeness("lika", ("s", "t"), (10.0, 10.0), 4.0 - n / 10),),
            ),
        ),
        (
            "journeys_within_limit",
            10,
            lambda n: problem([service(queue=50.0, ways=FAR)], travel_limit_minutes=44.0, locked={("s", 0): n}),
        ),
    ],
)
def test_the_solver_finds_a_plan_at_the_edge_and_names_the_rule_beyond_it(rule, edge, of):
    assert propose(of(float(edge))).status is Status.BEST
    beyond = propose(of(edge + 1.0))
    assert beyond.status is Status.IMPOSSIBLE
    assert rule in beyond.clash
    assert beyond.relaxations


def test_every_rule_has_a_checker_of_its_name_and_a_sentence():
    assert set(check.CHECKS) == set(rules.RULES) | {"nothing_is_negative", "queue_never_negative"}
    assert set(CASES) | {"locked_cells_kept"} == set(check.CHECKS)
    for rule in rules.RULES:
        assert str(sentence_of(rule)).endswith(".")


def test_half_a_session_is_a_breach():
    of, made, _, _ = CASES["extras_within_limit"]
    assert [breach.rule for breach in judge(of(0), made(1.5)).breaches] == ["extras_within_limit"]


def test_lateness_without_a_guarantee_is_weighed_and_no_breach():
    found = judge(problem([LATE]), plan(s=[0]))
    assert not found.breaches
    assert found.value.late == 8
    assert found.value.outside == 1
    assert found.value.total == 8 * 1000 + 10 * 10


def test_a_limit_that_no_law_sets_is_weighed_and_never_a_breach():
    acute = replace(LATE, guaranteed=False)
    found = judge(problem([acute], guarantee_from=0), plan(s=[0]))
    assert (found.breaches, found.value.late, found.value.outside) == ((), 8, 0)
    assert propose(problem([acute], [room(minutes=0)], guarantee_from=0)).status is Status.BEST


def test_need_that_cannot_wait_weighs_ten_times():
    acute = service(need=3.0, limit_weeks=0)
    assert judge(problem([acute]), plan(s=[0])).value.total == 3 * 10 * 1000


def test_the_margin_asks_for_more_than_the_expected():
    sure = service(queue=10.0, due=flat(8, 1), limit_weeks=1, margin=flat(1, 1))
    assert judge(problem([sure], guarantee_from=0), plan(s=[8])).breaches
    assert not judge(problem([sure], guarantee_from=0), plan(s=[9])).breaches
    dear = replace(sure, ways=(replace(sure.ways[0], cost_ore=10_000.0),))
    found = propose(problem([dear], guarantee_from=0))
    assert found.plan.production["s", "own"] == pytest.approx([9])  # no more than must be


def test_slots_that_are_lost_treat_nobody():
    lost = service(queue=10.0, due=flat(8, 1), limit_weeks=1, kept=0.8)
    found = propose(problem([lost], guarantee_from=0, weights=Weights(waiting=0.0, late=0.0)))
    assert judge(problem([lost], guarantee_from=0), plan(s=[10])).breaches == ()
    assert found.judgement.waiting["s"].treated[0] == pytest.approx(0.8 * found.plan.production["s", "own"][0])


def test_care_that_cannot_wait_is_not_withheld_for_those_who_do_not_come():
    """Nobody is operated in the second of three weeks, as in the need of the ward, which is then 1 of 5.

    Ordinarily 10 are operated in each week and half of them come to the ward. All who come are treated as they come,
    and nothing is late: were 10 fewer operated to bring 5 fewer than 1, four would have to be kept waiting for them.
    """
    surgery = service("surgery", need=flat(10, 3), weeks=3, queue=30.0, ordinary=flat(10, 3))
    ward = service("ward", need=np.array([5.0, 1.0, 5.0]), weeks=3, resource="bed", limit_weeks=0)
    rooms = [room(minutes=np.array([100.0, 0.0, 100.0]), weeks=3), room("bed", minutes=1000.0, weeks=3)]
    links, weights = (Link("surgery", "ward", 0.5, (1.0,)),), Weights(change=0.0)
    closed = problem([surgery, ward], rooms, weeks=3, links=links, weights=weights)
    found = propose(closed)
    assert found.status is Status.BEST
    assert found.plan.production["ward", "own"] == pytest.approx([5, 0, 5])
    assert found.judgement.value.late == pytest.approx(0)
    judged = judge(closed, plan(surgery=[10, 0, 10], ward=[5, 0, 5]))
    assert judged.breaches == ()
    as_usual = judge(closed, plan(surgery=[10, 10, 10], ward=[5, 1, 5])).waiting["ward"]
    assert as_usual.coming == pytest.approx([5, 1, 5])


def test_unknown_cost_is_named_and_never_free():
    priced = problem([WAITING], [room(extras=(Extra("overtime", flat(600, 1)),))])
    assert priced.cost_is_missing() == ("room (övertid)",)
    used = judge(priced, Plan({("s", "own"): flat(10, 1)}, {("room", "overtime"): flat(120, 1)})).value
    assert (used.cost_ore, used.unpriced_hours, used.total) == (0, 2, 2 * 500 + 40 * 10)
    with pytest.raises(BadInput, match="budget"):
        problem([WAITING], [room(extras=(Extra("overtime", flat(600, 1)),))], budget_ore=1.0)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: problem([service(), service()]), "två gånger"),
        (lambda: problem([service(resource="nowhere")]), "nowhere"),
        (lambda: problem([service()], links=(Link("s", "t", 0.5, (1.0,)),)), "t finns inte"),
        (lambda: problem([service(weeks=2)]), "1 veckorna"),
        (lambda: problem([service()], locked={("t", 0): 1.0}), "t finns inte"),
        (lambda: problem([service()], locked={("s", 5): 1.0}), "Låst cell"),
        (lambda: problem([service()], locked={("s", 0): -1.0}), "Låst cell"),
        (lambda: problem([service()], guarantee_from=1), "utanför"),
        (lambda: problem([service()], [room(leave=(Leave(1.0, 0, 3),))]), "ledigheten"),
        (lambda: problem([service()], [room(minutes=-1)]), "tillgänglig tid"),
        (lambda: problem([service(need=np.array([np.nan]))]), "ett tal"),
        (lambda: service(queue=-1.0), "väntande"),
        (lambda: service(queue=5.0, due=flat(6, 1)), "fler når"),
        (lambda: service(kept=1.5), "utnyttjade"),
        (lambda: service(limit_weeks=-1), "gränsen"),
        (
            lambda: (
                service(ways=(Way("a", "a"), Way("a", "b"))) and problem([service(ways=(Way("a", "a"), Way("a", "b")))])
            ),
            "två sätt",
        ),
        (lambda: Use("room", 0.0), "åtgången"),
        (lambda: Loan("room", "room", 5.0), "Lånet"),
        (lambda: Loan("room", "hall", 5.0, 1.5), "resor"),
        (lambda: problem([service()], loans=(Loan("room", "hall", 5.0),)), "hall"),
        (lambda: problem([service()], [room(), room("hall")], loans=(Loan("room", "hall", 5.0),) * 2), "två gånger"),
        (lambda: Likeness("lika", ("s", "t"), (1.0, 0.0)), "hur många"),
        (lambda: problem([service()], alike=(Likeness("lika", ("s", "t"), (1.0, 1.0)),)), "t finns inte"),
        (lambda: problem([service(keep=Keep(flat(0, 2), 0.0, flat(0, 1)))]), "1 veckorna"),
        (lambda: room(leave=(Leave(1.0, 0, 1), Leave(1.0, 1, 2))), "två ledigheter"),
        (
            lambda: problem(
                [service(ways=(Way("a", "a", most=1.0, agreement="x"), Way("b", "b", most=2.0, agreement="x")))]
            ),
            "två olika volymer",
        ),
        (lambda: judge(problem([service()]), Plan({}, loans={("room", "hall"): flat(1, 1)})), "hall"),
        (lambda: Extra("session", flat(1, 1), 0.0), "Extra tid"),
        (lambda: Leave(-1.0, 0, 0), "Ledigheten"),
        (lambda: Weights(late=-1.0), "late"),
        (lambda: Limits(seconds=0), "Tidsgränsen"),
        (lambda: judge(problem([service()]), plan(t=[1])), "t"),
        (lambda: judge(problem([service()]), plan(s=[1, 2])), "1 veckorna"),
        (lambda: judge(problem([service()]), Plan({}, {("room", "agency"): flat(1, 1)})), "hyrpersonal"),
        (lambda: judge(problem([service()]), Plan({}, {}, {"hall": flat(1, 1)})), "hall"),
    ],
)
def test_nonsense_is_refused_with_what_and_where(wrong, said):
    with pytest.raises(BadInput, match=f"(?i){said}"):
        wrong()


@pytest.mark.parametrize(("clashing", "least"), [("ab", "ab"), ("b", "b"), ("acd", "acd")])
def test_a_least_clash_drops_what_need_not_be_named(clashing, least):
    def is_possible(names):
        return not set(clashing) <= set(names)

    assert "".join(least_clash("abcd", is_possible)) == least
