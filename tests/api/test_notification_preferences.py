"""What a person wants to be told, through the gateway; and the page behind a mail's last link."""

from __future__ import annotations

import uuid

import httpx

from runtime.identity import Role
from tests.api.client import Client
from tests.api.house import ApiHouse
from tests.house import register_account

READ = """
{ viewer { notificationPreferences {
  preferences { type channel enabled required } quietHours { begins ends } emailUndeliverableSince } } }
"""
UPDATE = """
mutation ($input: NotificationPreferencesUpdateInput!) {
  notificationPreferencesUpdate(input: $input) {
    __typename
    ... on NotificationPreferencesUpdated { notificationPreferences {
      preferences { type channel enabled required } quietHours { begins ends } } }
    ... on UserError { code path }
  }
}
"""


async def preferences(client: Client) -> dict[tuple[str, str], tuple[bool, bool]]:
    read = (await client.data(READ))["viewer"]["notificationPreferences"]
    return {(one["type"], one["channel"]): (one["enabled"], one["required"]) for one in read["preferences"]}


async def test_a_guest_switches_reminders_off_and_chooses_quiet_hours(house: ApiHouse, http: httpx.AsyncClient) -> None:
    client = await Client(http, house.url).sign_up()
    off = {"type": "STAY_REMINDER", "channel": "EMAIL", "enabled": False}
    changed = await client.mutate(UPDATE, {"changes": [off], "quietHours": {"begins": "21:30", "ends": "09:00"}})
    assert changed["__typename"] == "NotificationPreferencesUpdated"
    assert changed["notificationPreferences"]["quietHours"] == {"begins": "21:30", "ends": "09:00"}
    read = await preferences(client)
    assert read["STAY_REMINDER", "EMAIL"] == (False, False)
    assert read["STAY_REMINDER", "IN_APP"] == (True, False)
    assert read["BOOKING_CONFIRMED", "EMAIL"] == (True, True)
    never = await client.mutate(UPDATE, {"quietHours": {}})
    assert never["notificationPreferences"]["quietHours"] is None
    assert (await preferences(client))["STAY_REMINDER", "EMAIL"] == (False, False)


async def test_what_was_agreed_cannot_be_switched_off_and_strangers_have_no_choice(
    guest: Client, nobody: Client
) -> None:
    before = await preferences(guest)
    off = {"type": "BOOKING_CONFIRMED", "channel": "EMAIL", "enabled": False}
    refusal = await guest.mutate(UPDATE, {"changes": [off]})
    assert (refusal["__typename"], refusal["path"]) == ("InvalidInput", ["changes", "0", "enabled"])
    assert await preferences(guest) == before
    assert (await nobody.mutate(UPDATE, {"changes": [off]}))["code"] == "UNAUTHENTICATED"


async def mail_with_a_link(house: ApiHouse, account_id: uuid.UUID) -> str:
    """The secret of a reminder that was mailed."""
    secret, notification_id, event_id = uuid.uuid4().hex, uuid.uuid4(), uuid.uuid4()
    async with house.database.acquire() as connection:
        await connection.execute(
            "INSERT INTO notification.notification (id, account_id, event_id, kind, template, parameters, booking_id)"
            " VALUES ($1, $2, $3, 'StayReminder', 'stay_reminder', '{}', $1)",
            notification_id,
            account_id,
            event_id,
        )
        await connection.execute(
            "INSERT INTO notification.delivery"
            " (id, notification_id, event_id, account_id, channel, state, last_failure, message_id, request_id,"
            " unsubscribe_secret) VALUES ($1, $2, $3, $4, 'EMAIL', 'SENT', '', '', '', $5)",
            uuid.uuid4(),
            notification_id,
            event_id,
            account_id,
            secret,
        )
    return secret


async def test_a_mails_last_link_asks_first_and_a_mail_program_needs_one_request(
    house: ApiHouse, http: httpx.AsyncClient
) -> None:
    reader = await register_account(house.auth_address, Role.GUEST, locale="fr")
    secret = await mail_with_a_link(house, reader.account_id)
    address = f"{house.url}/unsubscribe/{secret}"
    client = Client(http, house.url, token=reader.token)
    page = await http.get(address)
    assert (page.status_code, page.headers["content-language"]) == (200, "fr")
    assert "les rappels de vos séjours" in page.text
    assert '<form method="post">' in page.text
    assert "script-src" not in page.headers["content-security-policy"]
    assert (await preferences(client))["STAY_REMINDER", "EMAIL"] == (True, False)
    done = await http.post(address, data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    assert "<form" not in done.text
    assert (await preferences(client))["STAY_REMINDER", "EMAIL"] == (False, False)


async def test_a_guessed_link_leads_nowhere(house: ApiHouse, http: httpx.AsyncClient) -> None:
    for answer in (
        await http.get(f"{house.url}/unsubscribe/{uuid.uuid4().hex}"),
        await http.post(f"{house.url}/unsubscribe/x"),
    ):
        assert answer.status_code == 404
