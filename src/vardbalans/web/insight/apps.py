"""The Django app of the insight pages."""

from django.apps import AppConfig


class InsightConfig(AppConfig):
    """Overview, balance, and the explanation of each figure."""

    name = "vardbalans.web.insight"
    label = "insight"
