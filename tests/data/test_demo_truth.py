"""The planted truths can be found again in the raw tables by simple counts, within sampling error.

Limits are four standard errors: with some hundred comparisons a seed, a sound region fails once in a hundred runs of
new seeds; the seeds here are fixed.
"""

import math
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from numpy.typing import NDArray

from tests.data.demo_region import SEEDS, rows, small
from vardbalans.data.demo import DemoRegion
from vardbalans.engine.periods import Period, swedish_calendar

START, END = date(2023, 10, 30), date(2026, 10, 26)
LIMIT = 4.0


def within(found: float, true: float, count: int) -> bool:
    """Tell whether a share of *count* lies within the binomial limit of the true one."""
    return abs(found - true) <= LIMIT * math.sqrt(true * (1 - true) / count) + 1 / count


def day_of(moments: pa.ChunkedArray) -> NDArray[np.datetime64]:
    """Return the Swedish dates of instants."""
    local = pc.local_timestamp(pc.cast(moments, pa.timestamp("us", "Europe/Stockholm")))
    return pc.cast(local, pa.date32()).to_numpy()


@pytest.mark.parametrize("seed", SEEDS)
def test_conversion_shares_and_lags(seed: int) -> None:
    demo = small(seed)
    for flow in demo.truth["conversions"]:
        upstream = rows(demo, "contacts", service_id=flow["from_service"], status="performed")
        days = dict(zip(upstream["contact_id"].to_pylist(), day_of(upstream["starts_at"]), strict=True))
        # Only contacts with time enough for the longest lag are followed.
        until = np.datetime64(END - timedelta(weeks=len(flow["lag_weeks_pmf"])))
        days = {key: day for key, day in days.items() if day < until}
        linked = rows(demo, "referrals", service_id=flow["to_service"]).to_pylist()
        lags = [
            (row["issued"] - days[row["origin_contact_id"]].astype(object)).days
            for row in linked
            if row["origin_contact_id"] in days
        ]
        assert (len(days), len(lags)) == (flow["upstream"], flow["linked"])
        assert within(len(lags) / len(days), flow["share"], len(days)), flow
        assert all(lag % 7 == 0 for lag in lags)
        for week, share in enumerate(flow["lag_weeks_pmf"]):
            assert within(lags.count(7 * week) / len(lags), share, len(lags)), (flow, week)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_shows_and_late_cancellations(seed: int) -> None:
    demo = small(seed)
    before = np.datetime64(demo.truth["measures"][0]["starts"])
    for service, share in demo.truth["no_show"].items():
        found = rows(demo, "contacts", service_id=service)
        status = found["status"].to_numpy(zero_copy_only=False)[day_of(found["starts_at"]) < before]
        slots = np.isin(status, ("performed", "no_show", "late_cancelled"))
        assert within((status == "no_show").sum() / slots.sum(), share, int(slots.sum())), service
        late = demo.truth["late_cancel"][service]
        assert within((status == "late_cancelled").sum() / slots.sum(), late, int(slots.sum())), service


@pytest.mark.parametrize("seed", SEEDS)
def test_durations(seed: int) -> None:
    demo = small(seed)
    for service, true in demo.truth["durations"].items():
        found = rows(demo, "contacts", service_id=service, status="performed")
        seconds = pc.subtract(found["ends_at"], found["starts_at"]).cast(pa.int64()).to_numpy() / 1e6
        error = true["mean_minutes"] * true["cv"] / math.sqrt(len(seconds))
        assert abs(seconds.mean() / 60 - true["mean_minutes"]) <= LIMIT * error, service
        # The spread of a lognormal is that of its logarithm; whole minutes add a little to it.
        spread = np.log(seconds).std() / math.sqrt(math.log1p(true["cv"] ** 2))
        assert abs(spread - 1) <= LIMIT / math.sqrt(2 * len(seconds)) + 0.01, service


