"""What history says of removals and order: planted truths come back, published numbers hold, nothing is negative."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vardbalans.engine.errors import BadInput
from vardbalans.engine.waitlist import calibrate as module
from vardbalans.engine.waitlist.bands import Band
from vardbalans.engine.waitlist.calibrate import (
    BandHistory,
    StockMove,
    WaitHistory,
    backtest,
    backtest_stocks,
    by_step,
    calibrate,
    calibrate_bands,
    calibrate_stocks,
    next_stock,
)
from vardbalans.engine.waitlist.start import start_of_bands

HAZARD = np.array([0.03, 0.02, 0.02, 0.01, 0.02])
WEIGHTS = np.array([0.3, 0.2, 0.1, 0.08, 0.15])
START = np.array([100.0, 80, 60, 40, 20])


def history(seed=1, steps=104, level=20, treated=19.0, hazard=(0.004,), in_order=1.0):
    """Person by person: who leaves and who is treated, in plain Python. Rank is the order of coming."""
    rng = np.random.default_rng(seed)
    waiting = [(-age - 1, n) for age in range(19, -1, -1) for n in range(level)]
    rows, left_over = [], 0.0
    for step in range(steps):
        stay = []
        for person in waiting:
            age = step - 1 - person[0]
            gone = rng.random() < hazard[min(age, len(hazard) - 1)]
            rows.append((person[0], step, False)) if gone else stay.append(person)
        waiting = stay + [(step, n) for n in range(rng.poisson(level))]
        left_over += treated
        count = min(int(left_over), len(waiting))
        left_over -= int(left_over)
        for _ in range(count):
            place = 0 if rng.random() < in_order else rng.integers(len(waiting))
            rows.append((waiting.pop(place)[0], step, True))
    rows += [(person[0], steps, False) for person in waiting]
    came, left, done = (np.array(column) for column in zip(*rows, strict=True))
    return WaitHistory(came, left, done, came, steps)


def test_published_stock_and_flow_by_months_waited():
    """NHSRtt's own test: referrals 110, capacity 90."""
    treated, removed, still = next_stock(START, 110, 90, HAZARD, WEIGHTS)
    assert treated == pytest.approx([39.7058824, 24.0641711, 9.6256684, 5.7754011, 10.8288770], abs=1e-7)
    assert still == pytest.approx([66.994118, 73.935829, 68.774332, 53.624599, 47.971123], abs=1e-6)
    assert removed.sum() == pytest.approx(8.7)


def test_capacity_beyond_one_bands_people_goes_to_the_others():
    """As NHSRtt has it: nobody waits while there is capacity, and no band falls below zero."""
    treated, removed, still = next_stock(np.array([10.0, 0, 40]), 10, 30, np.zeros(3), np.array([0.0, 1.0, 0.2]))
    # Drawn 10 of band 1 and 8 of band 2: band 1 would get 16⅔ for its ten, and band 2 has the rest.
    assert treated == pytest.approx([0, 10, 20])
    assert still == pytest.approx([10, 0, 20])
    treated, removed, still = next_stock(np.array([10.0, 0, 40]), 10, 300, np.full(3, 0.1), np.ones(3))
    assert treated == pytest.approx([9, 9, 36])
    assert removed == pytest.approx([1, 1, 4])
    assert still == pytest.approx([0, 0, 0])


@given(
    st.lists(st.floats(0, 1e4), min_size=2, max_size=8),
    st.floats(0, 1e4),
    st.floats(0, 1e5),
    st.floats(0, 1),
    st.lists(st.sampled_from([0.0, 0.01, 0.3, 1.0]), min_size=8, max_size=8),
)
def test_a_period_keeps_every_person_and_treats_as_many_as_there_is_capacity_for(
    waiting, referred, capacity, share, weights
):
    hazard, weights = np.full(len(waiting), share), np.array(weights[: len(waiting)])
    treated, removed, still = next_stock(np.array(waiting), referred, capacity, hazard, weights)
    assert min(treated.min(), removed.min(), still.min()) >= 0
    assert treated.sum() + removed.sum() + still.sum() == pytest.approx(sum(waiting) + referred)
    assert treated.sum() <= capacity * (1 + 1e-9) + 1e-9
    if treated.sum() < capacity * (1 - 1e-9) - 1e-9:
        assert still[weights > 0].sum() == pytest.approx(0, abs=1e-6)


def test_two_snapshots_tell_what_was_treated_and_what_left():
    """Months waited at the ends of two months, by hand; both rates are of the inflow of a band, as in NHSRtt."""
    before, after, treated = np.array([50.0, 30, 20]), np.array([80.0, 40, 30]), np.array([15.0, 6, 15])
    found, weights = calibrate_bands(BandHistory(np.array([before, after]), np.array([100.0]), treated[None]))
    # Inflow of each: 100 referred; 50 who had waited 0 months; 30 and the 20 who stay in the last.
    assert found.hazard == pytest.approx([5 / 100, 4 / 50, 5 / 50])
    assert weights == pytest.approx([15 / 100, 6 / 50, 15 / 50])
    assert (found.removed, found.treated, found.unexplained) == (14, 36, 0)
    assert next_stock(before, 100, 36, found.hazard, weights)[2] == pytest.approx(after)


