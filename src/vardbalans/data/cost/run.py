"""A cost run: the ledger to pools, pools to rates, rates to contacts, and all of it added up again.

The patients are divided into parts of about the same number of contacts; a part is one job of an Executor, so the same
run goes on one process, on several, or on a cluster (a Dask client's executor). Which part a patient is in depends on
the data alone, so the öre of each contact are the same wherever it is computed.
"""

import hashlib
import itertools
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Protocol, TypeVar

import pyarrow as pa

from vardbalans.data.cost.groups import Tables, tables_of
from vardbalans.data.cost.inputs import CostInputs, read_inputs
from vardbalans.data.cost.partition import Part, Priced, Used, price, use
from vardbalans.data.cost.stored import name_of
from vardbalans.data.lake import Lake
from vardbalans.engine.cost import (
    Allocation,
    Basis,
    Certificate,
    Method,
    Note,
    Pool,
    Population,
    Quantum,
    Rate,
    allocate,
    pools_of,
    quantum,
    rates,
)
from vardbalans.engine.cost.contacts import shared_out
from vardbalans.engine.messages import Message

__all__ = ["PART_ROWS", "CostRun", "Progress", "run_cost"]

T = TypeVar("T")
Progress = Callable[[float, Message], None]


class Submit(Protocol):
    """What takes a job and gives its result to come."""

    def __call__(self, job: Callable[[], T], /) -> "Future[T]":
        """Take *job*."""


_READ, _USED, _PRICED = 0.1, 0.5, 0.8
"""The share of the work that is done when inputs are read, use is summed, and contacts are priced."""
PART_ROWS = 1_000_000
"""About how many contacts, stays and care items a part holds: enough to be worth a job, few enough for its memory."""


@dataclass(frozen=True, eq=False)
class CostRun:
    """A run with everything between the ledger and the contact, so that any krona can be followed.

    *folder* holds ``costed.parquet``, a row per contact, and by part what has no contact (``unmatched-*.parquet``) and
    what each used (``activity-*.parquet``). *name* is what an earlier run of the same was called; empty without.
    """

    inputs: CostInputs
    method: Method
    basis: Basis
    outliers: Population
    quantum: Quantum
    overhead: Allocation
    pools: tuple[Pool, ...]
    rates: tuple[Rate, ...]
    certificate: Certificate
    notes: tuple[Note, ...]
    tables: Tables
    parts: int
    folder: Path
    name: str

    @property
    def run_id(self) -> str:
        """Return what names the run: the same data and choices give the same."""
        return run_id(self.inputs, self.method, self.basis, self.outliers)


def run_id(inputs: CostInputs, method: Method, basis: Basis, outliers: Population) -> str:
    """Return a fingerprint of the data version, the ledger that was read, the span and the choices."""
    entries = [(str(e.month), e.cost_centre, e.account, e.ore) for e in inputs.entries]
    named = [inputs.version.fingerprint, str(inputs.span), method, basis, outliers, entries]
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()[:16]


def run_cost(  # noqa: PLR0913 - all but the store have a usual value
    store: Path,
    *,
    period: str | None = None,
    method: Method = "reciprocal",
    basis: Basis = "practical",
    outliers: Population = "form",
    ledger: pa.Table | None = None,
    version: int | None = None,
    executor: Executor | None = None,
    part_rows: int = PART_ROWS,
    progress: Progress = lambda _done, _what: None,
) -> CostRun:
    """Compute cost per patient of the store's data (*version*, or the newest) and keep its rows in the store.

    *outliers* says among which contacts the dearest are sought. *progress* is told the share that is done and what is
    being done, and may raise to stop: then nothing is kept. *executor* runs the parts; without one, this process does
    where there is one part and a pool of processes where there are several. Raises BadInput or MissingFactor where
    ledger, contacts, services or units are absent.
    """
    lake = Lake(store)
    at = lake.required_head() if version is None else lake.version(version)
    progress(0.0, Message("Läser huvudbok, regler och fördelningsnycklar."))
    inputs = read_inputs(lake, at, period, ledger)
    progress(_READ, Message("Räknar vad varje vårdkontakt har använt."))
    found = quantum(inputs.entries, inputs.rules)
    overhead = allocate(found.by_centre, inputs.supports, inputs.producing, method)
    pools, unpooled = pools_of(found.costs, overhead, inputs.pool_rules, inputs.span.months[-1].start)
    strange = _unknown_centres(found, inputs)
    folder = store / "cost" / run_id(inputs, method, basis, outliers)
    folder.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=".building-", dir=folder.parent))
    try:
        parts = _parts(lake, inputs, store, building, part_rows)
        with _on(executor, len(parts)) as submit:
            used = [job.result() for job in [submit(partial(use, part)) for part in parts]]
            progress(_USED, Message("Räknar priser och lägger kostnaden på vårdkontakterna."))
            priced_at, unplaced = rates(pools, _totals(used, inputs), inputs.capacity, basis)
            priced = _price(parts, used, priced_at, inputs, submit)
        progress(_PRICED, Message("Summerar per enhet, vårdtjänst, DRG och diagnos."))
        tables = tables_of(lake, inputs, building, outliers)
        notes = (*found.notes, *inputs.notes, *overhead.notes, *strange, *unpooled, *unplaced)
        loose = sum(one.loose_ore for one in priced)
        certificate = Certificate(
            inputs.ledger_ore - sum(found.outside.values()),
            tables.contacts_ore,
            sum(rate.unused_ore for rate in priced_at),
            found.excluded_ore,
            sum(note.ore for note in notes) + loose,
        )
        if loose:
            notes = (*notes, _loose(loose))
        name = name_of(folder)  # the same run made again is still called what it was
        shutil.rmtree(folder, ignore_errors=True)
        building.replace(folder)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    return CostRun(
        inputs,
        method,
        basis,
        outliers,
        found,
        overhead,
        pools,
        priced_at,
        certificate,
        notes,
        tables,
        len(parts),
        folder,
        name,
    )


