"""The export as an action on studies and on selected conversations, streamed to the researcher's browser."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse

from chat.models import Conversation, ConversationQuerySet
from corpus.exporting import esconv_chunks, exportable
from esc.studies.admin import StudyAdmin
from esc.studies.models import Study
from qc.admin import JudgedConversationAdmin

# These pages are written on lower floors, which must not import this one: it registers its subclasses in their place.
admin.site.unregister(Conversation)
admin.site.unregister(Study)


@admin.register(Conversation)
class ExportingConversationAdmin(JudgedConversationAdmin):
    actions = [*JudgedConversationAdmin.actions, "export_esconv"]

    @admin.action(description="Export as ESConv JSON", permissions=["view"])
    def export_esconv(self, request: HttpRequest, queryset: QuerySet[Any]) -> StreamingHttpResponse:
        slugs = queryset.order_by().values_list("study__slug", flat=True).distinct()
        return download(Conversation.objects.filter(pk__in=queryset.order_by().values("pk")), studies=list(slugs))


@admin.register(Study)
class ExportingStudyAdmin(StudyAdmin):
    actions = [*StudyAdmin.actions, "export_esconv"]

    def has_export_permission(self, request: HttpRequest) -> bool:
        """The file holds what people said, so whoever takes it needs to be allowed to read conversations, too."""
        return self.has_view_permission(request) and request.user.has_perm("chat.view_conversation")

    @admin.action(description="Export as ESConv JSON", permissions=["export"])
    def export_esconv(self, request: HttpRequest, queryset: QuerySet[Study]) -> StreamingHttpResponse:
        slugs = queryset.values_list("slug", flat=True)
        return download(Conversation.objects.filter(study__in=queryset.order_by()), studies=list(slugs))


def download(conversations: ConversationQuerySet, *, studies: Sequence[str]) -> StreamingHttpResponse:
    """Those of them that can be exported, as one file, named for their study where it is a single one."""
    name = f"{studies[0]}-esconv.json" if len(studies) == 1 else "esconv.json"
    return StreamingHttpResponse(
        in_the_event_loop(esconv_chunks(exportable(conversations))),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


async def in_the_event_loop(chunks: Generator[bytes, None, None]) -> AsyncIterator[bytes]:
    """The same chunks, each made when it is asked for. (Django collects a plain iterator whole before it sends any.)"""

    def pull() -> bytes | None:
        return next(chunks, None)

    try:
        while (chunk := await sync_to_async(pull)()) is not None:
            yield chunk
    finally:
        await sync_to_async(chunks.close)()
