"""The Django app of the planning cycle."""

from importlib import import_module

from django.apps import AppConfig


class RhythmConfig(AppConfig):
    """Dates of the steps, and what people have ticked."""

    name = "vardbalans.web.rhythm"
    label = "rhythm"

    def ready(self) -> None:
        """Have the signing of plans ask which steps are open."""
        import_module("vardbalans.web.rhythm.signing").register()
