"""Researchers read what was answered; nobody edits it. A draft stays the participant's own."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from chat.admin import AlertInChatAdmin
from chat.models import Conversation
from esc.readonly import ReadOnly
from esc.safety.admin import link_to
from esc.safety.models import Alert
from esc.studies.schema import Protocol
from surveys.alerts import sent_in_vain, surveys_behind
from surveys.models import SurveyResponse
from surveys.questionnaire import SURVEY_NAMES
from surveys.words import in_words

LIST = "admin:surveys_surveyresponse_changelist"


@admin.register(SurveyResponse)
class SurveyResponseAdmin(ReadOnly, admin.ModelAdmin[SurveyResponse]):
    list_display = ["id", "survey", "study", "participant", "conversation", "submitted_at"]
    list_filter = ["survey", "seat__sitting__participant__study", "submitted_at"]
    list_select_related = ["seat__sitting__participant__study", "seat__as_seeker", "seat__as_supporter"]
    search_fields = ["seat__sitting__participant__id", "seat__as_seeker__id", "seat__as_supporter__id"]
    search_help_text = "The id of a participant or of a conversation, or its beginning."
    readonly_fields = ["participant", "conversation", "words", "sent"]
    ordering = ["-id"]

    def get_fields(self, request: HttpRequest, obj: SurveyResponse | None = None) -> list[Any]:
        """What was sent in vain has a line of its own only where there is such a thing."""
        sent = ["sent"] if obj is not None and sent_in_vain(obj) else []
        return ["survey", "participant", "conversation", "submitted_at", "words", *sent, "answers", "first_answers"]

    @admin.display(description="study", empty_value="imported")
    def study(self, response: SurveyResponse) -> str | None:
        sitting = response.seat.sitting
        return str(sitting.study) if sitting else None

    @admin.display(description="participant")
    def participant(self, response: SurveyResponse) -> str | SafeString:
        return link_to("participants_participant", response.seat.participant_id)

    @admin.display(description="conversation")
    def conversation(self, response: SurveyResponse) -> str | SafeString:
        held = conversation_of(response)
        return link_to("chat_conversation", held.pk if held else None)

    @admin.display(description="answers in words")
    def words(self, response: SurveyResponse) -> str:
        said = in_words(protocol_of(response), SURVEY_NAMES[response.survey], response.answers)
        return render_to_string("surveys/_in_words.html", {"answers": said})

    @admin.display(description="sent, not handed in yet")
    def sent(self, response: SurveyResponse) -> str:
        """Other answers were missing or could not be taken, and what stood there raised an alert."""
        said = in_words(protocol_of(response), SURVEY_NAMES[response.survey], sent_in_vain(response))
        return render_to_string("surveys/_in_words.html", {"answers": said})


def conversation_of(response: SurveyResponse) -> Conversation | None:
    """The conversation of its seat, once there is one."""
    held: Conversation | None = getattr(response.seat, "as_seeker", None) or getattr(
        response.seat, "as_supporter", None
    )
    return held


def protocol_of(response: SurveyResponse) -> Protocol:
    """The protocol under which it was asked, or imported."""
    if response.seat.sitting is not None:
        return response.seat.sitting.protocol
    held = conversation_of(response)
    assert held is not None, "an imported answer belongs to a conversation"
    return held.protocol


admin.site.unregister(Alert)


@admin.register(Alert)
class AlertWithAnswersAdmin(AlertInChatAdmin):
    """An alert about an answer leads to the person's answers, those that speak of danger first."""

    readonly_fields = ["written"]

    def get_fields(self, request: HttpRequest, obj: Alert | None = None) -> list[Any]:
        fields = list(super().get_fields(request, obj))
        if obj is not None and obj.source == Alert.Source.SURVEY:
            fields.insert(fields.index("where"), "written")
        return fields

    @admin.display(description="where")
    def where(self, alert: Alert) -> str | SafeString:
        if alert.source == Alert.Source.SURVEY and alert.participant_id is not None:
            return format_html('<a href="{}?q={}">answers</a>', reverse(LIST), alert.participant_id)
        return super().where(alert)

    @admin.display(description="what was written")
    def written(self, alert: Alert) -> str:
        return render_to_string("surveys/_behind_alert.html", {"surveys": surveys_behind(alert)})
