"""Cost per patient on a store: a clinic by hand, what is wrong in data, and one answer however the work is divided."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pytest

from tests.data import cost_clinic as by
from vardbalans.data.cost import CostRun, run_cost
from vardbalans.data.cost.command import cost_document
from vardbalans.data.cost.document import document
from vardbalans.data.cost.planned import mean_use, priced, side_of
from vardbalans.data.cost.span import Span
from vardbalans.data.cost.stored import KeptCost, keep_document, latest, prune
from vardbalans.data.lake import Lake
from vardbalans.data.queries import ask
from vardbalans.engine.cost.variance import Side
from vardbalans.engine.errors import BadInput, MissingFactor

Tables = dict[str, list[dict[str, Any]]]


@pytest.fixture
def run(tmp_path) -> Callable[..., CostRun]:
    def _run(change: Callable[[Tables], Any] | None = None, **asked: Any) -> CostRun:
        tables = by.clinic()
        if change:
            change(tables)
        return run_cost(by.stored(tmp_path, tables), period=by.PERIOD, **asked)

    return _run


def costs(run: CostRun) -> dict[str, int]:
    """Return öre by contact."""
    files = str(run.folder / "costed.parquet")
    with duckdb.connect() as con:
        return dict(con.execute("select contact_id, ore from read_parquet($1) order by 1", [files]).fetchall())


def loose(run: CostRun) -> list[tuple[str, str, int, int]]:
    """Return what has no contact: kind, id, the row to repair, öre."""
    files = str(run.folder / "unmatched-*.parquet")
    with duckdb.connect() as con:
        sql = "select kind, event_id, row, ore from read_parquet($1) order by 1, 2"
        return con.execute(sql, [files]).fetchall()


def codes(run: CostRun) -> dict[str, int]:
    """Return the öre of each code among the notes."""
    found: dict[str, int] = {}
    for note in run.notes:
        found[note.code] = found.get(note.code, 0) + note.ore
    return found


def without_support(tables: Tables) -> None:
    """Leave the direct costs alone, for figures by hand."""
    tables["ledger"] = [row for row in tables["ledger"] if row["cost_centre"] not in ("IT", "HR")]


def test_the_clinic_by_hand(run) -> None:
    """Theatre: 180 + 120 of 960 minutes at 62.50. Ward: 2 days and one of weight 3. Visits: weights 2 and 1.

    60 000 kr / 960 min = 62.50 kr/min: C3 180 min is 11 250 kr, C6 by its recipe 120 min is 7 500 kr, 41 250 kr unused.
    30 000 kr over 2 + 3 weighted days: C4 12 000 kr, C3 (intensive care after surgery) 18 000 kr. 9 000 kr over the
    weights 2 and 1: 6 000 and 3 000 kr. 2 000 kr over 1 + 2 + 1 samples: 500, 1 000, and 500 kr without a contact.
    """
    found = run(without_support)
    assert costs(found) == {
        "C1": 6_000_00 + 500_00,
        "C2": 3_000_00 + 1_000_00,
        "C3": 11_250_00 + 18_000_00,
        "C4": 12_000_00,
        "C6": 7_500_00,
    }
    assert loose(found) == [("laboratory", "L3", 4, 500_00)]
    certificate = found.certificate
    assert certificate.ledger_ore == 101_700_00
    assert certificate.unused_ore == 41_250_00
    assert certificate.excluded_ore == 700_00
    assert certificate.unmatched_ore == 500_00
    assert certificate.difference_ore == 0
    assert codes(found) == {"no_match": 500_00}


def test_overhead_by_hand(run) -> None:
    """IT and HR serve each other. x = d + Aᵀx: IT 5 000 + 0.1·HR, HR 3 000 + 0.2·IT: IT 5 408.16, HR 4 081.63.

    LAB gets 0.2·IT + 0.1·HR = 1 489.80 kr and K 0.6·IT + 0.8·HR = 6 510.20 kr, of 8 000.
    """
    found = run()
    got = {centre: sum(ore for (_, to), ore in found.overhead.moved.items() if to == centre) for centre in ("K", "LAB")}
    assert got["K"] + got["LAB"] == 8_000_00
    assert got["LAB"] == pytest.approx(1_489_80, abs=1)
    assert found.certificate.ledger_ore == 109_700_00
    assert found.certificate.difference_ore == 0
    stepped = run(method="step-down")
    lab = sum(ore for (_, to), ore in stepped.overhead.moved.items() if to == "LAB")
    assert lab == pytest.approx(5_000_00 * 0.2 + (3_000_00 + 5_000_00 * 0.2) / 9, abs=1)
    assert stepped.certificate.difference_ore == 0


def test_full_absorption_has_nothing_unused(run) -> None:
    """60 000 kr over 300 minutes used: 200 kr each, as the national comparison spreads them."""
    found = run(without_support, basis="full")
    assert found.certificate.unused_ore == 0
    assert costs(found)["C6"] == 120 * 200_00
    assert found.certificate.difference_ore == 0


def test_an_item_is_matched_by_the_rules(run) -> None:
    """L3 lies twelve days after its patient's stay: a rule that reaches so far takes it, for that service alone."""

    def wider(tables: Tables, **changed: Any) -> None:
        without_support(tables)
        tables["match_rules"] = [
            {"rule_id": "M1", "rank": 1, "kind": "laboratory", "hours_before": 1.0, "hours_after": 24.0 * 14,
             "place": "clinic", **changed}
        ]  # fmt: skip

    found = run(wider)
    assert loose(found) == []
    assert costs(found)["C4"] == 12_000_00 + 500_00
    assert found.certificate.unmatched_ore == 0
    assert loose(run(lambda tables: wider(tables, service_kind="surgery"))) != []
    assert loose(run(lambda tables: wider(tables, place="unit"))) != []
    assert loose(run(lambda tables: wider(tables, hours_after=24.0 * 11))) != []


