"""The quantum and the pools: every öre in one place, and what is wrong is told with its kronor."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from vardbalans.engine.cost import Entry, PoolRule, Rule, Support, allocate, pools_of, quantum

SINCE = date(2025, 1, 1)
MAY = date(2025, 5, 1)
RULES = (
    Rule("R1", "5000", "5699", "personal", "include", SINCE),
    Rule("R2", "5700", "5799", "läkemedel", "include", SINCE),
    Rule("R9", "1000", "3999", "balans", "outside", SINCE),
    Rule("RF", "4000", "7999", "forskning", "exclude", SINCE, "FOU"),
)


def test_each_account_goes_where_its_rule_says() -> None:
    """A rule for one centre goes before one for all; an account of more digits than the rule is in its range."""
    entries = [
        Entry(MAY, "K1", "5010", 100),
        Entry(MAY, "K1", "56991", 7),
        Entry(MAY, "FOU", "5010", 30),
        Entry(MAY, "", "1930", -137),
    ]
    found = quantum(entries, RULES)
    assert found.costs == {("K1", "personal"): 107}
    assert found.excluded == {("RF", "FOU", "5010"): 30}
    assert found.outside == {("R9", "1930"): -137}
    assert found.notes == ()


def test_a_rule_holds_from_its_day() -> None:
    """Before that the older one does."""
    newer = Rule("R5", "5000", "5699", "lön", "include", date(2025, 5, 1))
    entries = [Entry(date(2025, 4, 1), "K1", "5010", 1), Entry(MAY, "K1", "5010", 2)]
    assert quantum(entries, (*RULES, newer)).costs == {("K1", "personal"): 1, ("K1", "lön"): 2}


def test_an_account_without_a_rule_is_told_with_its_kronor() -> None:
    """And so is a cost without a cost centre."""
    found = quantum([Entry(MAY, "K1", "6999", 250), Entry(MAY, "", "5010", 40)], RULES)
    assert found.unmapped_ore == 290
    assert [(note.code, note.ore) for note in found.notes] == [("unmapped_account", 40), ("unmapped_account", 250)]
    assert "6999" in str(found.notes[1].message)


def test_rules_that_contradict_each_other_are_told() -> None:
    """Of the same rank and day: the first goes, and it is said."""
    other = Rule("R3", "5600", "5799", "avgifter", "include", SINCE)
    found = quantum([Entry(MAY, "K1", "5610", 5)], (*RULES, other))
    assert found.costs == {("K1", "personal"): 5}
    (note,) = found.notes
    assert (note.code, note.ore) == ("overlapping_rules", 0)
    assert "R1" in str(note.message)
    assert "R3" in str(note.message)


entries = st.lists(
    st.builds(
        Entry,
        st.sampled_from([date(2024, 12, 1), MAY]),
        st.sampled_from(["K1", "K2", "STÖD", "FOU", ""]),
        st.sampled_from(["1930", "5010", "5710", "6999"]),
        st.integers(-(10**11), 10**11),
    ),
    max_size=30,
)


@given(entries)
def test_nothing_is_lost_from_ledger_to_pools(found_entries) -> None:
    """Ledger = outside + excluded + what pools hold + what is told, for any ledger."""
    found = quantum(found_entries, RULES)
    direct = found.by_centre
    overhead = allocate(direct, [Support("STÖD", "x", {"K1": 1.0, "K2": 2.0})], ("K1", "K2"))
    shares = (PoolRule("A", "K1", "personal", 0.3, SINCE), PoolRule("B", "K1", "personal", 0.7, SINCE))
    pools, notes = pools_of(found.costs, overhead, shares, MAY)
    strangers = sum(ore for centre, ore in direct.items() if centre not in ("STÖD", "K1", "K2"))
    placed = sum(pool.ore for pool in pools) + sum(note.ore for note in (*found.notes, *overhead.notes, *notes))
    outside = sum(found.outside.values())
    assert sum(entry.ore for entry in found_entries) == outside + found.excluded_ore + placed + strangers


def test_a_class_without_a_pool_is_told() -> None:
    """Its kronor are unmatched, not spread over what there is."""
    overhead = allocate({}, [], ("K1",))
    rules = [PoolRule("A", "K1", "personal", 1.0, SINCE)]
    pools, notes = pools_of({("K1", "personal"): 10, ("K1", "läkemedel"): 4}, overhead, rules, MAY)
    assert [(pool.pool_id, pool.ore) for pool in pools] == [("A", 10)]
    assert [(note.code, note.ore) for note in notes] == [("no_pool", 4)]


def test_overhead_follows_the_direct_cost() -> None:
    """Three to one here, so three to one there."""
    overhead = allocate({"S": 100}, [Support("S", "x", {"K1": 1.0})], ("K1",))
    rules = [PoolRule("A", "K1", "p", 1.0, SINCE), PoolRule("B", "K1", "q", 1.0, SINCE)]
    pools, _ = pools_of({("K1", "p"): 300, ("K1", "q"): 100, ("S", "p"): 100}, overhead, rules, MAY)
    assert {pool.pool_id: dict(pool.overhead) for pool in pools} == {"A": {"S": 75}, "B": {"S": 25}}


def test_shares_that_are_not_one_are_told_and_used_in_proportion() -> None:
    """A typing error must not lose a tenth of the pay."""
    rules = [PoolRule("A", "K1", "p", 0.5, SINCE), PoolRule("B", "K1", "p", 0.4, SINCE)]
    pools, notes = pools_of({("K1", "p"): 900}, allocate({}, [], ("K1",)), rules, MAY)
    assert {pool.pool_id: pool.ore for pool in pools} == {"A": 500, "B": 400}
    assert [note.code for note in notes] == ["shares_off"]
