"""Admin pages for rows that are a record: they can be looked at and nothing else."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


class ReadOnly:
    """Goes before ModelAdmin or an inline: nobody adds, changes or deletes, whatever their permissions."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
