"""Lists ahead from a version's inputs: how they start, what comes, what is treated, and what each needs."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import WEEKS, flat_series, service, waiting_list
from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Source
from vardbalans.engine.inputs import Contract, Conversion, Inputs
from vardbalans.engine.projection import Question, lists_ahead
from vardbalans.engine.waitlist.bands import Band
from vardbalans.engine.waitlist.lists import EVERYONE, Priorities
from vardbalans.engine.waitlist.start import ListPeople, ListStart, start_of_bands, start_of_people

FEW = Question(draws=60, by=25)


def listed(name, level, queue, treated=None, limit_days=None):
    state = waiting_list(flat_series(level).values, flat_series(treated or level).values, queue)
    return service(name, state=state, limit_days=limit_days)


def inputs(*services, conversions=()):
    return Inputs(1, "f", WEEKS[0].start, WEEKS, {}, services, (), (), conversions)


def start(queue, weeks=12):
    waiting = np.full(weeks, queue // weeks)
    waiting[0] += queue - waiting.sum()
    return ListStart(EVERYONE, waiting[None])


def test_a_list_goes_on_as_in_the_last_year():
    found = lists_ahead(inputs(listed("a", 20, 240, limit_days=90)), {"a": start(240)}, FEW)
    row = found.projection.lists["a"]
    assert row.queue.mean[-1] == pytest.approx(240, rel=0.25)
    assert row.flows["referred"].sum() == pytest.approx(20 * 52, rel=0.06)
    assert found.asked == ("a",)
    steps = np.diff(row.queue.mean, prepend=240)
    assert steps == pytest.approx(row.flows["referred"] - row.flows["treated"], abs=1e-9)


def test_what_is_needed_holds_inflow_and_works_down_the_list():
    found = lists_ahead(inputs(listed("a", 20, 600, limit_days=90)), {"a": start(600, 30)}, FEW)
    needed = found.needed["a"]
    assert needed.until.mean() > needed.hold.mean() > 19
    assert needed.relief.mean() * needed.ordinary_steps == pytest.approx(600 - 13 * 20, rel=0.5)
    both = found.needed_together()
    assert both.until == pytest.approx(needed.until)


def test_those_whom_other_lists_lead_here_come_from_there_and_are_not_counted_twice():
    link = Conversion("a", "b", 0.5, 0.45, 0.55, (0.0, 0.5, 0.5), Source.of("referrals", service_id="b"))
    both = inputs(listed("a", 40, 400), listed("b", 20, 200), conversions=(link,))
    found = lists_ahead(both, {"a": start(400), "b": start(200)}, FEW).projection.lists["b"]
    assert (found.flows["referred"] + found.flows["induced"]).sum() == pytest.approx(20 * 52, rel=0.08)
    assert found.flows["induced"][4:].sum() > 0.9 * found.flows["referred"][4:].sum() + 800
    # The first weeks get those who were treated upstream before the start.
    assert found.flows["referred"][0] > 10
    assert found.flows["induced"][0] == 0


def test_a_short_list_was_not_held_back_by_capacity_so_production_follows():
    grown = listed("a", 20, 20)
    need = replace(grown.need, values=grown.need.values * np.linspace(0.6, 1.4, len(grown.need.values)))
    state = replace(grown.waiting_list, inflow=need)
    short = lists_ahead(inputs(replace(grown, need=need, waiting_list=state)), {"a": start(20)}, FEW)
    long = listed("a", 20, 400)
    held = lists_ahead(
        inputs(replace(long, need=need, waiting_list=replace(long.waiting_list, inflow=need))), {"a": start(400)}, FEW
    )
    rows = [found.projection.lists["a"] for found in (short, held)]
    assert rows[0].flows["treated"].sum() > 1.2 * rows[1].flows["treated"].sum()
    assert rows[1].queue.mean[-1] > 600


def test_lists_that_cannot_be_followed_are_named():
    stale = listed("b", 5, 50)
    cut = replace(stale.waiting_list.waiting, values=stale.waiting_list.waiting.values[:-5])
    stale = replace(stale, waiting_list=replace(stale.waiting_list, waiting=cut))
    found = lists_ahead(inputs(listed("a", 5, 50), stale, listed("c", 5, 50)), {"a": start(50), "b": start(50)}, FEW)
    assert list(found.projection.lists) == ["a"]
    assert sorted(str(note).split(":")[0] for note in found.notes) == ["b", "c"]


def test_what_cannot_be_asked_is_refused():
    one = inputs(listed("a", 5, 50))
    with pytest.raises(BadInput, match="Ingen väntelista"):
        lists_ahead(one, {}, FEW)
    with pytest.raises(BadInput, match="utanför"):
        lists_ahead(one, {"a": start(50)}, Question(draws=5, by=52))
    with pytest.raises(BadInput, match="minst 1"):
        Question(draws=0)
    with pytest.raises(BadInput, match="högst 1"):
        Question(share=1.5)


def test_asking_for_one_list_changes_no_figure_of_it():
    both = inputs(listed("a", 20, 200, limit_days=90), listed("b", 9, 90, limit_days=90))
    starts = {"a": start(200), "b": start(90)}
    whole, one = lists_ahead(both, starts, FEW), lists_ahead(both, starts, FEW, asked={"b"})
    assert np.array_equal(whole.needed["b"].until, one.needed["b"].until)
    assert one.projection.together.queue.mean == pytest.approx(whole.projection.lists["b"].queue.mean)
    assert whole.projection.together.queue.mean == pytest.approx(
        whole.projection.lists["a"].queue.mean + whole.projection.lists["b"].queue.mean
    )
    assert list(one.needed) == ["b"]


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 60), st.integers(0, 50)), min_size=1, max_size=6),
    st.integers(0, 30),
)
def test_bands_keep_every_person_in_the_weeks_they_cover(bands, oldest):
    rows = [Band(frm, frm + more, people) for frm, more, people in bands] + [Band(365, None, oldest)]
    found = start_of_bands(rows)
    assert found.waiting.sum() == sum(people for _, _, people in rows)
    assert found.waiting[0, 52] >= oldest  # the open band stands in its first week
    assert start_of_bands([Band(0, 6, 5), Band(7, 20, 10)]).waiting.tolist() == [[5, 5, 5]]


def people(priorities, target_days, order):
    """A hundred weeks of ten a week, nine treated in *order*; (came day, left, treated, priority, target days)."""
    rng, waiting, rows = np.random.default_rng(1), [], []
    for week in range(100):
        for _ in range(10):
            kind = int(rng.integers(len(priorities)))
            waiting.append((week * 7 + int(rng.integers(7)), kind))
        waiting.sort(key=lambda person: order(*person))
        rows += [(day, week, True, kind) for day, kind in waiting[:9]]
        waiting = waiting[9:]
    rows += [(day, 100, False, kind) for day, kind in waiting]
    came, left, treated, kinds = (np.array(column) for column in zip(*rows, strict=True))
    return came, left, treated, [priorities[kind] for kind in kinds], np.array(target_days)[kinds]


def test_recorded_priorities_stand_by_target_date_and_the_turn_kept_is_found():
    target = [90.0, 14.0, 42.0]
    strictly = start_of_people(ListPeople(*people(["C", "A", "B"], target, lambda day, kind: (target[kind], day))), 100)
    assert [row.name for row in strictly.classes] == ["A", "B", "C"]
    assert [row.tier for row in strictly.classes] == [0, 1, 2]
    assert strictly.calibration.in_order > 0.95
    assert strictly.waiting.sum() == 100
    assert strictly.waiting[:2].sum() < 10
    by_date = start_of_people(ListPeople(*people(["C", "A", "B"], target, lambda day, kind: day + target[kind])), 100)
    assert [row.tier for row in by_date.classes] == [0, 0, 0]
    assert [row.target_days for row in by_date.classes] == [14, 42, 90]


def test_people_without_priority_or_target_date_are_one_class_last():
    found = start_of_people(ListPeople(*people([None, "1"], [np.nan, np.nan], lambda day, _: day)), 100)
    assert [row.name for row in found.classes] == ["1", ""]
    assert found.classes[0].urgent
    assert not found.classes[1].urgent


def shared(name, list_name="Katarakt", **more):
    item = listed(name, more.pop("level", 20), more.pop("queue", 240), limit_days=90, **more)
    return replace(item, service=replace(item.service, unit_id=f"U-{name}", shared_list=list_name))


def test_services_that_share_a_list_are_one_queue_with_several_sites():
    both = inputs(shared("a"), shared("b", level=10, queue=60), listed("c", 5, 50))
    assert [tuple(item.service.service_id for item in row) for row in both.lists.values()] == [("a", "b"), ("c",)]
    found = lists_ahead(both, {"a": start(300), "c": start(50)}, FEW, asked={"b"})
    assert found.asked == ("a",)
    row = found.projection.lists["a"]
    assert row.flows["referred"].sum() == pytest.approx(30 * 52, rel=0.06)
    assert list(row.treated_at) == ["U-a", "U-b"]
    assert sum(row.treated_at.values()) == pytest.approx(row.flows["treated"])
    assert row.treated_at["U-a"].sum() == pytest.approx(2 * row.treated_at["U-b"].sum(), rel=0.1)
    queue = 300 + np.cumsum(row.flows["referred"] - row.flows["treated"])
    assert row.queue.mean == pytest.approx(queue)


def test_what_leads_from_a_shared_list_goes_the_way_of_each_service():
    links = tuple(
        Conversion(origin, "c", share, share, share, (0.0, 1.0), Source.of("referrals", service_id="c"))
        for origin, share in (("a", 0.0), ("b", 0.6))
    )
    both = inputs(shared("a"), shared("b"), listed("c", 12, 120), conversions=links)
    apart = inputs(shared("a", ""), shared("b", ""), listed("c", 12, 120), conversions=links)
    starts = {name: start(240) for name in "ab"} | {"c": start(120)}
    together = lists_ahead(both, starts | {"a": start(480)}, FEW).projection.lists["c"].flows["induced"]
    alone = lists_ahead(apart, starts, FEW).projection.lists["c"].flows["induced"]
    assert together.sum() == pytest.approx(alone.sum(), rel=0.05)
    assert together.sum() == pytest.approx(0.6 * 20 * 51, rel=0.1)


def test_services_with_different_guarantees_share_no_list():
    one, other = shared("a"), shared("b")
    other = replace(other, service=replace(other.service, guarantee="treatment"))
    assert len(inputs(one, other).lists) == 2


def test_purchased_care_is_used_last_and_only_when_asked_for():
    agreed = (("EXT", 1000, 260.0), ("U-a", 500, None), ("NEW", 900, None))
    contracts = tuple(Contract(provider, "a", price, volume, date(2020, 1, 1)) for provider, price, volume in agreed)
    whole = replace(inputs(shared("a", queue=400)), contracts=contracts)
    without = lists_ahead(whole, {"a": start(400)}, FEW)
    purchased = lists_ahead(whole, {"a": start(400)}, replace(FEW, purchased=True))
    own, row = without.projection.lists["a"], purchased.projection.lists["a"]
    assert [(site.name, site.external, site.price_ore) for site in own.item.capacities] == [("U-a", True, 500.0)]
    assert [(site.name, site.external) for site in row.item.capacities] == [("U-a", True), ("EXT", True)]
    assert row.treated_at["EXT"].sum() == pytest.approx(260, rel=0.05)
    assert row.queue.mean[-1] < own.queue.mean[-1] - 200
    assert [str(note).split(": ")[1] for note in without.notes] == [
        "volymen i avtalet med EXT räknas inte med",
        "avtalet med NEW saknar volym och räknas inte med",
    ]
    assert len(purchased.notes) == 1


def test_what_is_kept_for_the_urgent_is_the_services_share():
    plain = listed("a", 20, 240, limit_days=90)
    kept = replace(plain, service=replace(plain.service, urgent_share=0.3))
    (item,) = (row.item for row in lists_ahead(inputs(kept), {"a": start(240)}, FEW).projection.lists.values())
    assert item.urgent_share == 0.3


def test_those_who_are_moved_here_are_their_own_line_and_part_of_those_who_come():
    plain = lists_ahead(inputs(listed("a", 20, 240)), {"a": start(240)}, FEW).projection.lists["a"]
    moving = replace(start(240), moved_share=0.25, moved_weeks=8)
    moved = lists_ahead(inputs(listed("a", 20, 240)), {"a": moving}, FEW).projection.lists["a"]
    come = moved.flows["referred"] + moved.flows["moved_in"]
    assert come == pytest.approx(plain.flows["referred"])
    assert moved.flows["moved_in"].sum() / come.sum() == pytest.approx(0.25, abs=0.02)
    assert moved.item.moved_in_steps == 8
    steps = np.diff(moved.queue.mean, prepend=240)
    assert steps == pytest.approx(come - moved.flows["treated"], abs=1e-9)


def by_days(queue, weeks=12):
    days = np.zeros(weeks * 7, np.int64)
    days[np.arange(queue) * weeks * 7 // queue] += 1
    return replace(start(queue, weeks), waiting_days=days[None])


@pytest.mark.parametrize("level", [20, 24])
def test_days_and_weeks_tell_the_same(level):
    link = Conversion("a", "b", 0.5, 0.45, 0.55, (0.0, 0.5, 0.5), Source.of("referrals", service_id="b"))
    both = inputs(listed("a", level, 84, 20, limit_days=30), listed("b", 10, 84, limit_days=90), conversions=(link,))
    starts = {"a": by_days(84), "b": by_days(84)}
    weekly = lists_ahead(both, starts, FEW)
    daily = lists_ahead(both, starts, replace(FEW, daily=True))
    assert [str(step) for step in daily.steps[:2]] == [str(day) for day in WEEKS[0].days[:2]]
    for name in ("a", "b"):
        week, day = weekly.projection.lists[name], daily.projection.lists[name]
        assert day.queue.mean[6::7] == pytest.approx(week.queue.mean, rel=0.05, abs=2)
        assert day.flows["referred"].sum() == pytest.approx(week.flows["referred"].sum())
        assert day.flows["referred"][5::7].sum() == 0, "nobody is referred on a Saturday"
        for flow in ("induced", "treated"):
            assert day.flows[flow].sum() == pytest.approx(week.flows[flow].sum(), rel=0.03, abs=1)
        before, after = day.waiting.share_within, week.waiting.share_within
        assert before.mean[6::7][-26:] == pytest.approx(after.mean[-26:], abs=0.08)
        solved, by_day = weekly.needed[name], daily.needed[name]
        assert by_day.hold.mean() == pytest.approx(solved.hold.mean(), rel=0.1)
        assert by_day.ordinary_steps == pytest.approx(solved.ordinary_steps)


def test_a_limit_of_three_days_is_told_by_days():
    treated = inputs(listed("a", 20, 12, limit_days=3))
    waiting = np.zeros((1, 7), np.int64)
    waiting[0, :3] = 4
    opening = replace(start(12, 1), waiting_days=waiting)
    daily = lists_ahead(treated, {"a": opening}, replace(FEW, daily=True)).projection.lists["a"]
    assert daily.item.limit_days == 3
    assert 0 < daily.waiting.share_within.mean[:5].min() <= 1
    steps = np.diff(daily.queue.mean, prepend=12)
    assert steps == pytest.approx(daily.flows["referred"] - daily.flows["treated"], abs=1e-9)


def test_recorded_classes_keep_their_order_names_and_urgent_ones():
    people = ListPeople(
        np.arange(0, 364, 7),
        np.full(52, 52),
        np.zeros(52, bool),
        ["röd", "gul", "grön", "okänd"] * 13,
        np.tile([90.0, 14.0, 42.0, 7.0], 13),
        moved=np.arange(52) % 4 == 0,
        before=np.full(52, 30.0),
    )
    told = Priorities(("röd", "grön", "gul"), frozenset({"grön"}), {"röd": "Genast"})
    found = start_of_people(people, 52, priorities=told)
    assert [row.name for row in found.classes] == ["röd", "grön", "gul", "okänd"]
    assert [row.urgent for row in found.classes] == [False, True, False, False]
    assert [row.label for row in found.classes] == ["Genast", "", "", ""]
    assert (found.moved_share, found.moved_weeks) == (0.25, 4)
    assert found.waiting_days.sum() == found.waiting.sum() == 52
    weeks = found.waiting.shape[1]
    days = np.pad(found.waiting_days, ((0, 0), (0, 7 * weeks - found.waiting_days.shape[1])))
    assert np.array_equal(days.reshape(4, weeks, 7).sum(axis=2), found.waiting)
    assert [row.name for row in start_of_people(people, 52).classes] == ["okänd", "gul", "grön", "röd"]
