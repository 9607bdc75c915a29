"""The Django app of the shell."""

from django.apps import AppConfig


class ShellConfig(AppConfig):
    """The frame around every page."""

    name = "vardbalans.web.shell"
    label = "shell"
