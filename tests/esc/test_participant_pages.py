"""A participant's pages outside the steps, as their browser gets them."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from http import HTTPStatus
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from esc.ontology import Outcome, Role
from esc.participants import services
from esc.participants.journey import AfterChat, Page
from esc.participants.models import Consent, Participant, Sitting
from esc.studies.loading import default_protocol_text
from esc.studies.models import EntryLink, Study
from esc.studies.services import close_study, create_study, open_study
from tests.people import Person, join, leave_chat

POINTS = ["adult", "read_live", "program", "agree"]
BY_THE_MINUTE = "12 minutes in the chat, at 0.20 USD each 2.40 USD"


def link_of(study: Study, **fields: str) -> EntryLink:
    return study.links.create(label="for a test", **fields)


def text_of(response: Any) -> str:
    """What a reader sees: without tags, white space as one space."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", response.content.decode())))


def done(person: Person, outcome: Outcome) -> None:
    """The person's current conversation is over and its questions are answered."""
    for step in (Page.SURVEY_BEFORE, Page.LOBBY):
        services.finish_step(sitting_id=person.sitting_id, step=step)
    leave_chat(person, outcome, chatted=timedelta(minutes=11, seconds=5))
    services.finish_step(sitting_id=person.sitting_id, step=Page.SURVEY_AFTER)


def address_of(name: str) -> str:
    return f"/study/demo/{name}/"


class TestArrival:
    def test_arriving_leads_at_once_to_an_address_without_a_query(self, study: Study, client: Client) -> None:
        link = link_of(study, panel="prolific")
        ids = {"PROLIFIC_PID": "5f1", "STUDY_ID": "s", "SESSION_ID": "x"}
        response = client.get(link.get_absolute_url(), ids)
        assert response.status_code == HTTPStatus.FOUND
        assert response["Location"] == "/study/demo/"
        assert client.get("/study/demo/")["Location"] == address_of("consent")

    def test_coming_back_is_the_same_sitting_in_any_browser_when_the_panel_says_who(self, study: Study) -> None:
        link = link_of(study, panel="prolific", role="seeker")
        for _ in range(2):
            Client().get(link.get_absolute_url(), {"PROLIFIC_PID": "5f1", "SESSION_ID": "x"})
        sitting = Sitting.objects.get()
        assert [row.submission for row in sitting.submissions.all()] == ["x"]

    def test_coming_back_by_a_direct_link_is_the_same_sitting_in_the_same_browser_only(self, study: Study) -> None:
        link, browser = link_of(study, role="seeker"), Client()
        browser.get(link.get_absolute_url())
        browser.get(link.get_absolute_url())
        assert Participant.objects.count() == 1
        Client().get(link.get_absolute_url())
        assert Participant.objects.count() == 2

    def test_whoever_planted_a_session_in_a_browser_is_not_the_person_who_arrives_in_it(self, study: Study) -> None:
        planted, victim, link = Client(), Client(), link_of(study, role="seeker")
        other = create_study(slug="other", text=default_protocol_text())
        open_study(study_id=other.pk)
        planted.get(link_of(other, role="seeker").get_absolute_url())
        victim.cookies[settings.SESSION_COOKIE_NAME] = planted.cookies[settings.SESSION_COOKIE_NAME].value
        victim.get(link.get_absolute_url())
        assert victim.get("/study/demo/").status_code == HTTPStatus.FOUND
        assert planted.get("/study/demo/").status_code == HTTPStatus.FORBIDDEN

    def test_a_browser_that_only_guesses_that_somebody_will_come_makes_nobody(
        self, study: Study, client: Client
    ) -> None:
        link = link_of(study, role="seeker").get_absolute_url()
        assert client.get(link, headers={"Sec-Purpose": "prefetch;prerender"}).status_code == HTTPStatus.NO_CONTENT
        assert not Participant.objects.exists()
        assert client.get(link).status_code == HTTPStatus.FOUND

    def test_a_panel_that_does_not_say_who_is_refused_kindly(self, study: Study, client: Client) -> None:
        response = client.get(link_of(study, panel="prolific").get_absolute_url())
        assert response.status_code == HTTPStatus.CONFLICT
        assert "did not tell us who you are" in text_of(response)
        assert not Participant.objects.exists()

    def test_the_other_role_in_the_same_browser_is_refused_with_the_way_out(self, study: Study, client: Client) -> None:
        client.get(link_of(study, role="seeker").get_absolute_url())
        response = client.get(link_of(study, role="supporter").get_absolute_url())
        assert response.status_code == HTTPStatus.CONFLICT
        assert "private window" in text_of(response)

    def test_a_closed_study_takes_nobody_new_and_keeps_whoever_is_in(self, study: Study, client: Client) -> None:
        link = link_of(study, role="seeker")
        client.get(link.get_absolute_url())
        close_study(study_id=study.pk)
        assert client.get(link.get_absolute_url()).status_code == HTTPStatus.FOUND
        response = Client().get(link.get_absolute_url())
        assert response.status_code == HTTPStatus.FORBIDDEN
        assert "not taking new people" in text_of(response)

    def test_a_link_that_does_not_exist_is_a_kind_404(self, study: Study, client: Client) -> None:
        response = client.get("/join/nothing-here/")
        assert response.status_code == HTTPStatus.NOT_FOUND
        assert "There is no such page" in text_of(response)


