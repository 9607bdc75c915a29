"""The addresses of follow-up."""

from django.urls import path

from vardbalans.web.following import meeting_views, pack_views, views

app_name = "following"
urlpatterns = [
    path("follow-up/", views.show_start, name="start"),
    path("units/<path:unit_id>/follow-up/service/", views.show_service, name="service"),
    path("units/<path:unit_id>/follow-up/goals/", views.show_goals, name="goals"),
    path("units/<path:unit_id>/follow-up/pack/freeze/", pack_views.freeze, name="freeze"),
    path("units/<path:unit_id>/follow-up/pack/comment/", pack_views.comment, name="comment"),
    path("units/<path:unit_id>/follow-up/pack/remake/", pack_views.remake, name="remake"),
    path("units/<path:unit_id>/follow-up/pack/workbook/", pack_views.workbook, name="workbook"),
    path("units/<path:unit_id>/follow-up/pack/pdf/", pack_views.pdf, name="pdf"),
    path("units/<path:unit_id>/follow-up/pack/", pack_views.show_pack, name="pack"),
    path("units/<path:unit_id>/follow-up/meetings/<int:meeting_id>/decide/", meeting_views.decide, name="decide"),
    path("units/<path:unit_id>/follow-up/meetings/<int:meeting_id>/", meeting_views.show_meeting, name="meeting"),
    path("units/<path:unit_id>/follow-up/meetings/", meeting_views.show_meetings, name="meetings"),
    path("units/<path:unit_id>/follow-up/decisions/<int:decision_id>/", meeting_views.change, name="decision"),
    path("units/<path:unit_id>/follow-up/", views.show_unit, name="unit"),
]
