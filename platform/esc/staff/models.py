"""Tries to sign in, for a quarter of an hour each: no name, no address, but a keyed hash of them."""

from __future__ import annotations

from django.db import models


class SignInTry(models.Model):
    """One try, counted under one key. Each try has several: see esc.staff.services."""

    key = models.CharField(max_length=64)  # hexadecimal HMAC-SHA256
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "sign-in tries"
        indexes = [
            models.Index(fields=["key", "at"], name="tries_of_a_key"),
            models.Index(fields=["at"], name="tries_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.key[:8]} at {self.at}"
