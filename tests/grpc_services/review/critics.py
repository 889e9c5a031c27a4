"""People at the running review service: writing, reading, answering and reporting in a line each."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from contracts.review.v1 import review_pb2, review_pb2_grpc
from grpc_services.auth.access_tokens import AccessTokens
from grpc_services.auth.signing_keys import SigningKeys
from grpc_services.review.rating_queries import load_ratings, published_marks, tally_of_row
from grpc_services.review.ratings import tally_of
from grpc_services.review.service import review_service
from grpc_services.review.visits import Subject
from runtime.channels import call, open_channel
from runtime.database import Database, open_database
from runtime.identifiers import new_id
from runtime.identity import Role
from tests.grpc_services.review.visit_register import NOW, House, VisitRegister, running_register
from tests.house import SIGNING_KEY_SECRET, auth_settings, review_settings
from tests.parts import Parts

HOTEL, SALON, MASTER = (
    review_pb2.SUBJECT_KIND_HOTEL,
    review_pb2.SUBJECT_KIND_SALON,
    review_pb2.SUBJECT_KIND_MASTER,
)
_TABLES = ("review", "report", "review_change", "rating", "idempotency_record")


@dataclass(frozen=True)
class Person:
    id: uuid.UUID
    token: str


@dataclass
class Clock:
    """Turned by tests."""

    at: dt.datetime = NOW

    def __call__(self) -> dt.datetime:
        return self.at


@dataclass
class Critics:
    reviews: review_pb2_grpc.ReviewServiceAsyncStub
    register: VisitRegister
    clock: Clock
    database: Database
    tokens: Callable[[uuid.UUID, Role], str]

    def person(self, role: Role = Role.GUEST) -> Person:
        identifier = new_id()
        return Person(identifier, self.tokens(identifier, role))

    def house(self) -> tuple[House, Person]:
        """A house, hotel or salon, and its owner."""
        owner = self.person(Role.HOTELIER)
        return House(owner.id), owner

    async def review_stay(
        self, booking_id: str, author: Person, overall: int = 4, *, key: str = "", **fields: Any
    ) -> review_pb2.Review:
        request = stay_review(booking_id, overall, key=key, **fields)
        return await call(self.reviews.CreateReview, request, token=author.token)

    async def reviewed(
        self, house: House, overall: int = 4, *, author: Person | None = None, **fields: Any
    ) -> tuple[review_pb2.Review, Person]:
        """A review of a stay of its own, and its author."""
        author = author or self.person()
        return await self.review_stay(self.register.stay(house, author.id), author, overall, **fields), author

    async def review_appointment(
        self,
        appointment_id: str,
        author: Person,
        kind: review_pb2.SubjectKind.ValueType,
        master_id: str = "",
        **fields: Any,
    ) -> review_pb2.Review:
        request = appointment_review(appointment_id, kind, master_id=master_id, **fields)
        return await call(self.reviews.CreateReview, request, token=author.token)

    async def edit(
        self, review: review_pb2.Review, author: Person, overall: int, *, version: int = 0, **fields: Any
    ) -> review_pb2.Review:
        request = review_pb2.EditReviewRequest(
            id=review.id, expected_version=version or review.version, fields=written(overall, **fields)
        )
        return await call(self.reviews.EditReview, request, token=author.token)

    async def delete(self, review: review_pb2.Review, person: Person, reason: str = "") -> None:
        request = review_pb2.DeleteReviewRequest(id=review.id, reason=reason)
        await call(self.reviews.DeleteReview, request, token=person.token)

    async def reply(
        self, review: review_pb2.Review, owner: Person, text: str, *, version: int = 0
    ) -> review_pb2.Review:
        request = review_pb2.ReplyToReviewRequest(id=review.id, expected_version=version or review.version, text=text)
        return await call(self.reviews.ReplyToReview, request, token=owner.token)

    async def report(self, review: review_pb2.Review, person: Person, reason: str = "An insult") -> None:
        request = review_pb2.ReportReviewRequest(id=review.id, reason=reason)
        await call(self.reviews.ReportReview, request, token=person.token)

    async def moderate(
        self, review: review_pb2.Review, admin: Person, *, hide: bool, reason: str = "Insults people"
    ) -> review_pb2.Review:
        current = await self.get(review, admin)
        request = review_pb2.ModerateReviewRequest(
            id=review.id, expected_version=current.version if current else review.version, hide=hide, reason=reason
        )
        return await call(self.reviews.ModerateReview, request, token=admin.token)

    async def get(self, review: review_pb2.Review, reader: Person | None = None) -> review_pb2.Review | None:
        request = review_pb2.GetReviewsRequest(ids=[review.id])
        found = await call(self.reviews.GetReviews, request, token=reader.token if reader else "")
        return found.reviews[0] if found.reviews else None

    async def listed(self, house: House, **asked: Any) -> review_pb2.ListReviewsResponse:
        request = review_pb2.ListReviewsRequest(subject_kind=HOTEL, subject_id=house.id, **asked)
        return await call(self.reviews.ListReviews, request, token="")

    async def rating(self, house: House) -> review_pb2.Rating | None:
        request = review_pb2.GetRatingsRequest(subjects=[review_pb2.Subject(kind=HOTEL, id=house.id)])
        found = (await call(self.reviews.GetRatings, request, token="")).ratings
        return found[0] if found else None

    async def check_rating(self, house: House) -> None:
        """The kept rating is what the published reviews come to, counted anew."""
        subject = Subject("HOTEL", uuid.UUID(house.id))
        async with self.database.snapshot() as connection:
            rows = await load_ratings(connection, [subject])
            counted = tally_of(await published_marks(connection, subject))
        assert (tally_of_row(rows[subject]) if rows else tally_of([])) == counted

    async def changes(self, review: review_pb2.Review) -> list[dict[str, Any]]:
        query = "SELECT * FROM review.review_change WHERE review_id = $1::uuid ORDER BY id"
        async with self.database.reading() as connection:
            return [dict(row) for row in await connection.fetch(query, review.id)]  # type: ignore[call-overload]

    async def events(self, aggregate_id: str) -> list[bytes]:
        query = "SELECT envelope FROM review.outbox_event WHERE aggregate_id = $1 ORDER BY position"
        async with self.database.reading() as connection:
            return [bytes(row["envelope"]) for row in await connection.fetch(query, aggregate_id)]

    async def everything(self) -> dict[str, str]:
        """A digest of every table, to see that nothing changed."""
        digests: dict[str, str] = {}
        async with self.database.reading() as connection:
            for table in _TABLES:
                query = f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM review.{table} AS t"  # noqa: S608
                digests[table] = str(await connection.fetchval(query))
            digests["outbox"] = str(await connection.fetchval("SELECT max(position) FROM review.outbox_event"))
        return digests


def written(
    overall: int,
    *,
    aspects: Sequence[tuple[str, int]] = (),
    title: str = "A quiet house",
    text: str = "We slept well.\nThe sea is near.",
    language: str = "en",
) -> review_pb2.ReviewFields:
    return review_pb2.ReviewFields(
        overall=overall,
        aspects=[
            review_pb2.AspectRating(aspect=review_pb2.Aspect.Value(f"ASPECT_{name}"), stars=stars)
            for name, stars in aspects
        ],
        title=title,
        text=text,
        language=language,
    )


def stay_review(booking_id: str, overall: int = 4, *, key: str = "", **fields: Any) -> review_pb2.CreateReviewRequest:
    return review_pb2.CreateReviewRequest(
        idempotency_key=key or uuid.uuid4().hex,
        booking_id=booking_id,
        subject_kind=HOTEL,
        fields=written(overall, **fields),
    )


def appointment_review(
    appointment_id: str,
    kind: review_pb2.SubjectKind.ValueType,
    overall: int = 4,
    *,
    master_id: str = "",
    **fields: Any,
) -> review_pb2.CreateReviewRequest:
    return review_pb2.CreateReviewRequest(
        idempotency_key=uuid.uuid4().hex,
        appointment_id=appointment_id,
        subject_kind=kind,
        master_id=master_id,
        fields=written(overall, **fields),
    )


@asynccontextmanager
async def open_critics(parts: Parts, auth_address: str) -> AsyncIterator[Critics]:
    """A review process of its own beside a register of visits, with a clock that tests turn."""
    unused = review_settings(parts, auth_address, booking_address="unused", salon_address="unused")
    clock = Clock()
    async with (
        running_register(unused) as (register, address),
        review_service(
            review_settings(parts, auth_address, booking_address=address, salon_address=address, database_pool_size=20),
            now=clock,
        ) as server,
        open_channel(server.address, review_pb2.DESCRIPTOR) as channel,
        open_database(parts.database_url("review"), pool_size=2, application_name="tests") as database,
        open_database(parts.database_url("auth"), pool_size=1, application_name="tests") as auth_database,
    ):
        keys = SigningKeys(auth_database, SIGNING_KEY_SECRET, token_lifetime=dt.timedelta(minutes=10))
        await keys.load()
        tokens = AccessTokens(keys, auth_settings(parts))
        yield Critics(
            review_pb2_grpc.ReviewServiceStub(channel),
            register,
            clock,
            database,
            lambda account_id, role: tokens.for_session(account_id, role, new_id()).text,
        )
