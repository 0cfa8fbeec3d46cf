from __future__ import annotations

from django.urls import path

from esc.participants import views

app_name = "participants"
urlpatterns = [
    path("join/<slug:token>/", views.arrive, name="arrive"),
    path("study/<slug:slug>/", views.here, name="here"),
    path("study/<slug:slug>/consent/", views.consent, name="consent"),
    path("study/<slug:slug>/declined/", views.declined, name="declined"),
    path("study/<slug:slug>/role/", views.role, name="role"),
    path("study/<slug:slug>/left/", views.left, name="left"),
    path("study/<slug:slug>/another/", views.another, name="another"),
    path("study/<slug:slug>/finish/", views.finish, name="finish"),
    path("study/<slug:slug>/help/", views.help_now, name="help"),
]