def _unknown_centres(found: Quantum, inputs: CostInputs) -> list[Note]:
    """Return the cost of centres that neither produce nor support, as far as anyone has said."""
    known = {*inputs.producing, *(support.centre for support in inputs.supports)}
    return [
        Note(
            "unknown_centre",
            Message(
                "Kostnadsställe {centre} finns i huvudboken men inte i tabellen Kostnadsställen. Lägg till det som "
                "producerande eller stödjande.",
                centre=centre,
            ),
            ore,
        )
        for centre, ore in sorted(found.by_centre.items())
        if centre not in known and ore
    ]


def _loose(ore: int) -> Note:
    return Note(
        "no_match",
        Message(
            "Vårdtillfällen och medicinska tjänster utan vårdkontakt. Raderna står i listan över omatchat: rätta "
            "dem, eller vidga tiden i tabellen Matchningsregler."
        ),
        ore,
    )


def _parts(lake: Lake, inputs: CostInputs, store: Path, folder: Path, part_rows: int) -> list[Part]:
    """Divide the patients into parts by their keys, so that each has about *part_rows* rows."""
    span, version = inputs.span, inputs.version
    tables = [name for name in ("contacts", "stays", "care_items") if name in version.tables]
    keys = " union all ".join(f"select patient_key from {name}" for name in tables)
    with lake.connect(version.number) as con:
        rows = con.execute(f"select count(*) from ({keys})").fetchall()[0][0]
        count = max(1, -(-rows // part_rows))
        shares = [number / count for number in range(1, count)]
        cuts = (
            con.execute(f"select quantile_disc(patient_key, {shares}) from ({keys})").fetchall()[0][0] if shares else []
        )
    edges = ["", *sorted(set(cuts)), "\U0010ffff"]
    return [
        Part(number, store, version.number, folder, span.first, span.after, low, high, inputs.small)
        for number, (low, high) in enumerate(itertools.pairwise(edges))
    ]


def _totals(used: Sequence[Used], inputs: CostInputs) -> dict[str, tuple[int, int]]:
    """Return what all parts together used of each pool: quantity and rows."""
    names = {base.number: base.pool_id for base in inputs.bases.values()}
    totals: dict[str, tuple[int, int]] = {}
    for one in used:
        for number, (quantity, rows) in one.quantities.items():
            before = totals.get(names[number], (0, 0))
            totals[names[number]] = before[0] + quantity, before[1] + rows
    return totals


def _price(
    parts: Sequence[Part],
    used: Sequence[Used],
    priced_at: Sequence[Rate],
    inputs: CostInputs,
    submit: Submit,
) -> list[Priced]:
    """Share the öre out over the parts by what each used, and price every part."""
    numbers = {base.pool_id: base.number for base in inputs.bases.values()}
    names = {number: pool for pool, number in numbers.items()}
    whole = {numbers[rate.pool_id]: rate.whole for rate in priced_at}
    priced = {rate.pool_id for rate in priced_at}
    quantities = [
        {names[number]: quantity for number, (quantity, _) in one.quantities.items() if names[number] in priced}
        for one in used
    ]
    scale = priced_at[0].scale if priced_at else 1
    totals = shared_out(priced_at, quantities)
    jobs = [submit(partial(price, part, whole, scale, total)) for part, total in zip(parts, totals, strict=True)]
    return [job.result() for job in jobs]


@contextmanager
def _on(executor: Executor | None, jobs: int) -> Iterator[Submit]:
    """Give what submits a job: to *executor*, to a pool of processes, or to this process where there is one job."""
    if executor is None and jobs == 1:
        yield _at_once
        return
    # Spawned: a process forked after the lake's threads have started may hang.
    own = nullcontext(executor) if executor else ProcessPoolExecutor(mp_context=get_context("spawn"))
    with own as pool:
        assert pool is not None  # noqa: S101 - one of the two
        yield pool.submit


def _at_once(job: Callable[[], T]) -> "Future[T]":
    done: Future[T] = Future()
    done.set_result(job())
    return done
