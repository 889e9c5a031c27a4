"""From the booking to the review, with the real booking service behind."""

from __future__ import annotations

from contracts.review.v1 import review_pb2, review_pb2_grpc
from runtime.channels import call, open_channel
from runtime.identity import Role
from tests.grpc_services.booking.desk import open_desk
from tests.grpc_services.review.critics import stay_review
from tests.grpc_services.review.stays import completed_stay
from tests.house import refused, register_account
from tests.parts import Parts


async def test_a_guest_who_checked_out_reviews_the_house_and_its_owner_does_not(
    parts: Parts, auth_address: str, booking_address: str, review_address: str
) -> None:
    owner = await register_account(auth_address, Role.HOTELIER)
    guest = await register_account(auth_address, Role.GUEST)
    async with (
        open_desk(parts, auth_address, booking_address) as desk,
        open_channel(review_address, review_pb2.DESCRIPTOR) as channel,
    ):
        reviews: review_pb2_grpc.ReviewServiceAsyncStub = review_pb2_grpc.ReviewServiceStub(channel)
        house = await desk.house(owner)
        coming = await desk.booked(house, guest)
        stay = await completed_stay(desk, house, owner, guest)
        asked = review_pb2.GetVisitsRequest(booking_ids=[stay.id, coming.id])
        before = {one.id: one.subjects[0] for one in (await call(reviews.GetVisits, asked, token=guest.token)).visits}
        review = await call(reviews.CreateReview, stay_review(stay.id, 5), token=guest.token)
        assert (review.subject_id, review.subject_name, review.author_name) == (
            str(house.id),
            house.asked.name,
            "Ada L.",
        )
        assert (before[stay.id].reviewable_until > review.visited_on, before[coming.id].reviewable_until) == (True, "")
        for person, booking, code in (
            (guest, coming, "REVIEW_NOT_ALLOWED"),
            (owner, stay, "PERMISSION_DENIED"),
            (await register_account(auth_address, Role.GUEST), stay, "NOT_FOUND"),
        ):
            attempt = call(reviews.CreateReview, stay_review(booking.id), token=person.token)
            assert (await refused(attempt)).code == code
        answered = review_pb2.ReplyToReviewRequest(id=review.id, expected_version=1, text="Thank you")
        assert (await call(reviews.ReplyToReview, answered, token=owner.token)).reply == "Thank you"
