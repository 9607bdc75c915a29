"""The need of a run as a table that a page reads by itself: one row per service, in plain columns what a list shows.

What only a service's own page shows lies in columns of JSON (:data:`DETAILS`), which the list never reads.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from vardbalans.data.results.months import by_month
from vardbalans.engine.messages import Message
from vardbalans.engine.need import LEVELS, BackTest, Origin, Trial, YearlyNeed
from vardbalans.engine.need.forecast import YEAR
from vardbalans.engine.periods import Period
from vardbalans.engine.scenario import Outcome, ServiceOutcome
from vardbalans.engine.units import Floats

__all__ = ["BANDS", "DETAILS", "Study", "need_table"]

BANDS = {"q025": 0.025, "q10": 0.10, "q25": 0.25, "q75": 0.75, "q90": 0.90, "q975": 0.975}
"""The ends of the 95, 80 and 50 % intervals."""
DETAILS = (
    "weeks",
    "months",
    "factors",
    "adjusted",
    "annotated",
    "backtest",
    "years",
    "years_reason",
    "trials",
    "note",
    "method_reason",
)
_SHOWN = {"week": 156, "month": 36}

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Study:
    """What is known of one service's need beside its forecast; *years_reason* says why there are no *years*."""

    backtest: BackTest
    years: YearlyNeed | None = None
    years_reason: Message | None = None
    annotations: tuple[Row, ...] = ()
    trials: tuple[Trial, ...] = ()


_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("unit_id", "service_id", "service_name", "kind", "frequency", "method")),
        ("need_is_inflow", pa.bool_()),
        *(
            (name, pa.float64())
            for name in (
                "last_year",
                "total",
                "low",
                "high",
                "base_total",
                "change",
                "growth",
                "growth_low",
                "growth_high",
            )
        ),
        ("past", pa.list_(pa.float64())),
        ("ahead", pa.list_(pa.float64())),
        ("adjustments", pa.int64()),
        ("annotations", pa.int64()),
        ("remarked", pa.bool_()),
        *((name, pa.string()) for name in DETAILS),
    ]
)


def need_table(outcome: Outcome, studies: Mapping[str, Study]) -> pa.Table:
    """Return the need of every service of *outcome* with what *studies* tell of it."""
    rows = [_row(row, studies[row.item.service.service_id]) for row in outcome.services]
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def _row(row: ServiceOutcome, study: Study) -> Row:
    service, need, growth = row.item.service, row.item.need, row.forecast.growth
    year = YEAR[need.start.frequency]
    totals = row.forecast.draws.sum(axis=1)
    months = by_month(row)
    weeks = _weeks(row) if need.start.frequency == "week" else None
    details = {
        "weeks": weeks,
        "months": {
            "past": months.past,
            "ahead": _bands(months.ahead, months.mean, months.base, months.draws, months.known),
        },
        "factors": list(_factors(row)),
        "adjusted": list(_adjusted(row)),
        "annotated": list(study.annotations),
        "backtest": _backtest(study.backtest),
        "years": _years(study.years) if study.years else None,
        "years_reason": _said(study.years_reason),
        "trials": [asdict(trial) | {"period": str(trial.period)} for trial in study.trials],
        "note": _said(row.forecast.note),
        "method_reason": _said(row.forecast.reason),
    }
    return {
        "unit_id": service.unit_id,
        "service_id": service.service_id,
        "service_name": service.name,
        "kind": service.kind,
        "frequency": need.start.frequency,
        "method": row.forecast.method,
        "need_is_inflow": row.item.need_is_inflow,
        "last_year": float(need.last(year).sum()) if len(need.values) >= year else None,
        "total": _number(row.forecast.mean.sum()),
        "low": _number(np.quantile(totals, BANDS["q10"])),
        "high": _number(np.quantile(totals, BANDS["q90"])),
        "base_total": _number(row.base.mean.sum()),
        "change": _change(row),
        "growth": _number(growth.share) if growth else None,
        "growth_low": _number(growth.low) if growth else None,
        "growth_high": _number(growth.high) if growth else None,
        "past": [each["value"] for each in months.past],
        "ahead": [_number(mean) for mean in months.mean],
        "adjustments": len(row.changes),
        "annotations": sum(_is_recent(event, need.end) for event in study.annotations),
        "remarked": row.forecast.note is not None,
        **{name: json.dumps(value, ensure_ascii=False) for name, value in details.items()},
    }


def _is_recent(event: Row, end: date) -> bool:
    """Tell whether an event touches the last year of data or what follows: a list marks no older ones."""
    return event["date_to"] is None or date.fromisoformat(event["date_to"]) >= end - timedelta(days=364)


