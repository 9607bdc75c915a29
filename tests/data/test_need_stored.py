"""What a run tells of need: stored with it, read back in parts, and made for a store that lacks what it needs."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from tests.strategies import CALENDAR, HISTORY, WEEKS, flat_series, inputs, recipe, room, series, service
from vardbalans.cli import run as command
from vardbalans.data.results import Results
from vardbalans.data.results.need import DETAILS, Study, need_table
from vardbalans.engine.errors import BadInput
from vardbalans.engine.inputs import Adjustment
from vardbalans.engine.messages import Message
from vardbalans.engine.need import backtests
from vardbalans.engine.periods import Period, weeks_from
from vardbalans.engine.scenario import Settings, run

WHEN = datetime(2026, 11, 1, tzinfo=UTC)
MORE = Adjustment("J1", "s", WEEKS[4].start, WEEKS[7].days[-1], WEEKS[0].start, "Planerare", "clinic", "Skäl", 10.0)
MONTHS = series(160 * np.array([1.0 + n % 3 / 10 for n in range(36)]), start=Period.parse("2023-11"))


def made(need, adjustments=(), **study):
    world = inputs([service(need=need)], [room()], [recipe()])
    weeks = WEEKS if need.start.frequency == "week" else weeks_from(Period.parse("2026-W45"), 52)
    outcome = run(replace(world, adjustments=tuple(adjustments), weeks=weeks), Settings(draws=200))
    return outcome, {"s": Study(backtests({"s": need}, CALENDAR)["s"], **study)}


@pytest.fixture
def stored(tmp_path):
    def store(need=None, adjustments=(), **study):
        outcome, studies = made(flat_series(40) if need is None else need, adjustments, **study)
        return outcome, Results(tmp_path).store(outcome, at=WHEN, need=need_table(outcome, studies))

    return store


def test_the_list_reads_no_details_and_its_totals_are_the_forecasts(stored):
    outcome, result = stored()
    (row,) = result.needs(["clinic"])
    assert not set(DETAILS) & set(row)
    forecast = outcome.services[0].forecast
    assert row["total"] == pytest.approx(forecast.mean.sum(), abs=1e-3)
    assert [row["low"], row["high"]] == pytest.approx(list(np.quantile(forecast.draws.sum(axis=1), (0.1, 0.9))))
    assert row["last_year"] == outcome.services[0].item.need.last(52).sum()
    assert row["change"] == pytest.approx(row["total"] / row["last_year"] - 1, abs=2e-3)
    assert result.needs(["elsewhere"]) == result.needs([]) == []
    assert result.need("elsewhere", "s") is None
    assert result.need("clinic", "other") is None


def test_weeks_and_months_tell_the_same_story(stored):
    _outcome, result = stored()
    row = result.need("clinic", "s")
    assert [each["period"] for each in row["weeks"]["ahead"]] == [str(week) for week in WEEKS]
    assert len(row["weeks"]["past"]) == HISTORY
    # The month in which data end is what was counted of it and what is expected of the rest.
    now, *later = row["months"]["ahead"]
    assert now["known"] > 0
    assert all(each["known"] == 0 for each in later)
    assert now["mean"] > now["known"]
    assert now["q025"] >= now["known"]
    whole = [each for each in row["months"]["ahead"] if "2026-12" <= each["period"] <= "2027-09"]
    assert len(whole) == 10
    for each in (*row["weeks"]["ahead"], *whole):
        ends = [each[name] for name in ("q025", "q10", "q25", "q75", "q90", "q975")]
        assert ends == sorted(ends)
    months = sum(each["mean"] for each in row["months"]["ahead"]) - now["known"]
    assert 0 < row["total"] - months < 5 * 40  # the last weeks lie in a month that is not whole


def test_factors_multiply_to_the_forecast_before_adjustments(stored):
    _outcome, result = stored(adjustments=[MORE])
    row = result.need("clinic", "s")
    for week in row["factors"]:
        product = np.prod([value for name, value in week.items() if name not in {"week", "base"}])
        assert product == pytest.approx(week["base"], rel=1e-3)


def test_adjustments_are_told_with_what_they_add(stored):
    _outcome, result = stored(adjustments=[MORE])
    row = result.need("clinic", "s")
    (change,) = row["adjusted"]
    assert (change["author"], change["author_level"], change["reason"]) == ("Planerare", "clinic", "Skäl")
    assert change["added"] == pytest.approx(40)
    assert row["total"] - row["base_total"] == pytest.approx(40, abs=0.01)
    assert row["adjustments"] == 1
    adjusted = [week for week in row["weeks"]["ahead"] if week["mean"] != week["base"]]
    assert [week["period"] for week in adjusted] == [str(week) for week in WEEKS[4:8]]
    november, december = row["months"]["ahead"][1:3]
    assert november["mean"] + december["mean"] == pytest.approx(november["base"] + december["base"] + 40, abs=0.01)


def test_the_need_of_a_week_is_explained_with_its_changes(stored):
    _outcome, result = stored(adjustments=[MORE])
    plain = result.need_figure("clinic", "s", str(WEEKS[0]))
    assert [term["label"] for term in plain["terms"]] == ["prognos för veckan"]
    changed = result.need_figure("clinic", "s", str(WEEKS[4]))
    assert changed["terms"][1]["label"].endswith("Skäl")
    for figure in (plain, changed):
        assert figure["value"] == pytest.approx(sum(term["value"] for term in figure["terms"]))
        assert figure["remainder"] == pytest.approx(0, abs=1e-6)
        assert figure["terms"][0]["source"]["table"] == "referrals"
    with pytest.raises(BadInput, match="Ingen sådan siffra"):
        result.need_figure("clinic", "s", "2020-W01")
    with pytest.raises(BadInput, match="Ingen sådan siffra"):
        result.need_figure("elsewhere", "s", str(WEEKS[0]))


def test_a_service_counted_by_month_is_shown_by_month_as_it_was_forecast(stored):
    # History to the end of October 2026; the first week begins on 2 November, and no working day is lost.
    outcome, result = stored(MONTHS)
    row = result.need("clinic", "s")
    assert row["weeks"] is None
    assert [part["month"] for part in row["factors"]] == [each["period"] for each in row["months"]["ahead"]]
    for part in row["factors"]:
        names = ("level", "trend", "season", "working_days", "deviation")
        assert np.prod([part[name] for name in names]) == pytest.approx(part["base"], rel=1e-4)
    assert [each["value"] for each in row["months"]["past"][-3:]] == list(MONTHS.values[-3:])
    assert row["months"]["ahead"][0]["period"] == "2026-11"
    # What is drawn by month is what was split over the weeks.
    weekly = outcome.services[0].forecast.mean.sum()
    assert [each["period"] for each in row["months"]["ahead"]][-1] == "2027-10"
    assert sum(each["mean"] for each in row["months"]["ahead"]) == pytest.approx(weekly, rel=1e-3)
    assert row["backtest"]["outcomes"] == 12


def test_a_month_that_planners_changed_is_changed_by_as_much(stored):
    _outcome, plain = stored(MONTHS)
    before = plain.need("clinic", "s")["months"]["ahead"]
    _outcome, changed = stored(MONTHS, [replace(MORE, per_week=None, factor=1.5, date_to=date(2030, 1, 1))])
    after = changed.need("clinic", "s")["months"]["ahead"]
    assert after[3]["mean"] == pytest.approx(1.5 * before[3]["mean"], rel=1e-3)
    assert after[3]["base"] == before[3]["mean"]
    assert after[3]["q90"] == pytest.approx(1.5 * before[3]["q90"], rel=1e-2)


@pytest.mark.parametrize(("weeks", "last", "change"), [(40, False, False), (52, True, True), (51, False, False)])
def test_a_year_that_is_not_known_is_not_made_up(weeks, last, change, stored):
    counts = flat_series(40).values[-weeks:]
    _outcome, result = stored(series(counts, start=Period.parse("2023-W44").next(HISTORY - weeks)))
    (row,) = result.needs(["clinic"])
    assert (row["last_year"] is not None) == last
    assert (row["change"] is not None) == change
    assert row["remarked"]
    told = result.need("clinic", "s")
    assert told["backtest"]["verdict"] == "too_short"
    assert "kortare än två år" in told["note"]["template"]


def test_a_run_from_before_gets_its_need_when_it_is_made_again(tmp_path):
    outcome, studies = made(flat_series(40), years_reason=Message("Ingen befolkning."))
    results = Results(tmp_path)
    assert not results.store(outcome, at=WHEN).tells_need
    again = results.store(outcome, at=WHEN, need=need_table(outcome, studies))
    assert again.tells_need
    assert again.need("clinic", "s")["years_reason"]["template"] == "Ingen befolkning."
    kept = results.store(outcome, at=WHEN)
    assert kept.tells_need, "storing without does not take it away"


UNITS = "unit_id,name,level,parent_id\nR,Regionen,region,\nU,Enheten,clinic,R\nV,Annan,clinic,R\n"
SERVICES = "service_id,name,unit_id,kind,guarantee\nS,Nybesök,U,first_visit,none\n"
ANNOTATIONS = (
    "annotation_id,unit_id,service_id,date_from,date_to,text,kind\n"
    "N1,,,2024-03-01,2024-04-01,Alla,\nN2,R,,2024-05-01,,Regionen,\nN3,U,S,2024-02-01,,Tjänsten,pilot\n"
    "N4,V,,2024-02-01,,Någon annans,\n"
)


def counts(weeks):
    days = [date(2023, 1, 2) + timedelta(weeks=n) for n in range(weeks)]
    rows = [f"s,U,S,{day.isocalendar().year}-W{day.isocalendar().week:02d},{40 + n % 5}" for n, day in enumerate(days)]
    return "\n".join(["series_id,unit_id,service_id,period,value", *rows]) + "\n"


ADJUSTMENTS = (
    "adjustment_id,service_id,unit_id,date_from,date_to,per_week,factor,author,author_level,reason,made_at\n"
    "J1,S,U,2025-11-17,2026-12-27,10,,Planerare,clinic,Ny remissväg,2025-11-01 08:00\n"
)


def test_what_judgement_was_worth_is_kept_once_the_weeks_have_come(tmp_path, capsys):
    folder, store = tmp_path / "in", tmp_path / "store"
    folder.mkdir()
    first = {"units": UNITS, "services": SERVICES, "counts": counts(150), "adjustments": ADJUSTMENTS}
    for delivery in (first, {"counts": counts(170)}):
        for name, text in delivery.items():
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        assert command(["import", str(folder), "--by", "test", "--store", str(store)]) == 0
        assert command(["balance", "--store", str(store), "--draws", "20"]) == 0
    result = Results(store).latest()
    trials = result.trials(["U"])
    assert result.trials(["V"]) == []
    assert trials == result.need("U", "S")["trials"]
    assert len(trials) == 20
    assert all(trial["after"] == pytest.approx(trial["before"] + 10, abs=1e-5) for trial in trials)
    assert {trial["outcome"] for trial in trials} == {40.0, 41.0, 42.0, 43.0, 44.0}
    capsys.readouterr()


def test_a_store_without_population_says_what_it_lacks_and_keeps_the_events_that_concern(tmp_path, capsys):
    folder, store = tmp_path / "in", tmp_path / "store"
    folder.mkdir()
    for name, text in {"units": UNITS, "services": SERVICES, "counts": counts(150), "annotations": ANNOTATIONS}.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    assert command(["import", str(folder), "--by", "test", "--store", str(store)]) == 0
    assert command(["balance", "--store", str(store), "--draws", "20"]) == 0
    row = Results(store).latest().need("U", "S")
    assert row["years"] is None
    assert "befolkning" in row["years_reason"]["template"].casefold()
    assert [event["annotation_id"] for event in row["annotated"]] == ["N3", "N1", "N2"]
    assert row["annotations"] == 2, "what ended over a year ago is no mark in a list"
    assert row["trials"] == []
    assert json.loads(json.dumps(row["backtest"]))["outcomes"] == 39
    capsys.readouterr()


def test_an_event_with_an_effect_reaches_the_forecast_of_the_services_it_concerns(tmp_path, capsys):
    """The last ten weeks were closed: as an outlier they do not count, as a new level they are the level."""
    totals = {}
    first = date(2023, 1, 2) + timedelta(weeks=140)
    closed = counts(150).splitlines()
    closed[-10:] = [line.rsplit(",", 1)[0] + ",4" for line in closed[-10:]]
    for effect in ("", "outlier", "level_shift"):
        folder, store = tmp_path / f"in{effect}", tmp_path / f"store{effect}"
        folder.mkdir()
        event = f"annotation_id,unit_id,date_from,date_to,text,effect\nN1,R,{first},,Stängt,{effect}\n"
        files = {"units": UNITS, "services": SERVICES, "counts": "\n".join(closed), "annotations": event}
        for name, text in files.items():
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        assert command(["import", str(folder), "--by", "test", "--store", str(store)]) == 0
        assert command(["balance", "--store", str(store), "--draws", "20"]) == 0
        row = Results(store).latest().need("U", "S")
        assert row["annotated"][0]["effect"] == effect
        totals[effect] = row["total"]
    assert totals["outlier"] == pytest.approx(42 * 52, rel=0.05)
    assert totals["level_shift"] == pytest.approx(4 * 52, rel=0.25)
    assert totals["level_shift"] < totals[""] < totals["outlier"]
    capsys.readouterr()
