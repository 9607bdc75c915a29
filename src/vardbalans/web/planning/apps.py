"""The Django app of the plan."""

from importlib import import_module

from django.apps import AppConfig


class PlanningConfig(AppConfig):
    """Plans, their versions, cells and history."""

    name = "vardbalans.web.planning"
    label = "planning"

    def ready(self) -> None:
        """Make the kinds of job known that this room has."""
        import_module("vardbalans.web.planning.steps").register_kinds()
