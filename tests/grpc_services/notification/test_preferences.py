"""What a person wants to be told, by which channel, and switching mails off from a mail."""

from __future__ import annotations

import uuid
from typing import TypeAlias

import pytest

from contracts.events.v1 import events_pb2
from contracts.notification.v1 import preference_pb2, preference_pb2_grpc
from grpc_services.notification.catalogue import MESSAGES, TYPES
from runtime.channels import call
from runtime.database import Database
from runtime.identity import Role
from tests.grpc_services.notification.events import NOBODY, confirmed, envelope, snapshot
from tests.grpc_services.notification.inbox import Stub, claim, inbox, tell, unread
from tests.house import SignedIn, refused, register_account

Preferences: TypeAlias = "preference_pb2_grpc.PreferenceServiceAsyncStub"
IN_APP, EMAIL = preference_pb2.NOTIFICATION_CHANNEL_IN_APP, preference_pb2.NOTIFICATION_CHANNEL_EMAIL
OFFER = preference_pb2.NOTIFICATION_TYPE_WAITLIST_OFFER


async def read(stub: Preferences, person: SignedIn) -> preference_pb2.Preferences:
    return await call(stub.GetPreferences, preference_pb2.GetPreferencesRequest(), token=person.token)


def change(
    kind: preference_pb2.NotificationType.ValueType,
    channel: preference_pb2.NotificationChannel.ValueType,
    *,
    enabled: bool,
) -> preference_pb2.PreferenceChange:
    return preference_pb2.PreferenceChange(type=kind, channel=channel, enabled=enabled)


async def update(
    stub: Preferences, token: str, *changes: preference_pb2.PreferenceChange, quiet: tuple[str, str] | None = None
) -> preference_pb2.Preferences:
    hours = preference_pb2.QuietHours(begins=quiet[0], ends=quiet[1]) if quiet else None
    request = preference_pb2.UpdatePreferencesRequest(changes=changes, quiet_hours=hours)
    return await call(stub.UpdatePreferences, request, token=token)


def offered(guest: SignedIn) -> events_pb2.Envelope:
    return envelope(events_pb2.BookingOffered(booking=snapshot(guest.account_id)))


def test_messages_of_one_type_are_alike() -> None:
    for message in MESSAGES.values():
        assert (message.audience, message.email) == (TYPES[message.type].audience, TYPES[message.type].email)
    numbered = {name.removeprefix("NOTIFICATION_TYPE_") for name in preference_pb2.NotificationType.keys()}  # noqa: SIM118
    assert set(TYPES) == numbered - {"UNSPECIFIED"}


async def test_everybody_reads_what_concerns_them_and_nights_are_quiet(
    preferences: Preferences, guest: SignedIn, hotelier: SignedIn
) -> None:
    of_guest, of_hotelier = await read(preferences, guest), await read(preferences, hotelier)
    types = {one.type for one in of_guest.preferences}
    assert preference_pb2.NOTIFICATION_TYPE_HOTEL_ARRIVALS not in types
    assert types < {one.type for one in of_hotelier.preferences}
    assert (of_guest.quiet_hours.begins, of_guest.quiet_hours.ends) == ("22:00", "08:00")
    known = {(one.type, one.channel): (one.enabled, one.required) for one in of_guest.preferences}
    assert known[preference_pb2.NOTIFICATION_TYPE_BOOKING_CONFIRMED, EMAIL] == (True, True)
    assert known[preference_pb2.NOTIFICATION_TYPE_BOOKING_HELD, EMAIL] == (False, False)
    assert known[OFFER, EMAIL] == (True, False)


async def test_what_is_switched_off_by_mail_is_only_shown(
    notifications: Stub, preferences: Preferences, system: str, guest: SignedIn
) -> None:
    changed = await update(preferences, guest.token, change(OFFER, EMAIL, enabled=False))
    assert [one.enabled for one in changed.preferences if one.type == OFFER] == [True, False]
    assert await tell(notifications, system, offered(guest)) == []
    assert len((await inbox(notifications, guest.token)).notifications) == 1


async def test_what_is_switched_off_in_the_application_comes_by_mail_only(
    notifications: Stub, preferences: Preferences, system: str, guest: SignedIn
) -> None:
    await update(preferences, guest.token, change(OFFER, IN_APP, enabled=False))
    assert len(await tell(notifications, system, offered(guest))) == 1
    assert not (await inbox(notifications, guest.token)).notifications
    assert await unread(notifications, guest.token) == 0


async def test_what_is_switched_off_everywhere_is_not_told_at_all(
    notifications: Stub, preferences: Preferences, system: str, guest: SignedIn
) -> None:
    off = [change(OFFER, channel, enabled=False) for channel in (IN_APP, EMAIL)]
    await update(preferences, guest.token, *off)
    event = offered(guest)
    assert await tell(notifications, system, event) == []
    await update(preferences, guest.token, *(change(OFFER, channel, enabled=True) for channel in (IN_APP, EMAIL)))
    assert len(await tell(notifications, system, offered(guest))) == 1


