"""The addresses of follow-up."""

from django.urls import path

from vardbalans.web.following import views

app_name = "following"
urlpatterns = [
    path("follow-up/", views.show_start, name="start"),
    path("units/<path:unit_id>/follow-up/service/", views.show_service, name="service"),
    path("units/<path:unit_id>/follow-up/goals/", views.show_goals, name="goals"),
    path("units/<path:unit_id>/follow-up/", views.show_unit, name="unit"),
]
