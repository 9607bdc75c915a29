"""Data quality: rules, scores per source and unit, rows to repair, and whether what is stored is fresh.

::

    report, _ = judge_version(lake, lake.head())  # a stored version: judged once, and kept
    with delivered(lake, preview.delivery) as con:  # what is about to be brought in, stored or not
        report = judge(con, today)

See docs/explanation/quality.md for what is tested and how a score is made.
"""

from vardbalans.data.quality.connections import delivered, stored
from vardbalans.data.quality.judge import judge, judge_version
from vardbalans.data.quality.kept import Judgements
from vardbalans.data.quality.report import Report

__all__ = ["Judgements", "Report", "delivered", "judge", "judge_version", "stored"]
