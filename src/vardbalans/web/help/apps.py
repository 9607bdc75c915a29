"""The Django app of the help; it keeps nothing."""

from django.apps import AppConfig


class HelpConfig(AppConfig):
    """Help where the reader is."""

    name = "vardbalans.web.help"
