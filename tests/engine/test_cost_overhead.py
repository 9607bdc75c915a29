"""Overhead: published numbers, conservation, and support centres that serve one another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vardbalans.engine.cost import Support, allocate

DIRECT = {
    "Daycare": 50_000,
    "HR": 300_000,
    "IT": 200_000,
    "Accounting": 250_000,
    "Cutting": 500_000,
    "Assembling": 700_000,
    "Packaging": 400_000,
}
EMPLOYEES = dict(zip(DIRECT, (5, 4, 9, 8, 20, 50, 5), strict=True))
COMPUTERS = dict(zip(DIRECT, (2, 5, 10, 10, 6, 4, 8), strict=True))
PRODUCING = ("Cutting", "Assembling", "Packaging")
SUPPORTS = (
    Support("Daycare", "employees", EMPLOYEES),
    Support("HR", "employees", EMPLOYEES),
    Support("IT", "computers", COMPUTERS),
    Support("Accounting", "direct cost", DIRECT),
)
"""The published example of step-down (BHIMA), in kronor."""


def _full_cost(method: str) -> list[float]:
    found = allocate(DIRECT, SUPPORTS, PRODUCING, method)
    return [
        DIRECT[name] + sum(DIRECT[s.centre] * found.shares[row, column] for row, s in enumerate(SUPPORTS))
        for column, name in enumerate(PRODUCING)
    ]


@pytest.mark.parametrize(
    ("method", "published", "decimals"),
    [
        ("step-down", (740_059.6856, 1_082_970.2057, 576_970.1087), 4),
        ("reciprocal", (735_576.41, 1_106_112.63, 558_310.96), 2),
    ],
)
def test_the_published_example(method, published, decimals) -> None:
    """To the decimals that are published."""
    assert [round(cost, decimals) for cost in _full_cost(method)] == list(published)
    assert sum(_full_cost(method)) == pytest.approx(2_400_000)


@pytest.mark.parametrize("method", ["step-down", "reciprocal"])
def test_whole_ore_sum_to_what_was_moved(method) -> None:
    """Largest remainder: nothing lost, and no part an öre or more from its exact share."""
    found = allocate(DIRECT, SUPPORTS, PRODUCING, method)
    assert sum(found.moved.values()) == sum(DIRECT[support.centre] for support in SUPPORTS)
    for (support, centre), ore in found.moved.items():
        exact = DIRECT[support] * found.shares[found.supports.index(support), found.producing.index(centre)]
        assert abs(ore - exact) < 1
    assert found.stuck == {}
    assert found.notes == ()


names = st.sampled_from(["s1", "s2", "s3", "p1", "p2", "p3"])
drivers = st.dictionaries(names, st.integers(0, 50).map(float))


@given(
    direct=st.dictionaries(names, st.integers(-(10**9), 10**12)),
    used=st.tuples(drivers, drivers, drivers),
    method=st.sampled_from(["step-down", "reciprocal"]),
)
def test_nothing_is_lost_whatever_the_drivers(direct, used, method) -> None:
    """Cycles, closed circles, empty drivers: moved and stuck are what the support centres cost, and stuck is told."""
    supports = [Support(f"s{n}", f"d{n}", driver) for n, driver in enumerate(used, 1)]
    found = allocate(direct, supports, ("p1", "p2", "p3"), method)
    own = sum(direct.get(support.centre, 0) for support in supports)
    assert sum(found.moved.values()) + found.stuck_ore == own
    assert sum(note.ore for note in found.notes) == found.stuck_ore


@given(used=st.tuples(drivers, drivers, drivers), order=st.permutations([0, 1, 2]))
def test_reciprocal_does_not_depend_on_the_order(used, order) -> None:
    """The order is a choice of step-down alone."""
    direct = {"s1": 1_000_003, "s2": 70_001, "s3": 999}
    supports = [Support(f"s{n}", f"d{n}", driver) for n, driver in enumerate(used, 1)]
    first = allocate(direct, supports, ("p1", "p2", "p3"))
    second = allocate(direct, [supports[place] for place in order], ("p1", "p2", "p3"))
    for row, place in enumerate(order):
        assert second.shares[row] == pytest.approx(first.shares[place], abs=1e-9)


@given(used=st.tuples(drivers, drivers, drivers), factor=st.integers(2, 1000))
def test_twice_the_driver_is_the_same_shares(used, factor) -> None:
    """A driver's unit means nothing."""
    supports = [Support(f"s{n}", f"d{n}", driver) for n, driver in enumerate(used, 1)]
    scaled = [Support(s.centre, s.driver_name, {k: v * factor for k, v in s.driver.items()}) for s in supports]
    first = allocate({}, supports, ("p1", "p2", "p3"))
    second = allocate({}, scaled, ("p1", "p2", "p3"))
    assert second.shares == pytest.approx(first.shares, abs=1e-9)


def test_a_driver_that_is_zero_is_told() -> None:
    """Its cost stays, with what to fill in."""
    found = allocate({"s1": 500, "p1": 1}, [Support("s1", "kvadratmeter", {"s1": 40.0})], ("p1",))
    (note,) = found.notes
    assert (note.code, note.ore, found.stuck) == ("driver_is_zero", 500, {"s1": 500})
    assert "kvadratmeter" in str(note.message)


def test_a_closed_circle_is_told() -> None:
    """Two centres that only serve each other have no equation; the third loses only what it sends to them."""
    supports = [
        Support("s1", "a", {"s2": 1.0}),
        Support("s2", "b", {"s1": 1.0}),
        Support("s3", "c", {"s1": 1.0, "p1": 3.0}),
    ]
    found = allocate({"s1": 100, "s2": 50, "s3": 400}, supports, ("p1",))
    assert found.moved == {("s3", "p1"): 300}
    assert found.stuck == {"s1": 100, "s2": 50, "s3": 100}
    assert [(note.code, note.ore) for note in found.notes] == [
        ("closed_circle", 100),
        ("closed_circle", 50),
        ("closed_circle", 100),
    ]


def test_however_little_leaves_a_circle_is_all_that_leaves_it() -> None:
    """Two centres that serve each other a thousand million million times as much as they serve P: to P in the end."""
    supports = [Support("A", "d", {"B": 1e12, "P": 1e-9}), Support("B", "d", {"A": 1e12, "P": 1e-9})]
    found = allocate({"A": 10, "B": 20}, supports, ["P"])
    assert found.moved == {("A", "P"): 10, ("B", "P"): 20}
    assert found.stuck_ore == 0


def test_a_driver_value_of_an_unknown_centre_is_told() -> None:
    """It is left out of the sum, not taken for zero in silence."""
    found = allocate({"s1": 90}, [Support("s1", "a", {"p1": 1.0, "x9": 1.0})], ("p1",))
    assert found.moved == {("s1", "p1"): 90}
    assert [note.code for note in found.notes] == ["unknown_centre"]
