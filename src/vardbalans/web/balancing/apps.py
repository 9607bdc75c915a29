"""The Django app of computing the balance."""

from importlib import import_module

from django.apps import AppConfig


class BalancingConfig(AppConfig):
    """The job that computes the balance."""

    name = "vardbalans.web.balancing"
    label = "balancing"

    def ready(self) -> None:
        """Make the kind of job known that this room has."""
        import_module("vardbalans.web.balancing.steps").register_kinds()
