"""Plan in kronor, variance, make or buy: parts that sum to the whole, and figures by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vardbalans.engine.cost.certificate import Certificate
from vardbalans.engine.cost.make_or_buy import MakeOrBuy
from vardbalans.engine.cost.measures import Mean, explained_share, per_point
from vardbalans.engine.cost.plan import Supply, price_plan
from vardbalans.engine.cost.variance import Side, variance
from vardbalans.engine.errors import BadInput

PLAN = Side(
    {"NB": 100.0, "OP": 50.0},
    {("OP", "SAL"): 90.0, ("NB", "LAK"): 40.0},
    {"SAL": 6250.0, "LAK": 1500.0},
    75_000_000,
)


def test_a_variance_by_hand() -> None:
    """One part at a time: only volume, only mix, only minutes, only price, only unused capacity."""
    cost_each = {"NB": 40 * 1500, "OP": 90 * 6250}
    base = 100 * cost_each["NB"] + 50 * cost_each["OP"]
    more = variance(PLAN, Side({"NB": 110.0, "OP": 55.0}, PLAN.use, PLAN.ore_per_unit, PLAN.unused_ore))
    assert (more.volume, more.total) == (base // 10, base // 10)
    other = variance(PLAN, Side({"NB": 90.0, "OP": 60.0}, PLAN.use, PLAN.ore_per_unit, PLAN.unused_ore))
    assert (other.mix, other.total) == (10 * (cost_each["OP"] - cost_each["NB"]),) * 2
    slower = variance(PLAN, Side(PLAN.volumes, {**PLAN.use, ("OP", "SAL"): 99.0}, PLAN.ore_per_unit, PLAN.unused_ore))
    assert (slower.efficiency, slower.total) == (50 * 9 * 6250,) * 2
    dearer = variance(PLAN, Side(PLAN.volumes, PLAN.use, {**PLAN.ore_per_unit, "SAL": 6350.0}, PLAN.unused_ore))
    assert (dearer.price, dearer.total) == (50 * 90 * 100,) * 2
    idle = variance(PLAN, Side(PLAN.volumes, PLAN.use, PLAN.ore_per_unit, PLAN.unused_ore + 5))
    assert (idle.unused, idle.total) == (5, 5)


amounts = st.dictionaries(st.sampled_from(["A", "B", "C"]), st.floats(0, 1e4), min_size=1)
uses = st.dictionaries(st.tuples(st.sampled_from(["A", "B", "C"]), st.sampled_from(["p", "q"])), st.floats(0, 500))
prices = st.dictionaries(st.sampled_from(["p", "q"]), st.floats(0, 1e5))
sides = st.builds(Side, amounts, uses, prices, st.integers(0, 10**10))


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
