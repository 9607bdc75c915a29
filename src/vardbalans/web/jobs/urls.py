"""The addresses of jobs."""

from django.urls import path

from vardbalans.web.jobs import views

app_name = "jobs"
urlpatterns = [
    path("<int:job_id>/", views.show_progress, name="progress"),
    path("<int:job_id>/cancel/", views.cancel, name="cancel"),
]
