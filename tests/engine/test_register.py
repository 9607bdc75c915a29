"""The benefit register: what a ratio brought, shared where measures overlap, rolled up with what is shown alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vardbalans.engine.benefit import Benefit, HourValue, fewer_of, total, worth
from vardbalans.engine.effects.verdict import Interval
from vardbalans.engine.errors import BadInput
from vardbalans.engine.measures import Interval as Expected
from vardbalans.engine.register import Gain, gained, rolled_up, shared, spread_of


def gain(measure="A", unit="U", target="slots:", expected=10.0, low=5.0, high=15.0, *, counted=True, kind="slots"):
    return Gain(measure, unit, target, kind, expected, low, high, counted)


def test_sixty_with_a_ratio_of_three_quarters_would_have_been_eighty():
    expected, low, high = gained(60, Interval(0.75, 0.6, 1.2, "ratio"))
    assert (expected, low, high) == pytest.approx((20, -10, 40))


@pytest.mark.parametrize(
    "found",
    [
        Interval(0.5, 0.0, 0.9, "ratio"),
        Interval(0.5, -0.1, 0.9, "ratio"),
        Interval(0.5, 0.2, float("inf"), "ratio"),
        Interval(-3, -5, -1, "difference"),
    ],
)
def test_what_has_no_end_is_not_valued(found):
    with pytest.raises(BadInput):
        gained(60, found)


def test_the_regions_own_figures():
    """A quarter fewer of 88 Mkr is 22 Mkr; 500 000 hours at 250 kr are 125 Mkr."""
    assert fewer_of(8_800_000_000, Expected(0.75, 0.75, 0.75)).expected == 2_200_000_000
    assert worth(Benefit("hours", 500_000, 500_000, 500_000), HourValue()).expected == 12_500_000_000
    assert total([fewer_of(8_800_000_000, Expected(0.75, 0.6, 1.05))]) is None  # the interval covers none


def test_measures_on_the_same_target_share_the_largest_gain():
    one, other, elsewhere = shared([gain("A", expected=30), gain("B", expected=10), gain("B", "V", expected=10)])
    assert one.expected + other.expected == pytest.approx(30)
    assert one.expected == pytest.approx(3 * other.expected)
    assert elsewhere.expected == 10
    assert elsewhere.share == 1


gains = st.builds(
    lambda measure, unit, target, middle, below, above, counted: Gain(
        measure, unit, target, "slots", middle, middle - below, middle + above, counted
    ),
    st.sampled_from("ABC"),
    st.sampled_from("UV"),
    st.sampled_from(["x", "y"]),
    st.floats(-50, 50),
    st.floats(0, 20),
    st.floats(0, 20),
    st.booleans(),
)


@given(st.lists(gains, max_size=12, unique_by=lambda row: (row.measure_id, row.unit_id, row.target)))
def test_sharing_never_adds_and_units_sum_to_the_whole(rows):
    left = shared(rows)
    for place in {(row.unit_id, row.target) for row in rows}:
        alone = [row.expected for row in rows if (row.unit_id, row.target) == place and row.counted]
        kept = [row.expected for row in left if (row.unit_id, row.target) == place and row.counted]
        if any(value > 0 for value in alone):
            assert sum(max(value, 0) for value in kept) == pytest.approx(max(alone))
    whole = {row.kind: row.expected for row in rolled_up(left)}
    parts = [row.expected for unit in "UV" for row in rolled_up(left, {unit})]
    assert sum(parts) == pytest.approx(whole.get("slots", 0.0), abs=1e-9)


def test_what_is_not_shown_is_in_no_sum():
    assert rolled_up([gain(counted=False)]) == ()
    (found,) = rolled_up([gain("A"), gain("B", "V", expected=1000, low=-1, high=2000, counted=False)])
    assert (found.expected, found.low, found.high) == (10, 5, 15)


def test_widths_are_added_within_a_measure_and_squared_between():
    (same,) = rolled_up([gain("A", "U"), gain("A", "V")])
    (different,) = rolled_up([gain("A", "U"), gain("B", "V")])
    assert (same.low, same.high) == (10, 30)
    assert (different.low, different.high) == pytest.approx((20 - 50**0.5, 20 + 50**0.5))


def test_a_measure_that_shares_an_effect_does_not_make_it_better_known():
    alone = rolled_up(shared([gain("A", "U"), gain("A", "V")]))
    for more in ([gain("B", "U")], [gain("B", "U"), gain("C", "V")]):
        assert rolled_up(shared([gain("A", "U"), gain("A", "V"), *more])) == alone


def test_a_sum_tells_how_its_units_lie():
    rows = [Interval(0.7, 0.5, 0.9, "ratio"), Interval(0.9, 0.7, 1.1, "ratio"), Interval(1.3, 1.1, 1.5, "ratio")]
    found = spread_of(rows, lower_is_better=True)
    assert (found.units, found.better, found.not_shown, found.worse) == (3, 1, 1, 1)
    assert (found.least, found.median, found.most) == (0.7, 0.9, 1.3)
    assert spread_of(rows, lower_is_better=False).better == 1
    assert spread_of([], lower_is_better=True) is None
