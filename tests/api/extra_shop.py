"""A house that sells extras, and what its hotelier and guests send about them."""

from __future__ import annotations

from typing import Any

from api.node_ids import encode_id
from tests.api.client import Client
from tests.api.house import ApiHouse
from tests.api.rate_desk import add_inn
from tests.grpc_services.hotel.catalogue import House, HouseInput, Kind, Plan
from tests.house import SignedIn

REFUSED = "__typename ... on UserError { code message path }"
EXTRA = "id name description chargeUnit price { minorUnits currency } maxQuantity archived version"
MONEY = "{ minorUnits currency }"
LINES = f"lines {{ kind night description amount {MONEY} steps {{ kind name sourceId }} }}"
ROOM = (
    "roomTypeId ratePlanId adults childrenAges "
    f"extras {{ extraId name chargeUnit quantity unitPrice {MONEY} total {MONEY} }} {LINES} total {MONEY}"
)
CREATE, UPDATE, ARCHIVE = (
    f"mutation ($input: Extra{verb}Input!) {{ extra{verb}(input: $input) {{ {REFUSED} "
    f"{'' if verb == 'Create' else '... on VersionConflict { currentVersion }'} "
    f"... on Extra{verb}{'d' if verb.endswith('e') else 'ed'} "
    f"{{ extra {{ {EXTRA} }} hotel {{ extras {{ id name }} }} }} }} }}"
    for verb in ("Create", "Update", "Archive")
)
QUOTE = (
    f"mutation ($input: QuoteCreateInput!) {{ quoteCreate(input: $input) {{ {REFUSED} "
    f"... on Quote {{ id total {MONEY} rooms {{ {ROOM} }} }} }} }}"
)
SHOWN = f"query ($id: ID!) {{ hotel(id: $id) {{ extras {{ {EXTRA} }} }} }}"


async def extra_inn(house: ApiHouse, owner: SignedIn, rooms: int = 9) -> House:
    return await add_inn(
        house,
        HouseInput(owner.account_id, name="Extra Inn", city="Extraville", kinds=(Kind(rooms=rooms),), plans=(Plan(),)),
    )


def wanted(inn: House, **changes: Any) -> dict[str, Any]:
    """The input of a new extra."""
    return {
        "hotelId": encode_id("Hotel", str(inn.id)),
        "name": "Breakfast",
        "description": "From seven to ten.",
        "chargeUnit": "PERSON_NIGHT",
        "priceMinorUnits": 1500,
        **changes,
    }


async def sold(hotelier: Client, inn: House, **changes: Any) -> dict[str, Any]:
    made = await hotelier.mutate(CREATE, wanted(inn, **changes))
    assert made["__typename"] == "ExtraCreated", made
    extra: dict[str, Any] = made["extra"]
    return extra


def chosen(extra: dict[str, Any], quantity: int = 1) -> dict[str, Any]:
    return {"extraId": extra["id"], "quantity": quantity}
