"""The Django app of the insight pages."""

from importlib import import_module

from django.apps import AppConfig


class InsightConfig(AppConfig):
    """Overview, balance, beds, and the explanation of each figure."""

    name = "vardbalans.web.insight"
    label = "insight"

    def ready(self) -> None:
        """Make the kind of job known that this room has."""
        import_module("vardbalans.web.insight.beds_job").register_kinds()
