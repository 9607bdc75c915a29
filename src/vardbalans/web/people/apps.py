"""The Django app of people."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Users, roles and the audit trail."""

    name = "vardbalans.web.people"
    label = "people"
