"""`make tour`: both journeys, played over HTTP and websocket only, every request and answer shown."""

from __future__ import annotations

import asyncio
import json
import sys
import time
import uuid
from pathlib import Path

import httpx

from stack.basket_tour import BasketTour
from stack.hotel_tour import HotelTour
from stack.salon_tour import SalonTour
from stack.tour_client import StepFailed, TourClient

ADDRESSES = Path(".stack") / "addresses.json"
_PASSWORD = "a long enough secret"  # noqa: S105  # of somebody who lives as long as the tour


def tour(gateway: str | None, mail: str | None) -> int:
    """Plays against the given addresses, or those of the running stack. The exit code: 0 when every step did
    what it should."""
    known = json.loads(ADDRESSES.read_text()) if ADDRESSES.exists() else {}
    if not ((gateway and mail) or known):
        sys.stderr.write("make tour: no stack is running here; start one with `make up`\n")
        return 1
    try:
        asyncio.run(_play(gateway or known["gateway"], mail or known["mail"]))
    except StepFailed as failure:
        sys.stderr.write(f"\nmake tour: {failure}\n")
        return 1
    except (httpx.HTTPError, OSError) as failure:
        sys.stderr.write(f"\nmake tour: the stack does not answer: {failure!r}\n")
        return 1
    return 0


async def _play(gateway: str, mail: str) -> None:
    """One newcomer books a room and pays for it, then goes to a salon and says how it was."""
    began = time.perf_counter()
    client = TourClient(gateway)
    async with client.http:
        email = f"tour-{uuid.uuid4().hex[:10]}@example.org"
        await client.register("Register", email, _PASSWORD, name="Tina Tour")
        await client.sign_in("Sign in", email, _PASSWORD)
        await HotelTour(client, mail, email).play()
        print("\n    The first journey is done. The second one leads to a salon.")
        await SalonTour(client, mail, email, _PASSWORD).play()
        print("\n    The second journey is done. Last, a room and a visit to the spa in one basket.")
        await BasketTour(client, email).play()
    print(f"\nThe journeys took {time.perf_counter() - began:.2f} s; all {client.steps} steps did what they should.")
