"""What comes near to a stay that cannot be had: other dates, a change of rooms half-way, houses near by."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from contracts.search.v1 import search_pb2
from grpc_services.search.columns import Ints
from grpc_services.search.filtering import filtered_offers
from grpc_services.search.geography import Ground, distances, within
from grpc_services.search.index import Index
from grpc_services.search.messages import put_rooms
from grpc_services.search.offers import Offers, no_offers
from grpc_services.search.pricing import Priced, price
from grpc_services.search.rules import StayQuery
from grpc_services.search.selection import Selection

MOST = 12
NEARBY_METERS = 30_000.0
_OF_A_KIND = 4  # of each kind at least, where there are so many
_SHIFTS = (-1, 1, -2, 2, -3, 3)
OTHER_DATES = search_pb2.ALTERNATIVE_KIND_OTHER_DATES
SPLIT_STAY = search_pb2.ALTERNATIVE_KIND_SPLIT_STAY
NEARBY = search_pb2.ALTERNATIVE_KIND_NEARBY


@dataclass(slots=True)
class Part:
    """Offers for a part of a stay, or for all of it."""

    stay: StayQuery
    selection: Selection
    offers: Offers


@dataclass(slots=True)
class Candidate:
    """One alternative; each part comes with the number of its offer."""

    kind: search_pb2.AlternativeKind.ValueType
    row: int
    total: int
    parts: list[tuple[Part, int]]
    metres: float = 0.0


def find_alternatives(
    index: Index, ground: Ground, stay: StayQuery, wanted: search_pb2.HotelFilter, now: dt.datetime
) -> list[search_pb2.StayAlternative]:
    """At most twelve, cheapest first, of each kind the cheapest ones; a house once a kind."""
    selection = index.select(ground.rows, city=ground.city)
    kinds = [
        _other_dates(index, selection, stay, wanted, now),
        _split_stays(index, selection, stay, wanted, now),
        _near_by(index, ground, stay, wanted, now),
    ]
    chosen = [candidate for found in kinds for candidate in found[:_OF_A_KIND]]
    rest = sorted((one for found in kinds for one in found[_OF_A_KIND:]), key=_cheapest_first)
    chosen += rest[: MOST - len(chosen)]
    return [_message(index, candidate) for candidate in sorted(chosen, key=_cheapest_first)]


def _other_dates(
    index: Index, selection: Selection, stay: StayQuery, wanted: search_pb2.HotelFilter, now: dt.datetime
) -> list[Candidate]:
    """As many nights a few days earlier or later: of each house the cheapest, of equal ones the nearest dates."""
    best: dict[int, Candidate] = {}
    for shift in _SHIFTS:
        move = dt.timedelta(days=shift)
        part = _part(index, selection, stay.moved(stay.check_in + move, stay.check_out + move), wanted, now)
        for number, row, total in _cheapest(part):
            if row not in best or total < best[row].total:
                best[row] = Candidate(OTHER_DATES, row, total, [(part, number)])
    return sorted(best.values(), key=_cheapest_first)[:MOST]


def _split_stays(
    index: Index, selection: Selection, stay: StayQuery, wanted: search_pb2.HotelFilter, now: dt.datetime
) -> list[Candidate]:
    """Two stays in one house, the second in other room types. Each is a stay of its own to every restriction."""
    best: dict[int, Candidate] = {}
    for nights in range(1, stay.nights):
        change = stay.check_in + dt.timedelta(days=nights)
        before = _part(index, selection, stay.moved(stay.check_in, change), wanted, now)
        after = _part(index, selection, stay.moved(change, stay.check_out), wanted, now)
        _, first, second = np.intersect1d(before.offers.position, after.offers.position, return_indices=True)
        types = [_types(before, first), _types(after, second)]
        moves = (np.sort(types[0], axis=0) != np.sort(types[1], axis=0)).any(axis=0)
        totals = before.offers.total[first] + after.offers.total[second]
        for number in np.flatnonzero(moves).tolist():
            row = int(selection.houses[before.offers.position[first[number]]])
            total = int(totals[number])
            if row not in best or total < best[row].total:
                parts = [(before, int(first[number])), (after, int(second[number]))]
                best[row] = Candidate(SPLIT_STAY, row, total, parts)
    return sorted(best.values(), key=_cheapest_first)[:MOST]


def _near_by(
    index: Index, ground: Ground, stay: StayQuery, wanted: search_pb2.HotelFilter, now: dt.datetime
) -> list[Candidate]:
    middle = ground.middle(index)
    if middle is None:
        return []
    outside = np.setdiff1d(within(index, middle, NEARBY_METERS), ground.rows)
    part = _part(index, index.select(outside), stay, wanted, now)
    found = [Candidate(NEARBY, row, total, [(part, number)]) for number, row, total in _cheapest(part)]
    metres = distances(index, np.array([one.row for one in found], dtype=np.int64), middle)
    for candidate, distance in zip(found, metres.tolist(), strict=True):
        candidate.metres = distance
    return found


def _part(
    index: Index, selection: Selection, stay: StayQuery, wanted: search_pb2.HotelFilter, now: dt.datetime
) -> Part:
    if stay.check_in < index.first_night or stay.check_out >= index.end_night:
        return Part(stay, selection, no_offers(len(stay.parties)))
    priced: Priced = price(index, selection, stay, now)
    return Part(stay, selection, filtered_offers(index, priced, wanted, now))


def _cheapest(part: Part) -> list[tuple[int, int, int]]:
    """Number, house and total of the cheapest offers, more than can be shown never."""
    order = np.argsort(part.offers.total, kind="stable")[:MOST]
    rows = part.selection.houses[part.offers.position[order]]
    return list(zip(order.tolist(), rows.tolist(), part.offers.total[order].tolist(), strict=True))


def _types(part: Part, numbers: Ints) -> Ints:
    types: Ints = part.selection.type_of[part.offers.products[:, numbers]]
    return types


def _cheapest_first(candidate: Candidate) -> tuple[int, float, int]:
    return candidate.total, candidate.metres, candidate.row


def _message(index: Index, candidate: Candidate) -> search_pb2.StayAlternative:
    first, last = candidate.parts[0][0], candidate.parts[-1][0]
    message = search_pb2.StayAlternative(
        kind=candidate.kind,
        check_in=first.stay.check_in.isoformat(),
        check_out=last.stay.check_out.isoformat(),
        distance_meters=round(candidate.metres),
    )
    for part, number in candidate.parts:
        told = message.parts.add(check_in=part.stay.check_in.isoformat(), check_out=part.stay.check_out.isoformat())
        put_rooms(told.rooms, index, part.selection, part.offers, number)
    currency = message.parts[0].rooms[0].total.currency
    message.total.minor_units, message.total.currency = candidate.total, currency
    message.hotel.MergeFromString(index.house(candidate.row).message)
    return message
