"""The door of the admin: few tries, no address stored, and nobody stays signed in for long."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from esc.staff import services
from esc.staff.models import SignInTry
from tests.people import Person

LOGIN, INDEX = reverse("admin:login"), reverse("admin:index")
RIGHT, WRONG = "a password for this test", "not this one"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rita(settings: Any) -> User:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick: many tries are made here
    return User.objects.create_superuser("rita", password=RIGHT)


def sign_in(password: str, *, account: str = "rita", address: str = "203.0.113.7", **headers: str) -> Any:
    return Client().post(
        LOGIN, {"username": account, "password": password, "next": INDEX}, REMOTE_ADDR=address, headers=headers or None
    )


def is_in(response: Any) -> bool:
    return bool(response.status_code == 302)


def wear_out(**more: str) -> None:
    for _ in range(services.TRIES):
        assert not is_in(sign_in(WRONG, **more))


def later(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> datetime:
    now = timezone.now() + by
    monkeypatch.setattr(timezone, "now", lambda: now)
    return now


def test_the_right_password_opens_the_door() -> None:
    assert is_in(sign_in(RIGHT))


def test_after_a_few_wrong_tries_the_right_one_waits_too_and_is_told_so() -> None:
    wear_out()
    response = sign_in(RIGHT)
    assert not is_in(response)
    assert "Please wait a quarter of an hour" in response.content.decode()


def test_another_spelling_of_the_name_is_no_way_around() -> None:
    wear_out(account="RITA")
    assert not is_in(sign_in(RIGHT))


def test_who_comes_from_elsewhere_is_not_kept_out_by_it() -> None:
    wear_out(address="198.51.100.9")
    assert is_in(sign_in(RIGHT))


def test_tries_from_many_addresses_at_one_account_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "TRIES_FROM_MANY", 8)
    for number in range(8):
        sign_in(WRONG, address=f"198.51.100.{number}")
    assert not is_in(sign_in(RIGHT))


def test_tries_at_many_accounts_from_one_address_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "TRIES_FROM_MANY", 8)
    for number in range(8):
        sign_in(WRONG, account=f"guess-{number}")
    assert not is_in(sign_in(RIGHT))
    assert is_in(sign_in(RIGHT, address="198.51.100.9"))


def test_after_a_quarter_of_an_hour_the_door_opens_again(monkeypatch: pytest.MonkeyPatch) -> None:
    wear_out()
    sign_in(RIGHT)
    later(monkeypatch, services.WINDOW + timedelta(seconds=1))
    assert is_in(sign_in(RIGHT)), "a refused try does not make the wait longer"


def test_signing_in_gives_all_tries_back() -> None:
    for _ in range(3):
        for _ in range(services.TRIES - 1):
            sign_in(WRONG)
        assert is_in(sign_in(RIGHT))


def test_no_name_and_no_address_is_stored_and_nothing_for_long() -> None:
    wear_out()
    stored = str(list(SignInTry.objects.values()))
    assert "rita" not in stored
    assert "203.0.113" not in stored
    assert services.forget_old_tries(timezone.now()) == 0
    assert services.forget_old_tries(timezone.now() + services.WINDOW) == 3 * services.TRIES
    assert not SignInTry.objects.exists()


def test_behind_a_proxy_its_word_counts_and_not_the_visitors(settings: Any) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    for number in range(services.TRIES):
        sign_in(WRONG, address="10.0.0.1", **{"X-Forwarded-For": f"192.0.2.{number}, 198.51.100.9"})
    assert not is_in(sign_in(RIGHT, address="10.0.0.1", **{"X-Forwarded-For": "192.0.2.99, 198.51.100.9"}))
    assert is_in(sign_in(RIGHT, address="10.0.0.1", **{"X-Forwarded-For": "203.0.113.7"}))


def test_without_a_proxy_nobody_can_say_where_they_come_from() -> None:
    for number in range(services.TRIES):
        sign_in(WRONG, **{"X-Forwarded-For": f"192.0.2.{number}"})
    assert not is_in(sign_in(RIGHT, **{"X-Forwarded-For": "192.0.2.99"}))


def test_nobody_stays_signed_in_for_more_than_half_a_day_however_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    began, browser = timezone.now(), Client()
    assert is_in(browser.post(LOGIN, {"username": "rita", "password": RIGHT, "next": INDEX}))
    later(monkeypatch, timedelta(hours=6))
    session = browser.session
    session["something"] = "changed"
    session.save()
    assert Session.objects.get(pk=session.session_key).expire_date <= began + services.SIGNED_IN + timedelta(minutes=1)
    assert browser.get(INDEX).status_code == 200
    later(monkeypatch, timedelta(hours=7))
    assert browser.get(INDEX).status_code == 302


def test_a_participants_session_lasts_for_weeks(sam: Person) -> None:
    assert sam.client.session.get_expiry_age() == configured.SESSION_COOKIE_AGE
    assert configured.SESSION_COOKIE_AGE > 7 * 24 * 3600