def test_the_contact_that_the_source_names_goes_before_the_rules(run) -> None:
    """An item that says C6 is C6's, whatever lies nearer."""
    found = run(lambda t: (without_support(t), t.update(care_items=[by.item(1, "P1", 4, contact_id="C6")])))
    assert costs(found)["C6"] == 7_500_00 + 2_000_00


def test_a_contact_of_another_patient_bears_nothing(run) -> None:
    """An item of P1 that names P3's contact is a row to repair, in one part or in several."""

    def change(tables: Tables) -> None:
        without_support(tables)
        tables["care_items"] = [by.item(1, "P1", 25, contact_id="C3")]

    whole = run(change)
    first = costs(whole)
    assert [row[:2] for row in loose(whole)] == [("laboratory", "L1")]
    with ThreadPoolExecutor(2) as pool:
        divided = run(change, part_rows=2, executor=pool)
    assert divided.certificate == whole.certificate
    assert costs(divided) == first


def test_the_nearest_contact_goes_first(run) -> None:
    """Two visits of the same day: the sample at nine belongs to the one at nine, not to the one at eight."""
    nearer = by.contact(7, "P1", "NB", 4, starts_at=by.at(4, 9))
    found = run(
        lambda t: (without_support(t), t["contacts"].append(nearer), t.update(care_items=[by.item(1, "P1", 4)]))
    )
    weighted = 9_000_00 // 4
    assert costs(found)["C7"] == weighted + 2_000_00
    assert costs(found)["C1"] == 2 * weighted


def test_capacity_is_that_of_the_periods_own_days(tmp_path) -> None:
    """The theatre is open an hour Monday to Thursday, from the first of January: month by month, and they are the year.

    June begins on a Monday and November on a Sunday; the week of the first of January begins in December.
    """
    tables = by.clinic()
    tables["ledger"] = [by.entry("K", "5010", 1_000, month, date(2026, month, 15)) for month in range(1, 13)]
    store = by.stored(tmp_path, tables)
    days = dict.fromkeys(range(1, 13), 0)
    for place in range(365):
        day = date(2026, 1, 1) + timedelta(place)
        days[day.month] += day.isoweekday() < 5
    for month in (1, 6, 11):
        assert run_cost(store, period=f"2026-{month:02}").inputs.capacity["SALEN"] == days[month] * 60_000
    assert run_cost(store, period="2026").inputs.capacity["SALEN"] == sum(days.values()) * 60_000


def test_what_a_stay_has_outside_the_period_is_not_the_periods(run) -> None:
    """A stay from April to the second of May has one day and eight hours in May."""

    def long(tables: Tables) -> None:
        without_support(tables)
        april = by.contact(8, "P8", "SV", 1, starts_at=by.at(1).replace(month=4))
        tables["contacts"].append(april)
        tables["stays"] = [
            {"stay_id": "S1", "patient_key": "P8", "clinic_id": "K", "ward_id": "V",
             "admitted": by.at(1).replace(month=4), "discharged": by.at(2, 8), "acute": True}
        ]  # fmt: skip

    found = run(long)
    (rate,) = (rate for rate in found.rates if rate.pool_id == "DYGN")
    assert rate.used == round((1 + 8 / 24) * 1000)
    assert costs(found)["C8"] == 30_000_00


