"""The training's share of the beat: scripted seekers answer in practice chats."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from tutorial.practice import answer_practice


@shared_task(name="tutorial.answer_practice")
def answer() -> None:
    """Safe to run twice and from many workers."""
    answer_practice(timezone.now())
