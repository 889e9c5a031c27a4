"""The demo salons: spas in the demo hotelier's houses and salons around Paris, with masters, weeks, services and
what guests said of them.

All of it is made up from the salon's number alone, so every machine shows the same.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.hotel.v1 import hotel_pb2
from contracts.salon.v1 import salon_pb2
from grpc_services.hotel import importing
from grpc_services.review import queries as review_queries
from grpc_services.review.rating_change import move_rating
from grpc_services.salon import (
    change_log,
    events,
    master_fields,
    master_queries,
    salon_fields,
    salon_queries,
    service_fields,
    service_queries,
)
from runtime.database import Connection, Database, Record
from runtime.request_context import begin_request
from stack.demo_salon_words import MASTERS, MENUS, OPINIONS, SALONS, STREETS, Menu

SALONS_IN_HOTELS = 12
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "salons.innkeeper.example")
_CENTRE = (48.8566, 2.3522)
_AROUND_THE_CLOCK = "24/24 Bains de Minuit"  # always open, so that `make tour` finds somebody at any hour
_TIERS = ((24, 0), (4, 50), (0, 100))  # hours before the start, percent


@dataclass(frozen=True, slots=True)
class Place:
    """Where a demo salon stands and whose it is."""

    owner_id: uuid.UUID
    hotel_id: uuid.UUID | None
    street: str
    postal_code: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Opened:
    """What was made of one salon."""

    salon: Record
    masters: Sequence[Record]


def places(hotelier_id: uuid.UUID, houses: Sequence[tuple[uuid.UUID, Any]]) -> list[Place]:
    """The first salons stand in these houses (id and listed house), the others along streets of their own."""
    inside = [
        Place(hotelier_id, hotel_id, house.address, house.postal_code, house.latitude, house.longitude)
        for hotel_id, house in houses[:SALONS_IN_HOTELS]
    ]
    outside = [
        Place(
            importing.UNCLAIMED,
            None,
            f"{7 + 3 * number} {street}",
            f"750{1 + number:02d}",
            _CENTRE[0] + 0.004 * (number % 5 - 2),
            _CENTRE[1] + 0.006 * (number % 7 - 3),
        )
        for number, street in enumerate(STREETS)
    ]
    return [*inside, *outside][: len(SALONS)]


async def load_demo_salons(database: Database, wanted: Sequence[Place], master_account: uuid.UUID) -> list[Opened]:
    """Opens the salons if there are none yet. The first master of the first salon is the demo master."""
    begin_request()
    opened = []
    async with database.transaction() as connection:
        if await salon_queries.get_salon(connection, uuid.uuid5(_NAMESPACE, "0")):
            return []
        for number, place in enumerate(wanted):
            opened.append(await _open(connection, number, place, master_account if number == 0 else None))
    return opened


async def load_demo_reviews(database: Database, opened: Sequence[Opened], today: dt.date) -> int:
    """What guests said of salons and masters; answers how many reviews it wrote. They are no news: nobody is told
    of them, but their ratings go where ratings go."""
    begin_request()
    written = 0
    async with database.transaction() as connection:
        for number, one in enumerate(opened):
            subjects = [("SALON", one.salon["id"], one.salon["name"])]
            subjects += [("MASTER", master["id"], master["name"]) for master in one.masters]
            for position, subject in enumerate(subjects):
                for turn in range(2 + (number + position) % 4):
                    visit = (one.salon, number + turn, today - dt.timedelta(days=3 + 5 * turn + number % 9))
                    await _say(connection, subject, visit, opinion=number * 3 + position + turn)
                    written += 1
    return written


async def _open(connection: Connection, number: int, place: Place, account: uuid.UUID | None) -> Opened:
    name = SALONS[number]
    menu = MENUS[number % len(MENUS)]
    always = name == _AROUND_THE_CLOCK
    salon_id = uuid.uuid5(_NAMESPACE, str(number))
    values = salon_fields.salon_values(_salon(name, menu, place, always=always))
    row = await salon_queries.insert_salon(
        connection, values | {"id": salon_id, "owner_id": place.owner_id, "hotel_id": place.hotel_id}
    )
    await change_log.record_change(
        connection,
        salon_id=salon_id,
        subject_kind="Salon",
        subject_id=salon_id,
        action="created",
        before=None,
        after={"name": name},
    )
    masters = [
        await _hire(connection, salon_id, number + turn * 7, menu, always=always) for turn in range(2 + number % 3)
    ]
    if account:
        masters[0] = await master_queries.join(connection, masters[0]["id"], account)
    for position, line in enumerate(menu.services):
        await _offer(connection, salon_id, position, line, menu, masters)
    row = await salon_queries.move_salon(connection, salon_id, "PUBLISHED")
    await events.publish_salon_changed(connection, row, *(master["id"] for master in masters))
    return Opened(row, masters)


def _salon(name: str, menu: Menu, place: Place, *, always: bool) -> salon_pb2.SalonFields:
    days = range(1, 8) if always or place.hotel_id else range(2, 7)
    hours = {"from": "00:00", "to": "24:00"} if always else {"from": "09:00", "to": "20:00"}
    return salon_pb2.SalonFields(
        name=name,
        description=menu.description,
        address=hotel_pb2.Address(street=place.street[:200], postal_code=place.postal_code, city="Paris", country="FR"),
        latitude=place.latitude,
        longitude=place.longitude,
        time_zone="Europe/Paris",
        currency="EUR",
        contact=hotel_pb2.Contact(phone="+33 1 99 00 10 10"),
        opening_hours=[salon_pb2.DayHours(weekday=day, **hours) for day in days],
        terms=salon_pb2.BookingTerms(
            slot_minutes=5 if always else 15,
            min_notice_minutes=0 if always else 60,
            max_days_ahead=90,
            confirms_by_hand=False,
            cancellation_policy=hotel_pb2.CancellationPolicy(
                tiers=[
                    hotel_pb2.CancellationTier(hours_before_check_in=before, penalty_percent=percent)
                    for before, percent in _TIERS
                ]
            ),
        ),
    )


async def _hire(connection: Connection, salon_id: uuid.UUID, turn: int, menu: Menu, *, always: bool) -> Record:
    fields = salon_pb2.MasterFields(
        name=MASTERS[turn % len(MASTERS)],
        title=menu.title,
        about=f"{menu.title} for {4 + turn % 17} years.",
        specialities=[line.name for line in menu.services[turn % 2 :: 2]],
        languages=["fr", "en"] if turn % 3 else ["fr", "en", "ru"],
    )
    values = master_fields.master_values(fields) | {"id": uuid.uuid5(salon_id, f"master {turn}")}
    row = await master_queries.append(connection, salon_id, values)
    return await master_queries.save_week(connection, row["id"], _week(turn, always=always))


def _week(turn: int, *, always: bool) -> list[dict[str, Any]]:
    """Early or late, with an hour's break and two days off; around the clock where the salon is."""
    if always:
        return [{"weekday": day, "from": "00:00", "to": "24:00"} for day in range(1, 8)]
    halves = (("09:00", "13:00"), ("14:00", "17:30")) if turn % 2 else (("11:00", "15:00"), ("16:00", "20:00"))
    days = [day for day in range(1, 8) if day not in {turn % 7 + 1, (turn + 1) % 7 + 1}]
    return [{"weekday": day, "from": begin, "to": end} for day in days for begin, end in halves]


