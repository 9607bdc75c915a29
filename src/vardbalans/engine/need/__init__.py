"""How much care will be needed: forecasts of counts, with draws and reasons."""

from vardbalans.engine.need.forecast import Forecast, Growth, forecast

__all__ = ["Forecast", "Growth", "forecast"]
