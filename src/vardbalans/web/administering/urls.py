"""The addresses of administration."""

from django.urls import path

from vardbalans.web.administering import log_views, mapping_views, parameter_views, views

app_name = "administering"
urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/<int:user_id>/", views.one, name="person"),
    path("people/<int:user_id>/roles/", views.role_give, name="role_give"),
    path("people/<int:user_id>/roles/<int:role_id>/end/", views.role_end, name="role_end"),
    path("people/<int:user_id>/link/", views.link, name="new_link"),
    path("people/<int:user_id>/close/", views.close, name="close"),
    path("people/<int:user_id>/reset/", views.reset, name="reset"),
    path("people/<int:user_id>/sessions/<int:visit_id>/end/", views.end_session, name="end_session"),
    path("links/<int:link_id>/withdraw/", views.withdraw, name="withdraw"),
    path("log/", log_views.show_log, name="log"),
    path("checks/", log_views.show_checks, name="spot_checks"),
    path("checks/<int:check_id>/", log_views.show_check, name="spot_check"),
    path("checks/<int:check_id>/rows/<int:row_id>/", log_views.judge, name="judge_row"),
    path("parameters/", parameter_views.show_parameters, name="parameters"),
    path("parameters/new/", parameter_views.change, name="parameter"),
    path("mappings/", mapping_views.mappings, name="mappings"),
    path("mappings/<int:mapping_id>/end/", mapping_views.end, name="mapping_end"),
]
