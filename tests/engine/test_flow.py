"""Flow between services: shares, lags, and what extra production brings downstream."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import flat_series, service
from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Source
from vardbalans.engine.flow import (
    ByHand,
    Linked,
    drawn_shares,
    estimate_conversions,
    flow_map,
    induced,
    lasting_loop,
    wilson_interval,
    with_overrides,
)
from vardbalans.engine.inputs import Conversion, Override

HERE = Source.of("referrals")


def _link(share=0.3, lags=(0.0, 0.5, 0.5), frm="visit", to="surgery"):
    return Conversion(frm, to, share, share, share, lags, HERE)


def test_ten_per_cent_more_upstream_raises_downstream_by_exactly_its_share():
    base = np.full(20, 40.0)
    found = induced({"visit": base * 0.1}, [_link()])["surgery"]
    assert found[0] == 0
    assert found[1] == pytest.approx(0.3 * 0.5 * 4)
    assert found[2:] == pytest.approx(np.full(18, 0.3 * 4))


@given(st.lists(st.floats(0, 100), min_size=30, max_size=30), st.floats(0, 2), st.floats(0, 2))
def test_nothing_is_lost_beyond_the_last_week(extra, first, second):
    values = np.array([*extra, *[0.0] * 10])
    found = induced({"a": values}, [_link(first, (0.2, 0.8), "a", "b"), _link(second, (0.0, 0.0, 1.0), "b", "c")])
    """Conservation: what arrives is share times upstream, two eyes from one visit included."""
    assert found.get("b", np.zeros(1)).sum() == pytest.approx(first * values.sum(), abs=1e-3)
    assert found.get("c", np.zeros(1)).sum() == pytest.approx(first * second * values.sum(), abs=1e-3)


def test_a_loop_that_fades_ends_and_one_that_grows_is_refused():
    around = [_link(0.5, (0.0, 1.0), "a", "b"), _link(0.5, (1.0,), "b", "a")]
    assert induced({"a": np.ones(10)}, around)["a"][3] == pytest.approx(0.25 + 0.0625 + 0.015625)
    with pytest.raises(BadInput, match="slinga"):
        induced({"a": np.ones(10)}, [_link(1.0, (1.0,), "a", "b"), _link(1.0, (1.0,), "b", "a")])


def test_wilson_interval_published():
    """Newcombe 1998, table I: 81 of 263 and 15 of 148; 0 of 20 and 1 of 29."""
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson_interval(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


def linked(upstream, by_lag, unit="a", peers="first_visit surgery"):
    return Linked(f"{unit}-visit", f"{unit}-surgery", peers, upstream, np.array(by_lag, float), HERE)


def test_a_unit_alone_keeps_its_own_share_lags_and_wilsons_interval():
    (found,) = estimate_conversions([linked(200, [10, 30, 20])])
    assert (found.share, found.estimate.region_share, found.estimate.own_weight) == (0.3, None, 1.0)
    assert (found.low, found.high) == pytest.approx(wilson_interval(60, 200))
    assert found.lag_weeks == pytest.approx((1 / 6, 0.5, 1 / 3))
    assert found.lag_median == 1


def test_pairs_of_other_kinds_are_no_peers():
    alone = estimate_conversions([linked(20, [12])])
    beside = estimate_conversions([linked(20, [12]), linked(5000, [500], "b", "surgery follow_up")])
    assert beside[0] == alone[0]


def test_a_small_unit_is_shrunk_towards_its_peers_and_a_large_one_hardly():
    """Ten large units at 30 %, one with 4 of 5: five visits do not make 80 %."""
    large = [linked(1000, [300 + n], f"unit{n}") for n in range(-5, 5)]
    small = linked(5, [4], "small")
    *others, found = estimate_conversions([*large, small])
    assert 0.29 < found.share < 0.34
    assert found.estimate.own_weight < 0.1
    assert found.estimate.region_share == pytest.approx(0.3, abs=0.01)
    own = [pair.linked / pair.upstream for pair in large]
    assert [link.share for link in others] == pytest.approx(own, abs=0.006)


def test_peers_that_differ_say_little_of_a_unit():
    """The same small unit among peers from 5 to 95 per cent keeps most of its own 4 of 5."""
    spread = [linked(1000, [950 - 100 * n], f"unit{n}") for n in range(10)]
    found = estimate_conversions([*spread, linked(5, [4], "small")])[-1]
    assert found.share > 0.65
    assert found.estimate.own_weight > 0.5


def test_a_unit_without_much_to_go_by_has_a_wider_interval_than_its_peers():
    alike = [linked(400, [120 + 3 * n], f"unit{n}") for n in range(6)]
    differ = [linked(400, [30 + 60 * n], f"unit{n}") for n in range(6)]
    for peers in (alike, differ):
        links = estimate_conversions([*peers, linked(12, [4], "small")])
        widths = [link.high - link.low for link in links]
        assert widths[-1] > max(widths[:-1])
        low, high = wilson_interval(4, 12)
        assert widths[-1] < high - low, "what the peers tell is worth something"


def test_beta_binomial_by_hand_where_the_spread_is_known():
    """Peers without any spread: the posterior is that of all contacts counted as one, 300 of 1 000 more."""
    units = [linked(100, [30], f"unit{n}") for n in range(40)]
    found = estimate_conversions(units)[0]
    assert found.share == pytest.approx(0.3, abs=1e-3)
    pooled = wilson_interval(1200, 4000)
    assert pooled[1] - pooled[0] < found.high - found.low < 0.25 * (wilson_interval(30, 100)[1] - 0.2)


@pytest.mark.parametrize("several", [False, True])
def test_the_intervals_hold_the_truth_and_the_shares_lie_nearer_it(several):
    """Planted shares with spread between the units: 95 % intervals cover, and the error falls."""
    rng = np.random.default_rng(3)
    inside, error, own_error = [], [], []
    for _ in range(200):
        sizes = rng.choice([8, 20, 60, 200], size=6)
        shares = rng.gamma(1.3 * 30, 1 / 30, 6) if several else rng.beta(0.3 * 30, 0.7 * 30, 6)
        counts = np.maximum(rng.poisson(sizes * shares) if several else rng.binomial(sizes, shares), 1)
        pairs = [linked(int(n), [k], f"u{i}") for i, (n, k) in enumerate(zip(sizes, counts, strict=True))]
        for link, share, n, k in zip(estimate_conversions(pairs), shares, sizes, counts, strict=True):
            inside.append(link.low <= share <= link.high)
            error.append((link.share - share) ** 2)
            own_error.append((k / n - share) ** 2)
    assert 0.93 <= np.mean(inside) <= 0.99
    assert np.mean(error) < 0.75 * np.mean(own_error)


def test_lags_of_a_small_unit_are_shrunk_too():
    peers = [linked(1000, [0, 100, 100, 100], f"unit{n}") for n in range(5)]
    found = estimate_conversions([*peers, linked(5, [0, 0, 0, 2], "small")])[-1]
    assert sum(found.lag_weeks) == pytest.approx(1)
    assert found.lag_weeks[0] == 0
    assert 0.3 < found.lag_weeks[3] < 0.6


def test_two_eyes_from_one_visit_are_a_share_above_one_among_peers_too():
    links = estimate_conversions([linked(100, [190], "a"), linked(100, [170], "b"), linked(10, [9], "c")])
    assert all(link.estimate.several for link in links)
    assert links[0].low < 1.7 < links[0].share < 1.9
    assert 0.9 < links[2].share < 1.8


@given(st.lists(st.tuples(st.integers(1, 400), st.integers(1, 400)), min_size=2, max_size=6))
def test_a_shrunk_share_lies_between_its_own_and_the_regions_extremes(counts):
    pairs = [linked(max(n, k), [min(n, k)], f"u{i}") for i, (n, k) in enumerate(counts)]
    own = [pair.linked / pair.upstream for pair in pairs]
    for link in estimate_conversions(pairs):
        assert min(own) - 0.3 <= link.share <= max(own) + 0.3
        assert 0 <= link.low <= link.share <= link.high <= 1
        assert sum(link.lag_weeks) == pytest.approx(1)
        assert 0 <= link.estimate.own_weight <= 1


def test_no_link_is_said_and_not_taken_as_zero():
    with pytest.raises(BadInput, match="kan kopplas"):
        linked(200, [0, 0, 0])


BY_HAND = ByHand(
    "a-visit", "a-surgery", 0.5, (0.0, 1.0), Override(date(2026, 1, 1), "Verksamhetschef", "Ny process"), HERE
)


def test_a_share_set_by_hand_replaces_the_estimate_and_both_are_kept():
    estimated = estimate_conversions([linked(200, [10, 30, 20]), linked(100, [50], "b")])
    first, second = with_overrides(estimated, [BY_HAND])
    assert (first.share, first.low, first.high, first.lag_weeks) == (0.5, 0.5, 0.5, (0.0, 1.0))
    assert first.override.reason == "Ny process"
    assert first.estimate == estimated[0].estimate
    assert second == estimated[1]
    (alone,) = with_overrides([], [BY_HAND])
    assert (alone.share, alone.estimate) == (0.5, None)


def test_drawn_shares_are_as_uncertain_as_the_estimate_and_leave_the_expectation():
    link = estimate_conversions([linked(200, [60])])[0]
    (drawn,) = drawn_shares([link], 20_000, seed=1)
    assert drawn.mean() == pytest.approx(link.share, abs=0.001)
    assert np.quantile(drawn, [0.025, 0.975]) == pytest.approx((link.low, link.high), abs=0.005)
    (by_hand,) = drawn_shares(with_overrides([link], [BY_HAND]), 50, seed=1)
    assert set(by_hand.ravel()) == {0.5}


def test_each_pair_has_its_own_stream():
    one, two = estimate_conversions([linked(200, [60]), linked(300, [60], "b", "other kinds")])
    together = drawn_shares([one, two], 100, seed=4)
    assert np.array_equal(drawn_shares([two], 100, seed=4)[0], together[1])
    assert not np.array_equal(drawn_shares([two], 100, seed=5)[0], together[1])


def test_drawn_shares_are_followed_through_the_whole_chain():
    links = [_link(0.5, (0.0, 1.0), "a", "b"), _link(0.5, (0.0, 1.0), "b", "c")]
    shares = [np.array([[0.4], [0.6]]), np.array([[0.5], [1.0]])]
    found = induced({"a": np.ones(4)}, links, shares)
    assert found["b"] == pytest.approx(np.array([[0, 0.4, 0.4, 0.4], [0, 0.6, 0.6, 0.6]]))
    assert found["c"] == pytest.approx(np.array([[0, 0, 0.2, 0.2], [0, 0, 0.6, 0.6]]))


@pytest.mark.parametrize(
    ("shares", "loop"),
    [
        ({("a", "b"): 3.0, ("b", "c"): 4.0}, ()),
        ({("a", "b"): 2.0, ("b", "a"): 0.4}, ()),
        ({("a", "b"): 2.0, ("b", "a"): 0.5}, ("a", "b")),
        ({("a", "a"): 0.99}, ()),
        ({("a", "a"): 1.0}, ("a",)),
        ({("a", "b"): 1.0, ("b", "a"): 0.6, ("b", "c"): 1.0, ("c", "a"): 0.6}, ("a", "b", "c")),
    ],
)
def test_a_loop_fades_when_a_lap_leaves_less_than_the_one_before(shares, loop):
    assert lasting_loop(shares) == loop


def test_the_map_has_what_passes_in_a_year_and_what_comes_before_what():
    items = [
        replace(service(name, need=flat_series(10)), service=service(name, need=flat_series(1)).service)
        for name in ("visit", "surgery", "follow_up", "alone")
    ]
    links = [
        replace(_link(0.3, (0.0, 0.2, 0.8), "visit", "surgery"), low=0.2, high=0.4),
        _link(0.5, (1.0,), "visit", "follow_up"),
        _link(0.8, (0.5, 0.5), "surgery", "follow_up"),
    ]
    found = flow_map(items, links)
    assert [node.service_id for node in found.nodes] == ["follow_up", "surgery", "visit"]
    assert found.ranks == {"visit": 0, "surgery": 1, "follow_up": 2}
    link = next(link for link in found.links if link.to_service == "surgery")
    produced = items[0].performed.values[-52:].sum()
    assert (link.per_year, link.lag_median, link.by_hand) == (pytest.approx(0.3 * produced), 2, False)
    near = found.around({"surgery"})
    assert [(link.from_service, link.to_service) for link in near.links] == [
        ("surgery", "follow_up"),
        ("visit", "surgery"),
    ]
    assert len(found.parts) == 1


def test_a_map_with_a_loop_and_two_parts_has_ranks():
    items = [service(name, need=flat_series(10)) for name in "abcd"]
    links = [_link(0.5, (1.0,), *pair) for pair in ("ab", "ba", "cd")]
    found = flow_map(items, links)
    assert found.ranks == {"a": 0, "b": 0, "c": 0, "d": 1}
    assert [[node.service_id for node in part.nodes] for part in found.parts] == [["a", "b"], ["c", "d"]]
