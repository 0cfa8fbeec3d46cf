from __future__ import annotations

from django.urls import path

from chat import exits, views

app_name = "chat"
urlpatterns = [
    path("lobby/", views.lobby, name="lobby"),
    path("lobby/queue/", views.queue, name="queue"),
    path("lobby/wait-on/", views.wait_longer, name="wait_on"),
    path("lobby/leave/", views.leave, name="leave_lobby"),
    path("chat/", views.current, name="current"),
    path("chat/<uuid:conversation_id>/", views.conversation, name="conversation"),
    path("chat/<uuid:conversation_id>/report/", exits.report, name="report"),
    path("chat/<uuid:conversation_id>/reported/", exits.reported, name="reported"),
    path("leave-now/", exits.leave, name="leave_now"),
    path("left-now/", exits.left_now, name="left_now"),
]
