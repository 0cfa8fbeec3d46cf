"""Finds the Chromium that the browser tests drive; run as a script, it installs one where there is none.

Playwright's own comes first. Where that cannot be downloaded, the system's Chromium does as well.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache

from playwright.sync_api import sync_playwright

SYSTEM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REMEDY = """\
The browser tests need Chromium, and none could be installed here. Do one of these, then run this again:
  - let this machine reach Playwright's downloads: .venv/bin/python -m playwright install --with-deps chromium
  - install the system's Chromium as root: apt install chromium
  - name a Chromium or Chrome that is there already: BROWSER=/path/to/chrome make test"""


@cache
def find() -> str | None:
    """The path of a Chromium that starts on this machine: BROWSER's, Playwright's own or the system's; else None."""
    if named := os.environ.get("BROWSER"):
        return named if _starts(named) else None
    on_path = (shutil.which(name) for name in SYSTEM)
    return next((path for path in (_playwrights_own(), *on_path) if path and _starts(path)), None)


def _playwrights_own() -> str:
    """Where Playwright would keep its own Chromium, whether it is there or not."""
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def _starts(path: str) -> bool:
    """Whether the file is there with all the libraries that it needs."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    except OSError:
        return False


def _install() -> None:
    """Try Playwright's download first; as root, the package manager next."""
    root = os.geteuid() == 0
    options = ["--with-deps"] if root else []
    _try([sys.executable, "-m", "playwright", "install", *options, "chromium"])
    find.cache_clear()
    if find() is None and root and shutil.which("apt-get"):
        _try(["apt-get", "update", "-qq"])
        _try(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"])
        find.cache_clear()


def _try(command: list[str]) -> None:
    """Run it within ten minutes. What it says is shown, and what it leaves behind is looked at afterwards."""
    print("Trying:", " ".join(command), flush=True)
    try:
        subprocess.run(command, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, timeout=600, check=False)
    except subprocess.TimeoutExpired:
        print("Gave up after ten minutes.")


def main() -> int:
    if find() is None:
        _install()
    if (path := find()) is None:
        print(REMEDY, file=sys.stderr)
        return 1
    print(f"Browser: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
