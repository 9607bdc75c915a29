"""The addresses of the planning cycle."""

from django.urls import path

from vardbalans.web.rhythm import views

app_name = "rhythm"
urlpatterns = [
    path("now/", views.show_now, name="now"),
    path("cycle/", views.show_start, name="cycle_start"),
    path("units/<path:unit_id>/now/", views.show_now, name="now_unit"),
    path("units/<path:unit_id>/cycle/tick/", views.tick, name="tick"),
    path("units/<path:unit_id>/cycle/dates/", views.set_dates, name="dates"),
    path("units/<path:unit_id>/cycle/", views.show_unit, name="cycle"),
]
