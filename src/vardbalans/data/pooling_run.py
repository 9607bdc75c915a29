"""What pooling gives: units as told, or resources of a store as servers; by Erlang's formulas and by simulation."""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vardbalans.data.capacity_run import expected_outcome, resource_of
from vardbalans.engine.balance import ResourceBalance
from vardbalans.engine.capacity.pooling import Part, SimulatedPooling, pooling, simulate_pooling
from vardbalans.engine.capacity.queues import Times
from vardbalans.engine.errors import BadInput, MissingFactor, VardbalansError
from vardbalans.engine.messages import Message
from vardbalans.engine.sampling import stream
from vardbalans.engine.scenario import Outcome

__all__ = ["Pooled", "erlang_document", "pooled", "pooled_resources", "pooling_document", "server_rows", "servers_of"]

Row = dict[str, Any]


@dataclass(frozen=True)
class Pooled:
    """Resources as servers: *parts* in the order asked for, the measured *cv*, and mean *minutes* of an activity."""

    version: int
    names: tuple[str, ...]
    parts: tuple[Part, ...]
    cv: float | None
    minutes: float


def pooled_resources(store: Path, resource_ids: Sequence[str], *, weeks: int = 52, seed: int = 1) -> Pooled:
    """Return the resources as servers in an ordinary week: as many as are open at once, loaded as they are required.

    Servers are open time over what one gives in full shifts, to the nearest whole; load is required over open time,
    times servers. A resource named twice is one. Raises BadInput for an unknown resource.
    """
    outcome = expected_outcome(store, weeks, seed)
    rows = [servers_of(resource_of(outcome, name), outcome) for name in dict.fromkeys(resource_ids)]
    return pooled(rows, outcome.inputs.version)


def servers_of(row: ResourceBalance, outcome: Outcome) -> Row:
    """Return one resource as servers with their load, and what its share of a mean and a spread over several is.

    Raises MissingFactor without a shift, BadInput for one that is never open.
    """
    services = {each.item.service.service_id: each.item for each in outcome.services}
    weight = spread = minutes = activities = 0.0
    for use in outcome.uses[row.resource.resource_id]:
        amount = float(sum(part.amount.sum() for part in row.parts if part.service_id == use.service_id))
        if services[use.service_id].minutes is not None:
            weight, spread = weight + amount, spread + amount * use.cv
        minutes, activities = minutes + amount, activities + amount / use.amount
    part = _part(row, outcome)
    return {
        "unit_id": row.resource.unit_id,
        "resource_id": row.resource.resource_id,
        "resource_name": row.resource.name,
        "kind": row.resource.kind,
        "servers": part.servers,
        "load": part.load,
        "weight": weight,
        "spread": spread,
        "minutes": minutes,
        "activities": activities,
    }


def server_rows(outcome: Outcome) -> list[Row]:
    """Return every resource that can be told as servers, as :func:`servers_of` tells it."""
    found = []
    for row in outcome.resources:
        if row.measure == "minutes":
            with suppress(VardbalansError):  # without a shift, or never open: it cannot be pooled with anything
                found.append(servers_of(row, outcome))
    return found


def pooled(rows: Sequence[Row], version: int) -> Pooled:
    """Return the resources of *rows*, as :func:`servers_of` tells them, in their order."""
    weight, spread, minutes, activities = (
        sum(row[name] for row in rows) for name in ("weight", "spread", "minutes", "activities")
    )
    return Pooled(
        version,
        tuple(row["resource_name"] for row in rows),
        tuple(Part(row["servers"], row["load"]) for row in rows),
        spread / weight if weight > 0 else None,
        minutes / activities if activities > 0 else 0.0,
    )


def _part(row: ResourceBalance, outcome: Outcome) -> Part:
    shift = row.resource.shift_minutes
    if shift is None:
        raise MissingFactor([Message("passets längd för {name}", name=row.resource.name)])
    opened = float(sum(part.minutes.sum() for part in row.available.parts if part.code != "unused"))
    if opened <= 0:
        raise BadInput(Message("{name} är aldrig öppen och kan inte slås ihop med något.", name=row.resource.name))
    calendar = outcome.inputs.services[0].calendar
    days = 7 * len(outcome.inputs.weeks) if row.resource.kind == "bed" else None
    full = shift * (days or int(calendar.working_days_of(outcome.inputs.weeks).sum()))
    servers = max(1, round(opened / full))
    return Part(servers, float(row.required.sum()) / opened * servers)


def pooling_document(
    names: Sequence[str],
    parts: Sequence[Part],
    cv: float | None,
    *,
    arrivals: int = 20_000,
    runs: int = 30,
    seed: int = 1,
) -> Row:
    """Return the document of pooling *parts*, whose times of service have the spread *cv* (None: exponential).

    Waits are simulated only where every part has more servers than load; what is infinite is null.
    """
    settles = all(part.load < part.servers for part in parts)
    return {
        "seed": seed,
        **erlang_document(names, parts),
        "cv": cv,
        "simulated": [
            _simulated(
                simulate_pooling(
                    parts, Times(cv), measure, stream(seed, "pooling", measure), arrivals=arrivals, runs=runs
                )
            )
            for measure in (("leaves", "waits") if settles else ("leaves",))
        ],
        "findings": [],
    }


def erlang_document(names: Sequence[str], parts: Sequence[Part]) -> Row:
    """Return what Erlang's formulas say of *parts*, apart and together; what is infinite is null."""
    found = pooling(parts)
    return {
        "units": [
            {"name": name, "servers": part.servers, "load": part.load} for name, part in zip(names, parts, strict=True)
        ],
        "erlang": {name: value if math.isfinite(value) else None for name, value in vars(found).items()},
        "saved": {"leaves": found.saved_leaving, "waits": found.saved_waiting},
    }


def _simulated(row: SimulatedPooling) -> Row:
    ends = ("mean", "low", "high")
    return {
        "measure": row.measure,
        "certainty": row.certainty,
        "apart": dict(zip(ends, row.apart, strict=True)),
        "together": dict(zip(ends, row.together, strict=True)),
        "gain": dict(zip(ends, row.gain, strict=True)),
    }
