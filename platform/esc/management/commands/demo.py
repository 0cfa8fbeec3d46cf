"""`manage.py demo`: a study to try out, its links, and an account for the admin."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.urls import reverse

from esc.demo import RESEARCHER, ensure_demo_study, ensure_researcher


class Command(BaseCommand):
    help = "Makes a demo study and a researcher's account where there are none, and prints the links."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="where the site is served")
        parser.add_argument("--migrate", action="store_true", help="bring the database up to date first")

    def handle(self, *args: Any, url: str, **options: Any) -> None:
        if options["migrate"]:
            call_command("migrate", verbosity=0)
        base = url.rstrip("/")
        links = ensure_demo_study()
        password = ensure_researcher()
        self.stdout.write("\nA demo study is ready:\n\n")
        for link in links:
            self.stdout.write(f"  {link.label:34}{base}{link.get_absolute_url()}")
        self.stdout.write(f"  {'Admin, for researchers':34}{base}{reverse('admin:index')}\n\n")
        self.stdout.write(
            "One browser is one person. To play both sides, open the second link in a private window or in another\n"
            "browser. The third link is one more person: close the private window first, or take a third browser.\n\n"
        )
        if password:
            self.stdout.write(f"The admin's user name is {RESEARCHER}, the password {password}")
            self.stdout.write("It is shown this once and stored only as a hash. Write it down.\n\n")
        else:
            self.stdout.write(f"The admin's user name is {RESEARCHER}. Lost the password? Set a new one:")
            self.stdout.write(f"  .venv/bin/python manage.py changepassword {RESEARCHER}\n\n")
