"""The whole life of bookings against a model: after every step state, nights and money are what the model says."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from contracts.booking.v1 import booking_pb2
from contracts.hotel.v1 import rate_pb2
from grpc_services.booking.audit import find_discrepancies
from runtime.errors import ServiceError
from runtime.shares import share_of
from tests.grpc_services.booking.desk import ARRIVAL
from tests.grpc_services.booking.moves import MoveDesk
from tests.grpc_services.hotel.catalogue import House, Kind
from tests.house import SignedIn
from tests.proofs.figures import Tell

Answer = TypeVar("Answer")
FEW_SEQUENCES, SEQUENCES, ALL_SEQUENCES = 15, 25, 1000
ROOMS = (2, 1)
PREPAID, AT_HOTEL = 0, 1


@dataclass
class Room:
    kind: int
    first: dt.date
    end: dt.date
    price: int
    penalty: int  # of cancelling late
    cancelled: bool = False


@dataclass
class Known:
    """What the model says of one booking."""

    id: str
    plan: int
    state: str
    check_in: dt.date
    check_out: dt.date
    rooms: list[Room]
    paid: int = 0
    desk: int = 0
    penalty: int = 0
    back: int = 0
    kept_before: list[int] = field(default_factory=list)

    @property
    def standing(self) -> list[Room]:
        return [room for room in self.rooms if not room.cancelled]

    @property
    def total(self) -> int:
        return sum(room.price for room in self.standing) + self.penalty

    @property
    def owed(self) -> int:
        if self.state == "EXPIRED":
            return 0
        return self.penalty if self.state in ("CANCELLED", "NO_SHOW") else self.total

    @property
    def due(self) -> int:
        return max(0, self.owed - (self.paid - self.back + self.desk))

    def send_back(self, cost: int) -> int:
        kept = self.paid - self.back
        refund = max(0, min(kept, kept + self.desk - cost))
        self.back += refund
        return refund


@dataclass
class World:
    loop: asyncio.AbstractEventLoop
    moves: MoveDesk
    owner: SignedIn
    guest: SignedIn
    sequences: int = 0
    steps: int = 0

    def do(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()


def _penalty(room: rate_pb2.PricedRoom) -> int:
    tax = sum(line.amount.minor_units for line in room.lines if line.kind == rate_pb2.PRICE_LINE_KIND_CITY_TAX)
    return share_of(room.total.minor_units - tax, 5000)


def _any(*states: str) -> Callable[[Lifecycle], bool]:
    """Whether there is a booking in one of these states."""
    return lambda machine: any(known.state in states for known in machine.bookings)


class Lifecycle(RuleBasedStateMachine):
    world: ClassVar[World]

    @initialize(day=st.integers(-3, 2), plans=st.lists(st.integers(0, 1), min_size=2, max_size=2))
    def open_house(self, day: int, plans: list[int]) -> None:
        kinds = [Kind(name=f"Kind {number}", rooms=rooms) for number, rooms in enumerate(ROOMS)]
        self.house: House = self.world.do(self.world.moves.house(self.world.owner, *kinds))
        self.today = ARRIVAL + dt.timedelta(days=day)
        self.bookings: list[Known] = []
        for plan in plans:
            self._book(kinds=[0], plan=plan, day=0, nights=3)

    def _do(self, work: Coroutine[Any, Any, booking_pb2.Booking]) -> booking_pb2.Booking | str:
        """The answer, or the code of the refusal."""
        self.world.moves.clock.day = self.today
        try:
            return self.world.do(work)
        except ServiceError as refusal:
            return refusal.code

    def _taken(self, *, without: Known | None = None) -> Counter[tuple[int, dt.date]]:
        taken: Counter[tuple[int, dt.date]] = Counter()
        for known in self.bookings:
            if known is without or known.state in ("CANCELLED", "EXPIRED"):
                continue
            for room in known.standing:
                for number in range((room.end - room.first).days):
                    taken[room.kind, room.first + dt.timedelta(days=number)] += 1
        return taken

    def _fits(self, rooms: list[Room], *, without: Known | None = None) -> bool:
        taken = self._taken(without=without)
        before = Counter(taken)
        for room in rooms:
            for number in range((room.end - room.first).days):
                taken[room.kind, room.first + dt.timedelta(days=number)] += 1
        own = self._taken() - before if without else Counter()
        return all(
            taken[kind, night] <= max(ROOMS[kind], before[kind, night] + own[kind, night]) for kind, night in taken
        )

    def _late(self, known: Known) -> bool:
        """Whether the two free days are over: arrival is at 15:00 in Paris, the clock shows noon."""
        return self.today >= known.check_in - dt.timedelta(days=1)

    def _pick(self, number: int, *states: str) -> Known | None:
        fitting = [known for known in self.bookings if known.state in states]
        return fitting[number % len(fitting)] if fitting else None

    @rule(
        kinds=st.lists(st.integers(0, 1), min_size=1, max_size=2),
        plan=st.sampled_from([PREPAID, PREPAID, AT_HOTEL]),
        day=st.integers(0, 2),
        nights=st.integers(1, 3),
    )
    def book(self, kinds: list[int], plan: int, day: int, nights: int) -> None:
        self._book(kinds, plan, day, nights)

    def _book(self, kinds: list[int], plan: int, day: int, nights: int) -> None:
        arrival = ARRIVAL + dt.timedelta(days=day)
        end = arrival + dt.timedelta(days=nights)
        fits = self._fits([Room(kind, arrival, end, 0, 0) for kind in kinds])
        desk = self.world.moves.desk
        wanted = [self.house.room(kind, plan) for kind in kinds]
        answer = self._do(desk.booked(self.house, self.world.guest, *wanted, arrival=arrival, nights=nights))
        if not fits:
            assert answer == "ROOM_UNAVAILABLE"
            return
        assert not isinstance(answer, str), answer
        rooms = [
            Room(kind, arrival, end, room.total.minor_units, _penalty(room))
            for kind, room in zip(kinds, answer.rooms, strict=True)
        ]
        state = "HELD" if plan == PREPAID else "CONFIRMED"
        self.bookings.append(Known(answer.id, plan, state, arrival, end, rooms))

    @precondition(_any("HELD"))
    @rule(number=st.integers(0, 9))
    def pay(self, number: int) -> None:
        known = self._pick(number, "HELD")
        if known:
            message = booking_pb2.Booking(id=known.id)
            assert not isinstance(self._do(self.world.moves.paid(message, self.world.guest.token)), str)
            known.state, known.paid = "CONFIRMED", known.total

    @precondition(_any("HELD"))
    @rule(number=st.integers(0, 9))
    def expire(self, number: int) -> None:
        known = self._pick(number, "HELD")
        if known:
            self.world.do(self.world.moves.desk.let_expire(booking_pb2.Booking(id=known.id)))
            known.state = "EXPIRED"

    @rule(days=st.integers(1, 2))
    def sleep(self, days: int) -> None:
        self.today = min(self.today + dt.timedelta(days=days), ARRIVAL + dt.timedelta(days=6))

    @precondition(_any("HELD", "CONFIRMED", "CHECKED_IN", "COMPLETED", "NO_SHOW"))
    @rule(number=st.integers(0, 9), by_hotel=st.booleans(), room=st.integers(0, 3))
    def cancel(self, number: int, by_hotel: bool, room: int) -> None:
        known = self._pick(number, "HELD", "CONFIRMED", "CHECKED_IN", "COMPLETED", "NO_SHOW")
        if not known:
            return
        message = booking_pb2.Booking(id=known.id)
        token = self.world.owner.token if by_hotel else self.world.guest.token
        if known.state not in ("HELD", "CONFIRMED"):
            assert self._do(self.world.moves.cancel(message, token, 0)) == "ILLEGAL_STATE"
            return
        standing = [position for position, one in enumerate(known.rooms) if not one.cancelled]
        chosen = standing if room >= len(standing) else [standing[room]]
        penalty = 0
        if known.state == "CONFIRMED" and not by_hotel and self._late(known):
            penalty = sum(known.rooms[position].penalty for position in chosen)
        whole = len(chosen) == len(standing)
        known.penalty = 0 if whole and by_hotel else known.penalty + penalty
        for position in chosen:
            known.rooms[position].cancelled = True
        known.state = "CANCELLED" if whole else known.state
        refund = known.send_back(known.owed)
        assert self._do(self.world.moves.cancel(message, token, refund + 1, chosen)) == "REFUND_CHANGED"
        assert not isinstance(self._do(self.world.moves.cancel(message, token, refund, chosen)), str)

    @precondition(_any("HELD", "CONFIRMED"))
    @rule(number=st.integers(0, 9), kind=st.integers(0, 1), day=st.integers(0, 2), nights=st.integers(1, 3))
    def modify(self, number: int, kind: int, day: int, nights: int) -> None:
        known = self._pick(number, "HELD", "CONFIRMED")
        if not known:
            return
        moves, token = self.world.moves, self.world.guest.token
        arrival = ARRIVAL + dt.timedelta(days=day)
        end = arrival + dt.timedelta(days=nights)
        message = booking_pb2.Booking(id=known.id)
        wanted = self.house.room(kind, known.plan)
        self.world.moves.clock.day = self.today
        try:
            quote = self.world.do(moves.requote(self.house, message, token, wanted, arrival=arrival, nights=nights))
        except ServiceError:
            assert not self._fits([Room(kind, arrival, end, 0, 0)], without=known)
            return
        (priced,) = quote.rooms
        new = Room(kind, arrival, end, priced.total.minor_units, _penalty(priced))
        assert self._fits([new], without=known)
        late = known.state == "CONFIRMED" and self._late(known)
        cancelling = sum(room.penalty for room in known.standing) if late else 0
        cost = new.price + known.penalty
        most = max(cost, cancelling + known.penalty)
        refund = known.send_back(most)
        known.penalty += max(0, min(known.paid - known.back + known.desk, most) - cost)
        known.rooms, known.check_in, known.check_out = [new], arrival, end
        assert self._do(moves.modify(message, quote, token, refund + 1)) == "REFUND_CHANGED"
        assert not isinstance(self._do(moves.modify(message, quote, token, refund)), str)

    @precondition(_any("CONFIRMED"))
    @rule(number=st.integers(0, 9))
    def check_in(self, number: int) -> None:
        known = self._pick(number, "CONFIRMED")
        if known:
            answer = self._do(self.world.moves.check_in(booking_pb2.Booking(id=known.id), self.world.owner.token))
            if known.check_in <= self.today < known.check_out:
                assert not isinstance(answer, str), answer
                known.state = "CHECKED_IN"
            else:
                assert answer == "ILLEGAL_STATE"

    @precondition(_any("CONFIRMED", "CHECKED_IN"))
    @rule(number=st.integers(0, 9))
    def settle_bill(self, number: int) -> None:
        known = self._pick(number, "CHECKED_IN", "CONFIRMED")
        if known and known.due:
            work = self.world.moves.take_money(booking_pb2.Booking(id=known.id), self.world.owner.token, known.due)
            assert not isinstance(self._do(work), str)
            known.desk += known.due

    @precondition(_any("CHECKED_IN"))
    @rule(number=st.integers(0, 9))
    def check_out(self, number: int) -> None:
        known = self._pick(number, "CHECKED_IN")
        if known:
            answer = self._do(self.world.moves.check_out(booking_pb2.Booking(id=known.id), self.world.owner.token))
            if known.due:
                assert answer == "PAYMENT_DUE"
            else:
                assert not isinstance(answer, str), answer
                known.state = "COMPLETED"
                self._leave(known)

    @precondition(_any("CONFIRMED"))
    @rule(number=st.integers(0, 9))
    def mark_no_show(self, number: int) -> None:
        known = self._pick(number, "CONFIRMED")
        if known:
            answer = self._do(self.world.moves.mark_no_show(booking_pb2.Booking(id=known.id), self.world.owner.token))
            if self.today <= known.check_in:
                assert answer == "ILLEGAL_STATE"
                return
            assert not isinstance(answer, str), answer
            known.kept_before.append(known.penalty)
            known.penalty += sum(room.penalty for room in known.standing)
            known.state = "NO_SHOW"
            known.send_back(known.owed)
            self._leave(known)

    @precondition(_any("NO_SHOW"))
    @rule(number=st.integers(0, 9))
    def reinstate(self, number: int) -> None:
        known = self._pick(number, "NO_SHOW")
        if not known:
            return
        rooms = [
            Room(
                room.kind,
                room.first if room.end >= self.today else self.today,
                known.check_out,
                room.price,
                room.penalty,
            )
            for room in known.standing
        ]
        over = self.today >= known.check_out
        fits = not over and self._fits(rooms, without=known)
        answer = self._do(self.world.moves.reinstate(booking_pb2.Booking(id=known.id), self.world.owner.token))
        if not fits:
            assert answer == ("ILLEGAL_STATE" if over else "ROOM_UNAVAILABLE")
            return
        assert not isinstance(answer, str), answer
        known.state, known.penalty = "CONFIRMED", known.kept_before.pop()
        for room, again in zip(known.standing, rooms, strict=True):
            room.first, room.end = again.first, again.end

    def _leave(self, known: Known) -> None:
        for room in known.standing:
            room.end = max(room.first, min(room.end, self.today))

    @invariant()
    def the_model_is_right(self) -> None:
        if getattr(self, "bookings", None):
            self.world.steps += 1
            self.world.do(self._compare())

    async def _compare(self) -> None:
        desk = self.world.moves.desk
        for known in self.bookings:
            now = await desk.get(booking_pb2.Booking(id=known.id))
            state = booking_pb2.BookingState.Name(now.state).removeprefix("BOOKING_STATE_")
            told = (state, now.paid.minor_units, now.refunded.minor_units, now.due.minor_units, now.penalty.minor_units)
            assert told == (known.state, known.paid, known.back, known.due, known.penalty), known
        taken = self._taken()
        for kind, rooms in enumerate(ROOMS):
            free = await desk.free(self.house, kind, arrival=ARRIVAL, nights=6)
            days = [ARRIVAL + dt.timedelta(days=number) for number in range(6)]
            assert free == [rooms - taken[kind, day] for day in days]

    def teardown(self) -> None:
        self.world.sequences += 1
        self.world.do(self._prove())

    async def _prove(self) -> None:
        async with self.world.moves.desk.database.reading() as connection:
            assert await find_discrepancies(connection) == []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    full = metafunc.config.getoption("--full-proofs")
    metafunc.parametrize("part", range(ALL_SEQUENCES // SEQUENCES if full else 1))


async def test_every_life_of_a_booking_is_what_the_model_says(
    moves: MoveDesk, owner: SignedIn, guests: list[SignedIn], full: bool, part: int, tell: Tell
) -> None:
    """In parts: for people who signed in anew, and for several processes. A part is always the same sequences."""
    Lifecycle.world = World(asyncio.get_running_loop(), moves, owner, guests[0])
    sequences = SEQUENCES if full else FEW_SEQUENCES
    limits = settings(
        max_examples=sequences,
        stateful_step_count=25,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    await asyncio.to_thread(run_state_machine_as_test, seed(part)(Lifecycle), settings=limits)
    assert Lifecycle.world.sequences >= sequences
    tell(sequences=Lifecycle.world.sequences, moves=Lifecycle.world.steps)