def _misnamed(tables: Tables) -> None:
    """Leave out what says where things are: the theatre's openings, the clinic's unit, which pool is meant."""
    tables["openings"].clear()
    tables["cost_centres"][0].update(unit_id=None)
    tables["cost_pools"].append(by.pool("BESÖK", "annat", "drg_weight"))


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (lambda t: t["cost_rules"].pop(0), {"unmapped_account": 68_000_00}),
        (lambda t: t["ledger"].append(by.entry(None, "5010", 10, 9)), {"unmapped_account": 10_00}),
        (
            lambda t: t.update(drivers=[row for row in t["drivers"] if row["driver"] != "datorer"]),
            {"driver_is_zero": None},
        ),
        (lambda t: t["cost_centres"].pop(1), {"unknown_centre": 2_000_00}),
        (lambda t: (t.update(stays=[]), t["cost_pools"].pop(2)), {"no_activity": None, "no_pool": 9_000_00}),
        (lambda t: t["ledger"].append(by.entry("K", "5810", -20_000, 9)), {"negative_pool": None}),
        (lambda t: t.update(openings=[{**t["openings"][0], "minutes": 1.0}]), {"over_capacity": 0}),
        (_misnamed, {"no_capacity": 0, "centre_without_unit": 0, "pool_of_two_minds": 0}),
        (
            lambda t: t.update(drivers=[row for row in t["drivers"] if row["cost_centre"] in ("IT", "HR")]),
            {"closed_circle": 8_000_00},
        ),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_lost(run, change, wanted) -> None:
    """Every fault of setting up has its code, a sentence, its kronor, and a run that still reconciles."""
    found = run(change)
    told = codes(found)
    assert {code: told.get(code) if ore is not None else None for code, ore in wanted.items()} == wanted
    assert told.keys() >= wanted.keys()
    assert found.certificate.difference_ore == 0
    assert min(costs(found).values(), default=0) >= 0


def _visits_by_weight(tables: Tables, since: date) -> None:
    """From *since* visits are laid on contacts by their DRG weight, which none of them has."""
    tables["cost_pools"].append(by.pool("BESÖK", "besök", "drg_weight", unit_id="M", valid_from=since))


def test_a_pool_is_measured_as_its_row_in_force_says(run) -> None:
    """A row of next year moves nothing now, and one that is superseded contradicts nobody."""
    found = run(lambda tables: _visits_by_weight(tables, date(2027, 1, 1)))
    assert found.inputs.bases["BESÖK"].basis == "contacts"
    assert costs(found) == costs(run())
    since = run(lambda tables: _visits_by_weight(tables, date(2026, 3, 1)))
    assert since.inputs.bases["BESÖK"].basis == "drg_weight"
    assert set(codes(found) | codes(since)) & {"pool_of_two_minds", "changed_inside"} == set()


def test_a_change_inside_the_period_is_told(tmp_path) -> None:
    """The last month's pools, weights and recipes go for all of it; before and after it there is nothing to tell."""
    tables = by.clinic()
    _visits_by_weight(tables, date(2026, 3, 1))
    tables["ledger"].append(by.entry("K", "5010", 1, 10, date(2026, 2, 28)))
    store = by.stored(tmp_path, tables)
    told = {period: codes(run_cost(store, period=period)) for period in ("2026-02", "2026-02..2026-05", by.PERIOD)}
    assert [period for period, found in told.items() if "changed_inside" in found] == ["2026-02..2026-05"]


@pytest.mark.parametrize(
    "absent",
    [
        ("cost_pools", "cost_weights", "care_items"),
        ("cost_centres", "stays", "recipes"),
        ("drivers", "openings"),
        ("cost_rules", "resources", "operations"),
    ],
)
def test_a_table_that_is_absent_takes_only_what_needs_it(run, absent) -> None:
    """The run goes on, and reconciles. Without rules even what is no cost is counted, and all of it is to be mapped."""
    found = run(lambda tables: [tables.pop(name) for name in absent])
    assert found.certificate.ledger_ore == (0 if "cost_rules" in absent else 109_700_00)
    assert found.certificate.difference_ore == 0


@pytest.mark.parametrize("absent", ["ledger", "contacts", "services", "units"])
def test_what_no_run_can_do_without(run, absent) -> None:
    """Named, not assumed to be zero."""
    with pytest.raises(MissingFactor):
        run(lambda tables: tables.pop(absent))