def bands():
    waiting, treated = [START], []
    for referred, capacity in ((110, 90), (112, 95), (114, 100)):
        done, _, still = next_stock(waiting[-1], referred, capacity, HAZARD, WEIGHTS)
        waiting.append(still)
        treated.append(done)
    return BandHistory(np.array(waiting), np.array([110.0, 112, 114]), np.array(treated))


def test_the_three_published_periods_give_their_parameters_back():
    found, weights = calibrate_bands(bands())
    assert found.hazard == pytest.approx(HAZARD)
    assert weights / weights[0] == pytest.approx(WEIGHTS / WEIGHTS[0], rel=0.01)
    assert found.unexplained == pytest.approx(0, abs=1e-9)
    assert found.treated == 285


def test_people_who_came_uncounted_are_told_and_never_a_negative_removal():
    rows = bands()
    more = rows.waiting + np.array([[0.0], [0], [0], [30]])
    found, _ = calibrate_bands(BandHistory(more, rows.referred, rows.treated))
    assert found.unexplained < -100
    assert (found.hazard >= 0).all()


@pytest.mark.parametrize("mix", [1.0, 0.7, 0.0])
def test_the_mix_is_found_in_bands(mix):
    people = np.array([110.0, 100, 80, 60, 60])
    oldest = np.array([0.0, 0, 0, 30, 60])
    treated = mix * oldest + (1 - mix) * people * 90 / people.sum()
    waiting = np.array([START, people - treated])
    found, _ = calibrate_bands(BandHistory(waiting, np.array([110.0]), treated[None]))
    assert found.in_order == pytest.approx(mix, abs=1e-9)


def stocks(rows, edges, every=1):
    """The list by bands from each of the days *edges* on, every so many weeks: moves from one to the next."""

    def banded(step):
        ages = rows.waiting_at(step)[0]
        weeks = np.arange(len(ages)) * 7
        tops = [*(edge - 1 for edge in edges[1:]), None]
        return [
            Band(frm, to, int(ages[(weeks >= frm) & (weeks <= (np.inf if to is None else to))].sum()))
            for frm, to in zip(edges, tops, strict=True)
        ]

    came, treated = rows.count(False), rows.count(True, True)
    return [
        StockMove(banded(step), banded(step + every), every, came[ahead].sum(), treated[ahead].sum())
        for step in range(20, rows.steps - every - 1, every)
        for ahead in [slice(step + 1, step + every + 1)]
    ]


@pytest.mark.parametrize(
    ("edges", "every"), [(range(0, 365, 7), 1), (range(0, 365, 28), 1), (range(0, 365, 28), 4)], ids=str
)
@pytest.mark.parametrize(("order", "hazard"), [(1.0, 0.004), (0.6, 0.01), (0.0, 0.02)])
def test_removals_and_order_come_back_from_bands_of_the_waiting_alone(order, hazard, edges, every):
    """In weeks or months, by weeks or four of them; nobody tells how long the treated had waited."""
    rows = history(5, 156, 40, 38.0, (hazard,), order)
    found = calibrate_stocks(stocks(rows, [*edges], every))
    assert found.hazard[0] == pytest.approx(hazard, rel=0.15)
    assert found.in_order == pytest.approx(order, abs=0.15)
    assert found.unexplained == 0


@pytest.mark.parametrize(("edges", "every"), [(range(0, 365, 7), 1), (range(0, 365, 28), 4)], ids=str)
def test_a_list_known_by_bands_is_tried_on_what_came_after(edges, every):
    moves = stocks(history(5, 156, 40, 38.0, (0.012,), 0.6), [*edges], every)
    trial = backtest_stocks(moves, 90)
    assert trial.queue < 0.1 * trial.people
    assert trial.queue < trial.queue_plain / 5, "nobody leaves: the list grows beyond what came"
    assert trial.over < trial.over_plain
    assert trial.inside >= 0.7
    assert backtest_stocks(moves[:8], 90) is None, "all are needed to calibrate from"
    missing = [*moves[:-2], moves[-1]]
    assert backtest_stocks(missing, 90) is None, "it was not counted in between"
    assert start_of_bands(moves[-1].after, moves, 90).trial == trial


