"""Exits with 0 where the web process in this container answers and reaches its database; else says why not."""

from __future__ import annotations

import os
import sys
import urllib.request


def main() -> int:
    """Ask by a name that the site goes by: Django answers to no other."""
    host = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".").replace("*", "localhost")
    request = urllib.request.Request("http://127.0.0.1:8000/health/", headers={"Host": host or "localhost"})
    try:
        with urllib.request.urlopen(request, timeout=4) as response:
            return 0 if response.status == 200 else 1
    except OSError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
