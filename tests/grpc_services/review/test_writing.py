"""Who may review what, until when, and what a review may say."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from typing import Any

import pytest

from contracts.events.v1 import events_pb2
from contracts.review.v1 import review_pb2
from runtime.channels import call
from runtime.identity import Role
from tests.grpc_services.review.critics import HOTEL, MASTER, SALON, Critics, stay_review, written
from tests.grpc_services.review.visit_register import NOW, YESTERDAY
from tests.house import refused

DAY = dt.timedelta(days=1)


async def test_a_guest_reviews_a_stay_with_stars_aspects_and_words(critics: Critics) -> None:
    house, _ = critics.house()
    review, author = await critics.reviewed(
        house, 4, aspects=[("STAFF", 5), ("VALUE", 3)], title="  Quiet ", text="Good\r\nbreakfast ", language="EN-gb"
    )
    assert (review.subject_kind, review.subject_id, review.subject_name) == (HOTEL, house.id, house.name)
    assert (review.author_name, review.author_account_id) == ("Ada L.", str(author.id))
    assert (review.title, review.text, review.language) == ("Quiet", "Good\nbreakfast", "en-GB")
    assert {review_pb2.Aspect.Name(one.aspect): one.stars for one in review.aspects} == {
        "ASPECT_STAFF": 5,
        "ASPECT_VALUE": 3,
    }
    assert (review.state, review.version) == (review_pb2.REVIEW_STATE_PUBLISHED, 1)
    assert review.visited_on == YESTERDAY.isoformat()
    (change,) = await critics.changes(review)
    assert (change["action"], change["actor_id"], change["actor_role"]) == ("created", author.id, "GUEST")
    (envelope,) = await critics.events(review.id)
    told = events_pb2.ReviewCreated.FromString(events_pb2.Envelope.FromString(envelope).payload)
    assert (told.review.text, told.owner_id) == (review.text, str(house.owner_id))


async def test_a_visit_is_reviewed_once_also_by_two_requests_at_the_same_moment(critics: Critics) -> None:
    house, _ = critics.house()
    author = critics.person()
    stay = critics.register.stay(house, author.id)
    answers = await asyncio.gather(*(critics.review_stay(stay, author, 5) for _ in range(5)), return_exceptions=True)
    refusals = [answer for answer in answers if isinstance(answer, BaseException)]
    assert len(refusals) == 4
    assert {(one.code, one.details["why"]) for one in refusals} == {  # type: ignore[attr-defined]
        ("REVIEW_NOT_ALLOWED", "ALREADY_REVIEWED")
    }
    rating = await critics.rating(house)
    assert rating is not None
    assert rating.summary.count == 1


async def test_a_deleted_review_is_not_written_anew(critics: Critics) -> None:
    house, _ = critics.house()
    author = critics.person()
    stay = critics.register.stay(house, author.id)
    await critics.delete(await critics.review_stay(stay, author), author)
    assert (await refused(critics.review_stay(stay, author))).details["why"] == "ALREADY_REVIEWED"


async def test_the_same_key_answers_the_same_review_and_other_words_conflict(critics: Critics) -> None:
    house, _ = critics.house()
    author = critics.person()
    stay = critics.register.stay(house, author.id)
    first = await critics.review_stay(stay, author, key="once")
    assert await critics.review_stay(stay, author, key="once") == first
    assert (await refused(critics.review_stay(stay, author, 1, key="once"))).code == "IDEMPOTENCY_CONFLICT"


async def test_keys_are_forgotten_after_a_day(critics: Critics) -> None:
    house, _ = critics.house()
    author = critics.person()
    await critics.reviewed(house, author=author, key="yesterday")
    async with critics.database.transaction() as connection:
        await connection.execute(
            "UPDATE review.idempotency_record SET created_at = now() - interval '25 hours' WHERE principal = $1",
            str(author.id),
        )
    await critics.reviewed(house, author=author, key="today")
    async with critics.database.reading() as connection:
        query = "SELECT key FROM review.idempotency_record WHERE principal = $1"
        assert [row["key"] for row in await connection.fetch(query, str(author.id))] == ["today"]


@pytest.mark.parametrize("state", ["CONFIRMED", "CHECKED_IN", "CANCELLED", "NO_SHOW"])
async def test_a_stay_that_is_not_completed_is_not_reviewed(critics: Critics, state: str) -> None:
    house, _ = critics.house()
    author = critics.person()
    stay = critics.register.stay(house, author.id, state=state)
    before = await critics.everything()
    refusal = await refused(critics.review_stay(stay, author))
    assert (refusal.code, refusal.details["why"]) == ("REVIEW_NOT_ALLOWED", "NOT_COMPLETED")
    assert await critics.everything() == before


async def test_a_stay_is_reviewed_until_the_hundred_and_eightieth_day_where_the_house_stands(critics: Critics) -> None:
    house, _ = critics.house()
    left_on = dt.date(2027, 1, 1)
    author = critics.person()
    last_day = left_on + 180 * DAY
    stay = critics.register.stay(house, author.id, left_on=left_on, time_zone="Pacific/Auckland")
    critics.clock.at = dt.datetime.combine(last_day, dt.time(12, 1), tzinfo=dt.UTC)  # past midnight in Auckland
    assert (await refused(critics.review_stay(stay, author))).details["why"] == "TOO_LATE"
    critics.clock.at = dt.datetime.combine(last_day, dt.time(11, 59), tzinfo=dt.UTC)
    assert (await critics.review_stay(stay, author)).visited_on == "2027-01-01"


async def test_who_leaves_early_has_visited_until_that_day(critics: Critics) -> None:
    house, _ = critics.house()
    author = critics.person()
    stay = critics.register.stay(house, author.id, left_on=YESTERDAY + 9 * DAY, ended_early_on=YESTERDAY)
    assert (await critics.review_stay(stay, author)).visited_on == YESTERDAY.isoformat()


async def test_nobody_but_the_guest_reviews_a_stay(critics: Critics) -> None:
    house, owner = critics.house()
    guest, stranger, admin = critics.person(), critics.person(), critics.person(Role.ADMIN)
    stay = critics.register.stay(house, guest.id)
    own = critics.register.stay(house, owner.id)
    at_the_desk = critics.register.stay(house, uuid.UUID(int=0))
    before = await critics.everything()
    assert (await refused(critics.review_stay(stay, stranger))).code == "NOT_FOUND"
    for booking, person in ((stay, owner), (stay, admin), (own, owner), (at_the_desk, admin)):
        assert (await refused(critics.review_stay(booking, person))).code == "PERMISSION_DENIED"
    assert (await refused(call(critics.reviews.CreateReview, stay_review(stay), token=""))).code == "UNAUTHENTICATED"
    assert await critics.everything() == before


async def test_the_salon_and_each_master_of_an_appointment_are_reviewed_once_each(critics: Critics) -> None:
    salon, _ = critics.house()
    client = critics.person()
    visit = critics.register.appointment(salon, client.id)
    first, second = salon.masters
    of_salon = await critics.review_appointment(visit, client, SALON, aspects=[("RESULT", 5), ("LOCATION", 4)])
    of_master = await critics.review_appointment(visit, client, MASTER, first, aspects=[("PUNCTUALITY", 2)])
    assert (of_salon.subject_id, of_salon.author_name) == (salon.id, "Clara C.")
    assert (of_master.subject_id, of_master.subject_name) == (first, "Mona Master")
    again = await refused(critics.review_appointment(visit, client, MASTER, first))
    assert again.details["why"] == "ALREADY_REVIEWED"
    elsewhere = await refused(critics.review_appointment(visit, client, MASTER, second))
    assert (elsewhere.code, elsewhere.path) == ("INVALID_INPUT", ("masterId",))
    no_hotel = await refused(critics.review_appointment(visit, client, HOTEL))
    assert (no_hotel.code, no_hotel.path) == ("INVALID_INPUT", ("subjectKind",))


async def test_a_master_does_not_review_their_own_work(critics: Critics) -> None:
    salon, _ = critics.house()
    master = critics.person(Role.MASTER)
    critics.register.accounts[salon.masters[0]] = master.id
    visit = critics.register.appointment(salon, master.id)
    before = await critics.everything()
    for attempt in (
        critics.review_appointment(visit, master, MASTER, salon.masters[0]),
        critics.review_appointment(visit, master, SALON),
    ):
        assert (await refused(attempt)).code == "PERMISSION_DENIED"
    assert await critics.everything() == before


async def test_an_appointment_to_come_is_not_reviewed(critics: Critics) -> None:
    salon, _ = critics.house()
    client = critics.person()
    visit = critics.register.appointment(salon, client.id, at=NOW + DAY, state="CONFIRMED")
    assert (await refused(critics.review_appointment(visit, client, SALON))).details["why"] == "NOT_COMPLETED"


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"overall": 0}, "overall"),
        ({"overall": 6}, "overall"),
        ({"aspects": [("STAFF", 0)]}, "aspects.0.stars"),
        ({"aspects": [("STAFF", 3), ("STAFF", 4)]}, "aspects.1.aspect"),
        ({"aspects": [("PUNCTUALITY", 3)]}, "aspects.0.aspect"),
        ({"aspects": [("UNSPECIFIED", 3)]}, "aspects.0.aspect"),
        ({"title": "x" * 121}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"text": "x" * 4001}, "text"),
        ({"text": "a bell: \a"}, "text"),
        ({"language": ""}, "language"),
        ({"language": "english"}, "language"),
        ({"language": "qq"}, "language"),
    ],
)
async def test_what_a_review_may_not_say_is_named(critics: Critics, fields: dict[str, Any], path: str) -> None:
    house, _ = critics.house()
    author = critics.person()
    stay = critics.register.stay(house, author.id)
    before = await critics.everything()
    refusal = await refused(critics.review_stay(stay, author, **{"overall": 4, **fields}))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", tuple(path.split(".")))
    assert await critics.everything() == before


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"booking_id": "x"}, "bookingId"),
        ({"idempotency_key": ""}, "idempotencyKey"),
        ({"subject_kind": 0}, "subjectKind"),
        ({"subject_kind": 9}, "subjectKind"),
        ({"master_id": "x"}, "masterId"),
    ],
)
async def test_a_review_of_nothing_is_refused(critics: Critics, changes: dict[str, Any], path: str) -> None:
    house, _ = critics.house()
    author = critics.person()
    request = stay_review(critics.register.stay(house, author.id))
    for name, value in changes.items():
        setattr(request, name, value)
    refusal = await refused(call(critics.reviews.CreateReview, request, token=author.token))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", (path,))
    request.ClearField("visit")
    assert (await refused(call(critics.reviews.CreateReview, request, token=author.token))).code == "INVALID_INPUT"


async def test_an_author_edits_within_two_days_what_nobody_changed_meanwhile(critics: Critics) -> None:
    house, owner = critics.house()
    review, author = await critics.reviewed(house, 2, aspects=[("STAFF", 1)])
    edited = await critics.edit(review, author, 5, aspects=[("COMFORT", 4)], text="They called me and said sorry.")
    assert (edited.overall, edited.version, edited.HasField("edited_at")) == (5, 2, True)
    assert await critics.edit(edited, author, 5, aspects=[("COMFORT", 4)], text=edited.text) == edited
    stale = await refused(critics.edit(review, author, 1))
    assert (stale.code, stale.details["current_version"]) == ("VERSION_CONFLICT", "2")
    for person in (owner, critics.person(Role.ADMIN)):
        assert (await refused(critics.edit(edited, person, 1))).code == "PERMISSION_DENIED"
    created, change = await critics.changes(review)
    assert created["action"] == "created"
    assert change["before"] == {"overall": 2, "aspects": {"STAFF": 1}, "text": written(2).text}
    critics.clock.at = NOW + 3 * DAY
    late = await refused(critics.edit(edited, author, 1))
    assert (late.code, late.details["why"]) == ("REVIEW_NOT_ALLOWED", "TOO_LATE")
    assert await critics.get(review) is not None
    assert len(await critics.events(review.id)) == 2


async def test_a_review_is_deleted_by_its_author_or_by_an_admin_who_says_why(critics: Critics) -> None:
    house, owner = critics.house()
    admin = critics.person(Role.ADMIN)
    first, author = await critics.reviewed(house)
    second, _ = await critics.reviewed(house)
    before = await critics.everything()
    for person in (owner, critics.person()):
        assert (await refused(critics.delete(first, person, "It is bad"))).code == "PERMISSION_DENIED"
    silent = await refused(critics.delete(second, admin))
    assert (silent.code, silent.path) == ("INVALID_INPUT", ("reason",))
    assert await critics.everything() == before
    await critics.delete(first, author)
    await critics.delete(first, author)
    await critics.delete(second, admin, "An advertisement")
    for review in (first, second):
        assert [await critics.get(review, reader) for reader in (None, author, admin)] == [None, None, None]
    assert (await refused(critics.edit(first, author, 5))).code == "NOT_FOUND"
    assert await critics.rating(house) is None
    assert [change["action"] for change in await critics.changes(first)] == ["created", "deleted"]
    assert (await critics.changes(second))[-1]["reason"] == "An advertisement"
