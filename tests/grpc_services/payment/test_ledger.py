"""The ledger adds up: by its rules, by the database's, and after anything that may happen."""

from __future__ import annotations

import contextlib
import random
from dataclasses import dataclass, field

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.payment.v1 import payment_pb2
from grpc_services.payment.audit import find_discrepancies
from grpc_services.payment.audit_metric import count_discrepancies
from grpc_services.payment.ledger import (
    Account,
    EntryKind,
    Position,
    Share,
    capture,
    refund_parts,
    take_back,
    undo,
)
from runtime.errors import ServiceError
from runtime.identifiers import new_id
from tests.grpc_services.payment.house import CONFIRM, DECLINED, GOOD, REFUNDS_LATER, House, shares

SHARES = st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 10_000)), min_size=1, max_size=6).map(
    lambda parts: [Share(f"p{number}", *part) for number, part in enumerate(parts)]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SHARES, st.data())
def test_a_capture_and_its_refunds_sum_to_zero_and_end_where_they_began(
    parts: list[Share], data: st.DataObject
) -> None:
    amount = data.draw(st.integers(1, sum(share.amount for share in parts)))
    entries = capture(amount, parts)
    assert sum(entry.amount for entry in entries) == 0
    while True:
        positions = [
            Position(
                share.payee_id,
                sum(e.amount for e in entries if e.payee_id == share.payee_id and e.kind in ("GROSS", "REFUND")),
                -sum(e.amount for e in entries if e.payee_id == share.payee_id and "COMMISSION" in e.kind),
                share.commission_basis_points,
            )
            for share in parts
        ]
        left = sum(position.left for position in positions)
        assert all(position.left >= 0 <= position.commission_kept for position in positions)
        if not left:
            break
        back = data.draw(st.integers(max(1, left // 3), left))
        taken = take_back(
            positions, refund_parts(positions, back), towards=Account.REFUNDS_IN_TRANSIT, kind=EntryKind.REFUND
        )
        assert sum(entry.amount for entry in taken) == 0
        undone = undo(taken, through=Account.REFUNDS_IN_TRANSIT, now_from=Account.REFUNDS_IN_TRANSIT)
        assert sorted(-entry.amount for entry in undone) == sorted(entry.amount for entry in taken)
        entries += taken
    assert {sum(e.amount for e in entries if e.payee_id == share.payee_id) for share in parts} == {0}


async def post_by_hand(house: House, payment: payment_pb2.Payment, *entries: tuple[str, int, str]) -> None:
    """Account, minor units and currency of each entry."""
    async with house.database.transaction() as connection:
        transaction = new_id()
        await connection.execute(
            "INSERT INTO payment.ledger_transaction (id, payment_id, kind, at) VALUES ($1, $2, 'DISPUTE', now())",
            transaction,
            payment.id,
        )
        await connection.executemany(
            "INSERT INTO payment.ledger_entry"
            " (transaction_id, account, payee_id, kind, amount_minor_units, currency, at)"
            " VALUES ($1, $2, '', 'DISPUTE', $3, $4, now())",
            [(transaction, *entry) for entry in entries],
        )


async def test_the_database_refuses_a_transaction_that_does_not_sum_to_zero(house: House) -> None:
    payment = await house.paid()
    before = await house.rows("ledger_entry")
    for entries in (
        [("PLATFORM", -5, "EUR")],
        [("PLATFORM", -5, "EUR"), ("CARD_NETWORK", 4, "EUR")],
        [("PLATFORM", -5, "EUR"), ("CARD_NETWORK", 5, "USD")],
    ):
        with pytest.raises(asyncpg.CheckViolationError, match="do not sum to zero"):
            await post_by_hand(house, payment, *entries)
    assert await house.rows("ledger_entry") == before


@pytest.mark.parametrize(
    "statement", ["UPDATE payment.ledger_entry SET kind = 'GROSS'", "DELETE FROM payment.ledger_entry"]
)
async def test_the_database_refuses_to_change_what_is_written(house: House, statement: str) -> None:
    await house.paid()
    with pytest.raises(asyncpg.CheckViolationError, match="only ever added to"):
        async with house.database.transaction() as connection:
            await connection.execute(statement)


async def test_the_audit_names_a_payment_that_its_ledger_does_not_know(house: House) -> None:
    payment = await house.paid()
    assert await house.discrepancies() == []
    async with house.database.transaction() as connection:
        await connection.execute("UPDATE payment.payment SET refunded_minor_units = 7 WHERE id = $1", payment.id)
    found = await house.discrepancies()
    assert {(one.kind, one.subject) for one in found} == {("REFUNDED", payment.id), ("REFUNDS", payment.id)}
    await count_discrepancies(house.database)
    async with house.database.transaction() as connection:
        await connection.execute("UPDATE payment.payment SET refunded_minor_units = 0 WHERE id = $1", payment.id)
    assert await house.discrepancies() == []


async def test_the_audit_names_a_payee_who_gave_back_more_than_they_had(house: House) -> None:
    payment = await house.paid(shares=shares(("a", 4_050, 0), ("b", 20_000, 0)))
    found = []
    with contextlib.suppress(_Undone):
        async with house.database.transaction() as connection:
            transaction = new_id()
            await connection.execute(
                "INSERT INTO payment.ledger_transaction (id, payment_id, kind, at) VALUES ($1, $2, 'DISPUTE', now())",
                transaction,
                payment.id,
            )
            await connection.executemany(
                "INSERT INTO payment.ledger_entry"
                " (transaction_id, account, payee_id, kind, amount_minor_units, currency, at)"
                " VALUES ($1, $2, $3, 'DISPUTE', $4, 'EUR', now())",
                [(transaction, "PAYEE", "a", -4_051), (transaction, "DISPUTES", "", 4_051)],
            )
            found = await find_discrepancies(connection)
            raise _Undone
    assert [(one.kind, one.subject, one.detail, one.found) for one in found] == [("OVERDRAWN", payment.id, "a", -1)]


class _Undone(Exception):
    """Ends a transaction that shall leave nothing behind."""


@dataclass
class Commotion:
    """Seeded operations in random order, most of them allowed, some not."""

    house: House
    chance: random.Random
    payments: list[payment_pb2.Payment] = field(default_factory=list)
    refunds: list[payment_pb2.Refund] = field(default_factory=list)
    disputes: list[payment_pb2.Dispute] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    async def go_on(self, times: int) -> None:
        weighted = [self.refund] * 3 + [self.settle, self.dispute, self.resolve, self.capture, self.void]
        for _ in range(6):
            await self.pay()
        for _ in range(times):
            try:
                await self.chance.choice([self.pay, self.pay, *weighted])()
            except ServiceError as refusal:
                self.refusals.append(refusal.code)

    async def pay(self) -> None:
        first = self.chance.randint(1, 24_049)
        shared = shares(("a", first, self.chance.randint(0, 10_000)), ("b", 24_050 - first, 1_250))
        payment = await self.house.create(
            capture_mode=self.chance.choice([payment_pb2.CAPTURE_MODE_MANUAL, payment_pb2.CAPTURE_MODE_AUTOMATIC]),
            shares=self.chance.choice([[], shared]),
        )
        self.payments.append(payment)
        await self.house.guest(payment).pay(
            self.chance.choice([GOOD, GOOD, REFUNDS_LATER, REFUNDS_LATER, CONFIRM, DECLINED])
        )

    async def refund(self) -> None:
        payment = self.chance.choice(self.payments)
        self.refunds.append(await self.house.refund(payment, self.chance.randint(1, 16_000)))

    async def settle(self) -> None:
        if self.refunds:
            outcome = self.chance.choice(["SUCCEEDED", "FAILED", "REVERSED"])
            await self.house.settle_refund(self.chance.choice(self.refunds), outcome)

    async def dispute(self) -> None:
        self.disputes.append(await self.house.dispute(self.chance.choice(self.payments)))

    async def resolve(self) -> None:
        if self.disputes:
            await self.house.resolve(self.chance.choice(self.disputes), self.chance.choice(["WON", "LOST"]))

    async def capture(self) -> None:
        await self.house.capture(self.chance.choice(self.payments), self.chance.randint(1, 24_050))

    async def void(self) -> None:
        await self.house.void(self.chance.choice(self.payments))


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_the_ledger_is_zero_and_equal_to_the_payments(house: House, seed: int) -> None:
    commotion = Commotion(house, random.Random(seed))
    await commotion.go_on(50)
    assert set(commotion.refusals) <= {"ILLEGAL_STATE", "REFUND_EXCEEDS_PAYMENT", "IDEMPOTENCY_CONFLICT"}
    assert commotion.refunds
    assert await house.discrepancies() == []
    for payment in commotion.payments:
        after = await house.get(payment)
        balances = await house.ledger_of(payment)
        assert sum(balances.values()) == 0
        lost = sum(one.amount.minor_units for one in after.disputes if one.state == payment_pb2.DISPUTE_STATE_LOST)
        kept = after.captured.minor_units - after.refunded.minor_units - lost
        assert -balances.get("CARD_NETWORK", 0) == kept + balances.get("REFUNDS_IN_TRANSIT", 0)
