"""A booking's whole timeline over HTTP: moves, payments, webhooks and mails."""

from __future__ import annotations

from typing import Any

from tests.api.client import Client, until
from tests.api.house import ApiHouse

TIMELINE = """
query ($id: ID!, $topics: [TimelineTopic!]) {
  booking(id: $id) {
    timeline(topics: $topics) { nodes { topic kind summary actor requestId } }
  }
}
"""


async def test_a_paid_bookings_timeline_tells_its_webhook_and_its_mails(house: ApiHouse, guest: Client) -> None:
    booking = await guest.book(house.houses["Grand House"])
    await guest.pay(await guest.begin_payment(booking))
    await guest.until_confirmed(booking)

    async def seen(*topics: str) -> list[dict[str, Any]]:
        asked = {"id": booking["id"], "topics": list(topics) or None}
        entries: list[dict[str, Any]] = (await guest.data(TIMELINE, asked))["booking"]["timeline"]["nodes"]
        return entries

    async def all_there() -> bool:
        told = [entry["summary"] for entry in await seen("NOTIFICATION")]
        webhooks = [entry["summary"] for entry in await seen("WEBHOOK")]
        return sorted(told) == [
            f"The {who} was told of BookingConfirmed by e-mail." for who in ("guest", "hotelier")
        ] and any(summary.startswith("The payment system told of payment.captured.") for summary in webhooks)

    await until(all_there)
    everything = await seen()
    moves = [(entry["topic"], entry["kind"]) for entry in everything if entry["actor"] == "GUEST"]
    assert moves == [("BOOKING", "BookingHeld"), ("PAYMENT", "PaymentStarted")]
    assert {entry["topic"] for entry in everything} == {"BOOKING", "PAYMENT", "WEBHOOK", "NOTIFICATION"}
    assert await seen("BOOKING", "PAYMENT") == [
        entry for entry in everything if entry["topic"] in ("BOOKING", "PAYMENT")
    ]
    assert all(entry["requestId"] for entry in everything)
    (confirmed,) = [entry["requestId"] for entry in everything if entry["kind"] == "BookingConfirmed"]
    mails = [entry["requestId"] for entry in everything if entry["topic"] == "NOTIFICATION"]
    assert mails == [confirmed, confirmed]
    assert guest.email not in str(everything)
