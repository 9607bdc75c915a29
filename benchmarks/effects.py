"""Do the verdicts keep what they promise? Many made-up months with a known effect, told by the product's own
functions.

``python -m benchmarks.effects [RUNS]`` prints the table that docs/explanation/effects.md shows (2 000 runs unless
said). Counts have a trend, a season of two harmonics, overdispersion, and errors of which each is like the one before.
``null``: how often an effect is *shown* where there is none (5 %). ``found``: how often the effect is shown for which
the power calculation promises 80 %. ``cover``: how often the 95 % interval holds it.
"""

import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from scipy import stats

from vardbalans.engine.effects.interrupted import Series, effect
from vardbalans.engine.effects.power import Noise, detectable
from vardbalans.engine.effects.staggered import Panel, staggered
from vardbalans.engine.effects.synthetic import synthetic
from vardbalans.engine.sampling import stream
from vardbalans.engine.units import Floats

__all__ = ["controlled", "counts", "expected", "panel", "study"]

LENGTHS = ((12, 12), (24, 12), (36, 12), (36, 24))
CORRELATIONS = (0.0, 0.2, 0.4)
LEVELS = ((60.0, 2.0), (300.0, 4.0))
PANELS = tuple((level, 0.3, ratio) for level in (3.0, 10.0, 100.0) for ratio in (1.0, 0.8))
CONTROLS = tuple(
    (length, others, alike, drift)
    for length, others in (((24, 12), 4), ((24, 12), 10), ((36, 12), 20), ((24, 6), 4))
    for alike, drift in ((0.0, 0.0), (0.4, 0.0), (0.2, 1.5))
)
STARTS = (12, 15, 18, 21, 24, 27, None, None)
_FULL_AFTER = 6


def expected(count: int, level: float, season: float = 1.0) -> Floats:
    """Return the expected counts of *count* months: *level*, growing by three per cent a year, and *season* or less."""
    month = 2 * np.pi * np.arange(count) / 12
    return level * np.exp(season * (0.15 * np.sin(month + 1) + 0.08 * np.cos(2 * month)) + 0.03 * np.arange(count) / 12)


def _alike(generator: np.random.Generator, shape: tuple[int, ...], correlation: float) -> Floats:
    """Return normal errors along the last axis, each like the one before by *correlation*."""
    fresh = generator.standard_normal(shape)
    errors = fresh.copy()
    for step in range(1, shape[-1]):
        errors[..., step] = correlation * errors[..., step - 1] + np.sqrt(1 - correlation**2) * fresh[..., step]
    return errors


def _drawn(means: Floats, errors: Floats, dispersion: float) -> Floats:
    """Return counts with these means, variance *dispersion* times as large, and the rank that each error has."""
    found: Floats = stats.nbinom.ppf(stats.norm.cdf(errors), means / (dispersion - 1), 1 / dispersion)
    return found


def counts(
    generator: np.random.Generator,
    before: int,
    after: int,
    level: float,
    ratio: float,
    *,
    dispersion: float = 3.0,
    correlation: float = 0.3,
    season: float = 1.0,
) -> Floats:
    """Return monthly counts with a step of *ratio* after *before* months."""
    means = expected(before + after, level, season) * np.where(np.arange(before + after) >= before, ratio, 1.0)
    return _drawn(means, _alike(generator, means.shape, correlation), dispersion)


def panel(
    generator: np.random.Generator, ratio: float, level: float = 100.0, correlation: float = 0.3
) -> tuple[Panel, float]:
    """Return eight units over three years that begin at different times or never, and the true mean ratio.

    Effects differ between units by half up and down, and grow to full in half a year.
    """
    units, periods = len(STARTS), 36
    means = np.exp(generator.normal(0, 0.4, units))[:, None] * expected(periods, level)[None, :]
    factors = np.ones((units, periods))
    for unit, (start, share) in enumerate(zip(STARTS, np.linspace(0.5, 1.5, units), strict=True)):
        if start is not None:
            grown = np.minimum((np.arange(periods - start) + 1) / _FULL_AFTER, 1)
            factors[unit, start:] = 1 + (ratio - 1) * share * grown
    values = _drawn(means * factors, _alike(generator, means.shape, correlation), 2.0)
    made = Panel(tuple("abcdefgh"), values, STARTS)
    return made, float((means * factors)[made.treated].sum() / means[made.treated].sum())