@pytest.mark.parametrize("seed", SEEDS)
def test_length_of_stay(seed: int) -> None:
    demo = small(seed)
    for clinic, true in demo.truth["stays"].items():
        for acute, kind in ((True, "acute"), (False, "elective")):
            stays = rows(demo, "stays", clinic_id=clinic).filter(pc.field("acute") == acute)
            # Those admitted in the last weeks may still be in bed: the long stays would be missing.
            stays = stays.filter(pc.less(pc.cast(stays["admitted"], pa.date32()), END - timedelta(weeks=12)))
            # Nor can those count who came before the data began: only the long ones are seen.
            stays = stays.filter(pc.greater_equal(pc.cast(stays["admitted"], pa.date32()), START))
            if stays.num_rows == 0:
                assert true["elective_share_of_operations"] == 0
                continue
            days = pc.subtract(stays["discharged"], stays["admitted"]).cast(pa.int64()).to_numpy() / 86_400e6
            error = true[f"{kind}_mean_days"] * true[f"{kind}_cv"] / math.sqrt(len(days))
            assert abs(days.mean() - true[f"{kind}_mean_days"]) <= LIMIT * error, (clinic, kind)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_weekly_share_that_leaves_untreated(seed: int) -> None:
    """Removals over all the weeks that people were at risk, those before the data began left out."""
    demo = small(seed)
    removed, at_risk = 0, 0
    for row in demo.tables["referrals"].to_pylist():
        first = max((row["issued"] - START).days // 7, -1)
        last = ((row["closed"] or END - timedelta(days=1)) - START).days // 7
        removed += row["closed_reason"] not in (None, "treated")
        at_risk += last - first
    assert within(removed / at_risk, demo.truth["removal_hazard"], at_risk)


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_is_forgotten_where_there_is_capacity(seed: int) -> None:
    """Who missed a time or cancelled late is given a new one: with slack, nobody has waited half a year."""
    waiting = small(seed).tables["referrals"].filter(pc.field("closed").is_null())
    calm = pc.is_in(waiting["service_id"], pa.array(["OGO-A-NB", "OGO-A-AB", "OGO-A-OP", "RAD-A-US"]))
    assert pc.sum(calm).as_py() > 100
    assert pc.min(waiting.filter(calm)["issued"]).as_py() > END - timedelta(weeks=26)


def weekly_demand(demo: DemoRegion, service: str) -> NDArray[np.float64]:
    """Return demand per week: requests received where there is a list, otherwise slots used."""
    listed = rows(demo, "referrals", service_id=service)
    if listed.num_rows:
        days = listed["received"].to_numpy()
    else:
        used = rows(demo, "contacts", service_id=service)
        # Planned admissions come from operations, not from outside.
        used = used.filter(pc.is_null(used["referral_id"]))
        status = used["status"].to_numpy(zero_copy_only=False)
        days = day_of(used["starts_at"])[np.isin(status, ("performed", "no_show", "late_cancelled"))]
    weeks = (days - np.datetime64(START)).astype(int) // 7
    return np.bincount(weeks[(weeks >= 0) & (weeks < 156)], minlength=156).astype(np.float64)


@pytest.mark.parametrize("seed", SEEDS)
def test_growth_of_each_service_and_of_the_region(seed: int) -> None:
    """The first year against the third, per working day for office care; the error follows from the planted noise."""
    demo = small(seed)
    calendar = swedish_calendar(2023, 2026)
    weeks = [Period(START + timedelta(weeks=n), "week") for n in range(156)]
    working = calendar.working_days_of(weeks)
    total, expected = np.zeros(2), np.zeros(2)
    for service, growth in demo.truth["growth"].items():
        counts = weekly_demand(demo, service)
        days = np.full(156, 7.0) if service.endswith("-SV") else working
        rate = np.array([counts[:52].sum() / days[:52].sum(), counts[104:].sum() / days[104:].sum()])
        noise = demo.truth["dispersion"][service]
        error = math.sqrt(sum(1 / counts[part].sum() + noise / 52 for part in (slice(0, 52), slice(104, 156)))) / 2
        # The summer and Christmas weeks weigh a little differently between years: half a per cent is left for that.
        assert abs(math.log(rate[1] / rate[0]) / (104 * 7 / 365.25) - growth) <= LIMIT * error + 0.005, service
        total += rate
        expected += rate[0] * np.array([1.0, math.exp(growth * 104 * 7 / 365.25)])
    found = math.log(total[1] / total[0]) / (104 * 7 / 365.25)
    assert abs(found - demo.truth["region_growth"]) <= 0.012
    assert abs(math.log(expected[1] / expected[0]) / (104 * 7 / 365.25) - demo.truth["region_growth"]) <= 0.003


@pytest.mark.parametrize("seed", SEEDS)
def test_one_measure_worked_and_the_other_did_not(seed: int) -> None:
    demo = small(seed)
    reminder, pilot = demo.truth["measures"]
    contacts = demo.tables["contacts"]
    clinic = pc.starts_with(contacts["service_id"], reminder["clinic"].removeprefix("K-"))
    phone = pc.equal(contacts["form"], "phone")
    found = contacts.filter(pc.and_not(clinic, phone))
    status, after = (
        found["status"].to_numpy(zero_copy_only=False),
        day_of(found["starts_at"]) >= np.datetime64(reminder["starts"]),
    )
    slots = np.isin(status, ("performed", "no_show", "late_cancelled"))
    missed = [int((status[slots & part] == "no_show").sum()) for part in (~after, after)]
    shares = [missed[n] / (slots & part).sum() for n, part in enumerate((~after, after))]
    error = math.sqrt(sum(1 / count for count in missed))
    assert abs(math.log(shares[1] / shares[0]) - math.log(reminder["true_factor"])) <= LIMIT * error
    assert shares[1] < 0.85 * shares[0]

    visits = rows(demo, "contacts", service_id=pilot["service_id"], status="performed")
    minutes = pc.subtract(visits["ends_at"], visits["starts_at"]).cast(pa.int64()).to_numpy() / 6e7
    after = day_of(visits["starts_at"]) >= np.datetime64(pilot["starts"])
    error = 0.25 * math.sqrt(1 / after.sum() + 1 / (~after).sum())
    assert abs(minutes[after].mean() / minutes[~after].mean() - 1) <= LIMIT * error


@pytest.mark.parametrize("seed", SEEDS)
def test_the_bad_year_left_a_backlog(seed: int) -> None:
    demo = small(seed)
    bad = demo.truth["bad_year"]
    listed = rows(demo, "referrals", service_id="ORT-A-NB")
    received, closed = listed["received"].to_numpy(), listed["closed"].to_numpy(zero_copy_only=False)

    def waiting(day: str) -> int:
        when = np.datetime64(day)
        return int(((received < when) & (np.isnat(closed) | (closed >= when))).sum())

    assert waiting(bad["to"]) > 1.4 * waiting(bad["from"])


@pytest.mark.parametrize("seed", SEEDS)
def test_the_closed_room_shows_in_openings_and_in_production(seed: int) -> None:
    demo = small(seed)
    room = demo.truth["closed_room"]
    openings = rows(demo, "openings", resource_id=room["resource_id"]).to_pylist()
    closed = date.fromisoformat(room["from"])
    before = [row["sets"] for row in openings if row["valid_to"] is not None]
    after = [row["sets"] for row in openings if row["valid_from"] == closed]
    assert before == [sets for sets in room["sets_before"] if sets]
    assert after == [sets for sets in room["sets_after"] if sets]
    assert sum(after) == sum(before) - 5
    visits = rows(demo, "contacts", unit_id=room["unit_id"], service_id="MED-A-NB", status="performed")
    days = day_of(visits["starts_at"])
    # The same weeks of the year before, so that season and summer are alike.
    year = np.timedelta64(364, "D")
    after_days = (days >= np.datetime64(closed)) & (days < np.datetime64(END))
    before_days = (days >= np.datetime64(closed) - year) & (days < np.datetime64(END) - year)
    assert after_days.sum() / before_days.sum() == pytest.approx(room["production_factor"] * math.exp(0.022), abs=0.09)


@pytest.mark.parametrize("seed", SEEDS)
def test_resources_carry_what_they_were_planned_for(seed: int) -> None:
    """Orthopaedic theatres are clearly short, the eye clinic has slack, and most others lie between."""
    demo = small(seed)
    year = {s: weekly_demand(demo, s)[104:].sum() for s in demo.tables["services"]["service_id"].to_pylist()}
    share = dict(zip(*(demo.tables["utilisation"][c].to_pylist() for c in ("resource_id", "share")), strict=True))
    load: dict[str, float] = {}
    for row in demo.tables["recipes"].to_pylist():
        if row["per"] == "activity":
            load[row["resource_id"]] = load.get(row["resource_id"], 0) + row["minutes"] * year[row["service_id"]]
    ratio = {}
    for resource in (name for name in load if name.rsplit("-", 1)[1] in ("SAL", "RUM", "APP", "DVP")):
        usual = [
            row
            for row in rows(demo, "openings", resource_id=resource).to_pylist()
            if row["week"] is None and row["date"] is None and row["valid_from"] == START
        ]
        weekly = sum(row["sets"] * row["minutes"] for row in usual)
        # Theatres are open half the day in four summer weeks.
        days = 250 * (1 - 2 / 52) if resource.endswith("-SAL") else 250
        ratio[resource] = load[resource] / (weekly * days / 5 * share[resource])
    assert ratio["ORT-A-SAL"] > 1.05
    assert max(ratio[name] for name in ratio if name.startswith("OGO-A")) < 0.85
    others = [value for name, value in ratio.items() if name != "ORT-A-SAL" and not name.startswith("OGO-A")]
    assert np.mean([(0.65 <= value <= 1.1) for value in others]) == 1
