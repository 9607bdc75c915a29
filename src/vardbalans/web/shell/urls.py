"""The addresses of the shell."""

from django.urls import path

from vardbalans.web.shell import views

app_name = "shell"
urlpatterns = [
    path("language/", views.language, name="language"),
    path("theme/", views.theme, name="theme"),
    path("go/", views.go, name="go"),
    path("go/list/", views.go_list, name="go_list"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("livez", views.livez, name="livez"),
    path("readyz", views.readyz, name="readyz"),
]
