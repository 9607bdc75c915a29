"""The web app's one door to the store: data versions through the lake, and stored results."""

from pathlib import Path

from django.conf import settings

from vardbalans.data.lake import Lake
from vardbalans.data.results import Results

__all__ = ["lake", "results", "root"]


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