async def _offer(
    connection: Connection, salon_id: uuid.UUID, position: int, line: Any, menu: Menu, masters: Sequence[Record]
) -> None:
    fields = salon_pb2.ServiceFields(
        name=line.name,
        category=menu.category,
        description=line.description,
        duration_minutes=line.minutes,
        buffer_after_minutes=line.tidying,
        price_minor_units=line.price,
        payment_timing=hotel_pb2.PAYMENT_TIMING_PREPAID if line.prepaid else hotel_pb2.PAYMENT_TIMING_AT_HOTEL,
    )
    values = service_fields.service_values(fields) | {"id": uuid.uuid5(salon_id, f"service {position}")}
    row = await service_queries.append(connection, salon_id, values)
    offerings: list[Mapping[str, Any]] = [
        {
            "master_id": master["id"],
            "price_minor_units": line.price * 6 // 5 if turn == 0 else None,
            "duration_minutes": None,
        }
        for turn, master in enumerate(masters)
        if turn == 0 or (turn + position) % 3
    ]
    await service_queries.put_offerings(connection, row["id"], [dict(offering) for offering in offerings])


async def _say(
    connection: Connection, subject: tuple[str, uuid.UUID, str], visit: tuple[Record, int, dt.date], *, opinion: int
) -> None:
    kind, subject_id, subject_name = subject
    salon, turn, day = visit
    said = OPINIONS[opinion % len(OPINIONS)]
    visit_id = uuid.uuid5(subject_id, f"visit {turn} {opinion}")
    row = await review_queries.insert_review(
        connection,
        id=uuid.uuid5(visit_id, "review"),
        subject_kind=kind,
        subject_id=subject_id,
        subject_name=subject_name,
        owner_id=salon["owner_id"],
        visit_id=visit_id,
        visited_on=day,
        author_id=uuid.uuid5(visit_id, "author"),
        author_name=said.author,
        overall=said.stars,
        aspects={"STAFF": said.stars, "VALUE": max(1, said.stars - opinion % 2)},
        title=said.title,
        text=said.text,
        language=said.language,
    )
    if row is not None:
        await move_rating(connection, None, row)
