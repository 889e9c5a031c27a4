"""Rows as contract messages, and back."""

from __future__ import annotations

from contracts.hotel.v1 import hotel_pb2
from contracts.review.v1 import review_pb2
from grpc_services.review import policies, ratings
from grpc_services.review.rating_queries import tally_of_row
from grpc_services.review.visits import Subject
from runtime.clock import to_timestamp
from runtime.database import Record
from runtime.errors import InvalidInput
from runtime.identifiers import parse_id
from runtime.identity import NOBODY, Caller, Role

SYSTEM = Caller(Role.SYSTEM, NOBODY)


def kind_name(kind: review_pb2.SubjectKind.ValueType, *, path: tuple[str, ...] = ("subjectKind",)) -> str:
    if kind == review_pb2.SUBJECT_KIND_UNSPECIFIED or kind not in review_pb2.SubjectKind.values():
        raise InvalidInput("This is no kind of subject.", path=path)
    return review_pb2.SubjectKind.Name(kind).removeprefix("SUBJECT_KIND_")


def kind_value(name: str) -> review_pb2.SubjectKind.ValueType:
    return review_pb2.SubjectKind.Value(f"SUBJECT_KIND_{name}")


def subject_of_message(message: review_pb2.Subject, *, path: tuple[str, ...]) -> Subject:
    return Subject(kind_name(message.kind, path=(*path, "kind")), parse_id(message.id, path=(*path, "id")))


def subject_message(subject: Subject) -> review_pb2.Subject:
    return review_pb2.Subject(kind=kind_value(subject.kind), id=str(subject.id))


def sort_name(sort: review_pb2.ReviewSort.ValueType) -> str:
    """The newest first when nothing was asked for."""
    if sort not in review_pb2.ReviewSort.values():
        raise InvalidInput("This is no order of reviews.", path=("sort",))
    asked = sort or review_pb2.REVIEW_SORT_NEWEST
    return review_pb2.ReviewSort.Name(asked).removeprefix("REVIEW_SORT_")


def review_message(row: Record, reader: Caller) -> review_pb2.Review:
    """As `reader` may see it; our own processes see everything."""
    is_ours = reader.role in (Role.ADMIN, Role.SYSTEM)
    is_author = policies.is_author(reader, row)
    knows_author = is_ours or is_author or policies.owns_subject(reader, row)
    message = review_pb2.Review(
        id=str(row["id"]),
        subject_kind=kind_value(row["subject_kind"]),
        subject_id=str(row["subject_id"]),
        subject_name=row["subject_name"],
        author_account_id=str(row["author_id"]) if knows_author else "",
        author_name=row["author_name"],
        overall=row["overall"],
        aspects=[review_pb2.AspectRating(aspect=_aspect(name), stars=stars) for name, stars in row["aspects"].items()],
        title=row["title"],
        text=row["text"],
        language=row["language"],
        state=review_pb2.ReviewState.Value(f"REVIEW_STATE_{row['state']}"),
        created_at=to_timestamp(row["created_at"]),
        reply=row["reply"],
        moderation_reason=row["moderation_reason"] if is_ours or is_author else "",
        version=row["version"],
        visited_on=row["visited_on"].isoformat(),
        open_reports=row["open_reports"] if is_ours else 0,
    )
    if row["edited_at"] is not None:
        message.edited_at.CopyFrom(to_timestamp(row["edited_at"]))
    if row["replied_at"] is not None:
        message.replied_at.CopyFrom(to_timestamp(row["replied_at"]))
    return message


def rating_message(row: Record) -> review_pb2.Rating:
    tally = tally_of_row(row)
    return review_pb2.Rating(
        subject=review_pb2.Subject(kind=kind_value(row["subject_kind"]), id=str(row["subject_id"])),
        summary=hotel_pb2.RatingSummary(
            count=tally.count, mean_hundredths=ratings.mean_hundredths(tally.count, tally.sum)
        ),
        distribution=tally.stars,
        aspect_means=[
            review_pb2.AspectMean(
                aspect=_aspect(name), count=count, mean_hundredths=ratings.mean_hundredths(count, total)
            )
            for name, (count, total) in sorted(tally.aspects.items(), key=lambda known: _aspect(known[0]))
        ],
        rank_hundredths=ratings.rank_hundredths(tally),
        version=row["version"],
    )


def _aspect(name: str) -> review_pb2.Aspect.ValueType:
    return review_pb2.Aspect.Value(f"ASPECT_{name}")
