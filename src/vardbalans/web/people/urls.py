"""The addresses of log-in."""

from django.urls import path

from vardbalans.web.people import views

app_name = "people"
urlpatterns = [
    path("log-in/", views.log_in, name="log_in"),
    path("log-out/", views.log_out, name="log_out"),
    path("link/<str:token>/", views.link, name="link"),
    path("passphrase/", views.passphrase, name="passphrase"),
]
