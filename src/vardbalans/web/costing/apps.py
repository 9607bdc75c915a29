"""The Django app of computing cost per patient."""

from importlib import import_module

from django.apps import AppConfig


class CostingConfig(AppConfig):
    """The job that computes cost per patient."""

    name = "vardbalans.web.costing"
    label = "costing"

    def ready(self) -> None:
        """Make the kind of job known that this room has."""
        import_module("vardbalans.web.costing.steps").register_kinds()
