"""The addresses of the insight pages."""

from django.urls import path

from vardbalans.web.insight import beds_views, capacity_views, cost_views, need_views, views, waits_views

app_name = "insight"
# A unit's id comes from the region's own systems and may hold a slash: hence path, with the plain unit last.
urlpatterns = [
    path("", views.show_overview, name="overview"),
    path("need/", need_views.show_needs, name="need"),
    path("units/<path:unit_id>/need/service/", need_views.show_need, name="need_service"),
    path("units/<path:unit_id>/need/", need_views.show_needs, name="need_unit"),
    path("waits/", waits_views.show_lists, name="waits"),
    path("units/<path:unit_id>/waits/service/", waits_views.show_list, name="waits_service"),
    path("units/<path:unit_id>/waits/review/rows/", waits_views.show_review_rows, name="waits_review_rows"),
    path("units/<path:unit_id>/waits/review/", waits_views.show_review, name="waits_review"),
    path("units/<path:unit_id>/waits/", waits_views.show_lists, name="waits_unit"),
    path("beds/", beds_views.show_beds, name="beds"),
    path("units/<path:unit_id>/beds/scenario/run/", beds_views.run_scenario, name="beds_scenario_run"),
    path("units/<path:unit_id>/beds/scenario/", beds_views.show_scenario, name="beds_scenario"),
    path("units/<path:unit_id>/beds/", beds_views.show_beds, name="beds_unit"),
    path("capacity/", capacity_views.show_capacity, name="capacity"),
    path("capacity/export.<str:form>", capacity_views.export_capacity, name="capacity_export"),
    path(
        "units/<path:unit_id>/capacity/export.<str:form>", capacity_views.export_capacity, name="capacity_export_unit"
    ),
    path("units/<path:unit_id>/capacity/", capacity_views.show_capacity, name="capacity_unit"),
    path("cost/", cost_views.show_costs, name="cost"),
    path("cost/why/", cost_views.show_certificate, name="cost_certificate"),
    path("units/<path:unit_id>/cost/why/rows/", cost_views.show_cost_rows, name="cost_rows"),
    path("units/<path:unit_id>/cost/why/", cost_views.show_pool, name="cost_pool"),
    path("units/<path:unit_id>/cost/patient-rows/", cost_views.show_patient_costs, name="cost_patient_rows"),
    path("units/<path:unit_id>/cost/", cost_views.show_costs, name="cost_unit"),
    path("balance/", views.show_balance, name="balances"),
    path("units/<path:unit_id>/balance/", views.show_balance, name="balance"),
    path("units/<path:unit_id>/need/flows/", views.show_flow_map, name="flow_map"),
    path("units/<path:unit_id>/why/rows/", views.show_rows, name="rows"),
    path("units/<path:unit_id>/why/patient-rows/", views.show_patient_rows, name="patient_rows"),
    path("units/<path:unit_id>/why/", views.show_why, name="why"),
    path("units/<path:unit_id>/", views.show_overview, name="unit"),
]