class TestConsent:
    def test_the_page_shows_the_text_every_point_the_terms_and_the_place_on_the_way(self, study: Study) -> None:
        sam = join(study, Role.SEEKER, until=Page.CONSENT)
        response = sam.client.get(address_of("consent"))
        words = text_of(response)
        consent = sam.sitting.protocol.consent
        for sentence in [*consent.points.values(), *consent.text.split("\n\n")]:
            assert sentence.strip() in words
        assert "Step 1 of 6: Consent" in words
        assert "about 35 minutes a conversation" in words
        assert "6.00 USD for a whole conversation: at least 16 messages from the two of you together" in words
        assert "Germany" in words

    def test_agreeing_to_all_goes_on_and_stores_version_time_and_country(self, study: Study) -> None:
        sam = join(study, Role.SEEKER, until=Page.CONSENT)
        response = sam.client.post(address_of("consent"), {"points": POINTS, "country": "DE"})
        assert response["Location"] == address_of("survey/before")
        assert Consent.objects.get().version == "2026-11"
        assert sam.sitting.participant.country == "DE"

    def test_a_box_not_ticked_is_refused_and_the_others_stay_ticked(self, study: Study) -> None:
        sam = join(study, Role.SEEKER, until=Page.CONSENT)
        response = sam.client.post(address_of("consent"), {"points": POINTS[:2], "country": "FR"})
        page = response.content.decode()
        assert response.status_code == HTTPStatus.CONFLICT
        assert 'role="alert"' in page
        boxes = {match[1]: "checked" in match[0] for match in re.finditer(r'<input[^>]*value="(\w+)"[^>]*>', page)}
        assert {key: ticked for key, ticked in boxes.items() if key in POINTS} == {
            "adult": True,
            "read_live": True,
            "program": False,
            "agree": False,
        }
        assert re.search(r'value="FR"\s+selected', page)
        assert not Consent.objects.exists()

    @pytest.mark.parametrize("country", ["XX", "Germany", "d\x00"])
    def test_a_country_that_does_not_exist_is_refused(self, study: Study, country: str) -> None:
        sam = join(study, Role.SEEKER, until=Page.CONSENT)
        response = sam.client.post(address_of("consent"), {"points": POINTS, "country": country})
        assert response.status_code == HTTPStatus.CONFLICT
        assert "choose your country from the list" in text_of(response)
        assert not Consent.objects.exists()

    def test_declining_stores_nothing_and_leaves_the_way_back_open(self, study: Study) -> None:
        sam = join(study, Role.SEEKER, until=Page.CONSENT)
        response = sam.client.get(address_of("declined"))
        assert "nobody will ask you why" in text_of(response)
        assert address_of("consent") in response.content.decode()
        assert not Consent.objects.exists()
        assert sam.page is Page.CONSENT