def test_the_same_ore_however_the_work_is_divided(run) -> None:
    """In one part or in parts of two rows: the certificate, and each contact within an öre; twice the same."""
    whole = run()
    first = costs(whole)
    with ThreadPoolExecutor(2) as pool:
        divided = run(part_rows=2, executor=pool)
        again = costs(divided)
        assert costs(run(part_rows=2, executor=pool)) == again
    assert divided.parts > 2
    assert divided.certificate == whole.certificate
    assert again.keys() == first.keys()
    assert all(abs(again[name] - first[name]) <= 1 for name in first)


def test_every_krona_can_be_followed(tmp_path) -> None:
    """From the contact to its pools, from a pool to the classes and support centres: terms that sum."""
    document = cost_document(by.stored(tmp_path, by.clinic()), period=by.PERIOD)
    kept = latest(tmp_path)
    assert kept is not None
    assert kept.document == document
    figure = kept.contact("C3")
    assert figure.remainder == 0
    assert [str(term.label) for term in figure.terms] == ["Kostnadspool DYGN", "Kostnadspool SALEN"]
    assert [(str(step.label), step.value) for step in figure.inputs] == [
        ("Åtgång av DYGN", 3.0),
        ("Åtgång av SALEN", 180.0),
    ]
    theatre = kept.pool("SALEN")
    assert theatre.remainder == 0
    assert {str(term.label) for term in theatre.terms} == {"Kostnadsklass operation", "Från IT", "Från HR"}
    assert document["steps"][0]["remainder"] == 0
    with pytest.raises(BadInput):
        kept.contact("C999")
    with pytest.raises(BadInput):
        kept.pool("X")
    assert KeptCost(kept.folder).document["run_id"] == document["run_id"]


def test_the_plan_beside_the_outcome(tmp_path) -> None:
    """Budget and order through the same engine: the parts sum, and what nobody ordered is no volume of anybody's."""
    tables = by.clinic()
    tables["budget"] = [
        {"year": "2026", "account": account, "cost_centre": centre, "month": "2026-05", "amount_ore": kronor * 100}
        for account, centre, kronor in (("5010", "K", 57_600), ("5020", "K", 30_000), ("5810", "K", 9_000))
    ]
    tables["orders"] = [{"unit_id": "O", "service_id": "OP", "year": 2026, "volume": 36.0}]
    plan = cost_document(by.stored(tmp_path, tables), period=by.PERIOD)["plan"]
    assert plan["ordered"] == ["OP"]
    assert plan["budget_ore"] == 96_600_00
    # Three operations a month of 120 minutes at 60 kr, and no more.
    terms = {row["label"]: row["value"] for row in plan["variance"]["terms"]}
    assert plan["variance"]["remainder"] == 0
    assert plan["budget_left"]["remainder"] == 0
    assert terms["Effektivitet: resursåtgång per vårdtjänst"] == 60 * 60_00
    assert plan["unused"]["SALEN"] == 57_600_00 - 3 * 120 * 60_00


def peopled() -> Tables:
    """Return the clinic with patients enough at every unit for each to be told, a budget and an order."""
    tables = by.clinic()
    days = [4, 5, 6, 7, 11, 12, 13, 18]
    tables["contacts"] += [
        by.contact(100 + 10 * n + k, f"P{100 + 10 * n + k}", service, day, drg="X10O", diagnosis="H25.1")
        for n, service in enumerate(("NB", "OP", "SV"))
        for k, day in enumerate(days)
    ]
    tables["budget"] = [
        {"year": "2026", "account": account, "cost_centre": centre, "month": "2026-05", "amount_ore": kronor * 100}
        for account, centre, kronor in (("5010", "K", 57_601), ("5020", "K", 30_002), ("5810", "K", 9_003))
    ]
    tables["orders"] = [{"unit_id": "O", "service_id": "OP", "year": 2026, "volume": 36.0}]
    return tables


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"account": "9999"}, "Konto 9999"),
        ({"cost_centre": "ZZ"}, "Kostnadsställe ZZ"),
        ({"cost_centre": None}, "utan kostnadsställe"),
    ],
)
def test_what_is_wrong_in_a_budget_is_told_and_not_lost(changed, said, tmp_path) -> None:
    """Its kronor are in the budget's sum and in no pool, and the ledger's certificate knows nothing of them."""
    tables = by.clinic()
    line = {"year": "2026", "account": "5010", "cost_centre": "K", "month": "2026-05", "amount_ore": 57_600_00}
    tables["budget"] = [line, {**line, "account": "5020", "amount_ore": 100_00, **changed}]
    found = cost_document(by.stored(tmp_path, tables), period=by.PERIOD)
    assert (found["plan"]["budget_ore"], found["plan"]["unplaced_ore"]) == (57_700_00, 100_00)
    (finding,) = (row for row in found["findings"] if row["code"] == "budget_unplaced")
    assert said in finding["message"]
    assert found["difference_ore"] == 0


