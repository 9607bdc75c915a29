"""The addresses of the interface and of its own pages."""

from django.urls import include, path

from vardbalans.web.api import views
from vardbalans.web.api.service import patterns

app_name = "api"
urlpatterns = [
    path("", views.operations, name="operations"),
    path("integrations/", views.integrations, name="integrations"),
    path("integrations/<int:integration_id>/revoke/", views.revoke, name="revoke_integration"),
    path("v1/openapi.json", views.openapi, name="openapi"),
    path("v1/", include((patterns(), "v1"))),
]