class TestRole:
    @pytest.fixture
    def robin(self, study: Study) -> Person:
        """Somebody whose link leaves the choice to them."""
        browser = Client()
        browser.get(link_of(study).get_absolute_url())
        sitting = Sitting.objects.get()
        services.give_consent(sitting_id=sitting.pk, points=POINTS, country="")
        return Person(client=browser, sitting_id=sitting.pk)

    def test_both_parts_are_explained_with_their_minutes_and_pay(self, robin: Person) -> None:
        words = text_of(robin.client.get(address_of("role")))
        for expected in ["The seeker", "The supporter", "8 ways of helping", "45 minutes of learning", "6.00 USD"]:
            assert expected in words

    @pytest.mark.parametrize(("role", "next_page"), [("seeker", "survey/before"), ("supporter", "training")])
    def test_choosing_a_part_leads_to_its_first_step(self, robin: Person, role: str, next_page: str) -> None:
        response = robin.client.post(address_of("role"), {"role": role})
        assert response["Location"] == address_of(next_page)
        assert robin.sitting.role == role

    @pytest.mark.parametrize("role", ["", "researcher"])
    def test_no_part_or_a_made_up_one_is_refused_on_the_same_page(self, robin: Person, role: str) -> None:
        response = robin.client.post(address_of("role"), {"role": role})
        assert response.status_code == HTTPStatus.BAD_REQUEST
        assert "Please choose one of the two parts." in text_of(response)
        assert robin.page is Page.ROLE


class TestAnother:
    def test_it_says_how_many_are_left_and_what_they_pay(self, sam: Person) -> None:
        done(sam, Outcome.COMPLETED)
        words = text_of(sam.client.get(address_of("another")))
        assert "up to 2 more conversations" in words
        assert "pays 6.00 USD" in words

    def test_another_one_begins_with_the_questions_before(self, sam: Person) -> None:
        done(sam, Outcome.COMPLETED)
        response = sam.client.post(address_of("another"), {"choice": "another"})
        assert response["Location"] == address_of("survey/before")
        assert sam.sitting.seats.count() == 2

    def test_finishing_leads_to_the_code(self, sam: Person) -> None:
        done(sam, Outcome.COMPLETED)
        response = sam.client.post(address_of("another"), {"choice": "finish"}, follow=True)
        assert response.redirect_chain == [(address_of("finish"), HTTPStatus.FOUND)]
        assert "ESC-COMPLETED" in response.content.decode()

    def test_neither_choice_is_refused_on_the_same_page(self, sam: Person) -> None:
        done(sam, Outcome.COMPLETED)
        response = sam.client.post(address_of("another"), {"choice": "maybe"})
        assert response.status_code == HTTPStatus.BAD_REQUEST
        assert sam.page is Page.ANOTHER