@pytest.mark.parametrize("ore", [100_000_01, -5, 7])
def test_a_years_budget_is_its_months(ore, tmp_path) -> None:
    """Of a year's sum every öre is in some month, whatever twelve leaves over."""
    tables = peopled() | {"ledger": [by.entry("K", "5010", 10, month, date(2026, month, 5)) for month in range(1, 13)]}
    tables["budget"] = [{"year": "2026", "account": "5010", "cost_centre": "K", "amount_ore": ore}]
    store = by.stored(tmp_path, tables)
    with Lake(store).connect(1) as con:
        months = [
            ask(con, "cost_budget", first=span.first, after=span.after).to_pylist()
            for span in (Span.parse(f"2026-{month:02}") for month in range(1, 13))
        ]
    assert sum(row["ore"] for rows in months for row in rows) == ore
    assert cost_document(store, period="2026")["plan"]["budget_ore"] == ore


def test_an_order_of_nothing_stops_no_run(tmp_path) -> None:
    """The ledger is placed all the same; only the comparison with the plan is left out, and that is said."""
    tables = peopled()
    tables["orders"] = [
        {"unit_id": unit, "service_id": name, "year": 2026, "volume": 0.0}
        for unit, name in (("O", "OP"), ("M", "NB"), ("V", "SV"))
    ]
    found = cost_document(by.stored(tmp_path, tables), period=by.PERIOD)
    assert (found["plan"], found["difference_ore"]) == (None, 0)
    assert "no_ordered_volume" in {row["code"] for row in found["findings"]}


def test_a_control_holds_against_the_regions_own_limit(tmp_path) -> None:
    """Without a limit the unmatched share is told; with one it is judged, from its day on."""
    tables = by.clinic()
    limit = {"rule_id": "G1", "name": "Omatchat", "kind": "cost_controls", "applies_to": "unmatched_share",
             "value": 0.001, "unit": "andel", "valid_from": by.SINCE, "source": "Regionen"}  # fmt: skip

    def judged(name: str, *rules: dict[str, Any]) -> bool | None:
        tables["rules"] = list(rules)
        found = cost_document(by.stored(tmp_path / name, tables), period=by.PERIOD)
        return next(row["passed"] for row in found["controls"] if row["control"] == "unmatched_share")

    assert judged("none") is None
    assert judged("late", {**limit, "valid_from": date(2027, 1, 1)}) is None
    assert judged("small", limit) is False
    assert judged("large", {**limit, "value": 0.5}) is True


def test_the_variance_sums_at_every_level(tmp_path) -> None:
    """Units to the clinic, the clinic to the region, all to the whole: every part to the öre."""
    plan = cost_document(by.stored(tmp_path, peopled()), period=by.PERIOD)["plan"]
    rows = {row["unit_id"]: row for row in plan["units"]}
    assert not any(row["suppressed"] for row in rows.values())
    parts = ("plan_ore", "outcome_ore", "volume", "mix", "efficiency", "price", "unused")
    for row in rows.values():
        assert sum(row[name] for name in parts[2:]) == row["total"] == row["outcome_ore"] - row["plan_ore"]
    below = [rows[unit] for unit in ("M", "O", "V")]
    assert rows["K"]["unused"] - sum(row["unused"] for row in below) == rows["K"]["unused"] != 0, "the clinic's own"
    for name in parts[2:6]:
        assert rows["K"][name] == sum(row[name] for row in below)
    (region,) = (row for row in rows.values() if row["level"] == "region")
    labels = [step["value"] for step in plan["variance"]["terms"]]
    assert labels == [region[name] for name in parts[2:]]
    assert rows["O"]["volume"] > 0, "ten operations where three were ordered"


