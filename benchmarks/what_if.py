"""One measure on a unit, and its new balance: what a planner waits for when trying something out."""

import time
from collections import Counter
from pathlib import Path
from typing import Any

from vardbalans.data.lake import Lake
from vardbalans.data.load import load
from vardbalans.engine.compare import compare
from vardbalans.engine.measures import Interval, Measure
from vardbalans.engine.scenario import Settings, run

__all__ = ["change_a_unit"]

DRAWS = 1_000


def change_a_unit(folder: Path) -> dict[str, Any]:
    """Take a tenth off the need of the unit with most services; seconds leave loading and the baseline out."""
    lake = Lake(folder / "store")
    inputs = load(lake, lake.required_head())
    baseline = run(inputs, Settings(DRAWS))
    unit, services = Counter(item.service.unit_id for item in inputs.services).most_common(1)[0]
    measure = Measure("A", "A", unit, "need", inputs.weeks[0].start, Interval(0.9, 0.8, 1.0))
    started = time.perf_counter()
    found = compare(baseline, run(inputs, baseline.settings, [measure], baseline))
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "unit": unit, "services": services, "resources_changed": len(found.resources)}
