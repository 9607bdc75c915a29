"""The Django app of follow-up."""

from importlib import import_module

from django.apps import AppConfig


class FollowingConfig(AppConfig):
    """Frozen months, meetings and their decisions."""

    name = "vardbalans.web.following"
    label = "following"

    def ready(self) -> None:
        """Make the kind of job known that this room has."""
        import_module("vardbalans.web.following.steps").register_kinds()
