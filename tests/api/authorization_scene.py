"""Everybody who may come to the gateway, and one of everything that they may ask for: a house, its salon, and what a
guest has there."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    is_required_argument,
    is_required_input_field,
)

from api.document_cost import MOST_COST
from api.http_requests import EVENT_STREAM
from api.node_ids import decode_node_id
from api.operations import GRAPHQL_SCHEMA
from api.permissions import Demands
from tests.api.client import Client, today
from tests.api.house import ApiHouse
from tests.house import PERSON_PASSWORD

CHECK_IN = today() + dt.timedelta(days=40)
NOON = dt.datetime.combine(today() + dt.timedelta(days=9), dt.time(12), dt.UTC)
PRINCIPALS = ("anonymous", "guest", "other guest", "hotelier", "other hotelier", "master", "machine", "admin")
MOST_FIELDS = 20  # of one document: root fields are no more
MOST_MUTATIONS = 8  # of one document, which has ten seconds in all
SILENT_SECONDS = 1.0
REFUSALS = frozenset({"UNAUTHENTICATED", "PERMISSION_DENIED", "NOT_FOUND"})
_SHELVES = """
    SELECT table_schema, table_name FROM information_schema.tables
    WHERE table_schema IN ('hotel', 'booking', 'salon', 'review') AND table_type = 'BASE TABLE'
      AND table_name !~ 'outbox|idempotency|alembic|timeline|calendar|feed'  -- our own workers write there too
    ORDER BY 1, 2