def _change(row: ServiceOutcome) -> float | None:
    """Return what the expected need is above that of the same weeks last year, as a share.

    None where those weeks are not all known; a service counted by month is compared year by year, and only then.
    """
    need, weeks = row.item.need, row.forecast.weeks
    if need.start.frequency == "month":
        if len(need.values) < YEAR["month"] or not 50 <= len(weeks) <= 54:
            return None
        before = float(need.last(YEAR["month"]).sum()) * len(weeks) / (365.25 / 7)
    else:
        known = dict(zip(need.periods, need.values, strict=True))
        same = [week.next(-YEAR["week"]) for week in weeks]
        if not known.keys() >= set(same):
            return None
        before = float(sum(known[week] for week in same))
    return _number(float(row.forecast.mean.sum()) / before - 1) if before > 0 else None


def _weeks(row: ServiceOutcome) -> Row:
    need, kept = row.item.need, _SHOWN["week"]
    return {
        "past": [
            {"period": str(period), "value": float(value)}
            for period, value in zip(need.periods[-kept:], need.last(kept), strict=True)
        ],
        "ahead": _bands(
            row.forecast.weeks,
            row.forecast.mean,
            row.base.mean,
            row.forecast.draws,
            np.zeros(len(row.forecast.weeks)),
        ),
    }


def _bands(periods: Sequence[Period], mean: Floats, base: Floats, draws: Floats, known: Floats) -> list[Row]:
    """Return the periods ahead, one column of *draws* each; *known* is how much of each has been counted already."""
    ends = np.quantile(draws, list(BANDS.values()), axis=0)
    return [
        {
            "period": str(period),
            "mean": _number(mean[n]),
            "base": _number(base[n]),
            "known": _number(known[n]),
            **{name: _number(ends[level, n]) for level, name in enumerate(BANDS)},
        }
        for n, period in enumerate(periods)
    ]


def _factors(row: ServiceOutcome) -> Iterator[Row]:
    """Yield per week or month what the forecast, before any adjustment, multiplies; nothing where that is nothing."""
    if row.base.months:
        for n, month in enumerate(row.base.months.periods if row.base.months.factors else ()):
            yield {"month": str(month), "base": _number(row.base.months.mean[n])} | {
                name: round(float(values[n]), 6) for name, values in row.base.months.factors.items()
            }
        return
    parts = {**row.base.factors, **row.base.season_parts}
    if not row.base.season_parts:
        return
    for n, week in enumerate(row.base.weeks):
        yield {"week": str(week), "base": _number(row.base.mean[n])} | {
            name: round(float(values[n]), 6) for name, values in parts.items() if name != "season"
        }


def _adjusted(row: ServiceOutcome) -> Iterator[Row]:
    for change in row.changes:
        what = change.adjustment
        yield {
            "adjustment_id": what.adjustment_id,
            "author": what.author,
            "author_level": what.author_level,
            "reason": what.reason,
            "made_on": what.made_on.isoformat(),
            "date_from": what.date_from.isoformat(),
            "date_to": what.date_to.isoformat(),
            "per_week": what.per_week,
            "factor": what.factor,
            "added": _number(change.added.sum()),
        }


def _backtest(found: BackTest) -> Row:
    return {
        "verdict": found.verdict,
        "outcomes": found.outcomes,
        "error": _number(found.error),
        "naive_error": _number(found.naive_error),
        "mase": None if found.mase is None else _number(found.mase),
        "coverage": _number(found.coverage),
        "bias": None if found.bias is None else _number(found.bias),
        "origins": [_origin(origin) for origin in found.origins],
    }


def _origin(origin: Origin) -> list[Row]:
    return [
        {
            "period": str(period),
            "mean": _number(origin.mean[n]),
            "low": _number(origin.low[n]),
            "high": _number(origin.high[n]),
            "outcome": float(origin.outcome[n]),
            "naive": float(origin.naive[n]),
        }
        for n, period in enumerate(origin.periods)
    ]


def _years(need: YearlyNeed) -> Row:
    return {
        "base": _number(need.base),
        "reason": _said(need.reason),
        "unplaced_share": _number(need.unplaced_share),
        "adjustments": len(need.changes),
        "rows": [
            {
                "year": year,
                "mean": _number(need.mean[n]),
                "low": _number(need.quantiles[LEVELS.index(0.1), n]),
                "high": _number(need.quantiles[LEVELS.index(0.9), n]),
                **{name: _number(values[n]) for name, values in need.growth.items()},
                "adjusted": _number(need.adjusted[n]),
            }
            for n, year in enumerate(need.periods)
        ],
    }


def _said(message: Message | None) -> Row | None:
    """Return a sentence as its template and values, which a page looks up in the reader's language."""
    return message.as_dict() if message else None


def _number(value: float) -> float:
    """Return *value* to three decimals: finer than any count means."""
    return round(float(value), 3)
