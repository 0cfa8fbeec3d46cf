"""Signing in to the admin: a few tries in a quarter of an hour, and half a day at most until the next time.

Addresses are never stored (DESIGN §4). What is counted is a hash of account and address under the site's secret key,
and every row is gone after a quarter of an hour.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus

from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone
from django.utils.crypto import salted_hmac

from esc.errors import Refusal
from esc.staff.models import SignInTry

WINDOW = timedelta(minutes=15)
SIGNED_IN = timedelta(hours=12)  # from signing in, whatever is done meanwhile
TRIES = 5  # at one account from one address
TRIES_FROM_MANY = 50  # at one account from all addresses together, and from one address at all accounts together


def note_try(*, account: str, address: str) -> None:
    """One more try is counted, before its password is looked at. Refuses (`too_many_tries`), and then it is not.

    Each row is committed before any is counted: of many tries at once no more than the allowed number gets through.
    """
    now, allowed = timezone.now(), _keys(account, address)
    mine = [SignInTry.objects.create(key=key, at=now).pk for key in allowed]
    recent = SignInTry.objects.filter(at__gt=now - WINDOW)
    if any(recent.filter(key=key).count() > most for key, most in allowed.items()):
        SignInTry.objects.filter(pk__in=mine).delete()
        raise Refusal(
            "too_many_tries",
            "There were too many tries to sign in. Please wait a quarter of an hour, then try again.",
            status=HTTPStatus.TOO_MANY_REQUESTS,
        )


def forget_tries_of(*, account: str, address: str) -> None:
    """Whoever signed in has all tries again at this account from this address."""
    own, *_ = _keys(account, address)
    SignInTry.objects.filter(key=own).delete()


def forget_old_tries(now: datetime) -> int:
    """No try is stored for longer than it counts. Comes back with how many were."""
    deleted, _ = SignInTry.objects.filter(at__lte=now - WINDOW).delete()
    return deleted


def limit_session(session: SessionBase) -> None:
    """This browser is signed out half a day from now. (A participant's own session lasts for weeks.)"""
    session.set_expiry(timezone.now() + SIGNED_IN)


def _keys(account: str, address: str) -> dict[str, int]:
    """What one try is counted under, each with how many there may be; account and address together come first."""
    name = account.casefold()
    counted = {
        ("both", name, address): TRIES,
        ("account", name): TRIES_FROM_MANY,
        ("address", address): TRIES_FROM_MANY,
    }
    return {_hash(*parts): most for parts, most in counted.items()}


def _hash(*parts: str) -> str:
    return salted_hmac("esc.staff.SignInTry", "\x00".join(parts), algorithm="sha256").hexdigest()
