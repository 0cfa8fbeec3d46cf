"""Where sockets' database work is done: in a few threads at once, so that many people can come back together."""

from __future__ import annotations

from functools import partial

from channels.db import database_sync_to_async

# Channels' default is one thread for the whole process: a thousand pages that come back would queue for it.
in_thread = partial(database_sync_to_async, thread_sensitive=False)
