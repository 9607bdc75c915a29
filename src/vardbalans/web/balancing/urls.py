"""The addresses of computing the balance."""

from django.urls import path

from vardbalans.web.balancing import views

app_name = "balancing"
urlpatterns = [path("run/", views.run, name="run")]
