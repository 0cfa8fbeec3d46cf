from __future__ import annotations

from django.urls import path

from tutorial import examination, views

app_name = "tutorial"
urlpatterns = [
    path("training/", views.strategies, name="strategies"),
    path("training/lessons/<slug:lesson>/", views.lesson, name="lesson"),
    path("training/practice/", views.practice, name="practice"),
    path("examination/", examination.examination, name="examination"),
    path("examination/result/", examination.result, name="result"),
]
