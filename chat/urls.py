from __future__ import annotations

from django.urls import path

from chat import views

app_name = "chat"
urlpatterns = [
    path("lobby/", views.lobby, name="lobby"),
    path("lobby/leave/", views.leave, name="leave_lobby"),
    path("chat/", views.current, name="current"),
    path("chat/<uuid:conversation_id>/", views.conversation, name="conversation"),
]
