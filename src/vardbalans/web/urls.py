"""Every address of the web app."""

from django.urls import include, path

urlpatterns = [
    path("", include("vardbalans.web.shell.urls")),
    path("people/", include("vardbalans.web.people.urls")),
    path("", include("vardbalans.web.insight.urls")),
]
handler404 = "vardbalans.web.shell.views.not_found"
handler403 = "vardbalans.web.shell.views.refused"
handler500 = "vardbalans.web.shell.views.failed"
