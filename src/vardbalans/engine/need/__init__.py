"""How much care will be needed: forecasts of counts, with draws and reasons.

:func:`forecast` is the forecast of one service that the balance uses; :func:`outlooks` forecasts many series together.
"""

from vardbalans.engine.need.distribution import LEVELS
from vardbalans.engine.need.explained import explained
from vardbalans.engine.need.forecast import Forecast, Growth, forecast
from vardbalans.engine.need.hierarchy import Coherent, coherent_outlooks
from vardbalans.engine.need.history import Event, History, Remark
from vardbalans.engine.need.hourly import HourlyOutlook, hourly_outlook
from vardbalans.engine.need.judgement import FEW_PERIODS, Change, Judged, Trial, ValueAdded, judged, value_added
from vardbalans.engine.need.outlook import Outlook, Outlooks, outlooks

__all__ = [
    "FEW_PERIODS",
    "LEVELS",
    "Change",
    "Coherent",
    "Event",
    "Forecast",
    "Growth",
    "History",
    "HourlyOutlook",
    "Judged",
    "Outlook",
    "Outlooks",
    "Remark",
    "Trial",
    "ValueAdded",
    "coherent_outlooks",
    "explained",
    "forecast",
    "hourly_outlook",
    "judged",
    "outlooks",
    "value_added",
]
