"""The Django app of administration."""

from django.apps import AppConfig


class AdministeringConfig(AppConfig):
    """People, the log, spot-checks, parameters."""

    name = "vardbalans.web.administering"
    label = "administering"

    def ready(self) -> None:
        """Make the jobs of administration known."""
        from vardbalans.web.administering.steps import register_kinds  # noqa: PLC0415 - models are not there before ready

        register_kinds()
