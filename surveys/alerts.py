"""Which answers an alert is about: an alert holds no word of them, so whoever gets one has to find them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from esc.participants.models import Sitting
from esc.safety.models import Alert
from esc.safety.screening import screen
from esc.studies.schema import Item, Protocol
from surveys.answers import Raw, open_answers
from surveys.models import SurveyResponse
from surveys.questionnaire import SURVEY_NAMES


@dataclass(frozen=True)
class Heard:
    """A survey of the person an alert names, and whether what the alert listens for stands in it now."""

    response: SurveyResponse
    speaks_of_danger: bool


def surveys_behind(alert: Alert) -> list[Heard]:
    """The surveys of the person in that role, those that speak of danger first; none for any other alert."""
    if alert.source != Alert.Source.SURVEY or alert.participant_id is None:
        return []
    theirs = SurveyResponse.objects.filter(
        seat__sitting__participant=alert.participant_id, survey__startswith=alert.role
    ).select_related("seat__sitting__protocol_version")
    heard = [Heard(response, _speaks_of_danger(response)) for response in theirs.order_by("-id")]
    return sorted(heard, key=lambda found: not found.speaks_of_danger)


def sent_in_vain(response: SurveyResponse) -> dict[str, str]:
    """What was written in a survey that was sent and could not be taken yet, if an alert came of it: key → text.

    A draft is the participant's own. This one was sent, and may be all that says who needs help.
    """
    sitting = response.seat.sitting
    if sitting is None or response.submitted_at is not None:
        return {}
    alerts = Alert.objects.filter(participant=sitting.participant_id, source=Alert.Source.SURVEY)
    if not alerts.exists():
        return {}
    keys = [item.key for item in _items(sitting.protocol, response.survey) if item.kind == "text"]
    return {key: text for key in keys if (text := response.draft.get(key))}


def _speaks_of_danger(response: SurveyResponse) -> bool:
    sitting = response.seat.sitting
    assert isinstance(sitting, Sitting), "imported answers raise no alert"
    return any(screen(text, sitting.protocol.danger) for text in _texts(response, sitting.protocol))


def _texts(response: SurveyResponse, protocol: Protocol) -> Iterable[str]:
    said: Raw = response.answers or response.draft
    return open_answers(_items(protocol, response.survey), said)


def _items(protocol: Protocol, survey: str) -> list[Item]:
    return protocol.surveys.items(SURVEY_NAMES[survey])
