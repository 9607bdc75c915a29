"""A cost run as one JSON document: what ``vardbalans cost --json`` prints, and what the store keeps beside the rows."""

from collections.abc import Mapping
from importlib.metadata import version as program_version
from typing import Any

from vardbalans.data.cost.planned import Planned
from vardbalans.data.cost.run import CostRun
from vardbalans.data.cost.variances import explained
from vardbalans.data.findings import note_row, translatable
from vardbalans.engine.cost import Note
from vardbalans.engine.cost.variance import Side

__all__ = ["LINES", "document", "within"]

Row = dict[str, Any]

LINES = ("ledger_ore", "contacts_ore", "unused_ore", "excluded_ore", "unmatched_ore", "difference_ore")


def document(run: CostRun, outcome: Side, planned: Planned | None = None, of_plan: tuple[Note, ...] = ()) -> Row:
    """Return the run: the certificate with its steps, the way from cost centre to contact, groups, and method sheet.

    *outcome* is held against the plan, where there is one; *of_plan* is what to repair in it.
    """
    certificate = run.certificate
    return {
        "run_id": run.run_id,
        "version": run.inputs.version.number,
        "period": str(run.inputs.span),
        "method": run.method,
        "basis": run.basis,
        **{name: getattr(certificate, name) for name in LINES},
        "steps": [certificate.figure(run.notes).as_dict()],
        "centres": _centres(run),
        "overhead": [
            {"support": support, "cost_centre": centre, "ore": ore, "share": _share(run, support, centre)}
            for (support, centre), ore in sorted(run.overhead.moved.items())
        ],
        "pools": _pools(run),
        "excluded": [
            {"rule_id": rule, "cost_centre": centre, "account": account, "ore": ore}
            for (rule, centre, account), ore in sorted(run.quantum.excluded.items())
        ],
        "outside": [
            {"rule_id": rule, "account": account, "ore": ore}
            for (rule, account), ore in sorted(run.quantum.outside.items())
        ],
        "unmatched": _unmatched(run),
        "groups": dict(run.tables.groups),
        "outliers": dict(run.tables.outliers),
        "explained": dict(run.tables.explained),
        "controls": _controls(run),
        "plan": None if planned is None else _planned(planned, outcome, run),
        "method_sheet": _method_sheet(run),
        "files": [],
        "findings": [_finding(note) for note in (*run.notes, *of_plan)],
    }


def _share(run: CostRun, support: str, centre: str) -> float:
    overhead = run.overhead
    return round(float(overhead.shares[overhead.supports.index(support), overhead.producing.index(centre)]), 9)


def _centres(run: CostRun) -> list[Row]:
    """Return each cost centre's own cost by class, what it gets and what it gives away."""
    direct: dict[str, dict[str, int]] = {}
    for (centre, cost_class), ore in sorted(run.quantum.costs.items()):
        direct.setdefault(centre, {})[cost_class] = ore
    gets: dict[str, int] = {}
    gives: dict[str, int] = {}
    for (support, centre), ore in run.overhead.moved.items():
        gets[centre] = gets.get(centre, 0) + ore
        gives[support] = gives.get(support, 0) + ore
    return [
        {
            "cost_centre": centre,
            "title": run.inputs.names.get(centre, centre),
            "kind": "support" if centre in run.overhead.supports else "producing",
            "direct": direct.get(centre, {}),
            "direct_ore": sum(direct.get(centre, {}).values()),
            "received_ore": gets.get(centre, 0),
            "given_ore": gives.get(centre, 0),
            "stuck_ore": run.overhead.stuck.get(centre, 0),
        }
        for centre in sorted({*direct, *gets})
    ]


def _pools(run: CostRun) -> list[Row]:
    rates = {rate.pool_id: rate for rate in run.rates}
    rows = []
    for pool in run.pools:
        rate, base = rates[pool.pool_id], run.inputs.bases[pool.pool_id]
        rows.append(
            {
                "pool_id": pool.pool_id,
                "number": base.number,
                "cost_centre": pool.cost_centre,
                "basis": base.basis,
                "resource_id": base.resource_id,
                "ore": pool.ore,
                "direct": dict(pool.direct),
                "overhead": dict(pool.overhead),
                "capacity": None if rate.capacity is None else rate.capacity / 1000,
                "used": rate.used / 1000,
                "rows": rate.rows,
                "ore_per_unit": rate.ore_per_unit,
                "used_ore": rate.used_ore,
                "unused_ore": rate.unused_ore,
                "unplaced_ore": rate.unplaced_ore,
                "whole": rate.whole,
                "scale": rate.scale,
                "uncertain": rate.uncertain,
            }
        )
    return rows


