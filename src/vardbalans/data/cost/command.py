"""The cost job as commands and pages ask for it: read the ledger's files, run, compare, keep, write."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from vardbalans.data.checks import check_table
from vardbalans.data.cost.compare import beside, compared, largest_change
from vardbalans.data.cost.contracts import contracts_of
from vardbalans.data.cost.delivery import deliver, read_kpp_mapping
from vardbalans.data.cost.document import document, within
from vardbalans.data.cost.files import write_files
from vardbalans.data.cost.planned import mean_use, planned, side_of
from vardbalans.data.cost.run import CostRun, Progress, run_cost
from vardbalans.data.cost.stored import KeptCost, keep_document, prune
from vardbalans.data.cost.variances import explained
from vardbalans.data.findings import Finding, has_errors, note_row, translatable
from vardbalans.data.lake import Lake
from vardbalans.data.read import COMMAND_LINE, read_file
from vardbalans.data.tables import TABLES
from vardbalans.engine.cost import Basis, Method, Population
from vardbalans.engine.cost.variance import Side
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = ["cost_document"]

Row = dict[str, Any]


def cost_document(  # noqa: PLR0913 - what the command lets one choose
    store: Path,
    ledger: Sequence[Path] = (),
    *,
    period: str | None = None,
    method: Method = "reciprocal",
    basis: Basis = "practical",
    outliers: Population = "form",
    compare: str | None = None,
    name: str = "",
    out: Path | None = None,
    delivery: Path | None = None,
    progress: Progress = lambda _done, _what: None,
) -> Row:
    """Run cost per patient on the store's newest data, keep it, and return its document.

    *ledger* are files to take the ledger from instead of the store; *compare* is another period to run and set beside;
    *out* a folder for the files, and *delivery* the field mapping by which they hold a delivery too. A run with a
    *name* is kept until it is removed by hand; of the others the newest are. *progress* is told the share that is done,
    and may raise to stop. Raises BadInput for files that cannot be read as a ledger or a mapping, and for a delivery
    whose controls do not hold.
    """
    mapping = read_kpp_mapping(delivery) if delivery else None
    rows, findings = _ledger(ledger)
    part = 0.5 if compare else 1.0

    def run(of: str | None, begun: float) -> Made:
        return _run(
            store,
            partial(run_cost, store, period=of, method=method, basis=basis, outliers=outliers, ledger=rows),
            lambda done, what: progress(begun + done * part, what),
        )

    # The run that is compared with goes first: the last that is kept is the one that pages show.
    earlier = run(compare, 0.0) if compare else None
    mine = run(period, part if compare else 0.0)
    made = mine.document
    made["name"] = name or mine.run.name
    if earlier and not any(earlier.outcome.volumes.values()):
        none = Message("I {period} finns inga vårdkontakter att jämföra med.", period=earlier.document["period"])
        made["findings"].insert(0, note_row(none, "nothing_to_compare", "warning") | translatable(none))
    elif earlier:
        made["comparison"] = _compared(earlier, mine)
        change = largest_change(earlier.document, made)
        limit = mine.run.tables.limits.get("group_share_change")
        made["controls"].append({"control": "group_share_change", "value": change, "passed": within(change, limit)})
    made["findings"] = [finding.as_dict() for finding in findings] + made["findings"]
    if out:
        paths = write_files(out, made, mine.run.folder)
        if mapping:
            fields, sha256 = mapping
            made["delivery"] = {
                "mapping": fields.name,
                "version": fields.version,
                "draft": fields.draft,
                "sha256": sha256,
            }
            paths.append(deliver(out, made, mine.run.folder, fields))
        made["files"] = [str(path) for path in paths]
    keep_document(mine.run.folder, made)
    prune(store, time.time())
    return made


class Made(NamedTuple):
    """A run, its document, and its outcome as a side of a variance."""

    run: CostRun
    document: Row
    outcome: Side


def _run(store: Path, start: Callable[..., CostRun], progress: Progress) -> Made:
    lake = Lake(store)
    run = start(progress=progress)
    volumes, use = mean_use(run.folder, run.inputs)
    outcome = side_of(volumes, use, run.rates)
    made = document(run, outcome, *planned(lake, run.inputs, run.method, outcome, run.rates))
    made["contracts"], made["make_or_buy"] = contracts_of(lake, run, volumes, use)
    made["name"] = run.name
    keep_document(run.folder, made)
    return Made(run, made, outcome)


def _compared(before: Made, after: Made) -> Row:
    """Return the run *after* beside *before*: groups, DRG within each unit, and why the cost changed, by unit."""
    hidden = before.run.tables.hidden_units | after.run.tables.hidden_units
    whole, units = explained(before.outcome, after.outcome, after.run.inputs, hidden)
    kept = [KeptCost(one.run.folder).groups_within("drg") for one in (before, after)]
    within = [row for row in beside(*kept) if row["change"] is not None]
    return {
        **compared(before.document, after.document),
        "variance": whole.figure().as_dict(),
        "units": units,
        "within_units": within,
    }


def _ledger(paths: Sequence[Path]) -> tuple[pa.Table | None, list[Finding]]:
    """Return the rows of the ledger's files together, None without files, and what was found in them."""
    if not paths:
        return None, []
    contract = TABLES["ledger"]
    parts, unreadable, found = [], [], []
    for path in paths:
        if not path.is_file():
            raise BadInput(Message("{path} finns inte. Kontrollera sökvägen.", path=path))
        for draft in read_file(path, limits=COMMAND_LINE):
            found += draft.findings
            if draft.table == contract.name:
                parts.append(draft.rows.select(contract.schema().names))
                unreadable.append(draft.unreadable)
    rows = pa.concat_tables(parts) if parts else contract.schema().empty_table()
    if parts:
        found += check_table(contract, rows, {}, today=None, unreadable=pa.concat_tables(unreadable))
    if has_errors(found) or not parts:
        reason = next((item.message for item in found if item.severity == "error"), Message("inga verifikationer"))
        raise BadInput(
            Message(
                "{path} kan inte läsas som huvudbok: {reason}",
                path=", ".join(path.name for path in paths),
                reason=reason,
            )
        )
    return rows, found
