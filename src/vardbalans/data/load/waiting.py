"""How every list stands when the weeks begin (from individual referrals, else from bands), and what treatment costs."""

import duckdb
import numpy as np

from vardbalans.data.lake import Lake, Version
from vardbalans.data.load.series import grouped
from vardbalans.data.queries import ask
from vardbalans.engine.inputs import Inputs
from vardbalans.engine.projection import ListStart, start_of_bands, start_of_people

__all__ = ["prices_of", "starts_of"]


def starts_of(lake: Lake, version: Version, inputs: Inputs) -> dict[str, ListStart]:
    """Return service id → its list as of the first of the run's weeks."""
    with lake.connect(version.number) as connection:
        found = _of_bands(connection, inputs) if "waiting" in version.tables else {}
        return {**found, **_of_people(connection, inputs)} if "referrals" in version.tables else found


def prices_of(lake: Lake, version: Version, inputs: Inputs) -> dict[str, float]:
    """Return service id → the lowest agreed price of one treatment, in öre, of those in force when the weeks begin."""
    if "contracts" not in version.tables:
        return {}
    with lake.connect(version.number) as connection:
        rows = connection.execute(
            """
            select service_id, min(price_ore)::double from (
                select service_id, provider_id, max_by(price_ore, valid_from) as price_ore
                from contracts where valid_from <= $1 group by all
            ) group by all order by all
            """,
            [inputs.weeks[0].start],
        ).fetchall()
    return dict(rows)


def _of_people(connection: duckdb.DuckDBPyConnection, inputs: Inputs) -> dict[str, ListStart]:
    lists = {
        item.service.service_id: item.waiting_list
        for item in inputs.services
        if item.waiting_list is not None and item.waiting_list.waiting.source.table == "referrals"
    }
    if not lists:
        return {}
    limits = {item.service.service_id: item.limit_days for item in inputs.services}
    since = min(state.waiting.start.start for state in lists.values())
    until = inputs.weeks[0].start
    weeks = (until - since).days // 7
    rows = ask(connection, "list_people", since=since, until=until).to_pylist()
    found = {}
    for name, group in grouped(rows, "service_id"):
        if name in lists:
            left = np.array([weeks if row["closed"] is None else row["closed"] for row in group], np.int64)
            target = [np.nan if row["target_days"] is None else row["target_days"] for row in group]
            found[name] = start_of_people(
                np.array([row["came_day"] for row in group], np.int64),
                left,
                np.array([row["treated"] for row in group], bool),
                [row["priority"] for row in group],
                np.array(target, np.float64),
                weeks,
                limits[name],
            )
    return found


def _of_bands(connection: duckdb.DuckDBPyConnection, inputs: Inputs) -> dict[str, ListStart]:
    """Return the starts of lists given by bands on the last day counted; a list given whole tells of no waits."""
    rows = connection.execute(
        """
        with days as (select service_id, max(date) as date from waiting where date <= $1 group by all)
        select service_id, days_from, days_to, sum(count)::bigint
        from waiting join days using (service_id, date)
        where not (days_from = 0 and days_to is null)
        group by all order by all
        """,
        [inputs.weeks[0].start],
    ).fetchall()
    bands: dict[str, list[tuple[int, int | None, int]]] = {}
    for name, frm, to, people in rows:
        bands.setdefault(name, []).append((frm, to, people))
    return {name: start_of_bands(found) for name, found in bands.items()}
