"""Who may do and read what: every query field, every mutation, and every field of what belongs to somebody, for
everybody who may come. `authorization_matrix.txt` is what is expected; the services are real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from api.operations import GRAPHQL_SCHEMA
from tests.api.authorization_scene import PRINCIPALS, Scene
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
OF_SOMEBODY = (
    *("Query", "Hotel", "RoomType", "Room", "PayoutStatement", "Salon", "Master", "Booking", "Appointment", "Review"),
    *("Quote", "Viewer", "Session", "ApiClient", "WebhookEndpoint"),
)


def expected() -> dict[str, dict[str, str]]:
    """By `Type.field`, what each principal is answered."""
    rows = {}
    for line in MATRIX.read_text().splitlines():
        if line and not line.startswith("#"):
            name, *cells = line.split()
            assert len(cells) == len(PRINCIPALS), line
            assert name not in rows, f"{name} has two lines"
            rows[name] = {who: SHORT[cell] for who, cell in zip(PRINCIPALS, cells, strict=True)}
    return rows


def guarded() -> set[str]:
    """Every field that needs a line."""
    return {
        f"{kind}.{name}"
        for kind in (*OF_SOMEBODY, "Mutation")
        for name in GRAPHQL_SCHEMA.type_map[kind].fields  # type: ignore[attr-defined]
    }


@pytest.fixture(scope="module")
async def scene(house: ApiHouse, http: httpx.AsyncClient) -> AsyncIterator[Scene]:
    async with whole_scene(house, http) as built:
        yield built


def test_every_field_has_a_line_in_the_matrix() -> None:
    assert sorted(guarded() ^ expected().keys()) == [], f"say in {MATRIX.name} who may do or read this"


async def test_everybody_reads_what_is_theirs_and_nothing_else(scene: Scene) -> None:
    rows = {path: row for path, row in expected().items() if not path.startswith("Mutation.")}

    async def wrong(who: str) -> list[str]:
        found: dict[str, str] = {}
        for paths in scene.ways(rows):
            found |= await scene.asks(who, paths)
        return [f"{path} {who}: {found[path]}" for path, row in rows.items() if not fits(found[path], row[who])]

    assert [line for lines in await asyncio.gather(*map(wrong, PRINCIPALS)) for line in lines] == []


async def test_what_is_refused_is_refused_by_the_services_and_changes_nothing(scene: Scene, house: ApiHouse) -> None:
    rows = {path: row for path, row in expected().items() if path.startswith("Mutation.")}
    before, counted = await scene.rows(), await made(house)

    async def wrong(who: str) -> list[str]:
        refused = {path: row[who] for path, row in rows.items() if row[who] != "ok"}
        found = {path: await scene.tries(who, path.removeprefix("Mutation.")) for path in refused}
        return [f"{path} {who}: {found[path]}" for path in refused if found[path] != refused[path]]

    assert [line for lines in await asyncio.gather(*map(wrong, PRINCIPALS)) for line in lines] == []
    assert await scene.rows() == before
    assert await made(house) == counted


async def test_what_is_allowed_is_not_refused(scene: Scene) -> None:
    """It may fail for another reason, such as a version that nobody has. What ends something is tried when the rest
    was, by the first who may."""
    wrong: list[str] = []
    for path, row in sorted(expected().items(), key=lambda line: _turn(line[0])):
        allowed = [who for who, cell in row.items() if path.startswith("Mutation.") and cell == "ok"]
        for who in allowed[:1] if path.endswith(ENDINGS) and path not in AT_LAST else allowed:
            found = await scene.tries(who, path.removeprefix("Mutation."))
            wrong += [f"{path} {who}: {found}"] if found != "ok" else []
    assert wrong == []


def fits(found: str, cell: str) -> bool:
    return found in ANSWERED.get(cell, (cell,))


async def made(house: ApiHouse) -> dict[str, int]:
    """How much there is of what only requests make; our own workers never do, for whomever."""
    rows = await house.rows()
    return {what: rows[what] for what in ("accounts", "sessions", "quotes", "bookings", "payments", "read")}


def _turn(path: str) -> int:
    return AT_LAST.index(path) + 2 if path in AT_LAST else int(path.endswith(ENDINGS))
