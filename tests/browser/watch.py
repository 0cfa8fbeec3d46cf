"""What no page may do, watched for in every browser context."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

ON_VIOLATION = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`Content-Security-Policy: ${event.violatedDirective} ${event.blockedURI}`);
});
"""


@dataclass
class Watch:
    """Collects broken policies, errors on the console, uncaught errors and requests to any other host."""

    host: str
    found: list[str] = field(default_factory=list)
    # Chromium reports every answer that is not a success on the console; tests that ask for one say which.
    expected_statuses: set[int] = field(default_factory=set)

    def over(self, context: BrowserContext) -> None:
        context.add_init_script(ON_VIOLATION)
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        context.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        status = re.search(r"responded with a status of (\d{3})", message.text)
        if not (status and int(status[1]) in self.expected_statuses):
            self.found.append(f"{message.type} on {message.page.url if message.page else '?'}: {message.text}")

    def _on_error(self, error: WebError) -> None:
        self.found.append(f"uncaught: {error.error}")

    def _on_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and address.netloc != self.host:
            self.found.append(f"a request to another host: {request.url}")
