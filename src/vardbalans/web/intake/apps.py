"""The Django app of intake."""

from importlib import import_module

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """Uploads, previews and imports."""

    name = "vardbalans.web.intake"
    label = "intake"

    def ready(self) -> None:
        """Make the kinds of job known that this room has."""
        import_module("vardbalans.web.intake.steps").register_kinds()
