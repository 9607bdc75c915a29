"""The Django app of exports."""

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """The lists of the pages as files."""

    name = "vardbalans.web.exports"
    label = "exports"
