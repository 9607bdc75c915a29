"""The Django app of follow-up."""

from django.apps import AppConfig


class FollowingConfig(AppConfig):
    """Frozen months, meetings and their decisions."""

    name = "vardbalans.web.following"
    label = "following"
