"""`manage.py rehearsal_seats --study SLUG --pairs N`: conversations that are ready to chat, one JSON line a pair."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chat.rehearsal import make_pairs
from esc.errors import Refusal


class Command(BaseCommand):
    help = "Makes paired conversations in a rehearsal study, open for chat, and prints one JSON line a pair."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, help="the short name of a study that is marked a rehearsal")
        parser.add_argument("--pairs", required=True, type=int, help="how many")

    def handle(self, *args: Any, study: str, pairs: int, **options: Any) -> None:
        if pairs < 1:
            raise CommandError(f"--pairs: expected a number from 1, found {pairs}")
        try:
            made = make_pairs(slug=study, pairs=pairs)
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        for pair in made:
            self.stdout.write(json.dumps(pair.as_json()))