async def test_the_word_of_a_hold_can_be_had_by_mail(
    notifications: Stub, preferences: Preferences, system: str, guest: SignedIn
) -> None:
    await update(preferences, guest.token, change(preference_pb2.NOTIFICATION_TYPE_BOOKING_HELD, EMAIL, enabled=True))
    (delivery_id,) = await tell(
        notifications, system, envelope(events_pb2.BookingHeld(booking=snapshot(guest.account_id)))
    )
    mail = await claim(notifications, system, delivery_id)
    assert mail is not None
    assert mail.subject == "Booking INK-7Q2F9K: please pay to keep it"


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        (change(preference_pb2.NOTIFICATION_TYPE_BOOKING_CONFIRMED, EMAIL, enabled=False), "enabled"),
        (change(preference_pb2.NOTIFICATION_TYPE_BOOKING_REFUNDED, IN_APP, enabled=False), "enabled"),
        (change(preference_pb2.NOTIFICATION_TYPE_HOTEL_ARRIVALS, EMAIL, enabled=False), "type"),
        (change(preference_pb2.NOTIFICATION_TYPE_UNSPECIFIED, EMAIL, enabled=False), "type"),
        (change(OFFER, preference_pb2.NOTIFICATION_CHANNEL_UNSPECIFIED, enabled=False), "channel"),
        (change(preference_pb2.NOTIFICATION_TYPE_EMAIL_UNDELIVERABLE, EMAIL, enabled=True), "channel"),
    ],
    ids=["agreed", "money", "not theirs", "no type", "no channel", "not by mail"],
)
async def test_a_choice_one_does_not_have_is_refused_and_nothing_changes(
    preferences: Preferences, guest: SignedIn, wanted: preference_pb2.PreferenceChange, path: str
) -> None:
    before = await read(preferences, guest)
    good = change(OFFER, EMAIL, enabled=False)
    refusal = await refused(update(preferences, guest.token, good, wanted, quiet=("01:00", "02:00")))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("changes", "1", path))
    assert await read(preferences, guest) == before


@pytest.mark.parametrize(
    ("quiet", "path"),
    [
        (("25:00", "08:00"), "begins"),
        (("22:00", ""), "ends"),
        (("22:00", "22:00"), "ends"),
        (("2200", "08:00"), "begins"),
    ],
    ids=["no hour", "no end", "no time between", "no colon"],
)
async def test_quiet_hours_that_are_none_are_refused(
    preferences: Preferences, guest: SignedIn, quiet: tuple[str, str], path: str
) -> None:
    refusal = await refused(update(preferences, guest.token, quiet=quiet))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("quietHours", path))
    assert (await read(preferences, guest)).quiet_hours.begins == "22:00"


async def test_quiet_hours_can_be_given_up(preferences: Preferences, guest: SignedIn) -> None:
    changed = await update(preferences, guest.token, quiet=("", ""))
    assert (changed.quiet_hours.begins, changed.quiet_hours.ends) == ("", "")
    assert await read(preferences, guest) == changed


async def test_nobody_reads_or_changes_preferences_without_signing_in(
    preferences: Preferences, guest: SignedIn
) -> None:
    before = await read(preferences, guest)
    for attempt in (
        update(preferences, "", change(OFFER, EMAIL, enabled=False)),
        call(preferences.GetPreferences, preference_pb2.GetPreferencesRequest(), token=""),
    ):
        assert (await refused(attempt)).code == "UNAUTHENTICATED"
    assert await read(preferences, guest) == before


async def test_a_mail_that_can_be_switched_off_is_switched_off_by_its_secret_alone(
    notifications: Stub, preferences: Preferences, system: str, auth_address: str
) -> None:
    reader = await register_account(auth_address, Role.GUEST, locale="fr")
    (delivery_id,) = await tell(notifications, system, offered(reader))
    mail = await claim(notifications, system, delivery_id)
    assert mail is not None
    secret = mail.unsubscribe_url.removeprefix("https://innkeeper.example/unsubscribe/")
    asked = await call(preferences.ReadSubscription, preference_pb2.ReadSubscriptionRequest(secret=secret), token="")
    assert (asked.type, asked.subscribed, asked.locale, asked.button) == (OFFER, True, "fr", "Arrêter ces e-mails")
    for _ in range(2):
        done = await call(preferences.Unsubscribe, preference_pb2.UnsubscribeRequest(secret=secret), token="")
        assert (done.subscribed, done.title, done.button) == (False, "C’est fait", "")
    assert await tell(notifications, system, offered(reader)) == []
    assert len(await tell(notifications, system, confirmed(reader.account_id))) == 1


@pytest.mark.parametrize("secret", ["", "x", "x" * 200, "\x00", "é"], ids=["none", "short", "long", "nul", "accent"])
async def test_a_guessed_secret_leads_nowhere(preferences: Preferences, secret: str) -> None:
    for attempt in (
        call(preferences.ReadSubscription, preference_pb2.ReadSubscriptionRequest(secret=secret), token=""),
        call(preferences.Unsubscribe, preference_pb2.UnsubscribeRequest(secret=secret), token=""),
    ):
        assert (await refused(attempt)).code == "NOT_FOUND"


async def test_a_mail_about_what_was_agreed_cannot_be_switched_off(
    notifications: Stub, system: str, guest: SignedIn
) -> None:
    (delivery_id,) = await tell(notifications, system, confirmed(guest.account_id))
    mail = await claim(notifications, system, delivery_id)
    assert mail is not None
    assert mail.unsubscribe_url == ""
    assert "unsubscribe" not in mail.html + mail.text


async def test_a_guest_without_an_account_switches_mails_off_for_their_booking_alone(
    notifications: Stub, preferences: Preferences, system: str, notification_database: Database
) -> None:
    theirs, other = (events_pb2.BookingOffered(booking=snapshot(NOBODY)) for _ in range(2))
    (delivery_id,) = await tell(notifications, system, envelope(theirs))
    async with notification_database.reading() as connection:
        secret = await connection.fetchval(
            "SELECT unsubscribe_secret FROM delivery WHERE id = $1", uuid.UUID(delivery_id)
        )
    await call(preferences.Unsubscribe, preference_pb2.UnsubscribeRequest(secret=secret), token="")
    assert await tell(notifications, system, envelope(theirs)) == []
    assert len(await tell(notifications, system, envelope(other))) == 1
