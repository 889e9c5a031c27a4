"""What owners answer, and what becomes of reviews that people report."""

from __future__ import annotations

from contracts.events.v1 import events_pb2
from contracts.review.v1 import review_pb2
from runtime.channels import call
from runtime.identity import Role
from tests.grpc_services.review.critics import Critics
from tests.house import refused


async def test_an_owner_answers_writes_again_and_takes_the_answer_away(critics: Critics) -> None:
    house, owner = critics.house()
    review, author = await critics.reviewed(house)
    answered = await critics.reply(review, owner, " Thank you!\r\nCome again. ")
    assert (answered.reply, answered.HasField("replied_at")) == ("Thank you!\nCome again.", True)
    again = await critics.reply(answered, owner, "Thank you.")
    seen = await critics.get(review)
    assert seen is not None
    assert seen.reply == "Thank you."
    gone = await critics.reply(again, owner, "  ")
    assert (gone.reply, gone.HasField("replied_at"), gone.version) == ("", False, 4)
    assert [change["before"] for change in (await critics.changes(review))[1:]] == [
        {"reply": ""},
        {"reply": "Thank you!\nCome again."},
        {"reply": "Thank you."},
    ]
    told = [events_pb2.Envelope.FromString(event).type for event in await critics.events(review.id)]
    assert told == ["ReviewCreated", "ReviewReplied", "ReviewReplied"]
    assert author.id != owner.id


async def test_nobody_else_answers(critics: Critics) -> None:
    house, owner = critics.house()
    _, other_owner = critics.house()
    review, author = await critics.reviewed(house)
    before = await critics.everything()
    for person in (author, other_owner, critics.person(), critics.person(Role.ADMIN)):
        assert (await refused(critics.reply(review, person, "I am the owner"))).code == "PERMISSION_DENIED"
    assert (await refused(critics.reply(review, owner, "x" * 2001))).path == ("text",)
    assert (await refused(critics.reply(review, owner, "\x07"))).path == ("text",)
    assert (await refused(critics.reply(review, owner, "Hello", version=7))).code == "VERSION_CONFLICT"
    assert await critics.everything() == before


async def test_a_person_reports_a_review_once_and_never_their_own(critics: Critics) -> None:
    house, owner = critics.house()
    review, author = await critics.reviewed(house)
    reader, admin = critics.person(), critics.person(Role.ADMIN)
    for person in (reader, reader, owner):
        await critics.report(review, person)
    seen = {person: await critics.get(review, person) for person in (author, reader, admin)}
    assert [one.open_reports for one in seen.values() if one] == [0, 0, 2]
    assert (await refused(critics.report(review, author))).code == "PERMISSION_DENIED"
    nothing_said = await refused(critics.report(review, critics.person(), " "))
    assert (nothing_said.code, nothing_said.path) == ("INVALID_INPUT", ("reason",))
    anonymous = review_pb2.ReportReviewRequest(id=review.id, reason="An insult")
    assert (await refused(call(critics.reviews.ReportReview, anonymous, token=""))).code == "UNAUTHENTICATED"
    actions = [change["action"] for change in await critics.changes(review)]
    assert actions == ["created", "reported", "reported"]


async def test_an_admin_hides_a_reported_review_and_shows_it_again(critics: Critics) -> None:
    house, owner = critics.house()
    review, author = await critics.reviewed(house, 1)
    await critics.reviewed(house, 5)
    admin = critics.person(Role.ADMIN)
    await critics.report(review, owner)
    hidden = await critics.moderate(review, admin, hide=True)
    assert (hidden.state, hidden.open_reports) == (review_pb2.REVIEW_STATE_HIDDEN, 0)
    assert [await critics.get(review, reader) for reader in (None, owner, critics.person())] == [None, None, None]
    own = await critics.get(review, author)
    assert own is not None
    assert own.moderation_reason == "Insults people"
    rating = await critics.rating(house)
    assert rating is not None
    assert list(rating.distribution) == [0, 0, 0, 0, 1]
    assert (await critics.listed(house)).total_count == 1
    for attempt in (critics.reply(hidden, owner, "So?"), critics.report(hidden, critics.person())):
        assert (await refused(attempt)).code == "NOT_FOUND"
    kept = await critics.moderate(review, admin, hide=False, reason="")
    assert kept.state == review_pb2.REVIEW_STATE_PUBLISHED
    assert (await critics.listed(house)).total_count == 2
    await critics.check_rating(house)
    actions = [change["action"] for change in await critics.changes(review)]
    assert actions == ["created", "reported", "hidden", "kept"]
    await critics.report(review, owner)  # decided before: told once is told
    seen = await critics.get(review, admin)
    assert seen is not None
    assert seen.open_reports == 0


async def test_only_admins_moderate_and_see_what_is_reported(critics: Critics) -> None:
    house, owner = critics.house()
    review, author = await critics.reviewed(house)
    await critics.report(review, owner)
    admin = critics.person(Role.ADMIN)
    before = await critics.everything()
    wanted = review_pb2.ModerateReviewRequest(id=review.id, expected_version=1, hide=True, reason="I do not like it")
    for person in (owner, author):
        assert (await refused(call(critics.reviews.ModerateReview, wanted, token=person.token))).code == (
            "PERMISSION_DENIED"
        )
        asked = review_pb2.ListReportedReviewsRequest()
        assert (await refused(call(critics.reviews.ListReportedReviews, asked, token=person.token))).code == (
            "PERMISSION_DENIED"
        )
    wanted.reason = ""
    assert (await refused(call(critics.reviews.ModerateReview, wanted, token=admin.token))).path == ("reason",)
    wanted.reason, wanted.expected_version = "Bad", 9
    assert (await refused(call(critics.reviews.ModerateReview, wanted, token=admin.token))).code == "VERSION_CONFLICT"
    assert await critics.everything() == before


async def test_reported_reviews_are_listed_by_how_many_reported_them(critics: Critics) -> None:
    house, _ = critics.house()
    admin = critics.person(Role.ADMIN)
    people = [critics.person() for _ in range(7)]
    reviews = [(await critics.reviewed(house))[0] for _ in range(3)]
    for review, number in zip(reviews, (5, 7, 6), strict=True):
        for person in people[:number]:
            await critics.report(review, person)
    found: list[tuple[str, int]] = []
    after = ""
    while len(found) < 3:
        request = review_pb2.ListReportedReviewsRequest(first=1, after=after)
        page = await call(critics.reviews.ListReportedReviews, request, token=admin.token)
        found += [(one.id, one.open_reports) for one in page.reviews]
        after = page.cursors[-1]
    assert found == [(reviews[1].id, 7), (reviews[2].id, 6), (reviews[0].id, 5)]
    for review in reviews:
        await critics.delete(review, admin, "Settled")
    request = review_pb2.ListReportedReviewsRequest(first=100)
    page = await call(critics.reviews.ListReportedReviews, request, token=admin.token)
    assert not {one.id for one in page.reviews} & {review.id for review in reviews}