def _unmatched(run: CostRun) -> list[Row]:
    """Return what is unmatched by reason; stays and care items by kind and unit."""
    loose = [{"code": "no_match", **row, "message": ""} for row in run.tables.loose]
    return loose + [
        {"code": note.code, "kind": "", "unit_id": "", "rows": None, "ore": note.ore, **translatable(note.message)}
        for note in run.notes
        if note.ore and note.code != "no_match"
    ]


def _controls(run: CostRun) -> list[Row]:
    """Return the controls a cost-per-patient delivery must pass, each with what was found (SKR; PLICS CP6)."""
    counts, certificate, limits = run.tables.controls, run.certificate, run.tables.limits
    unmatched = _part(certificate.unmatched_ore, certificate.ledger_ore)
    found: list[tuple[str, Any, bool | None]] = [
        ("difference_ore", certificate.difference_ore, certificate.difference_ore == 0),
        ("negative_contacts", counts["negative"], counts["negative"] == 0),
        ("contacts_without_cost", counts["without_cost"], counts["without_cost"] == 0),
        ("stays_ending_before_they_begin", counts["backwards"], counts["backwards"] == 0),
        ("contacts_without_drg", counts["without_drg"], None),
        ("drg_missing", counts["drg_missing"], None),
        ("unmatched_share", unmatched, within(unmatched, limits.get("unmatched_share"))),
        ("unused_share", _part(certificate.unused_ore, certificate.ledger_ore), None),
    ]
    for form, row in run.tables.outliers.items():
        found.append((f"outliers_{form}", row["outliers"], row["exact"]))
    return [{"control": name, "value": value, "passed": passed} for name, value, passed in found]


def within(value: float | None, limit: float | None) -> bool | None:
    """Tell whether *value* is at most *limit*; None where either is not known: then it is only told."""
    return None if value is None or limit is None else value <= limit


def _part(ore: int, whole: int) -> float | None:
    return round(ore / whole, 6) if whole else None


def _planned(planned: Planned, outcome: Side, run: CostRun) -> Row:
    whole, units = explained(planned.side, outcome, run.inputs, run.tables.hidden_units)
    # What nobody ordered has the outcome's volume.
    few = {row["name"] for row in run.tables.groups.get("service", []) if row["suppressed"]}
    return {
        "budget_ore": planned.budget_ore,
        "cost_ore": planned.cost.ore,
        "unplaced_ore": planned.unplaced_ore,
        "by_service": {name: None if name in few else ore for name, ore in planned.cost.by_service.items()},
        "unused": dict(planned.cost.unused),
        "ordered": list(planned.ordered),
        "variance": whole.figure().as_dict(),
        "units": units,
        "budget_left": planned.cost.against(planned.budget_ore).as_dict(),
    }


def _method_sheet(run: CostRun) -> Mapping[str, Any]:
    """Return the choices behind the figures, for whoever compares them with another's."""
    inputs = run.inputs
    return {
        "program": f"vardbalans {program_version('vardbalans')}",
        "period": str(inputs.span),
        "data_version": inputs.version.number,
        "data_fingerprint": inputs.version.fingerprint,
        "overhead_method": run.method,
        "support_centres": [f"{support.centre}: {support.driver_name}" for support in inputs.supports],
        "rates": "practical capacity, unused capacity apart" if run.basis == "practical" else "full absorption",
        "cost_rules": len(inputs.rules),
        "pools": len(run.pools),
        "pools_with_capacity": sum(rate.capacity is not None for rate in run.rates),
        "weights": len(inputs.small["weights"]),
        "matching_rules": [row["rule_id"] for row in inputs.small["matching"]],
        "outlier_shares": {form: row["share"] for form, row in run.tables.outliers.items()},
        "outlier_population": "all of the care form"
        if run.outliers == "form"
        else "the same DRG (without: the same kind) in the care form",
        "small_numbers_below": run.tables.small,
        "rounding": "largest remainder, öre per contact",
        "parts": run.parts,
        "parts_of_an_ore": run.rates[0].scale if run.rates else 1,
    }


def _finding(note: Note) -> Row:
    return {**note_row(note.message, note.code, "warning"), **translatable(note.message), "ore": note.ore}
