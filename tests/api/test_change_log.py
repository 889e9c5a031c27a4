"""Entries of the audit log as the public schema shows them."""

from __future__ import annotations

import uuid
from typing import Any

import orjson
import pytest

from api.change_log import Change, ChangeAction, ChangeSubject, change
from api.node_ids import encode_id
from contracts.hotel.v1 import hotel_pb2

SUBJECT, KIND, PLAN, ACTOR = (str(uuid.uuid4()) for _ in range(4))


def entry(kind: str, action: str, before: object = None, after: object = None) -> Change:
    return change(
        hotel_pb2.Change(
            id=str(uuid.uuid4()),
            subject_kind=kind,
            subject_id=SUBJECT,
            action=action,
            actor_id=ACTOR,
            actor_role="HOTELIER",
            before_json=orjson.dumps(before).decode() if before else "",
            after_json=orjson.dumps(after).decode() if after else "",
        )
    )


@pytest.mark.parametrize(
    ("kind", "subject", "named"),
    [
        ("Hotel", ChangeSubject.HOTEL, "Hotel"),
        ("RoomType", ChangeSubject.ROOM_TYPE, "RoomType"),
        ("RatePlan", ChangeSubject.RATE_PLAN, "RatePlan"),
        ("Room", ChangeSubject.ROOM, "Room"),
        ("PriceRule", ChangeSubject.PRICE_RULE, "PriceRule"),
        ("Rates", ChangeSubject.RATES, "Hotel"),
    ],
)
def test_every_kind_of_thing_has_an_id_of_its_kind(kind: str, subject: ChangeSubject, named: str) -> None:
    shown = entry(kind, "updated")
    assert (shown.subject, shown.subject_id) == (subject, encode_id(named, SUBJECT))


@pytest.mark.parametrize(
    "action", ["created", "updated", "published", "unpublished", "archived", "deleted", "imported"]
)
def test_every_action_is_known(action: str) -> None:
    assert entry("Hotel", action).action == ChangeAction[action.upper()]


def test_ids_are_opaque_and_names_are_those_of_the_schema() -> None:
    night = {"room_type_id": KIND, "rate_plan_id": PLAN, "first_night": "2030-01-01"}
    shown = entry("Rates", "updated", {"nights": [night | {"min_stay": None}]}, {"nights": [night | {"min_stay": 2}]})
    opaque = {
        "roomTypeId": encode_id("RoomType", KIND),
        "ratePlanId": encode_id("RatePlan", PLAN),
        "firstNight": "2030-01-01",
    }
    assert facts(shown) == [("nights", [opaque | {"minStay": None}], [opaque | {"minStay": 2}])]
    made = entry("Room", "created", None, {"room_type_id": KIND})
    assert facts(made) == [("roomTypeId", None, encode_id("RoomType", KIND))]


def facts(shown: Change) -> list[tuple[str, Any, Any]]:
    return [(field.name, field.before, field.after) for field in shown.fields]
