"""The ASGI application: pages, sockets and the lifespan of what runs beside them."""

from __future__ import annotations

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "esc.settings")
pages = get_asgi_application()  # sets Django up; what follows may import models

from django.conf import settings  # noqa: E402

from chat.bus import compare_with_rows, listen  # noqa: E402
from chat.company import keep_company  # noqa: E402
from chat.presence import keep_leases  # noqa: E402
from chat.routing import websocket_urlpatterns  # noqa: E402
from chat.writer import writer  # noqa: E402
from esc import connections  # noqa: E402, F401 - pages give their database connection back
from esc.background import run_embedded_loop  # noqa: E402
from esc.encoding import Utf8Only  # noqa: E402
from esc.lifespan import Lifespan  # noqa: E402

jobs = [keep_leases, compare_with_rows]
jobs += [run_embedded_loop] if settings.EMBEDDED else [listen, keep_company]

application = ProtocolTypeRouter(
    {
        "http": Utf8Only(pages),
        "websocket": URLRouter(websocket_urlpatterns),
        "lifespan": Lifespan(*jobs, finish=writer.settled),  # what was taken in is committed
    }
)