def study(case: tuple[tuple[int, int], tuple[float, float], float, int]) -> tuple[float, float, float, float]:
    """Return, for one length, level and correlation, the effect promised 80 %, and the shares null, found and cover."""
    (before, after), (level, dispersion), correlation, runs = case
    months = before + after
    size = detectable(before, after, Noise(expected(before + 12, level)[before:], dispersion, correlation))
    assert size is not None
    shown, found, covered = 0, 0, 0
    for run in range(runs):
        for ratio in (1.0, size):
            generator = stream(run, "study", str(case[:3]), str(ratio == 1.0))
            values = counts(generator, before, after, level, ratio, dispersion=dispersion, correlation=correlation)
            told = effect(Series(np.arange(months), values, season=12), before)
            if ratio == 1.0:
                shown += told.verdict == "shown"
            else:
                found += told.verdict == "shown"
                covered += told.step.low <= ratio <= told.step.high
    return size, shown / runs, found / runs, covered / runs


def controlled(
    generator: np.random.Generator, others: int, before: int, after: int, correlation: float, drift: float
) -> Floats:
    """Return values (1 + others, months) without any effect: what all share weighs differently in each.

    They share shocks that last and a season; noise is of its own size in each unit, and so is a *drift* (the standard
    deviation of where it ends).
    """
    units, months = others + 1, before + after
    month = 2 * np.pi * np.arange(months) / 12
    shared, seasonal, size = generator.uniform(0.5, 1.5, (3, units, 1))
    shocks = 2 * _alike(generator, (1, months), 0.8)
    season = seasonal * (np.sin(month + 1) + 0.5 * np.cos(2 * month))
    drifts = drift * generator.standard_normal((units, 1)) * np.arange(months) / months
    level = 100 + 10 * generator.standard_normal((units, 1))
    found: Floats = level + shared * shocks + season + drifts + size * _alike(generator, (units, months), correlation)
    return found


def _controls(case: tuple[tuple[int, int], int, float, float, int]) -> float:
    """Return how often an effect is shown against a synthetic control where there is none.

    The interval moves with the effect, so it holds any effect in all the other runs.
    """
    (before, after), others, correlation, drift, runs = case
    shown = 0
    for run in range(runs):
        own, *rest = controlled(stream(run, "controlled", str(case[:4])), others, before, after, correlation, drift)
        told = synthetic(own, {str(number): row for number, row in enumerate(rest)}, before)
        shown += told.verdict == "shown"
    return shown / runs


def _panels(case: tuple[float, float, float, int]) -> tuple[float, float]:
    """Return how often a panel's effect is shown, and how often its interval holds the true mean."""
    level, correlation, ratio, runs = case
    shown, covered = 0, 0
    for run in range(runs):
        made, true = panel(stream(run, "panel", str(case[:3])), ratio, level, correlation)
        told = staggered(made)
        shown += told.verdict == "shown"
        covered += told.overall.low <= true <= told.overall.high
    return shown / runs, covered / runs


def table(runs: int) -> Iterator[str]:
    """Give the study's lines, one per length, level and correlation, and the panels'."""
    cases = [(length, level, alike, runs) for length in LENGTHS for level in LEVELS for alike in CORRELATIONS]
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        yield "| before + after | level, dispersion | correlation | effect promised 80 % | null | found | cover |"
        yield "|---|---|---|---|---|---|---|"
        totals = []
        for case, (size, *shares) in zip(cases, pool.map(study, cases), strict=True):
            (before, after), (level, dispersion), alike, _ = case
            totals.append(shares)
            told = " | ".join(f"{100 * share:.1f}" for share in shares)
            yield f"| {before} + {after} | {level:g}, {dispersion:g} | {alike:g} | {size:.3f} | {told} |"
        yield "| all | | | | " + " | ".join(f"{100 * share:.1f}" for share in np.mean(totals, axis=0)) + " |"
        yield ""
        yield "| units that begin at different times: count a month | correlation | ratio | shown | cover |"
        yield "|---|---|---|---|---|"
        panels = [(*case, runs // 2) for case in PANELS]
        for (level_, alike, ratio, _), (shown, covered) in zip(panels, pool.map(_panels, panels), strict=True):
            yield f"| {level_:g} | {alike:g} | {ratio:g} | {100 * shown:.1f} | {100 * covered:.1f} |"
        yield ""
        yield "| one unit: before + after | others | correlation | drift | null |"
        yield "|---|---|---|---|---|"
        controls = [(*case, runs) for case in CONTROLS]
        for ((before, after), others, alike, drift, _), shown in zip(
            controls, pool.map(_controls, controls), strict=True
        ):
            yield f"| {before} + {after} | {others} | {alike:g} | {drift:g} | {100 * shown:.1f} |"


if __name__ == "__main__":
    for line in table(int(sys.argv[1]) if len(sys.argv) > 1 else 2000):
        print(line, flush=True)
