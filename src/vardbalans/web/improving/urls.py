"""The addresses of the page Åtgärder."""

from django.urls import path

from vardbalans.web.improving import views

app_name = "improving"
# They stand before the pages of a unit, whose id may hold a slash.
urlpatterns = [
    path("measures/", views.show_measures, name="measures"),
    path("units/<path:unit_id>/measures/measure/card/", views.write_card, name="card"),
    path("units/<path:unit_id>/measures/measure/plan/", views.write_plan, name="plan"),
    path("units/<path:unit_id>/measures/measure/status/", views.write_status, name="status"),
    path("units/<path:unit_id>/measures/measure/", views.show_measure, name="measure"),
    path("units/<path:unit_id>/measures/report/", views.report, name="report"),
    path("units/<path:unit_id>/measures/", views.show_measures, name="measures_unit"),
]
