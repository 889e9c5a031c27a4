"""Rooms of a house for several parties at the least cost, where some room types have too few rooms left for
everybody's first choice."""

from __future__ import annotations

from collections.abc import Sequence

_IMPOSSIBLE = 10**15  # dearer than any possible assignment: nine rooms cost less than 2 * 10^11


def cheapest_assignment(costs: Sequence[Sequence[int | None]], left: Sequence[int]) -> list[int] | None:
    """The room type of each party. `costs` has a row a party and a column a room type (None: it does not take
    them), `left` says how many rooms there are of each. None when not everybody finds a room.

    Every free room that could matter becomes a column of the classical assignment problem, which the Hungarian
    method solves exactly (Kuhn 1955, with potentials as by Jonker and Volgenant 1987).
    """
    parties = len(costs)
    rooms = [kind for kind, free in enumerate(left) for _ in range(min(free, parties))]
    if len(rooms) < parties:
        return None
    prices = [[_IMPOSSIBLE if row[kind] is None else row[kind] for kind in rooms] for row in costs]
    party_in = _assigned(prices)  # type: ignore[arg-type]
    chosen = [0] * parties
    for room, party in enumerate(party_in):
        if party >= 0:
            chosen[party] = rooms[room]
    if any(costs[party][kind] is None for party, kind in enumerate(chosen)):
        return None
    return chosen


def _assigned(prices: Sequence[Sequence[int]]) -> list[int]:
    """The row of each column, -1 for those left over, at the least sum; there are no fewer columns than rows."""
    columns = len(prices[0])
    row_potential = [0] * len(prices)
    column_potential = [0] * (columns + 1)
    row_in = [-1] * (columns + 1)  # the last column is where a row waits for its place
    for row in range(len(prices)):
        row_in[columns] = row
        least = [_IMPOSSIBLE * 100] * columns
        came_from = [columns] * columns
        visited = [False] * (columns + 1)
        at = columns
        while row_in[at] >= 0:
            visited[at] = True
            here, nearest = row_in[at], -1
            for column in range(columns):
                if visited[column]:
                    continue
                reduced = prices[here][column] - row_potential[here] - column_potential[column]
                if reduced < least[column]:
                    least[column], came_from[column] = reduced, at
                if nearest < 0 or least[column] < least[nearest]:
                    nearest = column
            step = least[nearest]
            for column in range(columns):
                if visited[column]:
                    row_potential[row_in[column]] += step
                    column_potential[column] -= step
                else:
                    least[column] -= step
            row_potential[row_in[columns]] += step
            column_potential[columns] -= step
            at = nearest
        while at != columns:
            row_in[at] = row_in[came_from[at]]
            at = came_from[at]
    return row_in[:columns]
