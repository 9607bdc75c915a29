"""The cost job as commands and pages ask for it: read the ledger's files, run, compare, keep, write."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from vardbalans.data.checks import check_table
from vardbalans.data.cost.compare import compared
from vardbalans.data.cost.contracts import contracts_of
from vardbalans.data.cost.delivery import deliver, read_kpp_mapping
from vardbalans.data.cost.document import document
from vardbalans.data.cost.files import write_files
from vardbalans.data.cost.planned import mean_use, planned, side_of
from vardbalans.data.cost.run import CostRun, Progress, run_cost
from vardbalans.data.cost.stored import keep_document
from vardbalans.data.findings import Finding, has_errors
from vardbalans.data.lake import Lake
from vardbalans.data.read import COMMAND_LINE, read_file
from vardbalans.data.tables import TABLES
from vardbalans.engine.cost import Basis, Method
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
    compare: str | None = None,
    out: Path | None = None,
    delivery: Path | None = None,
    progress: Progress = lambda _done, _what: None,
) -> Row:
    """Run cost per patient on the store's newest data, keep it, and return its document.

    *ledger* are files to take the ledger from instead of the store; *compare* is another period to run and set beside;
    *out* a folder for the files, and *delivery* the field mapping by which they hold a delivery too. *progress* is
    told the share that is done, and may raise to stop. Raises BadInput
    for files that cannot be read as a ledger or a mapping, and for a delivery whose controls do not hold.
    """
    mapping = read_kpp_mapping(delivery) if delivery else None
    rows, findings = _ledger(ledger)
    part = 0.5 if compare else 1.0
    made, side, run = _run(store, rows, period, method, basis, lambda done, what: progress(done * part, what))
    if compare:
        before, earlier, _ = _run(
            store, rows, compare, method, basis, lambda done, what: progress(part + done * part, what)
        )
        made["comparison"] = compared(before, made, (earlier, side))
    made["findings"] = [finding.as_dict() for finding in findings] + made["findings"]
    if out:
        paths = write_files(out, made, run.folder)
        if mapping:
            fields, sha256 = mapping
            made["delivery"] = {
                "mapping": fields.name,
                "version": fields.version,
                "draft": fields.draft,
                "sha256": sha256,
            }
            paths.append(deliver(out, made, run.folder, fields))
        made["files"] = [str(path) for path in paths]
    keep_document(run.folder, made)
    return made


def _run(
    store: Path, ledger: pa.Table | None, period: str | None, method: Method, basis: Basis, progress: Progress
) -> tuple[Row, Side, CostRun]:
    run = run_cost(store, period=period, method=method, basis=basis, ledger=ledger, progress=progress)
    side = side_of(*mean_use(run.folder, run.inputs), run.rates)
    lake = Lake(store)
    made = document(run, planned(lake, run.inputs, method, side, run.rates))
    made["contracts"] = contracts_of(lake, run.inputs, run.folder)
    keep_document(run.folder, made)
    return made, side, run


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
