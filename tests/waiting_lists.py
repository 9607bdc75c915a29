"""Waiting lists to test with: by hand, and random regions by Hypothesis."""

import numpy as np
from hypothesis import strategies as st

from vardbalans.engine.waitlist.lists import EVERYONE, Capacity, PriorityClass, Referral, WaitingList

BY_PRIORITY = (
    PriorityClass("1", 0.2, tier=0, target_days=14, urgent=True),
    PriorityClass("2", 0.3, tier=1, target_days=42),
    PriorityClass("3", 0.5, tier=1, target_days=90),
)


def simple(name="a", *, waiting=(10,) * 20, referred=10, treated=12.0, steps=30, draws=1, **more):
    """One list: *waiting* by whole weeks, *referred* and *treated* every week."""
    classes = more.pop("classes", EVERYONE)
    waiting = np.array(waiting) if len(classes) == 1 else np.round(np.outer([row.share for row in classes], waiting))
    return WaitingList(
        name,
        np.atleast_2d(waiting).astype(np.int64),
        np.full((draws, steps), referred),
        more.pop("capacities", (Capacity("egen", np.full(steps, treated)),)),
        classes,
        **more,
    )


@st.composite
def regions(draw):
    """Up to four lists, some leading to others or back, with every feature now and then."""
    steps, draws = draw(st.integers(1, 12)), draw(st.integers(1, 3))
    names = [f"l{n}" for n in range(draw(st.integers(1, 4)))]
    people = st.integers(0, 15)

    def one(name):
        classes = draw(st.sampled_from([EVERYONE, BY_PRIORITY]))
        ages = draw(st.integers(1, 6))
        moved_steps = draw(st.integers(0, 8))
        counts = draw(st.lists(people, min_size=ages * len(classes), max_size=ages * len(classes)))
        came = draw(st.lists(people, min_size=draws * steps, max_size=draws * steps))
        rates = st.lists(st.floats(0, 20), min_size=steps, max_size=steps)
        hazard = draw(st.lists(st.sampled_from([0.0, 0.01, 0.3, 1.0]), min_size=1, max_size=4))
        return WaitingList(
            name,
            np.array(counts, np.int64).reshape(len(classes), ages),
            np.array(came, np.int64).reshape(draws, steps),
            (Capacity("egen", np.array(draw(rates))), Capacity("köpt", np.array(draw(rates)), external=True)),
            classes,
            np.array(hazard),
            limit_days=draw(st.sampled_from([None, 0.0, 6.0, 13.0, 30.0])),
            in_order=draw(st.sampled_from([1.0, 0.6, 0.0])),
            urgent_share=draw(st.sampled_from([0.0, 0.4, 1.0])),
            moved_in=np.array(draw(st.lists(people, min_size=steps, max_size=steps)), np.int64),
            moved_in_steps=moved_steps,
            limit_dates=draw(st.sampled_from([(), ((-2, 30.0), (1, 6.0)), ((0, None),)])),
            came_waited=np.array(draw(st.sampled_from([(1.0,), (0.5, 0.2, 0.3), (0.0, 1.0)]))),
        )

    lists = [one(name) for name in names]
    pair = st.tuples(st.sampled_from(names), st.sampled_from(names))
    referrals = [
        Referral(origin, to, draw(st.sampled_from([0.3, 1.0, 1.5])), draw(st.sampled_from([(1.0,), (0.5, 0.2, 0.3)])))
        for origin, to in draw(st.lists(pair, max_size=4, unique=True))
    ]
    return lists, referrals