class TestFinish:
    @pytest.mark.parametrize(
        ("outcome", "paid"),
        [
            (Outcome.COMPLETED, "a whole conversation 6.00 USD"),
            (Outcome.MODEL_FAILED, "a whole conversation 6.00 USD"),
            (Outcome.PARTNER_LEFT, BY_THE_MINUTE),
            (Outcome.LEFT_EARLY, BY_THE_MINUTE),
            (Outcome.TIMED_OUT, BY_THE_MINUTE),
            (Outcome.WITHDREW, BY_THE_MINUTE),
            (Outcome.REMOVED, "This ending is not paid."),
        ],
    )
    def test_every_outcome_has_its_code_and_its_pay(self, sam: Person, outcome: Outcome, paid: str) -> None:
        done(sam, outcome)
        services.finish_sitting(sitting_id=sam.sitting_id)
        response = sam.client.get(address_of("finish"))
        rule = sam.sitting.protocol.outcomes[outcome]
        assert f'value="{rule.completion_code}"' in response.content.decode()
        assert f"What you are paid {paid} " in text_of(response)

    @pytest.mark.parametrize(("disclosure", "said"), [("header", False), ("consent", True)])
    def test_who_was_not_told_of_a_program_in_the_chat_is_told_here(
        self, db: None, disclosure: str, said: bool
    ) -> None:
        text = default_protocol_text().replace('disclosure = "header"', f'disclosure = "{disclosure}"')
        study = create_study(slug="told-later", text=text)
        open_study(study_id=study.pk)
        for arm, by_a_program in (("scripted", True), ("people", False)):
            person = join(Study.objects.get(pk=study.pk), Role.SEEKER, arm=arm)
            done(person, Outcome.COMPLETED)
            services.finish_sitting(sitting_id=person.sitting_id)
            words = text_of(person.client.get(f"/study/{study.slug}/finish/"))
            assert ("your partner in the chat was a computer program" in words) is (said and by_a_program)

    def test_who_waited_in_vain_is_paid_for_waiting_alone(self, sam: Person) -> None:
        sam.sitting.seats.update(waited_s=61)
        services.finish_sitting(sitting_id=sam.sitting_id, outcome=Outcome.NO_PARTNER)
        words = text_of(sam.client.get(address_of("finish")))
        assert "What you are paid 2 minutes of waiting, at 0.20 USD each 0.40 USD " in words
        assert "in the chat" not in words

    def test_who_failed_the_training_reads_of_learning_alone(self, study: Study) -> None:
        pat = join(study, Role.SUPPORTER, until=Page.TRAINING)
        Sitting.objects.update(training_began_at=timezone.now() - timedelta(minutes=8, seconds=30))
        services.finish_training(sitting_id=pat.sitting_id, passed=False)
        words = text_of(pat.client.get(address_of("finish")))
        assert "What you are paid 9 minutes of learning, at 0.20 USD each 1.80 USD " in words
        assert "chat" not in words[words.index("What you are paid") : words.index("Talking about hard things")]
        assert "ESC-TRAINING" in pat.client.get(address_of("finish")).content.decode()

    def test_the_words_differ_for_every_outcome(self, study: Study) -> None:
        leads = set()
        for outcome in Outcome:
            person = join(study, Role.SEEKER)
            services.finish_sitting(sitting_id=person.sitting_id, outcome=outcome)
            page = person.client.get(address_of("finish")).content.decode()
            found = re.search(r'<div class="lead">(.*?)</div>', page, re.DOTALL)
            assert found
            assert found[1].strip()
            leads.add(found[1])
        assert len(leads) == len(Outcome)

    def test_several_conversations_are_added_up_and_broken_ones_paid_by_the_minute(self, sam: Person) -> None:
        done(sam, Outcome.COMPLETED)
        services.begin_another(sitting_id=sam.sitting_id)
        done(sam, Outcome.PARTNER_LEFT)
        services.begin_another(sitting_id=sam.sitting_id)
        done(sam, Outcome.COMPLETED)
        words = text_of(sam.client.get(address_of("finish")))
        assert "2 whole conversations 12.00 USD" in words
        assert BY_THE_MINUTE in words
        assert "together 14.40 USD" in words

    def test_a_panel_with_a_completion_address_gets_its_way_back(self, study: Study, client: Client) -> None:
        client.get(link_of(study, panel="prolific", role="seeker").get_absolute_url(), {"PROLIFIC_PID": "5f1"})
        services.finish_sitting(sitting_id=Sitting.objects.get().pk, outcome=Outcome.NO_PARTNER)
        page = client.get(address_of("finish")).content.decode()
        assert 'href="https://app.prolific.com/submissions/complete?cc=ESC-NO-PARTNER"' in page


