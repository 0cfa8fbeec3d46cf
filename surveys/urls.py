from __future__ import annotations

from django.urls import path

from surveys import views

app_name = "surveys"
urlpatterns = [
    path("survey/before/", views.before, name="before"),
    path("survey/after/", views.after, name="after"),
    path("survey/after/confirm/", views.confirm, name="confirm"),
    path("survey/<str:survey>/draft/", views.draft, name="draft"),
]
