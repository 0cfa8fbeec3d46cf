"""Real browsers against the real server. These tests run in a pytest process of their own and never touch a database.

(Playwright's synchronous API keeps an event loop running in the test's thread, where Django's ORM refuses to work.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.live import Live, Study, live_server
from tests.browser.watch import Watch
from tools import browser as installed

Theme = Literal["light", "dark"]
Visitor = Callable[..., Page]
DESKTOP, PHONE = (1280, 900), (390, 844)
ARGUMENTS = [
    "--no-sandbox",  # containers run as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
LOG = pytest.StashKey[Live]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Live]:
    """The running server; its log is shown with every test that fails."""
    with live_server(tmp_path_factory.mktemp("server")) as live:
        request.config.stash[LOG] = live
        yield live


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    live = item.config.stash.get(LOG, None)
    if report.failed and live is not None:  # type: ignore[attr-defined]
        report.sections.append(("the server's log", live.log.read_text()[-8000:]))  # type: ignore[attr-defined]
    return report


@pytest.fixture
def study(server: Live) -> Study:
    """An open study of this test's own."""
    return server.study()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if (path := installed.find()) is None:
        pytest.exit(installed.REMEDY, 1)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def watch(server: Live) -> Iterator[Watch]:
    """Watches over all visitors of the test and fails it where one of them met what no page may do."""
    watch = Watch(host=urlsplit(server.url).netloc)
    yield watch
    assert not watch.found, "\n".join(watch.found)


@pytest.fixture
def visitor(browser: Browser, watch: Watch) -> Iterator[Visitor]:
    """Makes visitors: each is a page in a browser context of its own, which shares nothing with the others."""
    contexts = []

    def arrive(
        *, size: tuple[int, int] = DESKTOP, theme: Theme = "light", scripts: bool = True, touch: bool = False
    ) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=theme,
            java_script_enabled=scripts,
            has_touch=touch,
            is_mobile=touch,
        )
        context.set_default_timeout(15_000)
        watch.over(context)
        contexts.append(context)
        return context.new_page()

    yield arrive
    for context in contexts:
        context.close()
