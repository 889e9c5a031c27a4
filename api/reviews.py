"""Reviews in the public schema: reading them, of a subject, of oneself, and of a stay."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated

import strawberry

from api.context import Info
from api.node_ids import decode_id, encode_id
from api.nodes import Node
from api.paging import Connection, at_least_one, edges, page_info
from api.review_subjects import (
    RatingDetails,
    ReviewAspect,
    ReviewSubjectKind,
    aspect_of,
    kind_of,
    rating_details,
    subject_id,
    subject_of,
)
from contracts.review.v1 import review_pb2
from runtime.channels import call
from runtime.clock import from_timestamp


@strawberry.enum(description="Who sees a review.")
class ReviewState(enum.Enum):
    PUBLISHED = strawberry.enum_value("PUBLISHED", description="Everybody.")
    HIDDEN = strawberry.enum_value("HIDDEN", description="Its author and admins: an admin hid it.")


@strawberry.enum(description="The order of reviews; the newest first among equals.")
class ReviewSort(enum.Enum):
    NEWEST = strawberry.enum_value("NEWEST", description="The latest first.")
    BEST = strawberry.enum_value("BEST", description="Most stars first.")
    WORST = strawberry.enum_value("WORST", description="Fewest stars first.")


@strawberry.type(description="How many stars a review gives one aspect.")
class AspectRating:
    aspect: ReviewAspect = strawberry.field(description="Which one.")
    stars: int = strawberry.field(description="1 to 5.")


@strawberry.type(description="What the owner answers.")
class ReviewReply:
    text: str = strawberry.field(description="The answer; lines end with a line feed.")
    at: dt.datetime = strawberry.field(description="When it was written.")


@strawberry.type(description="What a guest says of a house, a salon or a master after a visit.")
class Review(Node):
    subject_kind: ReviewSubjectKind = strawberry.field(description="What it is of.")
    subject_id: strawberry.ID = strawberry.field(description="Which house, salon or master.")
    subject_name: str = strawberry.field(description="How that was called at the visit.")
    author_name: str = strawberry.field(description="First name and initial.")
    author_id: strawberry.ID | None = strawberry.field(
        description="The author's account; told to the author, to the owner of the subject and to admins."
    )
    overall: int = strawberry.field(description="Stars for the whole, 1 to 5.")
    aspects: list[AspectRating] = strawberry.field(description="What was rated beside the whole.")
    title: str | None = strawberry.field(description="In a line.")
    text: str | None = strawberry.field(description="At length; lines end with a line feed.")
    language: str = strawberry.field(description="The language it is written in, as BCP 47.")
    visited_on: dt.date = strawberry.field(description="The day of departure, or of the appointment.")
    state: ReviewState = strawberry.field(description="Who sees it.")
    moderation_reason: str | None = strawberry.field(
        description="Why an admin hid or kept it; told to the author and to admins."
    )
    open_reports: int = strawberry.field(description="How many people reported it; told to admins, 0 to others.")
    reply: ReviewReply | None = strawberry.field(description="What the owner answers.")
    created_at: dt.datetime = strawberry.field(description="When it was written.")
    edited_at: dt.datetime | None = strawberry.field(description="When it was edited last.")
    version: int = strawberry.field(
        description="Moves with every change; name it as `expectedVersion` when you edit, answer or moderate."
    )


@strawberry.type(description="One page of reviews.")
class ReviewConnection(Connection[Review]):
    total_count: int = strawberry.field(description="How many reviews the whole list has.")


@strawberry.type(description="One page of reviews that people reported.")
class ReportedReviewConnection(Connection[Review]):
    pass


_First = Annotated[int, strawberry.argument(description="1 to 100.")]
_After = Annotated[str | None, strawberry.argument(description="A cursor of this list.")]
_Sort = Annotated[ReviewSort, strawberry.argument(description="In which order.")]
_Stars = Annotated[list[int] | None, strawberry.argument(description="Only with so many stars for the whole.")]
_Languages = Annotated[
    list[str] | None,
    strawberry.argument(description="Only in one of these languages, as BCP 47; en is also en-GB."),
]


@strawberry.type
class Reviewed(Node):
    """The part of Hotel, Salon and Master that guests write."""

    @strawberry.field(description="What guests say of it.")
    async def reviews(
        self,
        info: Info,
        first: _First = 20,
        after: _After = None,
        sort: _Sort = ReviewSort.NEWEST,
        stars: _Stars = None,
        languages: _Languages = None,
    ) -> ReviewConnection:
        kind, identifier = subject_of(self.id)
        request = review_pb2.ListReviewsRequest(
            subject_kind=kind,
            subject_id=identifier,
            stars=stars or (),
            languages=languages or (),
            sort=review_pb2.ReviewSort.Value(f"REVIEW_SORT_{sort.value}"),
            first=at_least_one(first),
            after=after or "",
        )
        return await _page(info, request)

    @strawberry.field(description="What its reviews come to.")
    async def rating_details(self, info: Info) -> RatingDetails:
        return rating_details(await info.context.load.reviews.rating.load(subject_of(self.id)))


@strawberry.type
class BookingReview(Node):
    """The part of Booking that tells its guest of their review."""

    @strawberry.field(description="What you said of this stay; null for anybody but its guest.")
    async def review(self, info: Info) -> Review | None:
        subject = await self._subject(info)
        return review(subject.review) if subject is not None and subject.HasField("review") else None

    @strawberry.field(
        description="The last day, at the house, on which you may review this stay; null if you may not, or did."
    )
    async def reviewable_until(self, info: Info) -> dt.date | None:
        subject = await self._subject(info)
        return _until(subject) if subject else None

    async def _subject(self, info: Info) -> review_pb2.VisitedSubject | None:
        visit = await info.context.load.reviews.stay.load(decode_id("Booking", self.id, path=("id",)))
        return visit.subjects[0] if visit else None


@strawberry.type(description="What an appointment was to: the salon, or a master.")
class VisitedSubject:
    kind: ReviewSubjectKind = strawberry.field(description="The salon, or a master.")
    subject_id: strawberry.ID = strawberry.field(description="Which one.")
    name: str = strawberry.field(description="How it was called at the appointment.")
    review: Review | None = strawberry.field(description="What you said of it.")
    reviewable_until: dt.date | None = strawberry.field(
        description="The last day, at the salon, on which you may review it; null if you may not, or did."
    )


@strawberry.type
class AppointmentReviews(Node):
    """The part of Appointment that tells its client of their reviews."""

    @strawberry.field(
        description="The salon and each master of this appointment with your reviews; none for anybody but its client."
    )
    async def review_subjects(self, info: Info) -> list[VisitedSubject]:
        visit = await info.context.load.reviews.appointment.load(decode_id("Appointment", self.id, path=("id",)))
        return [_visited(subject) for subject in visit.subjects] if visit else []


@strawberry.type
class ViewerReviews:
    """A part of the type Viewer."""

    @strawberry.field(description="The reviews you wrote, the newest first; hidden ones too.")
    async def reviews(self, info: Info, first: _First = 20, after: _After = None) -> ReviewConnection:
        return await _page(info, review_pb2.ListReviewsRequest(first=at_least_one(first), after=after or ""))


@strawberry.type
class ReviewQueries:
    @strawberry.field(description="A review; null if there is none, or none that you may see.")
    async def review(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],  # noqa: A002
    ) -> Review | None:
        found = await info.context.load.reviews.review.load(decode_id("Review", id, path=("id",)))
        return review(found) if found else None

    @strawberry.field(description="Reviews that people reported, the most reported first; for admins.")
    async def reported_reviews(
        self, info: Info, first: _First = 20, after: _After = None
    ) -> ReportedReviewConnection | None:
        response = await call(
            info.context.services.reviews.ListReportedReviews,
            review_pb2.ListReportedReviewsRequest(first=at_least_one(first), after=after or ""),
        )
        return ReportedReviewConnection(
            edges=edges([review(found) for found in response.reviews], response.cursors),
            page_info=page_info(response.cursors, has_next_page=response.has_next_page, after=after),
        )


def _visited(message: review_pb2.VisitedSubject) -> VisitedSubject:
    return VisitedSubject(
        kind=kind_of(message.subject.kind),
        subject_id=subject_id(message.subject.kind, message.subject.id),
        name=message.name,
        review=review(message.review) if message.HasField("review") else None,
        reviewable_until=_until(message),
    )


def _until(message: review_pb2.VisitedSubject) -> dt.date | None:
    return dt.date.fromisoformat(message.reviewable_until) if message.reviewable_until else None


async def _page(info: Info, request: review_pb2.ListReviewsRequest) -> ReviewConnection:
    response = await call(info.context.services.reviews.ListReviews, request)
    return ReviewConnection(
        edges=edges([review(found) for found in response.reviews], response.cursors),
        page_info=page_info(response.cursors, has_next_page=response.has_next_page, after=request.after or None),
        total_count=response.total_count,
    )


def review(message: review_pb2.Review) -> Review:
    return Review(
        id=strawberry.ID(encode_id("Review", message.id)),
        subject_kind=kind_of(message.subject_kind),
        subject_id=subject_id(message.subject_kind, message.subject_id),
        subject_name=message.subject_name,
        author_name=message.author_name,
        author_id=(
            strawberry.ID(encode_id("Account", message.author_account_id)) if message.author_account_id else None
        ),
        overall=message.overall,
        aspects=[AspectRating(aspect=aspect_of(one.aspect), stars=one.stars) for one in message.aspects],
        title=message.title or None,
        text=message.text or None,
        language=message.language,
        visited_on=dt.date.fromisoformat(message.visited_on),
        state=ReviewState(review_pb2.ReviewState.Name(message.state).removeprefix("REVIEW_STATE_")),
        moderation_reason=message.moderation_reason or None,
        open_reports=message.open_reports,
        reply=ReviewReply(text=message.reply, at=from_timestamp(message.replied_at)) if message.reply else None,
        created_at=from_timestamp(message.created_at),
        edited_at=from_timestamp(message.edited_at) if message.HasField("edited_at") else None,
        version=message.version,
    )
