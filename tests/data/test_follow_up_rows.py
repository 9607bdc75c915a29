"""The rows of a year's follow-up: small numbers hidden so that no sum gives them away, figures with their terms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vardbalans.data.month_figures import differences, digest_of, month_figures, whole_months
from vardbalans.data.results.follow_up import follow_up_figure, follow_up_rows
from vardbalans.engine.catalogue import Service, Unit
from vardbalans.engine.explain import Source
from vardbalans.engine.follow_up import Agreed, followed, of_units
from vardbalans.engine.inputs import Series, ServiceInput
from vardbalans.engine.periods import Period, swedish_calendar

CALENDAR = swedish_calendar(2022, 2028)
UNITS = {name: Unit(name, name, "unit", parent) for name, parent in (("r", ""), ("k", "r"), ("l", "r"))}


def rows(means=(20.0, 3.0, 6.0), below=5, agreed=None, table="contacts"):
    items = []
    for n, (mean, unit) in enumerate(zip(means, ("k", "k", "l"), strict=True)):
        values = np.random.default_rng(n).poisson(mean, 147).astype(float)
        series = Series(Period.parse("2024-W01"), values, Source.of(table, service_id=f"s{n}"))
        service = Service(f"s{n}", f"Tjänst {n}", unit, "surgery")
        items.append(ServiceInput(service, CALENDAR, series, False, None, series))
    services = followed(items, agreed or {}, 2026, draws=50, seed=1)
    return follow_up_rows(services, of_units(services, UNITS), UNITS, CALENDAR, 2026, below)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.floats(0.5, 12), min_size=3, max_size=3), st.integers(2, 8))
def test_no_hidden_count_can_be_worked_out(means, below) -> None:
    found = {(row["unit_id"], row["service_id"]): row for row in rows(tuple(means), below)}
    groups = {("k", ""): (("k", "s0"), ("k", "s1")), ("r", ""): (("k", ""), ("l", "")), ("l", ""): (("l", "s2"),)}
    for name in ("weeks", "months"):
        for row in found.values():
            assert all(p["counted"] is None or not 0 < round(p["counted"]) < below for p in row[name])
            hidden = [p for p in row[name] if p["hidden"]]
            assert (
                len(hidden) != 1
                or len(row[name]) == 1
                or all((p["counted"] or 0) == 0 for p in row[name] if not p["hidden"])
            )
        for whole, group in groups.items():
            for at in range(len(found[whole][name])):
                dark = [place for place in group if found[place][name][at]["hidden"]]
                is_told = not found[whole][name][at]["hidden"]
                assert len(dark) != 1 or not is_told, "one alone is the sum less the others"
                assert dark or is_told, "the sum is its parts"
    for group in list(groups.values())[:2]:
        dark = [place for place in group if found[place]["done"] is None]
        assert len(dark) != 1, "so it is of the year so far"
        assert all(found[place]["year"] is None for place in dark), "the year less what is ahead is what is done"


def test_a_hidden_count_is_hidden_in_every_figure() -> None:
    row = next(row for row in rows() if row["service_id"] == "s1")
    hidden = next(period for period in row["weeks"] if period["hidden"] and period["whole"])
    assert hidden["counted"] is hidden["expected"] is hidden["deviation"] is None
    assert hidden["sign"] == 0
    assert follow_up_figure(row, "outcome", hidden["period"]) is None


def test_few_in_the_last_weeks_together_are_not_told_either() -> None:
    found = rows((20.0, 0.6, 6.0))
    told = {row["service_id"]: row["lately"] for row in found if row["service_id"]}
    assert told["s2"]
    assert not told["s0"], "the unit's less its own would be those few"
    assert all(row["lately"] is None or not 0 < row["lately"]["outcome"] < 5 for row in found)
    few = next(row for row in found if row["service_id"] == "s1")
    assert (few["lately"], few["sign"]) == (None, None)


@pytest.mark.parametrize("agreed", [None, {"s0": Agreed(1100.0, True)}])
def test_every_figure_is_the_sum_of_its_terms(agreed) -> None:
    row = next(row for row in rows(below=1, agreed=agreed) if row["service_id"] == "s0")
    for period in row["weeks"] + row["months"]:
        for name in ("outcome", "planned"):
            figure = follow_up_figure(row, name, period["period"])
            if figure:
                assert figure.remainder == pytest.approx(0, abs=0.005)
    year = follow_up_figure(row, "year_expected", "2026")
    assert year.value == pytest.approx(sum(period["expected"] for period in row["months"]), abs=0.02)
    assert year.remainder == 0


def test_people_treated_are_found_by_the_day_they_were_closed() -> None:
    row = next(row for row in rows(below=1, table="referrals") if row["service_id"] == "s0")
    figure = follow_up_figure(row, "outcome", "2026-W10")
    assert dict(figure.terms[0].source.where) == {
        "service_id": "s0",
        "treated_since": "2026-03-02",
        "treated_until": "2026-03-09",
    }


def test_a_sum_of_services_is_explained_by_its_parts_alone() -> None:
    row = next(row for row in rows() if not row["service_id"])
    assert follow_up_figure(row, "outcome", "2026-W10") is None
    assert follow_up_figure(row, "year_expected", "2026") is None


def test_the_figures_of_a_month_and_their_digest() -> None:
    made = rows()
    assert whole_months(made)[0] == "2026-09"
    goals = [{"unit_id": "k", "indicator": "x", "value": 0.5}, {"unit_id": "l", "indicator": "x", "value": 0.1}]
    figures = month_figures(made, goals, {"k"}, "2026-09")
    assert {row["unit_id"] for row in figures["rows"]} == {"k"}
    assert len(figures["rows"]) == 3
    assert figures["goals"] == goals[:1]
    assert digest_of(figures) == digest_of(month_figures(rows(), goals, {"k"}, "2026-09"))
    assert differences(figures, figures) == []
    assert month_figures(made, goals, {"k"}, "2025-09")["rows"] == []


def test_a_month_is_whole_when_it_is_so_everywhere() -> None:
    def counted(*whole):
        months = [{"period": f"2026-0{n}", "whole": each} for n, each in enumerate(whole, start=1)]
        return {"of_year": 2026, "months": months}

    assert whole_months([counted(True, True, False), counted(True, False, False)]) == ["2026-01"]
    assert whole_months([]) == []


def test_a_difference_names_the_figure_and_hidden_ones_are_not_compared() -> None:
    figures = month_figures(rows(below=1), [], {"k"}, "2026-09")
    other = {"rows": [dict(row) for row in figures["rows"]]}
    other["rows"][0]["counted"] += 3
    gone = other["rows"].pop()
    found = differences(figures, other)
    assert [(each.figure, each.now) for each in found if each.service_id == gone["service_id"]] == [
        ("counted", None),
        ("planned", None),
    ]
    changed = next(each for each in found if each.now is not None)
    assert changed.now - changed.frozen == pytest.approx(3)
    other["rows"][0]["hidden"] = True
    assert [each for each in differences(figures, other) if each.now is not None] == []
