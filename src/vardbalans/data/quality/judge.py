"""Judge tables by every rule: the one way in, for a stored version and for a delivery that is only looked at."""

from datetime import date
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from vardbalans.data.lake import Lake, Version
from vardbalans.data.quality.connections import present, stored
from vardbalans.data.quality.freshness import event_days
from vardbalans.data.quality.history import judge_history
from vardbalans.data.quality.kept import Judgements
from vardbalans.data.quality.report import Report
from vardbalans.data.quality.rows import judge_rows
from vardbalans.data.quality.rules import RULES

__all__ = ["judge", "judge_version"]

_ZONE = ZoneInfo("Europe/Stockholm")


def judge(con: duckdb.DuckDBPyConnection, today: date) -> Report:
    """Return what every rule says of the tables of *con* on the day *today*.

    *con* has a view or table per table of the contract, with the columns ``_file`` and ``_row``, and local time as its
    time zone. Where it has a schema ``before`` with the tables as they were, series are judged against those too, and
    rows are late that should have been there. Rules without their tables are not tested, and the report says so.
    """
    tables = present(con)
    own = {place: rule for place, rule in RULES.items() if rule.table in tables}
    lacking = {place: tuple(name for name in rule.needs if name not in tables) for place, rule in own.items()}
    rules = [rule for place, rule in own.items() if rule.kind == "rows" and not lacking[place]]
    row_counts, rows = judge_rows(con, rules, tables, today)
    period_counts, alarms = judge_history(con, tables, today)
    return Report(
        today,
        pa.concat_tables([row_counts, period_counts]),
        rows,
        alarms,
        {place: names for place, names in lacking.items() if names},
    )


def judge_version(lake: Lake, version: Version) -> tuple[Report, dict[tuple[str, str], date | None]]:
    """Judge a stored version as of the day it was stored, keep the judgement, and return it with the newest days.

    A version that is judged already, by the same rules, is not judged again. The days are those of :func:`event_days`.
    """
    kept = Judgements(lake.root)
    with stored(lake, version.number) as con:
        report = kept.get(version.number)
        if report is None:
            report = judge(con, version.at.astimezone(_ZONE).date())
            kept.keep(version.number, report)
        return report, event_days(con, present(con))
