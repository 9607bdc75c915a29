"""A forecast of the series in a file: read, forecast on all cores, tell and write."""

import csv
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from vardbalans.data.findings import Finding, shown
from vardbalans.data.read.series import read_series
from vardbalans.engine.messages import Message
from vardbalans.engine.need import LEVELS, History, Outlook, Outlooks, Remark, YearlyNeed, outlooks
from vardbalans.engine.periods import Frequency, country_calendar

__all__ = ["SEASONS", "run_forecast", "series_document", "write_forecast"]

SEASONS: dict[Frequency, int] = {"day": 7, "week": 52, "month": 12}
_WORTH_A_POOL = 200  # fewer series are done before worker processes have started
_NAMES = tuple(f"q{round(level * 100):02d}" for level in LEVELS)


def run_forecast(
    path: Path,
    horizon: int,
    *,
    season: int | None = None,
    frequency: Frequency | None = None,
    country: str = "SE",
    seed: int = 1,
) -> tuple[dict[str, Any], Outlooks]:
    """Return the command's document and the forecasts of the series in the csv at *path*.

    *season* is in periods; a year of weeks or months, or a week of days, where not given. Raises BadInput.
    """
    file = read_series(path, frequency)
    found = Outlooks((), ())
    if file.histories:
        found = _outlooks(file.histories, horizon, season, country)
    document = {
        "seed": seed,
        "series": [_series(outlook) for outlook in found.series],
        "findings": [finding.as_dict() for finding in (*file.findings, *(_finding(path, r) for r in found.remarks))],
    }
    return document, found


def _outlooks(histories: tuple[History, ...], horizon: int, season: int | None, country: str) -> Outlooks:
    starts = [history.start for history in histories]
    ends = [history.start.next(len(history.values) + horizon).end for history in histories]
    calendar = country_calendar(country, min(starts).start.year, max(ends).year)
    with _executor(len(histories)) as executor:
        return outlooks(histories, horizon, season or SEASONS[starts[0].frequency], calendar, executor)


@contextmanager
def _executor(size: int) -> Iterator[Executor | None]:
    workers = len(os.sched_getaffinity(0))
    if size < _WORTH_A_POOL or workers == 1:
        yield None
    else:
        # Spawned, not forked: the engine's arithmetic may already have threads of its own.
        with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
            yield pool


def series_document(found: Outlook | YearlyNeed) -> dict[str, Any]:
    """Return what the document says of any forecast: id, method, periods, mean and quantiles."""
    return {
        "series_id": found.series_id,
        "method": found.method,
        "periods": [str(period) for period in found.periods],
        "mean": found.mean.tolist(),
        "quantiles": {name: row.tolist() for name, row in zip(_NAMES, found.quantiles, strict=True)},
    }


def _series(outlook: Outlook) -> dict[str, Any]:
    return {
        **series_document(outlook),
        "weights": dict(outlook.weights),
        "past_errors": dict(outlook.errors),
        "reason": str(outlook.reason),
    }


def _finding(path: Path, remark: Remark) -> Finding:
    name = shown(remark.series_id)
    sentence = Message(remark.message.template, **{**remark.message.values, "series": name})
    return Finding(path.name, None, name, remark.code, remark.severity, sentence)


def write_forecast(path: Path, found: Iterable[Outlook | YearlyNeed]) -> None:
    """Write the forecasts *found* as csv: one row per series and period, decimal points, UTF-8."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["series_id", "period", "mean", *_NAMES, "method"])
        for outlook in found:
            for step, period in enumerate(outlook.periods):
                values = (outlook.mean[step], *outlook.quantiles[:, step])
                writer.writerow([outlook.series_id, period, *map(repr, map(float, values)), outlook.method])
