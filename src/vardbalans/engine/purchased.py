"""Purchased care against its contract: what a provider has done this year, of what is agreed, and at what cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from vardbalans.engine.inputs import Contract, Inputs, Series
from vardbalans.engine.messages import Message

__all__ = ["ContractOutcome", "contract_outcomes"]


@dataclass(frozen=True)
class ContractOutcome:
    """One provider and service from *first* through *last*: *performed*, and *agreed* for so many days of a year.

    *agreed* is None where the contract has no volume; *cost_ore* is each activity at the price that held when it was
    performed.
    """

    provider_id: str
    service_id: str
    first: date
    last: date
    performed: float
    agreed: float | None
    cost_ore: float
    sentence: Message


def contract_outcomes(inputs: Inputs) -> tuple[ContractOutcome, ...]:
    """Return the outcome this year of every contract whose provider is a unit with performed activity of its own.

    The year is that of the last day of data; a period counts where it begins within the year and the contract.
    """
    found = []
    for item in inputs.services:
        service = item.service
        own = (service.service_id, service.unit_id)
        rows = [row for row in inputs.contracts if (row.service_id, row.provider_id) == own]
        rows.sort(key=lambda row: row.valid_from)
        if rows and item.performed is not None:
            outcome = _outcome(item.performed, rows, service.name)
            found += [outcome] if outcome else []
    return tuple(found)


def _outcome(performed: Series, rows: Sequence[Contract], name: str) -> ContractOutcome | None:
    year = performed.periods[-1].start.year
    counted, cost, agreed, days = 0.0, 0.0, 0.0, []
    limited = True
    for period, value in zip(performed.periods, performed.values, strict=True):
        held = [row for row in rows if row.valid_from <= period.start]
        if period.start.year != year or not held:
            continue
        days += list(period.days)
        counted += float(value)
        cost += float(value) * held[-1].price_ore
        limited = limited and held[-1].volume is not None
        agreed += (held[-1].volume or 0.0) * len(period.days) / 365.25
    if not days:
        return None
    share = f"{100 * counted / agreed:.0f}" if limited and agreed else None
    said = {"name": name, "performed": f"{counted:.0f}", "cost": f"{cost / 100:.0f}", "last": days[-1]}
    what = (
        Message("{name}: {performed} utförda till och med {last} för {cost} kr; avtalet har inget tak.", **said)
        if share is None
        else Message(
            "{name}: {performed} utförda till och med {last}, {share} % av det avtalade för tiden, för {cost} kr.",
            share=share,
            **said,
        )
    )
    first = rows[0]
    return ContractOutcome(
        first.provider_id, first.service_id, days[0], days[-1], counted, agreed if limited else None, cost, what
    )
