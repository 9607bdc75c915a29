"""The Django app of the Monday letter."""

from importlib import import_module

from django.apps import AppConfig


class MailingConfig(AppConfig):
    """The Monday letter by e-mail."""

    name = "vardbalans.web.mailing"
    label = "mailing"

    def ready(self) -> None:
        """Make the kinds of job known that this room has."""
        import_module("vardbalans.web.mailing.steps").register_kinds()
