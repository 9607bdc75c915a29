"""The Django app of the programming interface."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Integrations and the programming interface."""

    name = "vardbalans.web.api"
    label = "api"
