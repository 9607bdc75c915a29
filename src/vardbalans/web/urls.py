"""Every address of the web app."""

from django.urls import include, path

urlpatterns = [
    path("", include("vardbalans.web.shell.urls")),
    path("people/", include("vardbalans.web.people.urls")),
    path("account/", include("vardbalans.web.signing.urls")),
    path("administration/", include("vardbalans.web.administering.urls")),
    path("help/", include("vardbalans.web.help.urls")),
    path("jobs/", include("vardbalans.web.jobs.urls")),
    path("balance/", include("vardbalans.web.balancing.urls")),
    path("cost/", include("vardbalans.web.costing.urls")),
    path("data/", include("vardbalans.web.intake.urls")),
    path("plan/", include("vardbalans.web.planning.urls")),
    path("export/", include("vardbalans.web.exports.urls")),
    path("api/", include("vardbalans.web.api.urls")),
    path("digest/", include("vardbalans.web.mailing.urls")),
    # Before the pages of insight, whose plain unit takes any address under units/.
    path("", include("vardbalans.web.rhythm.urls")),
    path("", include("vardbalans.web.following.urls")),
    path("", include("vardbalans.web.improving.urls")),
    path("", include("vardbalans.web.insight.urls")),
]
handler400 = "vardbalans.web.shell.views.unreadable"
handler404 = "vardbalans.web.shell.views.not_found"
handler403 = "vardbalans.web.shell.views.refused"
handler500 = "vardbalans.web.shell.views.failed"
