"""Data quality: rules, scores per source and unit, rows to repair, and whether what is stored is fresh.

::

    with stored(lake, version) as con:
        report = judge(con, today)

See docs/explanation/quality.md for what is tested and how a score is made.
"""

from vardbalans.data.quality.connections import delivered, stored
from vardbalans.data.quality.judge import judge
from vardbalans.data.quality.report import Report

__all__ = ["Report", "delivered", "judge", "stored"]
