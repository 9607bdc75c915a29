"""Plan in kronor, variance, make or buy: parts that sum to the whole, and figures by hand."""

import functools
import operator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vardbalans.engine.cost.certificate import Certificate
from vardbalans.engine.cost.make_or_buy import MakeOrBuy, PoolUse, own_cost
from vardbalans.engine.cost.measures import Mean, explained_share, per_point
from vardbalans.engine.cost.outliers import outliers_of
from vardbalans.engine.cost.plan import Supply, price_plan
from vardbalans.engine.cost.variance import Side, by_unit, variance
from vardbalans.engine.errors import BadInput

PLAN = Side(
    {"NB": 100.0, "OP": 50.0},
    {("OP", "SAL"): 90.0, ("NB", "LAK"): 40.0},
    {"SAL": 6250.0, "LAK": 1500.0},
    {"SAL": 75_000_000},
)


def test_a_variance_by_hand() -> None:
    """One part at a time: only volume, only mix, only minutes, only price, only unused capacity."""
    cost_each = {"NB": 40 * 1500, "OP": 90 * 6250}
    base = 100 * cost_each["NB"] + 50 * cost_each["OP"]
    more = variance(PLAN, Side({"NB": 110.0, "OP": 55.0}, PLAN.use, PLAN.ore_per_unit, PLAN.unused))
    assert (more.volume, more.total) == (base // 10, base // 10)
    other = variance(PLAN, Side({"NB": 90.0, "OP": 60.0}, PLAN.use, PLAN.ore_per_unit, PLAN.unused))
    assert (other.mix, other.total) == (10 * (cost_each["OP"] - cost_each["NB"]),) * 2
    slower = variance(PLAN, Side(PLAN.volumes, {**PLAN.use, ("OP", "SAL"): 99.0}, PLAN.ore_per_unit, PLAN.unused))
    assert (slower.efficiency, slower.total) == (50 * 9 * 6250,) * 2
    dearer = variance(PLAN, Side(PLAN.volumes, PLAN.use, {**PLAN.ore_per_unit, "SAL": 6350.0}, PLAN.unused))
    assert (dearer.price, dearer.total) == (50 * 90 * 100,) * 2
    idle = variance(PLAN, Side(PLAN.volumes, PLAN.use, PLAN.ore_per_unit, {"SAL": 75_000_005}))
    assert (idle.unused, idle.total) == (5, 5)


amounts = st.dictionaries(st.sampled_from(["A", "B", "C"]), st.floats(0, 1e4), min_size=1)
uses = st.dictionaries(st.tuples(st.sampled_from(["A", "B", "C"]), st.sampled_from(["p", "q"])), st.floats(0, 500))
prices = st.dictionaries(st.sampled_from(["p", "q"]), st.floats(0, 1e5))
sides = st.builds(Side, amounts, uses, prices, st.dictionaries(st.sampled_from(["p", "q"]), st.integers(0, 10**10)))


@given(plan=sides, outcome=sides)
def test_the_parts_sum_to_the_ore(plan, outcome) -> None:
    """Whatever is new, gone or changed."""
    if not sum(plan.volumes.values()) > 0:
        with pytest.raises(BadInput):
            variance(plan, outcome)
        return
    found = variance(plan, outcome)
    assert found.volume + found.mix + found.efficiency + found.price + found.unused == found.total
    assert found.figure().remainder == 0


homes = st.fixed_dictionaries({name: st.sampled_from(["", "V-1", "V-2"]) for name in "ABCpq"})


@given(plan=sides, outcome=sides, home=homes)
@example(  # a price that only the other side knows, of a unit that only one side has
    Side({"A": 4.0}, {("A", "p"): 1.0}, {}, {}), Side({"B": 0.0}, {}, {"p": 1.0}, {}), {"A": "", "B": "V-1", "p": ""}
)
def test_units_sum_to_the_whole(plan, outcome, home) -> None:
    """To the öre, part by part; plan and outcome of the units are those of the whole but for a rounding each."""
    if not sum(plan.volumes.values()) > 0:
        return
    units = by_unit(plan, outcome, home, home)
    whole = functools.reduce(operator.add, units.values())
    for found in (*units.values(), whole):
        assert found.volume + found.mix + found.efficiency + found.price + found.unused == found.total
    alone = variance(plan, outcome)
    assert (whole.plan_ore, whole.outcome_ore) == pytest.approx((alone.plan_ore, alone.outcome_ore), abs=3)
    assert whole.unused == alone.unused


def test_a_unit_that_grows_is_no_other_units_mix() -> None:
    """Operations double and visits stay: volume where they are done, nothing where they are not."""
    done = Side({"NB": 100.0, "OP": 100.0}, PLAN.use, PLAN.ore_per_unit, PLAN.unused)
    units = by_unit(PLAN, done, {"NB": "V-MOT", "OP": "V-OP"}, {"SAL": "V-OP"})
    assert (units["V-OP"].volume, units["V-OP"].mix) == (50 * 90 * 6250, 0)
    assert units["V-OP"].plan_ore == 50 * 90 * 6250 + 75_000_000
    assert (units["V-MOT"].total, units["V-MOT"].volume, units["V-MOT"].mix) == (0, 0, 0)
    new = by_unit(PLAN, done, {"NB": "V-MOT", "OP": "V-OP"}, {"SAL": "V-NY"})
    assert (new["V-NY"].plan_ore, new["V-NY"].total) == (75_000_000, 0)


def test_what_nobody_planned_is_volume() -> None:
    """A unit whose plan is nothing has no mix to keep."""
    done = Side({"NB": 100.0, "OP": 50.0, "NY": 10.0}, {**PLAN.use, ("NY", "SAL"): 60.0}, PLAN.ore_per_unit, {})
    found = by_unit(PLAN, done, {"NY": "V-NY"}, {})["V-NY"]
    assert (found.volume, found.mix, found.total) == (10 * 60 * 6250, 0, 10 * 60 * 6250)


@given(side=sides)
def test_no_change_is_no_variance(side) -> None:
    """Plan equal to outcome: every part is zero."""
    if sum(side.volumes.values()) > 0:
        found = variance(side, side)
        assert (found.volume, found.mix, found.efficiency, found.price, found.unused) == (0,) * 5


def test_a_plan_in_kronor() -> None:
    """The theatre of the rates: 84 000 of 96 000 minutes are 5.25 Mkr, and the rest is unused."""
    found = price_plan(
        {"OP": 1000.0}, {("OP", "SAL"): 84.0, ("OP", "MTRL"): 1.0},
        {"SAL": Supply(600_000_000, 96_000.0), "MTRL": Supply(ore_per_unit=820_000.0)},
    )  # fmt: skip
    assert found.by_service == {"OP": 525_000_000 + 820_000_000}
    assert found.unused == {"SAL": 75_000_000}
    assert found.over == {}
    left = found.against(1_400_000_000)
    assert left.value == 1_400_000_000 - found.ore
    assert left.remainder == 0


def test_a_plan_beyond_its_capacity_is_told() -> None:
    """It costs what there is, and cannot be done."""
    found = price_plan({"OP": 1200.0}, {("OP", "SAL"): 84.0}, {"SAL": Supply(600_000_000, 96_000.0)})
    assert (found.ore, found.unused, found.over) == (600_000_000, {}, {"SAL": pytest.approx(4800)})


@given(volumes=amounts, use=uses, cost=st.integers(0, 10**11), capacity=st.floats(0, 1e6))
def test_a_plan_costs_what_its_capacity_costs(volumes, use, cost, capacity) -> None:
    """Used or unused, to the öre."""
    found = price_plan(volumes, use, {"p": Supply(cost, capacity), "q": Supply(7, 0.0)})
    assert found.ore == cost + 7


def test_make_or_buy_by_hand() -> None:
    """250 000 kr to open a room and 8 000 kr each, or 13 000 kr bought: they meet at 50."""
    choice = MakeOrBuy(25_000_000, 800_000, 1_300_000)
    assert choice.break_even == 50
    assert [choice.saved(n).value for n in (0, 49, 50, 60)] == [-25_000_000, -500_000, 0, 5_000_000]
    assert choice.saved(60).remainder == 0
    assert MakeOrBuy(1, 1_300_000, 1_300_000).break_even is None


def test_own_cost_by_hand() -> None:
    """A theatre of 600 000 kr used to 80 of 100 hours, half of it by 20 operations; implants of 1 000 kr and overhead.

    Fixed: half the theatre and the implants' overhead. One more takes an implant, and there is room for ten.
    """
    theatre = PoolUse(2.0, 80.0, 100.0, 60_000_000, 50_000_000)
    implants = PoolUse(1.0, 40.0, None, 4_400_000, 4_000_000)
    found = own_cost(20.0, [theatre, implants, PoolUse(0.0, 5.0, 9.0, 77, 77)])
    assert (found.fixed_ore, found.variable_ore) == (30_000_000 + 200_000, 100_000)
    assert found.full_ore == 1_510_000 + 100_000
    assert found.spare == 10
    choice = MakeOrBuy(found.fixed_ore, found.variable_ore, 1_000_000)
    assert choice.break_even == pytest.approx(30_200_000 / 900_000)
    assert own_cost(20.0, [implants]).spare is None
    assert own_cost(0.0, [implants]).full_ore is None


uses_of_pools = st.lists(
    st.builds(
        PoolUse, st.just(0.0) | st.floats(0.01, 50), st.floats(1, 1e5), st.none() | st.floats(0, 1e5),
        st.integers(10**6, 10**9),
        st.integers(0, 10**6),
    ),
    max_size=5,
)  # fmt: skip


@given(volume=st.floats(1, 1e4), pools=uses_of_pools)
def test_marginal_and_fixed_are_the_full_cost(volume, pools) -> None:
    """What a service has of each pool's use it has of its cost, and never room above what is left."""
    found = own_cost(volume, pools)
    shares = sum(pool.ore * pool.each * volume / pool.used for pool in pools)
    assert found.fixed_ore + found.variable_ore * volume == pytest.approx(shares, abs=2 + volume)
    for pool in pools:
        if pool.capacity is not None and pool.each > 0:
            assert found.spare is not None
            assert found.spare * pool.each <= max(0.0, pool.capacity - pool.used) * (1 + 1e-9)


def test_outliers_are_divided_over_comparable_care() -> None:
    """3 % of 1 000 contacts is 30, whatever they are divided into; ties and small ones by the largest remainder."""
    assert outliers_of({"surgery": 100, "contact": 900}, 0.03) == {"surgery": 3, "contact": 27}
    assert outliers_of({"a": 10, "b": 10, "c": 10}, 0.05) == {"a": 1, "b": 1, "c": 0}
    assert outliers_of({}, 0.05) == {}
    assert outliers_of({"a": 0}, 0.05) == {"a": 0}


@given(contacts=st.dictionaries(st.text(max_size=3), st.integers(0, 10**6), max_size=8), share=st.floats(0, 1))
def test_outliers_are_exactly_their_share(contacts, share) -> None:
    """Of all, rounded; never more than there are, and each population as near its own share as can be."""
    found = outliers_of(contacts, share)
    assert sum(found.values()) == int(sum(contacts.values()) * share + 0.5)
    assert all(0 <= found[name] <= count for name, count in contacts.items())
    assert all(abs(found[name] - count * share) <= 1.5 for name, count in contacts.items())


def test_a_price_below_zero_is_refused() -> None:
    """A typing error, not a gift."""
    with pytest.raises(BadInput):
        MakeOrBuy(0, -1, 1)


def test_how_sure_and_how_alike() -> None:
    """Student's t by the table (n = 5: 2.776); R² by its definition; no points, no cost per point."""
    low, high = Mean(5, 100.0, 10.0).interval()
    assert (high - low) / 2 == pytest.approx(2.776 * 10 / 5**0.5, rel=1e-3)
    assert Mean(1, 100.0, 0.0).interval() is None
    assert explained_share(25.0, 100.0) == 0.75
    assert explained_share(0.0, 0.0) is None
    assert per_point(1000, 2.5) == 400
    assert per_point(1000, 0.0) is None


@given(st.tuples(*[st.integers(-(10**12), 10**12)] * 5))
def test_a_certificate_never_assumes(lines) -> None:
    """The difference is what is left, whatever the lines are."""
    certificate = Certificate(*lines)
    assert certificate.difference_ore == lines[0] - sum(lines[1:])
    assert certificate.figure().remainder == certificate.difference_ore
