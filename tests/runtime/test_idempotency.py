"""The idempotency module over a real table: one claimant works, the others get its answer."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest

from contracts.money.v1 import money_pb2
from grpc_services.booking.models import idempotency as rows
from runtime.database import Database, open_database
from runtime.errors import IdempotencyConflict, InvalidInput
from runtime.idempotency import IdempotencyKeys, check_key
from tests.parts import Parts

_keys = IdempotencyKeys(rows)


@pytest.fixture(scope="module")
async def database(parts: Parts) -> AsyncIterator[Database]:
    async with open_database(parts.database_url("booking"), pool_size=10, application_name="tests") as opened:
        yield opened


def money(minor_units: int) -> money_pb2.Money:
    return money_pb2.Money(minor_units=minor_units, currency="EUR")


async def work(
    database: Database, key: str, request: money_pb2.Money, done: list[int], *, fail: bool = False
) -> money_pb2.Money:
    """Answers how many times the work was done."""
    names = {"principal": "p", "operation": "Work", "key": key}
    async with database.transaction() as connection:
        earlier = await _keys.claim(connection, **names, request=request, answer=money_pb2.Money)
        if earlier is not None:
            return earlier
        await asyncio.sleep(0.01)
        if fail:
            raise ZeroDivisionError
        done.append(1)
        answer = money(len(done))
        await _keys.store(connection, **names, answer=answer)
    return answer


async def test_one_works_and_all_get_its_answer(database: Database) -> None:
    key, done = uuid.uuid4().hex, list[int]()
    answers = await asyncio.gather(*(work(database, key, money(7), done) for _ in range(10)))
    assert len(done) == 1
    assert answers == [money(1)] * 10


async def test_when_the_first_fails_the_next_one_works(database: Database) -> None:
    key, done = uuid.uuid4().hex, list[int]()
    outcomes = await asyncio.gather(
        work(database, key, money(7), done, fail=True),
        *(work(database, key, money(7), done) for _ in range(4)),
        return_exceptions=True,
    )
    assert len(done) == 1
    assert outcomes.count(money(1)) >= 4, "the one that would fail may also have come second"


async def test_other_input_is_a_conflict(database: Database) -> None:
    key, done = uuid.uuid4().hex, list[int]()
    await work(database, key, money(7), done)
    with pytest.raises(IdempotencyConflict):
        await work(database, key, money(8), done)
    assert len(done) == 1


async def test_a_key_is_forgotten_after_a_day(database: Database) -> None:
    old, young, done = uuid.uuid4().hex, uuid.uuid4().hex, list[int]()
    for key in (old, young):
        await work(database, key, money(7), done)
    async with database.transaction() as connection:
        await connection.execute(
            "UPDATE booking.idempotency_record SET created_at = now() - interval '25 hours' WHERE key = $1", old
        )
        assert await _keys.forget_old(connection) >= 1
    await work(database, young, money(7), done)
    assert len(done) == 2
    await work(database, old, money(8), done)
    assert len(done) == 3


@pytest.mark.parametrize("key", ["", "k" * 256, "a\x00b"])
def test_keys_that_are_none(key: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_key(key)
    assert refusal.value.path == ("idempotencyKey",)
