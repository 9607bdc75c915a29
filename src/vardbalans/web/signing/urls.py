"""The addresses of one's own account."""

from django.urls import path

from vardbalans.web.signing import sso_views, views

app_name = "signing"
urlpatterns = [
    path("", views.account, name="account"),
    path("factor/", views.factor, name="factor"),
    path("factor/new/", views.propose, name="propose"),
    path("factor/set-up/", views.set_up, name="set_up"),
    path("factor/remove/", views.remove, name="remove"),
    path("factor/codes/", views.codes, name="codes"),
    path("sessions/end/", views.end, name="end"),
    path("raise/", views.raise_rights, name="raise"),
    path("raise/end/", views.lower, name="lower"),
    path("oidc/", sso_views.oidc_start, name="oidc_start"),
    path("oidc/back/", sso_views.oidc_back, name="oidc_back"),
    path("oidc/out/", sso_views.oidc_out, name="oidc_out"),
    path("saml/", sso_views.saml_start, name="saml_start"),
    path("saml/acs/", sso_views.saml_acs, name="saml_acs"),
    path("saml/finish/", sso_views.saml_finish, name="saml_finish"),
    path("saml/metadata/", sso_views.saml_metadata, name="saml_metadata"),
]
