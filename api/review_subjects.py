"""What reviews are of, in the public schema: kinds of subjects, aspects, and what reviews come to."""

from __future__ import annotations

import enum

import strawberry

from api.node_ids import decode_node_id, encode_id
from contracts.review.v1 import review_pb2

_TYPES = {
    review_pb2.SUBJECT_KIND_HOTEL: "Hotel",
    review_pb2.SUBJECT_KIND_SALON: "Salon",
    review_pb2.SUBJECT_KIND_MASTER: "Master",
}
_KINDS = {name: kind for kind, name in _TYPES.items()}


@strawberry.enum(description="What a review is of.")
class ReviewSubjectKind(enum.Enum):
    HOTEL = strawberry.enum_value("HOTEL", description="A house.")
    SALON = strawberry.enum_value("SALON", description="A salon.")
    MASTER = strawberry.enum_value("MASTER", description="Somebody who works at a salon.")


@strawberry.enum(description="What is rated beside the whole.")
class ReviewAspect(enum.Enum):
    CLEANLINESS = strawberry.enum_value("CLEANLINESS", description="How clean it was; of anything.")
    COMFORT = strawberry.enum_value("COMFORT", description="Of hotels.")
    LOCATION = strawberry.enum_value("LOCATION", description="Of hotels and salons.")
    STAFF = strawberry.enum_value("STAFF", description="The people there; of anything.")
    VALUE = strawberry.enum_value("VALUE", description="What one gets for the price; of anything.")
    RESULT = strawberry.enum_value("RESULT", description="Of salons and masters.")
    PUNCTUALITY = strawberry.enum_value("PUNCTUALITY", description="Of salons and masters.")


@strawberry.type(description="How many reviews gave so many stars.")
class StarCount:
    stars: int = strawberry.field(description="1 to 5.")
    count: int = strawberry.field(description="How many reviews.")


@strawberry.type(description="What guests make of one aspect.")
class AspectMean:
    aspect: ReviewAspect = strawberry.field(description="Which one.")
    count: int = strawberry.field(description="How many reviews rated it.")
    mean: float = strawberry.field(description="1 to 5, in hundredths.")


@strawberry.type(description="What the published reviews of a house, a salon or a master come to.")
class RatingDetails:
    count: int = strawberry.field(description="How many reviews there are.")
    mean: float | None = strawberry.field(description="1 to 5, in hundredths; null while there is no review.")
    distribution: list[StarCount] = strawberry.field(description="By stars, from 1 to 5.")
    aspects: list[AspectMean] = strawberry.field(description="Aspects that somebody rated.")
    rank: float | None = strawberry.field(
        description=(
            "What lists are sorted by: the mean as if ten guests had given 3.5 before anybody else; null while there "
            "is no review."
        )
    )


def kind_of(message: review_pb2.SubjectKind.ValueType) -> ReviewSubjectKind:
    return ReviewSubjectKind(review_pb2.SubjectKind.Name(message).removeprefix("SUBJECT_KIND_"))


def aspect_of(message: review_pb2.Aspect.ValueType) -> ReviewAspect:
    return ReviewAspect(review_pb2.Aspect.Name(message).removeprefix("ASPECT_"))


def subject_id(kind: review_pb2.SubjectKind.ValueType, identifier: str) -> strawberry.ID:
    return strawberry.ID(encode_id(_TYPES[kind], identifier))


def subject_of(node_id: str) -> tuple[review_pb2.SubjectKind.ValueType, str]:
    """The kind and the UUID of a house, a salon or a master."""
    name, identifier = decode_node_id(node_id)
    return _KINDS[name], identifier


def rating_details(message: review_pb2.Rating | None) -> RatingDetails:
    """None: nobody rated it."""
    rating = message or review_pb2.Rating(distribution=[0, 0, 0, 0, 0])
    rated = message is not None
    return RatingDetails(
        count=rating.summary.count,
        mean=rating.summary.mean_hundredths / 100 if rated else None,
        distribution=[StarCount(stars=stars, count=count) for stars, count in enumerate(rating.distribution, start=1)],
        aspects=[
            AspectMean(aspect=aspect_of(one.aspect), count=one.count, mean=one.mean_hundredths / 100)
            for one in rating.aspect_means
        ],
        rank=rating.rank_hundredths / 100 if rated else None,
    )
