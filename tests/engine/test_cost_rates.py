"""Rates and contacts: the published example, the rounding, and that parts of a run need not know one another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vardbalans.engine.cost import Pool, rates
from vardbalans.engine.cost.contacts import rounded, shared_out, summed
from vardbalans.engine.errors import BadInput
from vardbalans.engine.units import apportion

THEATRE = Pool("SAL", "K1", {"personal": 600_000_000}, {})


def test_the_theatre_team() -> None:
    """6.0 Mkr and 96 000 minutes: 62.50 kr a minute; 84 000 used are 5.25 Mkr, 0.75 Mkr unused."""
    (rate,), notes = rates([THEATRE], {"SAL": (84_000_000, 700)}, {"SAL": 96_000_000})
    assert rate.ore_per_unit == 6250
    assert (rate.used_ore, rate.unused_ore) == (525_000_000, 75_000_000)
    assert notes == ()


def test_full_absorption_spreads_it_all() -> None:
    """As the national comparison wants it: dearer minutes, nothing unused."""
    (rate,), _ = rates([THEATRE], {"SAL": (84_000_000, 700)}, {"SAL": 96_000_000}, "full")
    assert rate.ore_per_unit == pytest.approx(600_000_000 / 84_000)
    assert rate.unused_ore == 0


def test_more_used_than_there_is_costs_what_it_costs() -> None:
    """Nothing is unused, and the one who owns the openings is told."""
    (rate,), notes = rates([THEATRE], {"SAL": (100_000_000, 700)}, {"SAL": 96_000_000})
    assert (rate.used_ore, rate.unused_ore) == (600_000_000, 0)
    assert [(note.code, note.ore) for note in notes] == [("over_capacity", 0)]


def test_a_pool_that_nothing_used() -> None:
    """With capacity all of it is unused; without, it cannot be placed."""
    (rate,), notes = rates([THEATRE], {}, {"SAL": 96_000_000})
    assert (rate.used_ore, rate.unused_ore, notes) == (0, 600_000_000, ())
    (rate,), notes = rates([THEATRE], {}, {})
    assert rate.unplaced_ore == 600_000_000
    assert [(note.code, note.ore) for note in notes] == [("no_activity", 600_000_000)]


def test_a_pool_below_zero_cannot_be_placed() -> None:
    """No contact gets a negative cost from a correction."""
    _, notes = rates([Pool("X", "K1", {"p": -5}, {})], {"X": (1000, 1)}, {})
    assert [(note.code, note.ore) for note in notes] == [("negative_pool", -5)]


def test_few_rows_are_said_to_be_uncertain() -> None:
    """29 rows are few, 30 are not."""
    few, enough = (rates([THEATRE], {"SAL": (1000, rows)}, {})[0][0] for rows in (29, 30))
    assert (few.uncertain, enough.uncertain) == (True, False)


def test_a_few_ore_over_a_great_quantity_are_not_lost() -> None:
    """A rate below a part of an öre per thousandth is zero, and its öre still go to someone."""
    (rate,), _ = rates([Pool("A", "K", {"p": 5}, {})], {"A": (10**13, 2)}, {})
    assert rate.whole == 0
    totals = shared_out([rate], [{"A": 10**13}, {}])
    assert totals == [5, 0]
    assert sum(rounded({"c1": 0, "c2": 0}, rate.scale, totals[0]).values()) == 5


activity = st.lists(
    st.tuples(
        st.integers(0, 40).map("c{:02d}".format), st.sampled_from(["A", "B", "C"]), st.integers(1, 40 * 60 * 1000)
    ),
    min_size=1,
    max_size=60,
)


@given(
    rows=activity,
    cost=st.tuples(*[st.integers(0, 10**11)] * 3),
    capacity=st.dictionaries(st.sampled_from(["A", "B"]), st.integers(0, 10**8)),
    cuts=st.integers(1, 5),
)
def test_the_same_ore_however_the_work_is_divided(rows, cost, capacity, cuts) -> None:
    """Pools = contacts + unused + unplaced to the öre, in one part or in several, whoever has which contact."""
    pools = [Pool(name, "K", {"p": ore}, {}) for name, ore in zip("ABC", cost, strict=True)]
    used: dict[str, tuple[int, int]] = {}
    for _, pool, quantity in rows:
        before = used.get(pool, (0, 0))
        used[pool] = before[0] + quantity, before[1] + 1
    found, notes = rates(pools, used, capacity)
    by_pool = {rate.pool_id: rate for rate in found}
    parts = [[row for row in rows if int(row[0][1:]) % cuts == part] for part in range(cuts)]
    quantities = [{pool: sum(q for _, p, q in part if p == pool) for pool in {p for _, p, _ in part}} for part in parts]
    totals = shared_out(found, quantities)
    costed: dict[str, int] = {}
    for part, total in zip(parts, totals, strict=True):
        costed |= rounded(summed(part, by_pool), found[0].scale, total)
    placed = sum(costed.values()) + sum(rate.unused_ore for rate in found) + sum(note.ore for note in notes)
    assert placed == sum(cost)
    assert min(costed.values()) >= 0


@given(total=st.integers(-(10**13), 10**13), weights=st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_the_largest_remainder(total, weights) -> None:
    """Whole numbers that sum to the total, each less than one from its share."""
    if not any(weights):
        with pytest.raises(BadInput):
            apportion(total, weights)
        return
    parts = apportion(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - weight * total) < sum(weights)


def test_the_largest_remainder_by_hand() -> None:
    """Seven seats for 3, 2 and 2: 3, 2, 2; eight: the third of one goes first to the largest remainder."""
    assert apportion(7, [3, 2, 2]) == [3, 2, 2]
    assert apportion(8, [3, 2, 2]) == [4, 2, 2]
    assert apportion(-8, [3, 2, 2]) == [-4, -2, -2]