class TestTwoTabs:
    @pytest.mark.parametrize("page", [Page.ANOTHER, Page.LEFT])
    def test_finishing_while_another_tab_goes_on_ends_nothing(
        self, sam: Person, page: Page, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        services.finish_step(sitting_id=sam.sitting_id, step=Page.LOBBY)
        after = AfterChat.CHOICE if page is Page.LEFT else AfterChat.NOTHING
        assert leave_chat(sam, Outcome.PARTNER_LEFT, after=after) is page
        goes_on = services.go_to_front if page is Page.LEFT else services.begin_another
        finish = services.finish_sitting

        def overtaken(**said: Any) -> Page:
            """The other tab's press arrives between this one's look at the page and its press."""
            goes_on(sitting_id=sam.sitting_id)
            return finish(**said)

        monkeypatch.setattr(services, "finish_sitting", overtaken)
        response = sam.client.post(address_of(page.value), {"choice": "finish"})
        assert response["Location"] == "/study/demo/survey/before/"
        assert sam.sitting.finished_at is None


class TestHelp:
    def test_it_shows_the_persons_own_country_first_then_help_everywhere(self, sam: Person) -> None:
        Participant.objects.filter(pk=sam.sitting.participant_id).update(country="DE")
        words = text_of(sam.client.get(address_of("help")))
        assert words.index("TelefonSeelsorge") < words.index("findahelpline.com")
        assert words.count("TelefonSeelsorge") == 1

    def test_it_is_open_at_every_point_of_the_way(self, study: Study) -> None:
        early = join(study, Role.SUPPORTER, until=Page.CONSENT)
        assert early.client.get(address_of("help")).status_code == HTTPStatus.OK


class TestEveryPage:
    @pytest.mark.parametrize("name", ["consent", "declined", "role", "another", "finish"])
    def test_a_page_that_is_not_the_persons_sends_them_to_theirs(self, sam: Person, name: str) -> None:
        response = sam.client.get(address_of(name))
        assert response.status_code == HTTPStatus.FOUND
        assert response["Location"] == address_of("lobby")

    @pytest.mark.parametrize("name", ["", "consent/", "declined/", "role/", "another/", "finish/", "help/"])
    def test_a_browser_without_a_sitting_is_told_so_kindly(self, study: Study, client: Client, name: str) -> None:
        response = client.get(f"/study/demo/{name}")
        assert response.status_code == HTTPStatus.FORBIDDEN
        assert "We do not know you here yet" in text_of(response)
        assert "Traceback" not in response.content.decode()

    def test_a_sitting_of_one_study_opens_no_page_of_another(self, study: Study, sam: Person) -> None:
        other = create_study(slug="other", text=default_protocol_text())
        open_study(study_id=other.pk)
        assert sam.client.get("/study/other/help/").status_code == HTTPStatus.FORBIDDEN

    def test_nobody_can_post_to_somebody_elses_page(self, study: Study, client: Client) -> None:
        for name in ["consent", "role", "another"]:
            assert client.post(address_of(name), {"choice": "finish"}).status_code == HTTPStatus.FORBIDDEN

    def test_pages_are_never_cached_and_send_strict_headers(self, study: Study) -> None:
        sam = join(study, Role.SEEKER, until=Page.CONSENT)
        response = sam.client.get(address_of("consent"))
        assert response["Cache-Control"] == "no-store"
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["X-Frame-Options"] == "DENY"
        policy = response["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy  # no other host

    def test_no_page_holds_inline_script_or_style(self, study: Study) -> None:
        sam = join(study, Role.SEEKER, until=Page.CONSENT)
        for response in [sam.client.get(address_of("consent")), sam.client.get("/"), sam.client.get("/nothing/")]:
            page = response.content.decode()
            assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)

    def test_the_page_speaks_the_studys_language_to_screen_readers(self, study: Study, client: Client) -> None:
        german = default_protocol_text().replace('language = "en"', 'language = "de"')
        open_study(study_id=create_study(slug="deutsch", text=german).pk)
        client.get(link_of(Study.objects.get(slug="deutsch"), role="seeker").get_absolute_url())
        assert '<html lang="de" dir="ltr">' in client.get("/study/deutsch/consent/").content.decode()


class TestPagesOfNoStep:
    def test_home_says_how_people_take_part(self, db: Any, client: Client) -> None:
        assert "You take part by a link of your own." in text_of(client.get("/"))

    def test_browsers_find_the_icon_where_a_page_does_not_name_it(self, client: Client) -> None:
        assert client.get("/favicon.ico")["Location"] == "/static/esc/favicon.svg"

    def test_a_form_without_its_token_is_answered_kindly_and_changes_nothing(self, study: Study) -> None:
        sam = join(study, Role.SEEKER, until=Page.CONSENT)
        strict = Client(enforce_csrf_checks=True)
        strict.cookies[settings.SESSION_COOKIE_NAME] = sam.client.cookies[settings.SESSION_COOKIE_NAME].value
        response = strict.post(address_of("consent"), {"points": POINTS})
        assert response.status_code == HTTPStatus.FORBIDDEN
        assert "Nothing was changed and nothing is lost." in text_of(response)
        assert "/study/demo/" in response.content.decode()
        assert not Consent.objects.exists()

    def test_a_fault_of_ours_shows_no_traceback(self, sam: Person, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*args: object) -> None:
            raise RuntimeError("secret detail")

        monkeypatch.setattr("esc.participants.views.page_context", broken)
        sam.client.raise_request_exception = False
        response = sam.client.get(address_of("help"))
        assert response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
        assert "Something went wrong on our side" in text_of(response)
        assert "secret detail" not in response.content.decode()
