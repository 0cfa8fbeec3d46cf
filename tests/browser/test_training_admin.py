"""The training as a researcher sees it, in a real browser; and who does not get to see it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import walk
from tests.browser.checks import fits
from tests.browser.conftest import DESKTOP, PHONE, Visitor
from tests.browser.live import Live, Study
from tests.browser.watch import Watch

PEOPLE = "/admin/tutorial/trainee/"
PAGES = [PEOPLE, f"{PEOPLE}by-day/", f"{PEOPLE}questions/", "/admin/tutorial/examattempt/"]
ASSISTANT = """
from django.contrib.auth import get_user_model
accounts = get_user_model().objects
if not accounts.filter(username="assistant").exists():
    accounts.create_user("assistant", password="{password}", is_staff=True)
"""


def log_in(page: Page, server: Live, name: str) -> None:
    page.goto(f"{server.url}/admin/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(server.password)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()


def fail_once(page: Page, study: Study) -> None:
    page.goto(study.supporter)
    walk.consent(page)
    walk.examination(page, wrong=4)
    walk.heading(page, "Not passed this time")


def person_of(page: Page, server: Live, study: Study) -> None:
    """To the page of the one person who came to this study's training."""
    page.goto(f"{server.url}{PEOPLE}?study__id__exact={study.pk}")
    page.locator("#result_list tbody th a").click()
    walk.heading(page, "View person in training")


def test_a_researcher_reads_how_the_training_goes_and_lets_somebody_try_again(server: Live, visitor: Visitor) -> None:
    study = server.study(attempts=1)
    tess, page = visitor(), visitor()
    fail_once(tess, study)
    expect(tess.get_by_text("This was your last attempt")).to_be_visible()
    log_in(page, server, "researcher")

    page.goto(server.url + PEOPLE)
    page.get_by_role("link", name="By study and day").click()
    day = page.locator(".module").filter(has=page.get_by_role("heading", name=study.slug, exact=True))
    expect(day.get_by_role("row", name="All days")).to_contain_text("1 0 1 0")

    page.goto(server.url + PEOPLE)
    page.get_by_role("link", name="How the questions do").click()
    page.get_by_label("Study:").select_option(study.slug)
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#content tbody").get_by_role("row")).to_have_count(walk.questions())

    person_of(page, server, study)
    page.get_by_role("link", name="View", exact=True).click()
    expect(page.get_by_text("✓ right")).to_have_count(walk.questions())
    expect(page.get_by_text("✓ right ← answered")).to_have_count(walk.questions() - 4)

    person_of(page, server, study)
    page.get_by_role("link", name="Reset the training…").click()
    page.get_by_role("button", name="Reset the training").click()
    assert page.locator("textarea:invalid").count() == 1  # no reset without a reason
    page.get_by_label("Why?").fill("The power went out.")
    page.get_by_role("button", name="Reset the training").click()
    expect(page.get_by_text("The training was reset.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="The power went out.")).to_contain_text("researcher")

    tess.goto(study.supporter)
    walk.heading(tess, "How to support somebody")
    tess.get_by_role("link", name="Go to the examination").click()
    walk.sit(tess)
    walk.heading(tess, "You passed")


def test_its_pages_do_not_scroll_sideways_on_a_phone(server: Live, study: Study, visitor: Visitor) -> None:
    fail_once(visitor(), study)
    page = visitor(size=PHONE)
    log_in(page, server, "researcher")
    for address in PAGES:
        page.goto(server.url + address)
        fits(page)
    person_of(page, server, study)
    fits(page)
    page.get_by_role("link", name="Reset the training…").click()
    fits(page)


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_staff_without_permission_and_participants_are_refused(
    server: Live, study: Study, visitor: Visitor, watch: Watch, size: tuple[int, int]
) -> None:
    watch.expected_statuses.add(403)
    server.manage("shell", "-c", ASSISTANT.format(password=server.password))
    assistant, mallory = visitor(size=size), visitor(size=size)
    log_in(assistant, server, "assistant")
    mallory.goto(study.supporter)
    walk.consent(mallory)
    for address in PAGES:
        answered = assistant.goto(server.url + address)
        assert answered is not None
        assert answered.status == 403
        mallory.goto(server.url + address)
        expect(mallory.get_by_label("Password")).to_be_visible()
