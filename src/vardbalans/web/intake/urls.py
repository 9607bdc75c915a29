"""The addresses of intake."""

from django.urls import path

from vardbalans.web.intake import views

app_name = "intake"
urlpatterns = [
    path("", views.show_data, name="data"),
    path("new/", views.new_delivery, name="new"),
    path("adjustments/new/", views.new_adjustment, name="adjustment"),
    path("adjustments/<int:job_id>/", views.show_adjustment, name="adjusted"),
    path("deliveries/<int:upload_id>/", views.show_delivery, name="delivery"),
    path("deliveries/<int:upload_id>/preview/", views.preview_again, name="preview"),
    path("deliveries/<int:upload_id>/store/", views.store_delivery, name="store"),
    path("deliveries/<int:upload_id>/findings.<str:form>", views.fix_list, name="fix_list"),
    path("uploads/<int:upload_id>/discard/", views.discard, name="discard"),
    path("quality/judge/", views.judge_quality, name="judge"),
    path("quality/lists.xlsx", views.quality_lists, name="quality_lists"),
    path("profiles/", views.profiles, name="profiles"),
    path("profiles/samples/<int:upload_id>/", views.show_sample, name="sample"),
]
