"""The web app's one door to the store: data versions through the lake, stored results, and kept costs."""

from pathlib import Path

from django.conf import settings

from vardbalans.data.cost.stored import KeptCost, latest
from vardbalans.data.lake import Lake
from vardbalans.data.results import Results

__all__ = ["costs", "lake", "results", "root"]


def root() -> Path:
    """Return the store folder."""
    folder: Path = settings.STORE
    return folder


def lake() -> Lake:
    """Return the versioned fact tables."""
    return Lake(root())


def results() -> Results:
    """Return the stored balance runs."""
    return Results(root())


def costs() -> KeptCost | None:
    """Return the cost run that was kept last; None before the first."""
    return latest(root())
