from __future__ import annotations

from django.urls import path

from tutorial import views

app_name = "tutorial"
urlpatterns = [
    path("training/", views.strategies, name="strategies"),
    path("examination/", views.examination, name="examination"),
    path("examination/result/", views.result, name="result"),
]
