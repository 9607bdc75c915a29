"""The address of the Monday letter."""

from django.urls import path

from vardbalans.web.mailing import views

app_name = "mailing"
urlpatterns = [path("", views.choose, name="choose")]