"""
_QUERIED = {
    "Query.hotel": "hotelId",
    "Query.quote": "quoteId",
    "Query.booking": "bookingId",
    "Query.review": "reviewId",
    "Query.salon": "salonId",
    "Query.master": "masterId",
    "Query.appointment": "appointmentId",
    "Query.node": "bookingId",
    "Subscription.notificationReceived": "notificationId",
}
_REACHED = {
    "Hotel": 'hotel(id: "{hotelId}") {{ FIELD }}',
    "RoomType": 'hotel(id: "{hotelId}") {{ roomTypes {{ FIELD }} }}',
    "Salon": 'salon(id: "{salonId}") {{ FIELD }}',
    "Master": 'master(id: "{masterId}") {{ FIELD }}',
    "Booking": 'booking(id: "{bookingId}") {{ FIELD }}',
    "Appointment": 'appointment(id: "{appointmentId}") {{ FIELD }}',
    "Review": 'review(id: "{reviewId}") {{ FIELD }}',
    "Quote": 'quote(id: "{quoteId}") {{ FIELD }}',
    "Viewer": "viewer {{ FIELD }}",
    "Session": "viewer {{ sessions {{ nodes {{ FIELD }} }} }}",
    "ApiClient": "viewer {{ apiClients {{ nodes {{ FIELD }} }} }}",
    "WebhookEndpoint": "viewer {{ webhookEndpoints {{ nodes {{ FIELD }} }} }}",
    "Room": 'hotel(id: "{hotelId}") {{ roomTypes {{ rooms {{ nodes {{ FIELD }} }} }} }}',
    "PayoutStatement": 'hotel(id: "{hotelId}") {{ payouts(month: "2026-01") {{ FIELD }} }}',
    "Booking.review": 'booking(id: "{stayId}") {{ FIELD }}',
    "BookedVisit": 'booking(id: "{bookingId}") {{ visits {{ FIELD }} }}',
    "BookedRoom": 'booking(id: "{bookingId}") {{ bookedRooms {{ FIELD }} }}',
    "DeskPayment": 'booking(id: "{stayId}") {{ deskPayments {{ FIELD }} }}',
    "GuestDetails": 'booking(id: "{bookingId}") {{ guest {{ FIELD }} }}',
    "BookingNote": 'booking(id: "{bookingId}") {{ notes {{ nodes {{ FIELD }} }} }}',
    "TimelineEntry": 'booking(id: "{bookingId}") {{ timeline {{ nodes {{ FIELD }} }} }}',
    "CancellationPreview": 'cancellationPreview(bookingId: "{bookingId}") {{ FIELD }}',
    "QuotedVisit": 'quote(id: "{quoteId}") {{ visits {{ FIELD }} }}',
    "ClientDetails": 'appointment(id: "{appointmentId}") {{ client {{ FIELD }} }}',
    "VisitedSubject": 'appointment(id: "{appointmentId}") {{ reviewSubjects {{ FIELD }} }}',
    "AppointmentTimelineEntry": 'appointment(id: "{appointmentId}") {{ timeline {{ nodes {{ FIELD }} }} }}',
    "Notification": "viewer {{ notifications {{ nodes {{ FIELD }} }} }}",
    "NotificationPreferences": "viewer {{ notificationPreferences {{ FIELD }} }}",
    "NotificationPreference": "viewer {{ notificationPreferences {{ preferences {{ FIELD }} }} }}",
    "WaitlistEntry": "viewer {{ waitlist {{ nodes {{ FIELD }} }} }}",
    "ApiClientSecret": "viewer {{ apiClients {{ nodes {{ secrets {{ FIELD }} }} }} }}",
    "WebhookDelivery": "viewer {{ webhookEndpoints {{ nodes {{ deliveries {{ nodes {{ FIELD }} }} }} }} }}",
    "WebhookChange": "viewer {{ webhookChanges {{ nodes {{ FIELD }} }} }}",
    "CalendarFeed": 'hotel(id: "{hotelId}") {{ calendarFeeds {{ nodes {{ FIELD }} }} }}',
    "OutOfOrderPeriod": 'hotel(id: "{hotelId}") {{ outOfOrder {{ nodes {{ FIELD }} }} }}',
    "RoomBlock": 'hotel(id: "{hotelId}") {{ blocks {{ nodes {{ FIELD }} }} }}',
    "BlockedRooms": 'hotel(id: "{hotelId}") {{ blocks {{ nodes {{ rooms {{ FIELD }} }} }} }}',
    "PriceRule": 'hotel(id: "{hotelId}") {{ priceRules {{ nodes {{ FIELD }} }} }}',
    "Change": 'hotel(id: "{hotelId}") {{ changes {{ nodes {{ FIELD }} }} }}',
    "ChangedField": 'hotel(id: "{hotelId}") {{ changes {{ nodes {{ fields {{ FIELD }} }} }} }}',
    "InventoryLogEntry": 'hotel(id: "{hotelId}") {{ inventoryChanges {{ nodes {{ FIELD }} }} }}',
    "CalendarNight": 'hotel(id: "{hotelId}") {{ calendar(DAYS) {{ FIELD }} }}',
    "PeriodFigures": 'hotel(id: "{hotelId}") {{ figures(DAYS) {{ FIELD }} }}',
    "RoomPlan": 'hotel(id: "{hotelId}") {{ roomPlan(DAYS) {{ FIELD }} }}',
    "PlannedDoor": 'hotel(id: "{hotelId}") {{ roomPlan(DAYS) {{ doors {{ FIELD }} }} }}',
    "SalonChange": 'salon(id: "{salonId}") {{ changes {{ nodes {{ FIELD }} }} }}',
    "TimeBlock": 'salon(id: "{salonId}") {{ timeBlocks(MOMENTS) {{ FIELD }} }}',
    "SalonFiguresOfDays": 'salonFigures(salonId: "{salonId}", DAYS) {{ FIELD }}',
    "SalonFigures": 'salonFigures(salonId: "{salonId}", DAYS) {{ all {{ FIELD }} }}',
}
_SPANS = {
    "DAYS": f'from: "{CHECK_IN}", to: "{CHECK_IN + dt.timedelta(days=2)}"',
    "MOMENTS": f'from: "{NOON.isoformat()}", to: "{(NOON + dt.timedelta(days=20)).isoformat()}"',
}
_DATES = {
    "checkIn": CHECK_IN,
    "checkOut": CHECK_IN + dt.timedelta(days=2),
    "firstNight": CHECK_IN,
    "lastNight": CHECK_IN,
    "from": CHECK_IN,
    "to": CHECK_IN + dt.timedelta(days=2),
    "releaseDate": today() + dt.timedelta(days=9),
    "day": CHECK_IN,
    "firstDay": CHECK_IN,
    "lastDay": CHECK_IN + dt.timedelta(days=2),
}
_WORDS = {
    "timeZone": "Europe/Paris",
    "language": "en",
    "locale": "en",
    "url": "https://hooks.example.org/innkeeper",
    "checkInTime": "15:00",
    "checkOutTime": "11:00",
    "month": f"{today():%Y-%m}",
    "password": PERSON_PASSWORD,
    "newPassword": PERSON_PASSWORD,
    "csv": "name,city\nA,B\n",
}


@dataclass
class Scene:
    """`ids` by the name of the input field that takes them; `own` by mutation where the field is called `id`."""

    house: ApiHouse
    people: dict[str, Client]
    ids: dict[str, str]
    own: dict[str, dict[str, Any]]

    async def rows(self) -> dict[str, str]:
        """What every table holds of the scene, as one word a table."""
        mentioned = [f"%{decode_node_id(value)[1]}%" for value in self.ids.values()]
        found = {}
        for schema, table in await self.house.database.fetch(_SHELVES):
            found[f"{schema}.{table}"] = await self.house.database.fetchval(
                f"SELECT count(*) || md5(coalesce(string_agg(md5(t::text), '' ORDER BY t::text), '')) "  # noqa: S608
                f'FROM "{schema}"."{table}" t WHERE t::text LIKE ANY($1)',
                mentioned,
            )
        return found

    async def tries(self, who: str, mutations: Sequence[str]) -> dict[str, str]:
        """`ok`, or the code that refuses it to them, of each; one after the other, several in a document."""
        found: dict[str, str] = {}
        for few in _affordable(mutations):
            body = await self._body(who, *self._document(few))
            if "errors" not in body:
                found |= {name: _refusal(body["data"][name].get("code", "ok")) for name in few}
            elif len(few) == 1:
                found[few[0]] = _refusal(_code(body["errors"][0]))
            else:  # one that failed took the others' answers with it
                for name in few:
                    found |= await self.tries(who, [name])
        return found

    def _document(self, mutations: Sequence[str]) -> tuple[str, dict[str, Any]]:
        assert GRAPHQL_SCHEMA.mutation_type
        heads, fields, values = [], [], {}
        for name in mutations:
            arguments = GRAPHQL_SCHEMA.mutation_type.fields[name].args
            given = ""
            if arguments:
                kind = get_named_type(arguments["input"].type)
                heads.append(f"${name}: {kind.name}!")
                values[name] = self.value_of(GraphQLNonNull(kind), "input") | self.own.get(name, {})
                given = f"(input: ${name})"
            fields.append(f"{name}{given} {{ __typename ... on UserError {{ code path }} }}")
        head = f"({', '.join(heads)})" if heads else ""
        return f"mutation {head} {{ {' '.join(fields)} }}", values

    async def follows(self, who: str, path: str, *, refused: bool) -> str:
        """As `asks`, of a subscription. Where nobody is expected to be refused, silence is `ok`."""
        asked = {"query": f"subscription {{ {self._field(path)} }}"}
        headers = {"accept": EVENT_STREAM} | self._coming(who)
        client = self.people[who]
        async with client.http.stream("POST", f"{client.url}/graphql", json=asked, headers=headers) as answer:
            assert answer.status_code == 200, (who, path)
            try:
                async with asyncio.timeout(None if refused else SILENT_SECONDS):
                    async for line in answer.aiter_lines():
                        if line.startswith("data: {"):
                            body = json.loads(line.removeprefix("data: "))
                            return _refusal(_code(body["errors"][0])) if "errors" in body else "ok"
            except TimeoutError:
                pass
        return "ok"

    async def asks(self, who: str, paths: Sequence[str]) -> dict[str, str]:
        """`ok`, `null`, or the code that refuses it, by `Query.field` or `Type.field`; all reached in the same way."""
        chosen = " ".join(f"field{at}: {self._field(path)}" for at, path in enumerate(paths))
        body = await self._body(who, "{ " + self._way_to(paths[0]).replace("FIELD", chosen) + " }")
        refused = {_alias(error): _refusal(_code(error)) for error in body.get("errors", ())}
        if "" in refused:
            return dict.fromkeys(paths, refused[""])
        parent, found = _parent(body["data"]), {}
        for at, path in enumerate(paths):
            alias = f"field{at}"
            if alias in refused:
                found[path] = refused[alias]
            elif refused and parent is None:  # what is refused beside it took everything with it
                found |= await self.asks(who, [path])
            else:
                found[path] = "null" if parent is None or parent[alias] is None else "ok"
        return found

    def ways(self, expected: Mapping[str, str]) -> list[list[str]]:
        """Those that may stand in one document, few enough for its limits, and expected to be answered alike: what is
        refused may take what stands beside it with it."""
        groups: dict[tuple[str, bool], list[str]] = {}
        for path, cell in expected.items():
            groups.setdefault((self._way_to(path), cell in REFUSALS), []).append(path)
        return [group[at : at + MOST_FIELDS] for group in groups.values() for at in range(0, len(group), MOST_FIELDS)]

    def _way_to(self, path: str) -> str:
        kind = path.partition(".")[0]
        if kind == "Query":
            return "FIELD"
        way = _REACHED.get(path, _REACHED[kind]).format(**self.ids)
        for name, span in _SPANS.items():
            way = way.replace(name, span)
        return way

    async def _body(self, who: str, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = await self.people[who].post(query, variables, **self._coming(who))
        assert answer.status_code == 200, (who, query, answer.text)
        body: dict[str, Any] = answer.json()
        return body

    def _coming(self, who: str) -> dict[str, str]:
        """Everybody comes from a network of their own: what they get wrong must not slow others down."""
        bearer = {"authorization": f"Bearer {self.people[who].token}"} if self.people[who].token else {}
        return bearer | {"x-forwarded-for": f"2001:db8:{PRINCIPALS.index(who) + 0xA0:x}::1"}

    def _field(self, path: str) -> str:
        kind, _, name = path.partition(".")
        field = GRAPHQL_SCHEMA.type_map[kind].fields[name]  # type: ignore[attr-defined]
        arguments = ", ".join(
            f"{key}: {_written(self.value_of(argument.type, key, path=path))}"
            for key, argument in field.args.items()
            if is_required_argument(argument)
        )
        inner = get_named_type(field.type)
        chosen = " { __typename }" if hasattr(inner, "fields") or hasattr(inner, "types") else ""
        return f"{name}({arguments}){chosen}" if arguments else f"{name}{chosen}"

    def value_of(self, kind: GraphQLInputType, name: str, path: str = "") -> Any:
        """A value that passes every check of form; what it is called says what it means."""
        if isinstance(kind, GraphQLNonNull):
            return self.value_of(kind.of_type, name, path)
        if isinstance(kind, GraphQLList):
            return [self.value_of(kind.of_type, name, path)]
        if isinstance(kind, GraphQLEnumType):
            return Word(next(iter(kind.values)))
        if isinstance(kind, GraphQLInputObjectType):
            if kind.is_one_of:
                return {"city": "Paris"}
            return {
                key: self.value_of(part.type, key, path)
                for key, part in kind.fields.items()
                if is_required_input_field(part)
            }
        return self._scalar(get_named_type(kind).name, name, path)

    def _scalar(self, kind: str, name: str, path: str) -> Any:
        if kind == "ID":
            return self.ids.get(_QUERIED.get(path, name), "")
        if kind == "Int":
            return 999_999 if name.startswith("expected") else 1
        if kind == "Date":
            return _DATES[name].isoformat()
        if kind == "DateTime":
            return (NOON + dt.timedelta(hours=name in ("to", "endsAt"))).isoformat()
        words = {
            "Float": 1.0,
            "Boolean": False,
            "BigInt": "1",
            "CurrencyCode": "EUR",
            "CountryCode": "FR",
            "EmailAddress": f"{uuid.uuid4().hex[:12]}@example.org",
            "IdempotencyKey": uuid.uuid4().hex,
        }
        return words.get(kind, _WORDS.get(name, "Some words"))


class Word(str):
    """An enum's value: written without quotes in a document."""


