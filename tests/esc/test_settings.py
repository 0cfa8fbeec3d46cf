"""What the environment may say; a malformed or missing value stops the start with a sentence, in a real process."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from esc import env
from esc.settings import _private_folder

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("PRODUCTION", "SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL", "PLAIN_HTTP", "LOG_LEVEL")
PRODUCTION = {"PRODUCTION": "true", "SECRET_KEY": "s" * 50, "ALLOWED_HOSTS": "research.example.org"}


def start(environment: dict[str, str], show: str = "None") -> subprocess.CompletedProcess[str]:
    """Set Django up in that environment alone and print one expression of the settings."""
    others = {name: value for name, value in os.environ.items() if name not in NAMES}
    path = os.pathsep.join([str(ROOT / "platform"), str(ROOT)])
    code = f"import django; django.setup(); from django.conf import settings; print({show})"
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**others, "PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": "esc.settings", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({**PRODUCTION, "SECRET_KEY": ""}, "SECRET_KEY is not set. In production set it"),
        ({**PRODUCTION, "ALLOWED_HOSTS": " , "}, "ALLOWED_HOSTS is not set. In production name"),
        ({"PRODUCTION": "maybe"}, "PRODUCTION='maybe': expected true or false."),
        ({"PLAIN_HTTP": "2"}, "PLAIN_HTTP='2': expected true or false."),
        ({"DATABASE_URL": "oracul://db"}, "DATABASE_URL: "),
        ({"REDIS_URL": "localhost:6379"}, "REDIS_URL: expected an address that begins with redis://"),
        ({"EMAIL_URL": "mail.example.org"}, "EMAIL_URL: expected an address that begins with smtp://"),
        ({"EMAIL_URL": "smtps://"}, "EMAIL_URL: expected a server, such as smtp+tls://"),
        ({"EMAIL_URL": "smtps://mail:port"}, "EMAIL_URL: expected a server, such as smtp+tls://"),
        ({"SITE_URL": "research.example.org"}, "SITE_URL: expected an address that begins with http://"),
        ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL='LOUD': expected one of DEBUG, INFO, WARNING, ERROR."),
    ],
)
def test_wrong_environment_stops_the_start_with_a_sentence(environment: dict[str, str], sentence: str) -> None:
    done = start(environment)
    assert done.returncode != 0
    assert f"django.core.exceptions.ImproperlyConfigured: {sentence}" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS"])
def test_outside_production_nothing_needs_to_be_set(name: str) -> None:
    done = start({}, f"bool(settings.{name}), settings.EMBEDDED, settings.DEBUG")
    assert (done.stdout, done.stderr) == ("True True False\n", "")


def test_production_has_secure_cookies_and_names_its_hosts() -> None:
    done = start(PRODUCTION, "settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.ALLOWED_HOSTS")
    assert done.stdout == "True True ['research.example.org']\n"


def test_plain_http_takes_the_secure_mark_off_the_cookies() -> None:
    done = start({**PRODUCTION, "PLAIN_HTTP": "true"}, "settings.SESSION_COOKIE_SECURE")
    assert done.stdout == "False\n"


@pytest.mark.parametrize(("behind", "seconds"), [("true", 31_536_000), ("false", 0)])
def test_browsers_stay_with_https_where_a_proxy_ends_tls(behind: str, seconds: int) -> None:
    show = "settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS"
    assert start({**PRODUCTION, "BEHIND_TLS_PROXY": behind}, show).stdout == f"{seconds} False\n"


def test_nobody_else_on_the_machine_looks_into_var(tmp_path: Path) -> None:
    open_to_all = tmp_path / "var"
    open_to_all.mkdir(mode=0o755)
    _private_folder(open_to_all)
    _private_folder(tmp_path / "new")
    for folder in (open_to_all, tmp_path / "new", settings.VAR):
        assert folder.stat().st_mode & 0o077 == 0


def test_services_are_those_that_are_named() -> None:
    named = {"DATABASE_URL": "postgres://u:p@db:5432/esc", "REDIS_URL": "redis://redis:6379/0"}
    show = "settings.DATABASES['default']['ENGINE'], settings.EMBEDDED, settings.CELERY_BROKER_URL"
    assert start(named, show).stdout == "django.db.backends.postgresql False redis://redis:6379/0\n"


def test_email_is_handed_in_where_the_address_says() -> None:
    named = {"EMAIL_URL": "smtp+tls://me%40here:p%3Aw@mail.example.org", "SITE_URL": "https://research.example.org/"}
    show = (
        "settings.EMAIL_IS_SET_UP, settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_HOST_USER, "
        "settings.EMAIL_HOST_PASSWORD, settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL, settings.SITE_URL"
    )
    assert start(named, show).stdout == (
        "True mail.example.org 587 me@here p:w True False https://research.example.org\n"
    )
    assert start({}, "settings.EMAIL_IS_SET_UP, settings.SITE_URL").stdout == "False \n"


@pytest.mark.parametrize(
    ("value", "flag"), [("", False), ("1", True), ("TRUE", True), (" yes ", True), ("on", True), ("No", False)]
)
def test_flag_understands_the_usual_words(monkeypatch: pytest.MonkeyPatch, value: str, flag: bool) -> None:
    monkeypatch.setenv("A_FLAG", value)
    assert env.flag("A_FLAG") is flag


def test_words_are_parted_by_commas_and_blanks_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_WORDS", " a, ,b,")
    assert env.words("SOME_WORDS", []) == ["a", "b"]
    monkeypatch.delenv("SOME_WORDS")
    assert env.words("SOME_WORDS", ["default"]) == ["default"]


def test_refused_address_is_not_repeated_for_it_may_hold_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AN_ADDRESS", "http://user:secret@host")
    with pytest.raises(ImproperlyConfigured) as caught:
        env.url("AN_ADDRESS", ["redis"])
    assert "secret" not in str(caught.value)


def test_a_database_that_vanished_without_a_word_is_noticed_and_the_url_has_the_last_word() -> None:
    url = "postgres://u:p@db:5432/esc?sslmode=require&keepalives_idle=60"
    done = start({"DATABASE_URL": url}, "sorted(settings.DATABASES['default']['OPTIONS'].items())")
    options = dict(ast.literal_eval(done.stdout))
    assert options["sslmode"] == "require"
    assert options["keepalives_idle"] in (60, "60")
    assert options["tcp_user_timeout"] == 15_000
