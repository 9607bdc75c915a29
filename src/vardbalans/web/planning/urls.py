"""The addresses of plans."""

from django.urls import path

from vardbalans.web.planning import agreement_views, exchange_views, proposal_views, scenario_views, views

app_name = "planning"
urlpatterns = [
    path("", views.show_plans, name="plans"),
    path("units/<path:unit_id>/", views.show_plans, name="plans_unit"),
    path("<int:version_id>/", views.show_plan, name="plan"),
    path("<int:version_id>/row/", views.edit_row, name="row"),
    path("<int:version_id>/cell/", views.show_cell, name="cell"),
    path("<int:version_id>/balance/", views.show_balance_why, name="balance_why"),
    path("<int:version_id>/cells/", views.save_cells, name="cells"),
    path("<int:version_id>/changes/", views.show_changes, name="changes"),
    path("<int:version_id>/undo/", views.undo, name="undo"),
    path("<int:version_id>/redo/", views.redo, name="redo"),
    path("<int:version_id>/comments/", agreement_views.comment, name="comment"),
    path("comments/<int:comment_id>/resolve/", agreement_views.resolve, name="resolve"),
    path("<int:version_id>/spread/", views.spread, name="spread"),
    path("<int:version_id>/propose/", proposal_views.ask, name="propose"),
    path("<int:version_id>/proposal/<int:job_id>/", proposal_views.show_proposal, name="proposal"),
    path("<int:version_id>/check/", proposal_views.ask_check, name="check"),
    path("<int:version_id>/scenario/", scenario_views.show_scenario, name="scenario"),
    path("<int:version_id>/scenario/open/", scenario_views.open_scenario, name="scenario_open"),
    path("<int:version_id>/scenario/take/", scenario_views.take_scenario, name="scenario_take"),
    path("<int:version_id>/decide/", agreement_views.decide, name="decide"),
    path("<int:version_id>/order/", agreement_views.answer_order, name="order"),
    path("<int:version_id>/copy/", agreement_views.copy, name="copy"),
    path("<int:version_id>/versions/", agreement_views.show_versions, name="versions"),
    path("<int:version_id>/export/", exchange_views.export, name="export"),
    path("<int:version_id>/import/", exchange_views.bring, name="import"),
    path("<int:version_id>/import/write/", exchange_views.write, name="import_write"),
]
