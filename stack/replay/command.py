"""`python -m stack replay FILE`: a year of real bookings, played through GraphQL with a moving clock.

Starts a small platform of its own in a temporary folder, plays day after day, compares the system's figures with the
file's, and leaves nothing behind. Why it is played as it is: docs/decisions/0016.
"""

from __future__ import annotations

import datetime as dt
import gzip
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop
from tqdm import tqdm

from runtime.errors import InvalidInput
from runtime.telemetry import configure_logs
from stack.embedded.child_process import PartFailed
from stack.replay.client import ReplayFailed, open_connections
from stack.replay.days import Moment, moments
from stack.replay.figures import Figures, Period, figures_of_rows, figures_of_system, year_of
from stack.replay.opening import TIME_ZONE, OpenedHotel, open_hotel
from stack.replay.player import Player
from stack.replay.report import Replayed, report
from stack.replay.revenue import Overbooking
from stack.replay.rooms import room_kinds
from stack.replay.rows import BookedStay, Unreadable, read_rows
from stack.replay.stack import ClockedStack, clocked_stack

RESORT = Path(__file__).resolve().parent.parent / "data" / "resort-bookings.csv.gz"
_FIGURES = """
    query ($id: ID!, $from: Date!, $to: Date!) {
        hotel(id: $id) {
            year: figures(from: $from, to: $to, period: WHOLE) { ...all }
            months: figures(from: $from, to: $to, period: MONTH) { ...all }
        }
    }
    fragment all on PeriodFigures {
        availableRoomNights
        soldRoomNights
        revenue { minorUnits }
        averageDailyRate { minorUnits }
        revenuePerAvailableRoom { minorUnits }
        occupancyBasisPoints
        bookings
        cancelledBookings
        noShowBookings
        meanLeadDays
    }
"""


def replay(file: Path) -> int:
    """The exit code: 0 when the system says what the file says."""
    try:
        stays, unreadable = read_file(file)
        configure_logs("replay", "ERROR")
        with tempfile.TemporaryDirectory(prefix="innkeeper-replay-") as folder:
            Path(folder).chmod(0o711)  # as root, PostgreSQL may have to run as somebody else
            result = uvloop.run(replay_rows(stays, unreadable, Path(folder), progress=True))
    except (InvalidInput, OSError, PartFailed, ReplayFailed) as failure:
        sys.stderr.write(f"replay: {failure or type(failure).__name__}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("replay: stopped\n")
        return 130
    print(report(result))
    return 0 if result.adds_up else 1


def read_file(file: Path) -> tuple[list[BookedStay], list[Unreadable]]:
    """CSV, also .gz. Raises InvalidInput when it is no list of bookings or has none that can be read."""
    opened = gzip.open if file.suffix == ".gz" else open
    with opened(file, "rt", encoding="utf-8", newline="") as lines:
        stays, unreadable = read_rows(lines)
    if not stays:
        raise InvalidInput("There is no booking in this file.", path=("file",))
    return stays, unreadable


async def replay_rows(
    rows: Sequence[BookedStay], unreadable: Sequence[Unreadable], directory: Path, *, progress: bool
) -> Replayed:
    """Plays the arrivals of the file's first twelve months on a platform in this folder."""
    began = time.monotonic()
    period = year_of(rows)
    stays = [stay for stay in rows if stay.arrival < period.end_night]
    days = moments(stays)
    kinds = room_kinds(stays, days)
    begins = dt.datetime.combine(days[0].day, dt.time())
    async with (
        clocked_stack(directory, time_zone=TIME_ZONE, begins=begins) as stack,
        open_connections(stack.gateway_url) as connections,
    ):
        hotel = await open_hotel(connections, kinds, stays)
        await stack.tell_booking()
        player = Player(hotel)
        asked_for = Period(min(stay.arrival for stay in stays), max(stay.departure for stay in stays))
        await _play(days, stack, player, Overbooking(hotel, kinds, asked_for), progress=progress)
        system, months = await _ask_figures(hotel, period)
        booked = [stay for stay in stays if player.has_booked(stay)]
        rooms = sum(kind.rooms for kind in kinds)
        return Replayed(
            period=period,
            kinds=kinds,
            booked=booked,
            system=system,
            same_rows=figures_of_rows(booked, rooms, period),
            every_row=figures_of_rows(stays, rooms, period),
            months=[
                (month, figures_of_rows(booked, rooms, nights))
                for month, nights in zip(months, period.months(), strict=True)
            ],
            played=player.played,
            refusals=player.refusals,
            unreadable=unreadable,
            outside=len(rows) - len(stays),
            discrepancies=len(await stack.discrepancies()),
            seconds=time.monotonic() - began,
        )


async def _play(
    days: Sequence[Moment], stack: ClockedStack, player: Player, overbooking: Overbooking, *, progress: bool
) -> None:
    moves = sum(len(moment.stays) for moment in days)
    with tqdm(total=moves, unit=" moves", disable=not progress) as bar:
        for moment in days:
            bar.set_description(f"{moment.day}", refresh=False)
            await stack.clock.move_to(moment.day, moment.step.value)
            await overbooking.allow(moment.day)
            await player.play(moment)
            bar.update(len(moment.stays))


async def _ask_figures(hotel: OpenedHotel, period: Period) -> tuple[Figures, list[Figures]]:
    """Of the whole year, and of its months."""
    variables = {"id": hotel.id, "from": period.first_night.isoformat(), "to": period.end_night.isoformat()}
    answer = (await hotel.desk.ask(_FIGURES, variables))["hotel"]
    (year,) = answer["year"]
    return figures_of_system(year), [figures_of_system(month) for month in answer["months"]]