def test_a_unit_of_few_patients_does_not_come_out_of_what_lies_above(tmp_path) -> None:
    """The unit of two patients is the only hidden one of its clinic, as the other hidden is another clinic's.

    The clinic has nothing of its own, so its smallest other unit is hidden with it.
    """
    tables = peopled()
    tables["units"] += [
        {"unit_id": name, "name": name, "level": level, "parent_id": above}
        for name, level, above in (("K2", "clinic", "R"), ("L", "unit", "K2"), ("N", "unit", "K2"))
    ]
    operations = [row for row in tables["contacts"] if row["service_id"] == "OP"]
    tables["contacts"] = [row for row in tables["contacts"] if row["service_id"] != "OP"] + operations[:2]
    for unit, service, count in (("L", "LA", 6), ("N", "NY", 20)):
        tables["services"].append(
            {"service_id": service, "name": service, "unit_id": unit, "kind": "first_visit", "guarantee": "none"}
        )
        tables["contacts"] += [
            by.contact(5000 + n, f"{service}{n}", "NB", 4) | {"contact_id": f"{service}{n}", "service_id": service,
                                                              "unit_id": unit}
            for n in range(count)
        ]  # fmt: skip
    tables["cost_centres"][0]["unit_id"] = "R"
    found = cost_document(by.stored(tmp_path, tables), period=by.PERIOD)
    hidden = {row["name"] for row in found["groups"]["unit"] if row["suppressed"]}
    assert hidden == {"O", "L"}, "six patients at the other clinic are the fewest beside"
    dark = {row["unit_id"] for row in found["plan"]["units"] if row["suppressed"]}
    assert dark == {"O", "L", "N"} | (dark & {"M", "V", "K2"})
    assert len(dark & {"M", "V"}) == 1
    assert all(row["total"] is None for row in found["plan"]["units"] if row["suppressed"])


def test_an_operation_is_dear_among_operations(run) -> None:
    """Of a hundred visits and twenty operations, the dearest 3 % are four; the rule to the letter takes operations."""

    def many(tables: Tables) -> None:
        tables["contacts"] = [by.contact(1000 + n, f"N{n}", "NB", 1 + n % 28) for n in range(100)]
        tables["contacts"] += [by.contact(2000 + n, f"O{n}", "OP", 1 + n % 28) for n in range(20)]
        tables["operations"], tables["stays"] = [], []

    def outliers(found: CostRun) -> dict[str, int]:
        sql = "select kind, count(*) filter (where is_outlier) from read_parquet($1) group by 1 order by 1"
        with duckdb.connect() as con:
            return dict(con.execute(sql, [str(found.folder / "costed.parquet")]).fetchall())

    mine, letter = run(many, outliers="drg"), run(many)
    assert outliers(mine) == {"first_visit": 3, "surgery": 1}
    assert outliers(letter) == {"first_visit": 0, "surgery": 4}
    assert mine.run_id != letter.run_id
    assert [document(found, side(found))["method_sheet"]["outlier_population"] for found in (mine, letter)] == [
        "the same DRG (without: the same kind) in the care form",
        "all of the care form",
    ]


def side(found: CostRun) -> Side:
    return side_of(*mean_use(found.folder, found.inputs), found.rates)


def test_make_or_buy_from_data(tmp_path) -> None:
    """A contract for the clinic's own operations: the room is there whatever is done, and one more takes a sample."""
    tables = peopled()
    tables["units"].append({"unit_id": "EXT", "name": "EXT", "level": "clinic", "parent_id": "R"})
    tables["services"].append(
        {"service_id": "EXT-OP", "name": "EXT-OP", "unit_id": "EXT", "kind": "surgery", "guarantee": "none"}
    )
    # What no own care has been of has no cost that is known, and is not beside its contract.
    tables["services"].append(
        {"service_id": "NY", "name": "NY", "unit_id": "K", "kind": "surgery", "guarantee": "none"}
    )
    tables["openings"] = [row | {"minutes": 100.0} for row in tables["openings"]]
    tables["contracts"] = [
        {"provider_id": "EXT", "service_id": service, "price_ore": price, "valid_from": since}
        for service, price, since in (
            ("OP", 1, date(2025, 1, 1)),
            ("OP", 6_000_00, by.SINCE),
            ("EXT-OP", 1, by.SINCE),
            ("NY", 1, by.SINCE),
        )
    ]
    found = cost_document(by.stored(tmp_path, tables), period=by.PERIOD)
    (row,) = found["make_or_buy"]
    assert (row["service_id"], row["own_service_id"], row["price_ore"]) == ("OP", "OP", 6_000_00)
    assert row["own_volume"] == 10
    (theatre,) = (pool for pool in found["pools"] if pool["pool_id"] == "SALEN")
    assert row["spare"] == (theatre["capacity"] - theatre["used"]) // (theatre["used"] / 10), "whole operations"
    assert row["fixed_ore"] >= theatre["ore"], "used and unused"
    assert row["break_even"] == pytest.approx(row["fixed_ore"] / (row["price_ore"] - row["variable_ore"]))
    assert row["steps"][0]["remainder"] == 0
    assert 0 < row["spare"] < max(each["performed"] for each in found["contracts"]), "some of those bought"
    assert row["marginal_saves_ore"] == row["spare"] * (row["price_ore"] - row["variable_ore"])


