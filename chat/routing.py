"""Which socket answers at which address."""

from __future__ import annotations

from typing import Any, cast

from django.urls import path, re_path

from chat.consumers import ConversationConsumer, LobbyConsumer, NowhereConsumer

# Channels routes with Django's own `path`, whose stubs know of views alone.
websocket_urlpatterns: list[Any] = [
    path("ws/chat/<uuid:conversation_id>/", cast("Any", ConversationConsumer.as_asgi())),
    path("ws/lobby/<slug:slug>/", cast("Any", LobbyConsumer.as_asgi())),
    re_path("", cast("Any", NowhereConsumer.as_asgi())),  # without it Channels fails with a traceback
]
