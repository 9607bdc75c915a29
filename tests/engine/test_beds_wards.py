"""Finite wards: the compiled loop against a plain twin and against formulas, what it keeps, and what changes do."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from tests.wards import exponential, one_ward, six_wards, twin
from vardbalans.engine import queueing
from vardbalans.engine.beds.clock import DischargeClock, even_clock
from vardbalans.engine.beds.run import arrivals, difference, estimate, play
from vardbalans.engine.beds.scenarios import (
    bed_days_saved,
    beds_changed,
    day_surgery,
    new_ward,
    shorter_stay,
    surge,
    weekend_discharges,
)
from vardbalans.engine.beds.wards import Hospital, PatientGroup, Ward, WhenFull, staffed_beds
from vardbalans.engine.errors import BadInput

WEEKDAYS_BUSY = DischargeClock(np.repeat([1.3, 1.3, 1.3, 1.3, 1.4, 0.2, 0.2], 24))


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("returns", [True, False])
@pytest.mark.parametrize("freest", [True, False])
def test_the_compiled_loop_and_a_plain_twin_count_the_same(seed, returns, freest):
    hospital = replace(six_wards(clock=WEEKDAYS_BUSY, returns=returns, seed=seed), freest=freest)
    counts, moved, census = twin(hospital, arrivals(hospital, seed, 0))
    played = play(hospital, 1, seed)
    for name, by_group in counts.items():
        expected = [by_group.get(group, 0) for group in range(len(hospital.groups))]
        assert getattr(played, name)[0].tolist() == expected, name
        assert sum(expected) > 0, name  # each rule has been at work
    assert played.moved[0].tolist() == moved
    assert (sum(moved) > 0) == returns
    for at, name in enumerate(("lying", "outliers", "queue")):
        assert np.array_equal(getattr(played, name)[0], census[:, at]), name


@pytest.mark.parametrize(("beds", "load"), [(5, 4.0), (10, 8.0), (20, 17.0)])
def test_loss_is_erlang_b_and_waiting_erlang_c_within_the_99_per_cent_interval(beds, load):
    lost = play(one_ward(WhenFull.LOST, beds, load), 200, 5)
    found = estimate(lost.lost.sum(axis=1) / lost.came.sum(axis=1), 0.99)
    assert found.low <= queueing.blocking(beds, load) <= found.high
    full = estimate(lost.full_share[:, 0], 0.99)  # arrivals see time averages
    assert full.low <= queueing.blocking(beds, load) <= full.high
    assert found.high - found.low < 0.02
    waited = play(one_ward(WhenFull.WAIT, beds, load), 200, 6)
    share = estimate(waited.waited.sum(axis=1) / waited.came.sum(axis=1), 0.99)
    assert share.low <= queueing.all_busy(beds, load) <= share.high
    wait = estimate(waited.wait_hours.sum(axis=1) / waited.came.sum(axis=1) / 96, 0.99)
    assert wait.low <= queueing.mean_wait(beds, load) <= wait.high


def test_a_published_acute_stroke_unit():
    """Monks et al. 2016 (BMC Health Services Research), tables 2 and 3: P(delay) of 0.18, 0.13, 0.08, 0.06."""
    every = {"stroke": 1.2, "tia": 9.3, "neuro": 3.6, "other": 3.2}
    stay = {"stroke": 0.24 * 7.4 + 0.13 * 4.6 + 0.63 * 7.0, "tia": 1.8, "neuro": 4.0, "other": 3.8}
    load = sum(stay[name] / days for name, days in every.items())
    assert load == pytest.approx(8.145493, abs=1e-6)
    assert [round(queueing.blocking(beds, load), 4) for beds in (9, 10, 11, 12)] == [0.1806, 0.1283, 0.0867, 0.0556]
    beds = np.full(3 * 365 + 60, 10)
    groups = tuple(
        PatientGroup(name, "asu", 1 / every[name], exponential(24 * stay[name]), WhenFull.LOST) for name in every
    )
    played = play(Hospital((Ward("asu", beds, 10),), groups, even_clock()), 200, 3)
    found = estimate(played.full_share[:, 0], 0.99)
    assert found.low <= 0.1283 <= found.high
    assert found.high - found.low < 0.02


def test_littles_law_holds():
    played = play(one_ward(WhenFull.WAIT, 10, 8.0), 100, 4)
    per_hour = played.admitted.sum(axis=1) / (365 * 24)
    lies = estimate(played.mean_lying[:, 0] - per_hour * played.bed_hours.sum(axis=1) / played.left.sum(axis=1), 0.99)
    assert abs(lies.mean) < 0.02  # those who lie there when the year begins and ends
    mean_wait = played.wait_hours.sum(axis=1) / played.admitted.sum(axis=1)
    waits = estimate(played.queue[:, :, 0].mean(axis=1) - per_hour * mean_wait, 0.99)
    assert waits.low <= 0 <= waits.high


def test_patients_are_neither_made_nor_lost():
    """Nobody comes in the second half of the year: in the end everyone has left, or has gone elsewhere at once."""
    hospital = six_wards(days=240, warm=0)
    until = np.arange(hospital.days) < 120
    hospital = replace(hospital, groups=tuple(replace(group, kept=1.0 * until) for group in hospital.groups))
    played = play(hospital, 3, 9)
    assert played.came.sum() > 3000
    assert played.came.sum(axis=1).tolist() == (played.left + played.lost).sum(axis=1).tolist()
    assert played.admitted.sum(axis=1).tolist() == played.left.sum(axis=1).tolist()
    assert played.lying[:, -1].sum() == played.queue[:, -1].sum() == played.outliers[:, -1].sum() == 0
    assert np.all(played.lying <= 10)
    assert np.allclose(played.hours.sum(axis=2), 24 * hospital.days)


def test_pooled_wards_lose_no_more_than_separate():
    days = np.full(425, 10)
    groups = tuple(PatientGroup(f"g{n}", f"w{n}", 2.0, exponential(96.0), WhenFull.LOST) for n in range(2))
    apart = play(Hospital((Ward("w0", days, 10), Ward("w1", days, 10)), groups, even_clock()), 60, 1)
    shared = tuple(replace(group, home="w") for group in groups)
    together = play(Hospital((Ward("w", 2 * days, 20),), shared, even_clock()), 60, 1)
    fewer = estimate((together.lost - apart.lost).sum(axis=1) / together.came.sum(axis=1), 0.99)
    assert fewer.high < 0
    formula = queueing.blocking(20, 16.0) - queueing.blocking(10, 8.0)
    assert fewer.low <= formula <= fewer.high


def test_the_same_seed_gives_the_same_and_threads_change_nothing():
    hospital = six_wards(days=40)
    with ThreadPoolExecutor(2) as executor:
        ours, theirs = play(hospital, 4, 3, executor), play(hospital, 4, 3)
    assert all(np.array_equal(ours.figures()[name], theirs.figures()[name]) for name in ours.figures())
    assert not np.array_equal(play(hospital, 4, 4).came, ours.came)


# Scenarios


def surgical(beds=20, days=365):
    """A surgical and a medical ward, too small for their acute patients; electives are put off when it is full."""
    staffed = np.full(60 + days, beds)
    return Hospital(
        (Ward("kir", staffed, beds + 2), Ward("med", staffed, beds + 2)),
        (
            PatientGroup("kir/acute", "kir", 3.2, exponential(110.0), WhenFull.CROWD, elsewhere=("med",)),
            PatientGroup("kir/elective", "kir", 1.2, exponential(70.0), WhenFull.POSTPONE, acute=False, priority=1),
            PatientGroup("med/acute", "med", 3.4, exponential(120.0), WhenFull.CROWD, elsewhere=("kir",)),
        ),
        WEEKDAYS_BUSY,
    )


@pytest.fixture(scope="module")
def base():
    return play(surgical(), 40, 2)


def changed(base, hospital):
    return difference(base, play(hospital, 40, 2), 0.99)


def test_fifteen_acute_surgical_beds_free_electives_and_leave_fewer_outliers(base):
    found = changed(base, new_ward(surgical(), "kava", 15, ["kir/acute"]))
    assert found["outliers_per_100"].high < 0
    assert found["elective_postponed_per_year"].high < 0
    assert abs(found["bed_days_per_year"].mean) < 0.02 * base.figures()["bed_days_per_year"].mean()


def test_a_change_meets_the_same_patients(base):
    """With common random numbers the interval of the difference is narrower than that of either year."""
    other = play(beds_changed(surgical(), "kir", 1), 40, 2)
    assert np.array_equal(other.came, base.came)
    paired = difference(base, other)["outliers_per_100"]
    apart = np.sqrt(base.outliers_per_100.var(ddof=1) + other.outliers_per_100.var(ddof=1))
    assert (paired.high - paired.low) / 2 < 0.6 * 2.02 * apart / np.sqrt(40)


def test_day_surgery_saves_bed_days_by_count_and_stay(base):
    found = changed(base, day_surgery(surgical(), ["kir/elective"], 0.5))
    figure = bed_days_saved(1.2 * 365, 0.5, 70 / 24)
    assert figure.remainder == pytest.approx(0)
    # The discharge clock makes a stay of 70 hours on it as long on the wall, in the mean over the week.
    assert found["bed_days_per_year"].low * 1.1 <= -figure.value <= found["bed_days_per_year"].high * 0.9
    assert found["elective_postponed_per_year"].high < 0


def test_shorter_stays_and_weekend_discharges_make_room(base):
    assert changed(base, shorter_stay(surgical(), ["med/acute"], 0.9))["occupancy"].high < 0
    weekend = changed(base, weekend_discharges(surgical()))
    assert weekend["occupancy"].high < 0
    assert weekend["outliers_per_100"].high < 0
    half = changed(base, weekend_discharges(surgical(), 0.5))
    assert weekend["occupancy"].mean < half["occupancy"].mean < 0


def days(first, last):
    number = np.arange(surgical().days)
    return (number >= first) & (number <= last)


def test_closed_beds_crowd_and_leave_the_denominator(base):
    closed = beds_changed(surgical(), "med", -8, days(200, 230))
    played = play(closed, 40, 2)
    assert played.open_beds.sum() == base.open_beds.sum() - 8 * 31
    assert difference(base, played, 0.99)["crowded_per_100"].low > 0


def test_a_crisis_fills_the_wards_and_the_usual_plan_is_there_afterwards(base):
    hospital = surgical()
    crisis = surge(hospital, "med", 2.0, exponential(150.0), days(150, 200), elective=0.0)
    played = play(crisis, 40, 2)
    assert difference(base, played, 0.99)["crowded_per_100"].low > 0
    before = slice(0, 150 - 60)
    assert np.array_equal(played.lying[:, before], base.lying[:, before])
    again = play(hospital, 40, 2)
    assert np.array_equal(again.lying, base.lying)
    assert base.came[:, 1].sum() > played.came[:, 1].sum()


# Broken input


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda h: replace(h, groups=()), "minst en vårdavdelning"),
        (lambda h: replace(h, wards=(h.wards[0], h.wards[0])), "samma namn"),
        (lambda h: replace(h, warm_days=10_000), "lika många dagar"),
        (lambda h: replace(h, retry_days=0), "uppskjuten"),
        (lambda h: replace(h, wards=(replace(h.wards[0], physical=1), h.wards[1])), "öppna vårdplatser"),
        (lambda h: replace(h, groups=(replace(h.groups[0], home="x"),)), "x finns inte"),
        (lambda h: replace(h, groups=(replace(h.groups[0], stays=np.array([2.0, 1.0])),)), "stigande"),
        (lambda h: replace(h, groups=(replace(h.groups[0], per_day=-1),)), "inflödet"),
        (lambda h: replace(h, groups=(replace(h.groups[0], season=np.ones(3)),)), "säsong"),
        (lambda h: replace(h, groups=(replace(h.groups[0], onward={"nobody": 0.1}),)), "nobody"),
        (lambda h: beds_changed(h, "x", 1), "x finns inte"),
        (lambda h: new_ward(h, "kava", 15, ["x"]), "x finns inte"),
        (lambda h: day_surgery(h, ["kir/elective"], 1.5), "dagkirurgi"),
        (lambda h: surge(h, "med", 1, exponential(9), days(9000, 9001)), "utanför"),
    ],
)
def test_what_contradicts_itself_is_refused(change, says):
    with pytest.raises(BadInput, match=says):
        change(surgical())


def test_beds_follow_the_staff_at_hand():
    assert staffed_beds(np.array([0, 2.0, 2.4, 9.0]), 5.0, 20).tolist() == [0, 10, 12, 20]
    with pytest.raises(BadInput):
        staffed_beds(np.array([1.0]), 0.0, 20)


def test_too_few_replications_are_refused():
    with pytest.raises(BadInput):
        play(surgical(), 0, 1)
    with pytest.raises(BadInput):
        estimate(np.array([1.0]))
