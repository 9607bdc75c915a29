"""How much care will be needed: forecasts of counts, with draws and reasons.

:func:`forecasts` is what the balance uses, :func:`judged` what planners make of it, :func:`backtests` how good it has
been; :func:`outlooks` forecasts many series together; :func:`yearly_need` looks 1–15 years ahead with the population,
:func:`judged_years` with what planners make of those.
"""

from vardbalans.engine.need.backtest import BackTest, Origin, backtests
from vardbalans.engine.need.demography import (
    LONGEST_YEARS,
    RateTrend,
    YearChange,
    YearlyNeed,
    near_forecasts,
    year_span,
    yearly_need,
)
from vardbalans.engine.need.distribution import LEVELS
from vardbalans.engine.need.explained import explained, growth_figure, need_figure
from vardbalans.engine.need.forecast import Forecast, Growth, forecast
from vardbalans.engine.need.hierarchy import Coherent, coherent_outlooks
from vardbalans.engine.need.history import Event, History, Remark
from vardbalans.engine.need.hourly import HourlyOutlook, hourly_outlook
from vardbalans.engine.need.judged_years import judged_years
from vardbalans.engine.need.judgement import FEW_PERIODS, Added, Change, Judged, Trial, ValueAdded, judged, value_added
from vardbalans.engine.need.months import months_of
from vardbalans.engine.need.outlook import Outlook, Outlooks, outlooks
from vardbalans.engine.need.population import GroupCounts, Population
from vardbalans.engine.need.together import forecasts, judged_forecasts

__all__ = [
    "FEW_PERIODS",
    "LEVELS",
    "LONGEST_YEARS",
    "Added",
    "BackTest",
    "Change",
    "Coherent",
    "Event",
    "Forecast",
    "GroupCounts",
    "Growth",
    "History",
    "HourlyOutlook",
    "Judged",
    "Origin",
    "Outlook",
    "Outlooks",
    "Population",
    "RateTrend",
    "Remark",
    "Trial",
    "ValueAdded",
    "YearChange",
    "YearlyNeed",
    "backtests",
    "coherent_outlooks",
    "explained",
    "forecast",
    "forecasts",
    "growth_figure",
    "hourly_outlook",
    "judged",
    "judged_forecasts",
    "judged_years",
    "months_of",
    "near_forecasts",
    "need_figure",
    "outlooks",
    "value_added",
    "year_span",
    "yearly_need",
]
