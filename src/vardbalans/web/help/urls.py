"""The addresses of the help."""

from django.urls import path

from vardbalans.web.help import views

app_name = "help"
urlpatterns = [
    path("", views.show_help, name="help"),
    path("glossary/", views.show_glossary, name="glossary"),
    path("first-hour/", views.show_first_hour, name="first_hour"),
    path("<str:key>/", views.show_topic, name="topic"),
]
