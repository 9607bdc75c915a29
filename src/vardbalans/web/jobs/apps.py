"""The Django app of jobs."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Jobs and their workers."""

    name = "vardbalans.web.jobs"
    label = "jobs"