def _written(value: Any) -> str:
    if isinstance(value, Word):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_written(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _affordable(mutations: Sequence[str]) -> list[list[str]]:
    """Few enough for one document, in their order."""
    groups: list[list[str]] = []
    left = 0
    for name in mutations:
        cost = _cost(name)
        if not groups or len(groups[-1]) == MOST_MUTATIONS or cost > left:
            groups.append([])
            left = MOST_COST
        groups[-1].append(name)
        left -= cost
    return groups


def _cost(mutation: str) -> int:
    assert GRAPHQL_SCHEMA.mutation_type
    declared = GRAPHQL_SCHEMA.mutation_type.fields[mutation].extensions["strawberry-definition"]
    return next(step.cost for step in declared.extensions if isinstance(step, Demands))


def _refusal(code: str) -> str:
    """The code, if it is one of authorisation."""
    return code if code in REFUSALS else "ok"


def _code(error: dict[str, Any]) -> str:
    code: str = error["extensions"]["code"]
    assert code not in ("GRAPHQL_VALIDATION_FAILED", "DOCUMENT_TOO_LARGE", "INTERNAL"), error
    return code


def _alias(error: dict[str, Any]) -> str:
    """The field that is refused; empty where it is what the fields are of."""
    return next((part for part in error.get("path", ()) if re.fullmatch(r"field\d+", str(part))), "")


def _parent(data: Any) -> dict[str, Any] | None:
    """What the fields were asked of."""
    while data and "field0" not in data:
        data = data[0] if isinstance(data, list) else next(iter(data.values()))
    return data or None
