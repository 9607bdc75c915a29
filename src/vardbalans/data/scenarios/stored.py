"""The measures of a data version, as the engine reads them."""

from collections.abc import Mapping

import duckdb

from vardbalans.engine.inputs import Inputs
from vardbalans.engine.measures import PARAMETERS, Interval, Measure
from vardbalans.engine.messages import Message

__all__ = ["measures_of"]

_QUERY = """
    select measure_id, name, unit_id, point, coalesce(target_id, ''), factor, factor_low, factor_high, starts,
        cost_ore, coalesce(owner, ''), status
    from measures order by measure_id
"""


def measures_of(
    connection: duckdb.DuckDBPyConnection, present: set[str], inputs: Inputs
) -> tuple[dict[str, Measure], tuple[Message, ...]]:
    """Return measure id → measure, and why others cannot be used: no effect given, or a target that is not there.

    A measure of the table acts on the first parameter of its point. Its target is a service or a resource.
    """
    found: dict[str, Measure] = {}
    notes = []
    for row in connection.execute(_QUERY).fetchall() if "measures" in present else ():
        name, title, unit_id, point, target, factor, low, high, starts, cost, owner, status = row
        places = _targets(inputs)
        if factor is None:
            notes.append(Message("Åtgärden {name} har ingen väntad effekt och räknas inte.", name=title))
        elif target and target not in places:
            notes.append(
                Message("Åtgärden {name} gäller {target}, som inte är med i beräkningen.", name=title, target=target)
            )
        else:
            found[name] = Measure(
                name,
                title,
                unit_id if unit_id in inputs.units else "",
                PARAMETERS[point][0],
                starts,
                Interval(factor, factor if low is None else low, factor if high is None else high),
                cost_ore=cost,
                owner=owner,
                status=status,
                **({places[target]: target} if target else {}),
            )
    return found, tuple(notes)


def _targets(inputs: Inputs) -> Mapping[str, str]:
    """Return which field of a measure each id belongs in."""
    resources = {item.resource.resource_id: "resource_id" for item in inputs.resources}
    return resources | {item.service.service_id: "service_id" for item in inputs.services}
