"""What reviews are asked for by sibling fields goes out together: one RPC per level of a query."""

from __future__ import annotations

from collections.abc import Sequence

from strawberry.dataloader import DataLoader

from api.entity_cache import EntityCache
from contracts.review.v1 import review_pb2, review_pb2_grpc
from runtime.channels import call
from runtime.identity import current_caller
from runtime.live_channels import rating_identifier

_LARGEST_BATCH = 200

Subject = tuple[review_pb2.SubjectKind.ValueType, str]


class ReviewLoaders:
    """By id, by subject or by booking; None for what does not exist or may not be seen."""

    def __init__(
        self, reviews: review_pb2_grpc.ReviewServiceAsyncStub, rating_cache: EntityCache[review_pb2.Rating]
    ) -> None:
        self._stub = reviews
        self._rating_cache = rating_cache
        self.review: DataLoader[str, review_pb2.Review | None] = DataLoader(
            load_fn=self._reviews, max_batch_size=_LARGEST_BATCH
        )
        self.rating: DataLoader[Subject, review_pb2.Rating | None] = DataLoader(
            load_fn=self._ratings, max_batch_size=_LARGEST_BATCH
        )
        self.stay: DataLoader[str, review_pb2.Visit | None] = DataLoader(
            load_fn=self._stays, max_batch_size=_LARGEST_BATCH
        )
        self.appointment: DataLoader[str, review_pb2.Visit | None] = DataLoader(
            load_fn=self._appointments, max_batch_size=_LARGEST_BATCH
        )

    async def _reviews(self, ids: Sequence[str]) -> list[review_pb2.Review | None]:
        found = (await call(self._stub.GetReviews, review_pb2.GetReviewsRequest(ids=ids))).reviews
        by_id = {review.id: review for review in found}
        return [by_id.get(identifier) for identifier in ids]

    async def _ratings(self, subjects: Sequence[Subject]) -> list[review_pb2.Rating | None]:
        by_id = {
            rating_identifier(kind, identifier): review_pb2.Subject(kind=kind, id=identifier)
            for kind, identifier in subjects
        }

        async def load(ids: Sequence[str], token: str | None) -> dict[str, review_pb2.Rating]:
            asked = {identifier: by_id[identifier] for identifier in ids}
            request = review_pb2.GetRatingsRequest(subjects=asked.values())
            rated = {
                _rating_id(rating.subject): rating
                for rating in (await call(self._stub.GetRatings, request, token=token)).ratings
            }
            return {identifier: rated.get(identifier) or _unrated(subject) for identifier, subject in asked.items()}

        found = await self._rating_cache.get(list(by_id), current_caller(), load)
        ratings = [found.get(identifier) for identifier in by_id]
        return [rating if rating is not None and rating.summary.count else None for rating in ratings]

    async def _stays(self, ids: Sequence[str]) -> list[review_pb2.Visit | None]:
        return await self._visits(ids, review_pb2.GetVisitsRequest(booking_ids=ids))

    async def _appointments(self, ids: Sequence[str]) -> list[review_pb2.Visit | None]:
        return await self._visits(ids, review_pb2.GetVisitsRequest(appointment_ids=ids))

    async def _visits(self, ids: Sequence[str], request: review_pb2.GetVisitsRequest) -> list[review_pb2.Visit | None]:
        by_id = {visit.id: visit for visit in (await call(self._stub.GetVisits, request)).visits}
        return [by_id.get(identifier) for identifier in ids]


def _rating_id(subject: review_pb2.Subject) -> str:
    return rating_identifier(subject.kind, subject.id)


def _unrated(subject: review_pb2.Subject) -> review_pb2.Rating:
    """So that it is known, too, that nobody has said anything yet."""
    return review_pb2.Rating(subject=subject)
