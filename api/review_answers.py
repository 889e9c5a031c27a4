"""What others do with reviews in the public schema: owners answer, readers report, admins decide."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.context import Info
from api.errors import InvalidInput, NotFound, NotPermitted, RefusalsAsResults, VersionConflict
from api.node_ids import decode_id
from api.permissions import Demands, Permission
from api.reviews import Review, review
from contracts.review.v1 import review_pb2
from runtime.channels import call


@strawberry.input(description="What the owner answers.")
class ReviewReplyInput:
    id: strawberry.ID = strawberry.field(description="The review.")
    expected_version: int = strawberry.field(description="The version that you saw.")
    text: str = strawberry.field(description="Up to 2,000 characters; empty takes the answer away.")


@strawberry.input(description="What is wrong with a review.")
class ReviewReportInput:
    id: strawberry.ID = strawberry.field(description="The review.")
    reason: str = strawberry.field(description="1 to 500 characters.")


@strawberry.input(description="What becomes of a review.")
class ReviewModerateInput:
    id: strawberry.ID = strawberry.field(description="The review.")
    expected_version: int = strawberry.field(description="The version that you saw.")
    hide: bool = strawberry.field(description="Whether it is hidden; else everybody sees it.")
    reason: str | None = strawberry.field(
        default=None, description="Why, up to 500 characters; needed to hide it, and told to its author."
    )


@strawberry.type(description="The answer stands below the review, or is gone.")
class ReviewReplied:
    review: Review = strawberry.field(description="As it stands now.")


@strawberry.type(description="Admins are told, once for each person.")
class ReviewReported:
    id: strawberry.ID = strawberry.field(description="The review.")


@strawberry.type(description="It is decided, with all that was reported of it.")
class ReviewModerated:
    review: Review = strawberry.field(description="As it stands now.")


ReviewReplyResult = Annotated[
    ReviewReplied | VersionConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("ReviewReplyResult", description="The review, or why it has no such answer."),
]
ReviewReportResult = Annotated[
    ReviewReported | NotFound | NotPermitted | InvalidInput,
    strawberry.union("ReviewReportResult", description="Done, or why not."),
]
ReviewModerateResult = Annotated[
    ReviewModerated | VersionConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("ReviewModerateResult", description="The review, or why it is as it was."),
]


@strawberry.type
class ReviewAnswerMutations:
    @strawberry.mutation(
        description="Answers a review of your house, your salon or one of your masters, in place of an earlier answer.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def review_reply(
        self,
        info: Info,
        input: Annotated[ReviewReplyInput, strawberry.argument(description="The answer.")],  # noqa: A002
    ) -> ReviewReplyResult:
        request = review_pb2.ReplyToReviewRequest(
            id=decode_id("Review", input.id, path=("id",)), expected_version=input.expected_version, text=input.text
        )
        return ReviewReplied(review=review(await call(info.context.services.reviews.ReplyToReview, request)))

    @strawberry.mutation(
        description="Tells admins that a review should not stand.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def review_report(
        self,
        info: Info,
        input: Annotated[ReviewReportInput, strawberry.argument(description="What is wrong.")],  # noqa: A002
    ) -> ReviewReportResult:
        request = review_pb2.ReportReviewRequest(id=decode_id("Review", input.id, path=("id",)), reason=input.reason)
        await call(info.context.services.reviews.ReportReview, request)
        return ReviewReported(id=input.id)

    @strawberry.mutation(
        description="Hides a review, or lets everybody see it; for admins.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def review_moderate(
        self,
        info: Info,
        input: Annotated[ReviewModerateInput, strawberry.argument(description="The decision.")],  # noqa: A002
    ) -> ReviewModerateResult:
        request = review_pb2.ModerateReviewRequest(
            id=decode_id("Review", input.id, path=("id",)),
            expected_version=input.expected_version,
            hide=input.hide,
            reason=input.reason or "",
        )
        return ReviewModerated(review=review(await call(info.context.services.reviews.ModerateReview, request)))
