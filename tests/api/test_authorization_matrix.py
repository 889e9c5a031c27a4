"""Who may do and read what: every query field, every mutation, and every field of what belongs to somebody, for
everybody who may come. `authorization_matrix.txt` is what is expected; the services are real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import chain, groupby
from pathlib import Path

import httpx
import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_introspection_type,
)

from api.operations import GRAPHQL_SCHEMA
from tests.api.authorization_scene import PRINCIPALS, REFUSALS, Scene
from tests.api.authorization_world import whole_scene
from tests.api.house import ApiHouse

MATRIX = Path(__file__).with_name("authorization_matrix.txt")
ANSWERED = {"ok": ("ok",), "null": ("null",), "any": ("ok", "null")}
SHORT = {
    "ok": "ok",
    "null": "null",
    "any": "any",
    "401": "UNAUTHENTICATED",
    "403": "PERMISSION_DENIED",
    "404": "NOT_FOUND",
}
ENDINGS = ("Delete", "End", "Release", "Revoke")  # a second one finds nothing
AT_LAST = ("Mutation.sessionRevoke", "Mutation.sessionsRevokeOthers", "Mutation.accountDelete")  # they end people
# Values that come with the one field that holds them, whose line says who may read it.
PARTS = {
    "AppointmentCancellationPreview": "Query.appointmentCancellationPreview",
    "AppointmentCancellationStage": "Query.appointmentCancellationPreview",
    "AssignedDoor": "BookedRoom.doors",
    "AppointmentStatusChanged": "Subscription.appointmentStatus",
    "BookingStatusChanged": "Subscription.bookingStatus",
    "CalendarConflict": "CalendarFeed.conflicts",
    "CalendarRate": "CalendarNight.rates",
    "CancellationStage": "CancellationPreview.stages",
    "Charge": "Booking.charges",
    "InventoryNight": "CalendarNight.inventory",
    "ModificationPreview": "Query.modificationPreview",
    "Payment": "Booking.payment",
    "PayoutEntry": "PayoutStatement.entries",
    "PayoutTotals": "PayoutStatement.totals",
    "PlannedRepair": "PlannedDoor.repairs",
    "PlannedStay": "RoomPlan.withoutDoor",
    "QuietHours": "NotificationPreferences.quietHours",
    "VisitCancellation": "CancellationPreview.visits",
    "WebhookAttempt": "WebhookDelivery.attempts",
}


def expected() -> dict[str, dict[str, str]]:
    """By `Type.field`, what each principal is answered."""
    rows = {}
    for line in MATRIX.read_text().splitlines():
        if line and not line.startswith("#"):
            name, *cells = line.split()
            if name == "public":
                continue
            assert len(cells) == len(PRINCIPALS), line
            assert name not in rows, f"{name} has two lines"
            rows[name] = {who: SHORT[cell] for who, cell in zip(PRINCIPALS, cells, strict=True)}
    return rows


def public() -> set[str]:
    """The types that need no lines."""
    lines = (line.split() for line in MATRIX.read_text().splitlines())
    return {name for line in lines if line and line[0] == "public" for name in line[1:]}


def reachable() -> dict[str, GraphQLObjectType]:
    """Every object type that a query or a subscription leads to, but for pages. What only a mutation answers goes to
    whoever may do it."""
    found: dict[str, GraphQLObjectType] = {}
    waiting: list[GraphQLNamedType] = [GRAPHQL_SCHEMA.type_map["Query"], GRAPHQL_SCHEMA.type_map["Subscription"]]
    seen: set[str] = set()
    while waiting:
        kind = waiting.pop()
        if kind.name in seen or is_introspection_type(kind):
            continue
        seen.add(kind.name)
        if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            waiting += GRAPHQL_SCHEMA.get_possible_types(kind)
        elif isinstance(kind, GraphQLObjectType):
            waiting += [get_named_type(field.type) for field in kind.fields.values()]
            if not kind.name.endswith(("Connection", "Edge")):
                found[kind.name] = kind
    return found


def guarded() -> set[str]:
    """Every field that needs a line."""
    mutations = GRAPHQL_SCHEMA.mutation_type
    kinds = [kind for name, kind in reachable().items() if name not in public() | PARTS.keys()]
    return {f"{kind.name}.{name}" for kind in (*kinds, *([mutations] if mutations else [])) for name in kind.fields}


@pytest.fixture(scope="module")
async def scene(house: ApiHouse, http: httpx.AsyncClient) -> AsyncIterator[Scene]:
    async with whole_scene(house, http) as built:
        yield built


def test_every_field_has_a_line_in_the_matrix() -> None:
    assert sorted(guarded() ^ expected().keys()) == [], f"say in {MATRIX.name} who may do or read this"
    assert sorted((public() | PARTS.keys()) - reachable().keys()) == [], "there are no such types any more"


@pytest.mark.parametrize("part", PARTS)
def test_a_part_decides_nothing_by_itself(part: str) -> None:
    """Its fields are values that are just there, and whatever leads to it has a line."""
    assert PARTS[part] in expected()
    for name, field in reachable()[part].fields.items():
        declared = field.extensions["strawberry-definition"]
        assert declared.base_resolver is None or not field.args, f"{part}.{name}"
    holders = {
        f"{kind.name}.{name}"
        for kind in reachable().values()
        for name, field in kind.fields.items()
        if get_named_type(field.type).name == part or get_named_type(field.type).name == f"{part}Connection"
    }
    assert holders
    assert all(holder in expected() or holder.partition(".")[0] in PARTS for holder in holders), holders


async def test_everybody_reads_what_is_theirs_and_nothing_else(scene: Scene) -> None:
    rows = {path: row for path, row in expected().items() if not path.startswith(("Mutation.", "Subscription."))}
    reached: set[str] = set()

    async def wrong(who: str) -> list[str]:
        found: dict[str, str] = {}
        for paths in scene.ways({path: row[who] for path, row in rows.items()}):
            found |= await scene.asks(who, paths)
        reached.update(path.partition(".")[0] for path, answer in found.items() if answer == "ok")
        return [f"{path} {who}: {found[path]}" for path, row in rows.items() if not fits(found[path], row[who])]

    assert not (lines := "\n".join(chain(*await asyncio.gather(*map(wrong, PRINCIPALS))))), lines
    assert {path.partition(".")[0] for path in rows} - reached == set(), "the scene has none of these"


async def test_everybody_follows_what_is_theirs_and_nothing_else(scene: Scene) -> None:
    rows = {path: row for path, row in expected().items() if path.startswith("Subscription.")}

    async def wrong(who: str, path: str) -> list[str]:
        cell = rows[path][who]
        found = await scene.follows(who, path, refused=cell in REFUSALS)
        return [] if found == cell else [f"{path} {who}: {found}"]

    each = [wrong(who, path) for who in PRINCIPALS for path in rows]
    assert not (lines := "\n".join(chain(*await asyncio.gather(*each)))), lines


async def test_what_is_refused_is_refused_by_the_services_and_changes_nothing(scene: Scene, house: ApiHouse) -> None:
    rows = {path: row for path, row in expected().items() if path.startswith("Mutation.")}
    before, counted = await scene.rows(), await made(house)

    async def wrong(who: str) -> list[str]:
        refused = {path.removeprefix("Mutation."): row[who] for path, row in rows.items() if row[who] != "ok"}
        found = await scene.tries(who, list(refused))
        return [f"{name} {who}: {found[name]}" for name in refused if found[name] != refused[name]]

    assert not (lines := "\n".join(chain(*await asyncio.gather(*map(wrong, PRINCIPALS))))), lines
    assert await scene.rows() == before
    assert await made(house) == counted


async def test_what_is_allowed_is_not_refused(scene: Scene) -> None:
    """It may fail for another reason, such as a version that nobody has. What ends something is tried when the rest
    was, by the first who may."""
    wrong: list[str] = []
    ordered = sorted((line for line in expected().items() if line[0].startswith("Mutation.")), key=_turn_of)
    for _, lines in groupby(ordered, key=_turn_of):
        rows = dict(lines)
        for who in PRINCIPALS:
            allowed = [path.removeprefix("Mutation.") for path, row in rows.items() if who in _trying(path, row)]
            found = await scene.tries(who, allowed)
            wrong += [f"{name} {who}: {answer}" for name, answer in found.items() if answer != "ok"]
    assert wrong == []


def _trying(path: str, row: dict[str, str]) -> list[str]:
    allowed = [who for who, cell in row.items() if cell == "ok"]
    return allowed[:1] if path.endswith(ENDINGS) and path not in AT_LAST else allowed


def fits(found: str, cell: str) -> bool:
    return found in ANSWERED.get(cell, (cell,))


async def made(house: ApiHouse) -> dict[str, int]:
    """How much there is of what only requests make; our own workers never do, for whomever."""
    rows = await house.rows()
    return {what: rows[what] for what in ("accounts", "sessions", "quotes", "bookings", "payments", "read")}


def _turn_of(line: tuple[str, dict[str, str]]) -> int:
    path, _ = line
    return AT_LAST.index(path) + 2 if path in AT_LAST else int(path.endswith(ENDINGS))
