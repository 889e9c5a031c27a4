"""What authors do with reviews in the public schema: writing, editing and deleting them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from api.context import Info
from api.errors import (
    IdempotencyConflict,
    InvalidInput,
    NotFound,
    NotPermitted,
    RefusalsAsResults,
    ReviewNotAllowed,
    VersionConflict,
)
from api.node_ids import decode_id
from api.permissions import Demands, Permission
from api.review_subjects import ReviewAspect
from api.reviews import Review, review
from api.scalars import IdempotencyKey
from contracts.review.v1 import review_pb2
from runtime.channels import call
from runtime.errors import InvalidInput as Refused


@strawberry.input(description="Stars for one aspect.")
class AspectRatingInput:
    aspect: ReviewAspect = strawberry.field(description="Which one; the house, salon or master must have it.")
    stars: int = strawberry.field(description="1 to 5.")


@strawberry.input(description="What a review says.")
class ReviewWordsInput:
    overall: int = strawberry.field(description="Stars for the whole, 1 to 5.")
    aspects: list[AspectRatingInput] = strawberry.field(default_factory=list, description="Each at most once.")
    title: str | None = strawberry.field(default=None, description="In a line, up to 120 characters.")
    text: str | None = strawberry.field(default=None, description="At length, up to 4,000 characters.")
    language: str = strawberry.field(description="The language of title and text, as BCP 47.")


@strawberry.input(description="A review of a visit: of a stay, or of an appointment.")
class ReviewCreateInput(ReviewWordsInput):
    booking_id: strawberry.ID | None = strawberry.field(
        default=None, description="The stay, to review its house; or else `appointmentId`."
    )
    appointment_id: strawberry.ID | None = strawberry.field(
        default=None, description="The appointment, to review its salon, or one of its masters."
    )
    master_id: strawberry.ID | None = strawberry.field(
        default=None, description="The master of the appointment; left out, the review is of the salon."
    )
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every review.")


@strawberry.input(description="What a review says from now on: all of it, what is left out is emptied.")
class ReviewEditInput(ReviewWordsInput):
    id: strawberry.ID = strawberry.field(description="The review.")
    expected_version: int = strawberry.field(description="The version that you saw.")


@strawberry.input(description="Which review to delete.")
class ReviewDeleteInput:
    id: strawberry.ID = strawberry.field(description="The review.")
    reason: str | None = strawberry.field(
        default=None, description="Why, up to 500 characters; an admin who is not the author must say."
    )


@strawberry.type(description="The review is published.")
class ReviewCreated:
    review: Review = strawberry.field(description="The review.")


@strawberry.type(description="The review says something else now.")
class ReviewEdited:
    review: Review = strawberry.field(description="As it stands now.")


@strawberry.type(description="The review is gone. Its visit is not reviewed again.")
class ReviewDeleted:
    id: strawberry.ID = strawberry.field(description="The review.")


ReviewCreateResult = Annotated[
    ReviewCreated | ReviewNotAllowed | IdempotencyConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("ReviewCreateResult", description="The review, or why there is none."),
]
ReviewEditResult = Annotated[
    ReviewEdited | ReviewNotAllowed | VersionConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("ReviewEditResult", description="The review, or why it is as it was."),
]
ReviewDeleteResult = Annotated[
    ReviewDeleted | NotFound | NotPermitted | InvalidInput,
    strawberry.union("ReviewDeleteResult", description="Done, or why not."),
]


@strawberry.type
class ReviewMutations:
    @strawberry.mutation(
        description=(
            "Reviews the house of a stay, or the salon or a master of an appointment. For the guest of a completed "
            "visit, once for each, within 180 days."
        ),
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def review_create(
        self,
        info: Info,
        input: Annotated[ReviewCreateInput, strawberry.argument(description="The review.")],  # noqa: A002
    ) -> ReviewCreateResult:
        request = review_pb2.CreateReviewRequest(idempotency_key=input.idempotency_key, fields=_fields(input))
        if input.booking_id is not None:
            if input.appointment_id is not None or input.master_id is not None:
                raise Refused("Name a booking, or an appointment.", path=("appointmentId",))
            request.booking_id = decode_id("Booking", input.booking_id, path=("bookingId",))
            request.subject_kind = review_pb2.SUBJECT_KIND_HOTEL
        elif input.appointment_id is not None:
            request.appointment_id = decode_id("Appointment", input.appointment_id, path=("appointmentId",))
            request.subject_kind = review_pb2.SUBJECT_KIND_SALON
            if input.master_id is not None:
                request.master_id = decode_id("Master", input.master_id, path=("masterId",))
                request.subject_kind = review_pb2.SUBJECT_KIND_MASTER
        else:
            raise Refused("Name a booking, or an appointment.", path=("bookingId",))
        return ReviewCreated(review=review(await call(info.context.services.reviews.CreateReview, request)))

    @strawberry.mutation(
        description="Says something else in a review of yours, within 48 hours.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def review_edit(
        self,
        info: Info,
        input: Annotated[ReviewEditInput, strawberry.argument(description="What it shall say.")],  # noqa: A002
    ) -> ReviewEditResult:
        request = review_pb2.EditReviewRequest(
            id=decode_id("Review", input.id, path=("id",)),
            expected_version=input.expected_version,
            fields=_fields(input),
        )
        return ReviewEdited(review=review(await call(info.context.services.reviews.EditReview, request)))

    @strawberry.mutation(
        description="Deletes a review of yours; admins delete any, and say why.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def review_delete(
        self,
        info: Info,
        input: Annotated[ReviewDeleteInput, strawberry.argument(description="Which.")],  # noqa: A002
    ) -> ReviewDeleteResult:
        request = review_pb2.DeleteReviewRequest(
            id=decode_id("Review", input.id, path=("id",)), reason=input.reason or ""
        )
        await call(info.context.services.reviews.DeleteReview, request)
        return ReviewDeleted(id=input.id)


def _fields(words: ReviewWordsInput) -> review_pb2.ReviewFields:
    return review_pb2.ReviewFields(
        overall=words.overall,
        aspects=_aspects(words.aspects),
        title=words.title or "",
        text=words.text or "",
        language=words.language,
    )


def _aspects(ratings: Sequence[AspectRatingInput]) -> list[review_pb2.AspectRating]:
    return [
        review_pb2.AspectRating(aspect=review_pb2.Aspect.Value(f"ASPECT_{one.aspect.value}"), stars=one.stars)
        for one in ratings
    ]
