"""The addresses of computing cost per patient."""

from django.urls import path

from vardbalans.web.costing import views

app_name = "costing"
urlpatterns = [path("run/", views.run, name="run_cost")]
