"""The addresses of exports."""

from django.urls import path

from vardbalans.web.exports import views

app_name = "exports"
urlpatterns = [path("<slug:name>.<str:form>", views.give, name="list")]
