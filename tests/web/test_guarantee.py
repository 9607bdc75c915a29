"""The care guarantee at a glance: people and lists within it today, and lists expected to be."""

from typing import Any

from vardbalans.web.insight.guarantee import guarantee_of


def a_list(waiting: float, share: float | None, **more: Any) -> dict[str, Any]:
    usual = {"limit_days": 90, "waiting_n": waiting, "waiting_law": share, "waiting_within": None, "reached": 1.0}
    return usual | {"within_week": "2026-W50", "breaks_week": None, "is_shared": False} | more


def test_people_and_lists_are_counted_where_they_may_be_told() -> None:
    rows = [
        a_list(100, 1.0),
        a_list(50, 0.5, within_week=None),
        a_list(10, None, waiting_within=0.9),  # no day is left out: all count
        a_list(40, 1.0, breaks_week="2027-W10"),
        a_list(30, 1.0, reached=None, within_week=None),  # too short a history to project
        a_list(8, None),  # too few to tell
        a_list(70, 0.1, limit_days=None),
        a_list(150, 0.2, is_shared=True),  # the lists of its services are among the others
    ]
    found = guarantee_of(rows, "2027-W47")
    assert found is not None
    assert (found.waiting, found.within, found.lists, found.kept) == (230, 204, 5, 3)
    assert (found.expected, found.projected, found.week) == (2, 4, "2027-W47")
    assert found.share == 204 / 230


def test_nothing_is_said_where_nothing_may_be_told() -> None:
    assert guarantee_of([a_list(8, None), a_list(70, 0.1, limit_days=None)], "2027-W47") is None
    assert guarantee_of([], "2027-W47") is None
