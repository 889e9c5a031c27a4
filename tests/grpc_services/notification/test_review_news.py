"""What owners are told of reviews, and authors of answers, in their languages."""

from __future__ import annotations

import uuid

import pytest

from contracts.events.v1 import events_pb2
from contracts.review.v1 import review_pb2
from grpc_services.notification.review_news import LONGEST_QUOTE
from grpc_services.notification.review_texts import REVIEW_WORDS
from grpc_services.notification.wording import WORDS
from runtime.envelopes import make_envelope
from runtime.identity import Role
from tests.grpc_services.notification.events import NOBODY
from tests.grpc_services.notification.inbox import Stub, claim, inbox, tell
from tests.grpc_services.notification.test_mails import Reader
from tests.house import SignedIn, refused, register_account


def review_of(author: uuid.UUID, **changes: object) -> review_pb2.Review:
    facts: dict[str, object] = {
        "id": str(uuid.uuid4()),
        "subject_kind": review_pb2.SUBJECT_KIND_HOTEL,
        "subject_name": "Hôtel Étoile",
        "author_account_id": str(author),
        "author_name": "Mina H.",
        "overall": 4,
        "title": "Near <the> sea",
        "visited_on": "2027-05-17",
        **changes,
    }
    return review_pb2.Review(**facts)  # type: ignore[arg-type]


def envelope(event: events_pb2.ReviewCreated | events_pb2.ReviewReplied) -> events_pb2.Envelope:
    return make_envelope(
        event, identifier=str(uuid.uuid4()), aggregate_id=event.review.id, aggregate_version=event.review.version
    )


def created(author: uuid.UUID, owner: uuid.UUID) -> events_pb2.Envelope:
    return envelope(events_pb2.ReviewCreated(review=review_of(author), owner_id=str(owner)))


async def test_the_owner_is_told_of_a_new_review_in_their_language(
    notifications: Stub, system: str, guest: SignedIn, hotelier: SignedIn
) -> None:
    event = created(guest.account_id, hotelier.account_id)
    (delivery_id,) = await tell(notifications, system, event)
    assert await tell(notifications, system, event) == [delivery_id]
    (told,) = (await inbox(notifications, hotelier.token)).notifications
    assert (told.kind, told.booking_id) == ("ReviewCreated", "")
    assert told.review_id == events_pb2.ReviewCreated.FromString(event.payload).review.id
    assert told.title == "Nouvel avis sur Hôtel Étoile\N{NO-BREAK SPACE}: 4/5"
    assert not (await inbox(notifications, guest.token)).notifications
    mail = await claim(notifications, system, delivery_id)
    assert mail is not None
    assert (mail.to_address, mail.booking_id, mail.calendar) == (hotelier.email, "", b"")
    shown = Reader(mail.html).words
    assert "Mina H. a donné son avis sur Hôtel Étoile, avec la note de 4/5." in shown
    assert "Near <the> sea" in shown
    assert REVIEW_WORDS["fr"].footer in shown
    assert hotelier.email not in mail.text + mail.html


async def test_an_author_is_told_of_an_answer_once_however_often_it_is_written_again(
    notifications: Stub, system: str, guest: SignedIn
) -> None:
    review = review_of(guest.account_id, reply="Thank you,\ncome again." + " x" * LONGEST_QUOTE)
    first = await tell(notifications, system, envelope(events_pb2.ReviewReplied(review=review)))
    review.reply = "Thank you!"
    assert await tell(notifications, system, envelope(events_pb2.ReviewReplied(review=review))) == first
    (told,) = (await inbox(notifications, guest.token)).notifications
    assert (told.kind, told.title) == ("ReviewReplied", "Hôtel Étoile: an answer to your review")
    assert told.body.startswith("Thank you for your review. This is the answer: “Thank you, come again. x x")
    assert told.body.endswith("…”")


@pytest.mark.parametrize("locale", sorted(WORDS))
async def test_both_mails_are_whole_in_every_language(
    notifications: Stub, system: str, auth_address: str, locale: str
) -> None:
    person = await register_account(auth_address, Role.GUEST, "Jo", locale=locale)
    events = (
        created(uuid.uuid4(), person.account_id),
        envelope(events_pb2.ReviewReplied(review=review_of(person.account_id, reply="Merci, спасибо"))),
    )
    for event in events:
        (delivery_id,) = await tell(notifications, system, event)
        mail = await claim(notifications, system, delivery_id)
        assert mail is not None
        seen = Reader(mail.html)
        assert (seen.language, mail.locale) == (locale, locale)
        assert mail.subject in seen.visible
        assert "Hôtel Étoile" in mail.subject
        assert REVIEW_WORDS[locale].footer in mail.text
        assert not {"{{", "None"} & set((mail.text + mail.html).split())


async def test_a_house_without_an_owner_is_told_nothing_and_other_news_of_reviews_nobody(
    notifications: Stub, system: str, guest: SignedIn
) -> None:
    assert await tell(notifications, system, created(guest.account_id, NOBODY)) == []
    deleted = events_pb2.ReviewDeleted(review_id=str(uuid.uuid4()))
    other = make_envelope(deleted, identifier=str(uuid.uuid4()), aggregate_id="one", aggregate_version=2)
    assert await tell(notifications, system, other) == []
    assert not (await inbox(notifications, guest.token)).notifications


async def test_what_is_no_review_is_refused(notifications: Stub, system: str, guest: SignedIn) -> None:
    broken = created(guest.account_id, uuid.uuid4())
    broken.payload = b"\xff\xff"
    assert (await refused(tell(notifications, system, broken))).code == "INVALID_INPUT"