def test_old_runs_are_removed_but_those_with_a_name_are_not(tmp_path) -> None:
    """Thirteen months are twelve and the named one; a run made again keeps its name; killed runs leave nothing."""
    store = by.stored(tmp_path, by.clinic())
    named = cost_document(store, period=by.PERIOD, name="Bokslut")["run_id"]
    assert cost_document(store, period=by.PERIOD)["name"] == "Bokslut"
    methods = ("reciprocal", "step-down")
    full = [cost_document(store, period=by.PERIOD, basis="full", method=each)["run_id"] for each in methods]
    (store / "cost" / ".building-x").mkdir()
    later = time.time() + 3 * 24 * 3600
    assert prune(store, later, keep=1) == [full[0]]
    assert sorted(path.name for path in (store / "cost").iterdir()) == sorted([named, full[1]])
    assert latest(store).document["run_id"] == full[1]
    assert prune(store, later, keep=0) == [full[1]]
    assert latest(store).document["name"] == "Bokslut"


def test_drg_within_a_unit_over_time(tmp_path) -> None:
    """May beside April, DRG by DRG in each unit; what one month does not tell has no change."""
    tables = peopled()
    tables["contacts"] = [row | {"drg": "X10O"} for row in tables["contacts"]]
    april = {"starts_at": datetime(2026, 4, 14, 6, tzinfo=UTC)}
    tables["contacts"] += [
        by.contact(500 + n, f"A{n}", "NB", 1, **april, drg="X10O", diagnosis="H25.1") for n in range(8)
    ]
    tables["ledger"].append(by.entry("K", "5810", 4_000, 9, date(2026, 4, 30)))
    found = cost_document(by.stored(tmp_path, tables), period=by.PERIOD, compare="2026-04")["comparison"]
    (row,) = (row for row in found["within_units"] if row["unit_id"] == "M")
    assert row["name"] == "X10O"
    assert row["change"] == pytest.approx(row["mean_ore"] / row["before_mean_ore"] - 1, abs=1e-6)
    assert sum(step["value"] for step in found["variance"]["terms"]) == found["variance"]["value"]


def test_a_period_without_contacts_is_told_and_not_compared_with(tmp_path) -> None:
    tables = peopled()
    tables["ledger"].append(by.entry("K", "5810", 4_000, 9, date(2026, 4, 30)))
    found = cost_document(by.stored(tmp_path, tables), period=by.PERIOD, compare="2026-04")
    assert "comparison" not in found
    told = next(row for row in found["findings"] if row["code"] == "nothing_to_compare")
    assert told["message"] == "I 2026-04 finns inga vårdkontakter att jämföra med."


def test_a_plan_at_the_runs_rates(run) -> None:
    """The volumes that were done cost what they cost; one operation more takes its minutes out of what was unused."""
    found = run(lambda tables: (without_support(tables), tables["care_items"].pop()))
    volumes, use = mean_use(found.folder, found.inputs)
    assert volumes == {"NB": 2.0, "OP": 2.0, "SV": 1.0}
    same = priced(volumes, use, found.rates)
    assert same.ore == found.certificate.contacts_ore + found.certificate.unused_ore
    more = priced({**volumes, "OP": 3.0}, use, found.rates)
    assert same.unused["SALEN"] - more.unused["SALEN"] == 150 * 62_50
    half = priced({name: volume / 2 for name, volume in volumes.items()}, use, found.rates, 0.5)
    assert half.unused["SALEN"] == same.unused["SALEN"] // 2


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("2026-05", date(2026, 5, 1), date(2026, 6, 1)),
        ("2025", date(2025, 1, 1), date(2026, 1, 1)),
        ("2025-12..2026-02", date(2025, 12, 1), date(2026, 3, 1)),
        ("2024..2025", date(2024, 1, 1), date(2026, 1, 1)),
    ],
)
def test_periods(text, first, after) -> None:
    """Whole months."""
    assert Span.parse(text) == Span(first, after)


@pytest.mark.parametrize(
    "text", ["2026-W05", "2026-13", "maj", "2026-05..2026-04", "2026-05-17", "", "9999", "0000", "..2026"]
)
def test_what_is_no_period(text) -> None:
    """Said with what to write."""
    with pytest.raises(BadInput):
        Span.parse(text)