def test_an_account_that_lacks_arrivals_gives_no_negative_removal():
    week = [Band(0, 6, 10), Band(7, None, 20)]
    found = calibrate_stocks([StockMove(week, [Band(0, 6, 10), Band(7, None, 30)], 1, 10.0, 5.0)])
    assert (found.hazard[0], found.removed, found.unexplained) == (0.0, 0, -5.0)
    assert by_step(week).tolist() == [10, 20]
    with pytest.raises(BadInput, match="ingen historik"):
        calibrate_stocks([])


def test_the_hazard_is_removals_over_people_at_risk():
    """Three people: one leaves after two steps, one is treated in its second step, one waits to the end."""
    few = WaitHistory(np.array([0, 0, 1]), np.array([2, 1, 4]), np.array([False, True, False]), np.array([0, 1, 2]), 4)
    removed, exposed = module._life_table(few)
    assert removed.tolist() == [0, 1]
    assert exposed.tolist() == [3, 2]


@pytest.mark.parametrize("people", [0, 1, 5])
def test_a_new_list_that_nobody_has_left_is_not_told_to_lose_them(people):
    came = np.arange(people)
    found = calibrate(WaitHistory(came, np.full(people, 99), np.zeros(people, bool), came, 10))
    assert 0 < found.hazard.max() < 0.01


def test_planted_removals_are_covered_and_follow_the_time_waited():
    truth = np.where(np.arange(60) < 8, 0.004, 0.02)
    found = [calibrate(history(seed, hazard=truth, treated=16.0)) for seed in range(12)]
    ages = [1, 5, 10]  # one in each group of lengths: below 2, from 4, from 8
    covered = [(row.hazard_low[ages] <= truth[ages]) & (truth[ages] <= row.hazard_high[ages]) for row in found]
    assert np.mean(covered) >= 0.85
    assert all(row.hazard[10] > 2 * row.hazard[5] for row in found)


@pytest.mark.parametrize("planted", [np.ones(8), np.repeat([1.0, 6.0], 4), np.geomspace(4, 0.2, 8)])
def test_bounds_of_removals_hold_however_lengths_of_wait_differ(planted):
    """Rates alike, higher after some weeks, and falling twentyfold: nine bounds in ten or more hold the planted one."""
    rng = np.random.default_rng(3)
    exposed = np.array([3000.0, 2700, 4500, 7200, 3500, 2500, 800, 100])
    truth = 0.005 * planted
    held = []
    for _ in range(200):
        _, low, high = module._shrunk(rng.poisson(truth * exposed).astype(float), exposed)
        held.append((low <= truth) & (truth <= high))
    assert 0.9 <= np.mean(held) <= 0.99


@pytest.mark.parametrize("in_order", [1.0, 0.75, 0.3])
def test_the_planted_order_comes_back(in_order):
    found = [calibrate(history(seed, in_order=in_order)) for seed in range(4)]
    assert np.mean([row.in_order for row in found]) == pytest.approx(in_order, abs=0.04)
    assert all(abs(row.in_order - in_order) <= 4 * row.in_order_error + 0.01 for row in found)


def test_what_is_calibrated_errs_less_than_the_plain_list_on_the_year_after():
    trials = [backtest(history(seed, hazard=(0.01,), in_order=0.6, steps=130), 78, 90) for seed in range(3)]
    assert np.mean([row.queue for row in trials]) < 0.35 * np.mean([row.queue_plain for row in trials])
    assert np.mean([row.over for row in trials]) < 0.5 * np.mean([row.over_plain for row in trials])
    assert np.mean([row.queue / row.people for row in trials]) < 0.05


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 12), st.booleans()), min_size=1, max_size=30))
def test_any_history_gives_shares_and_counts_that_are_its_own(rows):
    came, stay, done = (np.array(column) for column in zip(*rows, strict=True))
    found = calibrate(WaitHistory(came, came + stay, done, came, 10))
    assert ((found.hazard >= 0) & (found.hazard <= 1)).all()
    assert 0 <= found.in_order <= 1
    left = came + stay
    assert found.removed == ((left >= 0) & (left < 10) & ~done).sum()


def test_a_history_known_so_far_has_nothing_of_what_came_later():
    whole = history(steps=30)
    early = whole.until(12)
    assert early.came.max() < 12
    assert not early.treated[early.left >= 12].any()
    assert early.waiting_at(11).tolist() == whole.waiting_at(11).tolist()


def test_broken_histories_are_refused():
    with pytest.raises(BadInput, match="innan"):
        WaitHistory(np.array([3]), np.array([2]), np.array([True]), np.array([1]), 5)
    with pytest.raises(BadInput, match="olika många"):
        WaitHistory(np.array([3]), np.array([4, 5]), np.array([True]), np.array([1]), 5)
    with pytest.raises(BadInput, match="delas"):
        backtest(history(steps=5), 5, 90)
    with pytest.raises(BadInput, match="Banden"):
        BandHistory(np.zeros((2, 3)), np.zeros(1), np.zeros((1, 2)))