def test_a_period_without_ledger(run) -> None:
    """Not a cost of zero."""
    with pytest.raises(BadInput):
        run(
            lambda tables: (
                tables["ledger"][0].update(date=date(2026, 4, 30)) or tables.update(ledger=tables["ledger"][:1])
            )
        )


@pytest.mark.parametrize(
    ("patients", "hidden"),
    [
        ({"A": 9, "B": 7, "C": 5}, set()),
        ({"A": 9, "B": 7, "C": 4}, {"B", "C"}),
        ({"A": 9, "C": 2, "D": 2}, {"A", "C", "D"}),
        ({"A": 9, "C": 3, "D": 2}, {"C", "D"}),
        ({"C": 4}, {"C"}),
    ],
)
def test_what_is_hidden_does_not_come_out_of_the_sum(patients, hidden, run) -> None:
    """One hidden group, or hidden ones of too few patients together, take the smallest other with them."""

    def diagnosed(tables: Tables) -> None:
        tables["contacts"] = [
            by.contact(number, f"P{number}", "NB", 4, diagnosis=name)
            for number, name in enumerate(name for name, count in patients.items() for _ in range(count))
        ]

    found = run(diagnosed)
    keep_document(found.folder, {})
    rows = KeptCost(found.folder).groups("M", "diagnosis")
    assert {row["name"] for row in rows if row["suppressed"]} == hidden
    assert all((row["ore"] is None) == row["suppressed"] for row in rows)


def test_what_is_hidden_does_not_come_out_of_another_table(tmp_path) -> None:
    """Two patients have AB at M, where NB is told in all; two are inpatients: not by unit, form, plan or diagnosis."""
    tables = by.clinic()
    tables["services"].append(tables["services"][0] | {"service_id": "AB", "name": "AB", "kind": "follow_up"})
    tables["contacts"] = [
        by.contact(1000 + place, f"P{place}", service, 4, diagnosis=diagnosis) | changed
        for place, (service, diagnosis, changed) in enumerate(
            [("NB", "M17", {})] * 30
            + [("NB", "M16", {"service_id": "AB"})] * 2
            + [("OP", "M17", {})] * 30
            + [("OP", "M16", {})] * 30
            + [("SV", "M17", {})] * 2
        )
    ]
    tables["orders"] = [{"unit_id": "O", "service_id": "OP", "year": 2026, "volume": 36.0}]
    tables["budget"] = [{"year": "2026", "account": "5810", "cost_centre": "K", "month": by.PERIOD, "amount_ore": 100}]
    found = cost_document(by.stored(tmp_path, tables), period=by.PERIOD)
    hidden = {kind: {row["name"] for row in rows if row["suppressed"]} for kind, rows in found["groups"].items()}
    assert hidden["unit"] == {"M", "V"}
    assert hidden["service"] == {"AB", "NB", "SV"}, "NB is all that M tells beside AB"
    assert hidden["diagnosis"] == set()
    within = latest(tmp_path).groups("O", "diagnosis")
    assert all(row["suppressed"] for row in within), "M16 in all less M16 at O is what the two at M cost"
    assert {name for name, ore in found["plan"]["by_service"].items() if ore is None} == hidden["service"]
    for row in found["outliers"].values():
        assert row["suppressed"]
        assert {row[name] for name in ("contacts", "outliers", "ore", "outliers_ore")} == {None}
        assert {kind["contacts"] for kind in row["kinds"]} == {None}
    controls = {row["control"]: (row["value"], row["passed"]) for row in found["controls"]}
    assert controls["outliers_inpatient"] == controls["outliers_outpatient"] == (None, True)


def test_a_run_tells_how_far_it_is_and_stops_without_a_trace(tmp_path) -> None:
    """From nothing on upwards; whoever raises at any step leaves no run and nothing half made."""
    root, told = by.stored(tmp_path, by.clinic()), []
    cost_document(root, period=by.PERIOD, progress=lambda done, what: told.append((done, str(what))))
    shares = [done for done, _ in told]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert len(told) == 4

    other = by.stored(tmp_path / "other", by.clinic())
    for step in range(len(told)):
        calls = iter(range(len(told)))

        def stop(_done: float, _what: object, step: int = step, calls: Any = calls) -> None:
            if next(calls) == step:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            cost_document(other, period=by.PERIOD, progress=stop)
        assert latest(other) is None
        assert [path.name for path in (other / "cost").glob("*")] == []
