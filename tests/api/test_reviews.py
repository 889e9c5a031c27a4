"""Reviews through GraphQL: from a stay that is over to what everybody reads, what owners answer and admins decide."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from api.node_ids import encode_id
from runtime.identity import Role
from tests.api.client import Client, until
from tests.api.house import ApiHouse
from tests.grpc_services.booking.desk import Desk, open_desk
from tests.grpc_services.hotel.catalogue import House
from tests.grpc_services.review.stays import completed_stay
from tests.grpc_services.salon.appointment_desk import at, running_salon
from tests.house import SignedIn, register_account, salon_settings

REVIEW = """
    id subjectKind subjectId subjectName authorName authorId overall aspects { aspect stars } title text language
    visitedOn state moderationReason openReports reply { text } editedAt version
"""


def mutation(name: str, success: str, fields: str = f"review {{ {REVIEW} }}", *, also: str = "") -> str:
    """A mutation that asks for its success, or for why there is none."""
    asked = f"{name[0].upper()}{name[1:]}Input!"
    answered = f"__typename ... on {success} {{ {fields} }} ... on UserError {{ code path }} {also}"
    return f"mutation ($input: {asked}) {{ {name}(input: $input) {{ {answered} }} }}"


CREATE = mutation("reviewCreate", "ReviewCreated", also="... on ReviewNotAllowed { why }")
EDIT = mutation("reviewEdit", "ReviewEdited")
DELETE = mutation("reviewDelete", "ReviewDeleted", "id")
REPLY = mutation("reviewReply", "ReviewReplied")
REPORT = mutation("reviewReport", "ReviewReported", "id")
MODERATE = mutation("reviewModerate", "ReviewModerated")
STAY = f"query ($id: ID!) {{ booking(id: $id) {{ reviewableUntil review {{ {REVIEW} }} }} }}"
HOTEL = """
    query ($id: ID!, $sort: ReviewSort! = NEWEST, $first: Int! = 20, $after: String, $stars: [Int!]) { hotel(id: $id) {
        rating { count mean }
        ratingDetails { count mean rank distribution { stars count } aspects { aspect count mean } }
        reviews(sort: $sort, first: $first, after: $after, stars: $stars) {
            totalCount pageInfo { hasNextPage endCursor } nodes { id overall authorName authorId reply { text } }
        }
    } }
"""
INBOX = "{ viewer { notifications { nodes { kind title booking { id } review { id } } } } }"
SEEN = f"query ($id: ID!) {{ review(id: $id) {{ {REVIEW} }} node(id: $id) {{ id }} }}"
REPORTED = "{ reportedReviews(first: 100) { nodes { id openReports } } }"
OWN = "{ viewer { reviews { totalCount nodes { id state moderationReason } } } }"


class Scene:
    """A house of its own hotelier, and guests who have been there."""

    def __init__(self, running: ApiHouse, http: httpx.AsyncClient, desk: Desk, owner: SignedIn, house: House) -> None:
        self.running, self.http, self.desk, self._owner, self.house = running, http, desk, owner, house
        self.owner = self._client(owner)
        self.hotel_id = encode_id("Hotel", str(house.id))

    def _client(self, person: SignedIn) -> Client:
        return Client(self.http, self.running.url, token=person.token, email=person.email)

    async def guest(self) -> tuple[Client, str]:
        """Somebody who has been there, and the id of their stay."""
        person = await register_account(self.running.auth_address, Role.GUEST)
        stay = await completed_stay(self.desk, self.house, self._owner, person)
        return self._client(person), encode_id("Booking", stay.id)

    async def admin(self) -> Client:
        """Nobody registers as an admin; operators make them."""
        nobody = SignedIn(uuid.uuid4(), "", "")
        return Client(self.http, self.running.url, token=await self.running.token_for(nobody, Role.ADMIN, 600))

    async def reviewed(self, overall: int = 4, **changes: Any) -> tuple[dict[str, Any], Client]:
        guest, stay = await self.guest()
        created = await guest.mutate(CREATE, wanted(stay, overall, **changes))
        assert created["__typename"] == "ReviewCreated", created
        return created["review"], guest


def wanted(stay: str, overall: int = 4, **changes: Any) -> dict[str, Any]:
    return {
        "bookingId": stay,
        "overall": overall,
        "title": "A quiet house",
        "language": "en",
        "idempotencyKey": str(uuid.uuid4()),
        **changes,
    }


@pytest.fixture(scope="module")
async def desk(house: ApiHouse) -> AsyncIterator[Desk]:
    async with open_desk(house.parts, house.auth_address, house.settings.booking_address) as opened:
        yield opened


@pytest.fixture
async def scene(house: ApiHouse, http: httpx.AsyncClient, desk: Desk) -> Scene:
    owner = await register_account(house.auth_address, Role.HOTELIER)
    return Scene(house, http, desk, owner, await desk.house(owner, name="Reviewed House", city="Reviewville"))


async def test_a_guest_reviews_a_stay_and_everybody_reads_it(scene: Scene, nobody: Client) -> None:
    guest, stay = await scene.guest()
    before = (await guest.data(STAY, {"id": stay}))["booking"]
    assert before["review"] is None
    assert before["reviewableUntil"] > "2026"
    ratings = [{"aspect": "STAFF", "stars": 5}, {"aspect": "LOCATION", "stars": 2}]
    created = await guest.mutate(CREATE, wanted(stay, 4, aspects=ratings, text="Far from the sea."))
    review = created["review"]
    assert (review["subjectKind"], review["subjectId"], review["subjectName"]) == (
        "HOTEL",
        scene.hotel_id,
        "Reviewed House",
    )
    assert (review["authorName"], review["title"], review["text"]) == ("Ada L.", "A quiet house", "Far from the sea.")
    assert sorted(review["aspects"], key=lambda one: -one["stars"]) == ratings
    assert (await guest.data(STAY, {"id": stay}))["booking"] == {"review": review, "reviewableUntil": None}
    assert (await scene.owner.data(STAY, {"id": stay}))["booking"] == {"review": None, "reviewableUntil": None}
    assert (await guest.data(OWN))["viewer"]["reviews"]["totalCount"] == 1
    seen = (await nobody.data(HOTEL, {"id": scene.hotel_id}))["hotel"]
    assert seen["reviews"]["nodes"] == [
        {"id": review["id"], "overall": 4, "authorName": "Ada L.", "authorId": None, "reply": None}
    ]
    details = seen["ratingDetails"]
    assert (details["count"], details["mean"], details["rank"]) == (1, 4.0, 3.55)
    assert details["distribution"] == [{"stars": stars, "count": int(stars == 4)} for stars in range(1, 6)]
    assert details["aspects"] == [
        {"aspect": "LOCATION", "count": 1, "mean": 2.0},
        {"aspect": "STAFF", "count": 1, "mean": 5.0},
    ]

    async def shown() -> bool:
        """The house itself tells it as well, in a moment: relay, broker, consumer and the gateway's memory."""
        rating = (await nobody.data(HOTEL, {"id": scene.hotel_id}))["hotel"]["rating"]
        return bool(rating == {"count": 1, "mean": 4.0})

    await until(shown)

    async def told() -> bool:
        notices = (await scene.owner.data(INBOX))["viewer"]["notifications"]["nodes"]
        title = "New review of Reviewed House: 4 of 5 stars"
        wanted = {"kind": "ReviewCreated", "title": title, "booking": None, "review": {"id": review["id"]}}
        return wanted in notices

    await until(told)


async def test_a_house_without_reviews_has_no_mean_and_no_rank(scene: Scene, nobody: Client) -> None:
    seen = (await nobody.data(HOTEL, {"id": scene.hotel_id}))["hotel"]
    assert seen["ratingDetails"] == {
        "count": 0,
        "mean": None,
        "rank": None,
        "distribution": [{"stars": stars, "count": 0} for stars in range(1, 6)],
        "aspects": [],
    }
    assert (seen["reviews"]["totalCount"], seen["reviews"]["nodes"]) == (0, [])


async def test_reviews_of_a_house_are_paged_sorted_and_chosen_by_stars(scene: Scene, nobody: Client) -> None:
    reviews = [(await scene.reviewed(overall))[0] for overall in (3, 5, 1)]
    worst = {"id": scene.hotel_id, "sort": "WORST", "first": 2}
    first = (await nobody.data(HOTEL, worst))["hotel"]["reviews"]
    assert [one["overall"] for one in first["nodes"]] == [1, 3]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (3, True)
    rest = (await nobody.data(HOTEL, {**worst, "after": first["pageInfo"]["endCursor"]}))["hotel"]["reviews"]
    assert ([one["overall"] for one in rest["nodes"]], rest["pageInfo"]["hasNextPage"]) == ([5], False)
    chosen = (await nobody.data(HOTEL, {"id": scene.hotel_id, "stars": [1, 3]}))["hotel"]["reviews"]
    assert [one["id"] for one in chosen["nodes"]] == [reviews[2]["id"], reviews[0]["id"]]


async def test_refusals_say_why(scene: Scene) -> None:
    review, author = await scene.reviewed()
    guest, stay = await scene.guest()
    foreign = await author.mutate(CREATE, wanted(stay))
    assert (foreign["__typename"], foreign["path"]) == ("NotFound", ["bookingId"])
    own_house = await scene.owner.mutate(CREATE, wanted(stay))
    assert own_house["__typename"] == "NotPermitted"
    nothing = await guest.mutate(CREATE, wanted(stay, bookingId=None))
    assert (nothing["__typename"], nothing["path"]) == ("InvalidInput", ["bookingId"])
    both = await guest.mutate(CREATE, wanted(stay, appointmentId=stay))
    assert (both["__typename"], both["path"]) == ("InvalidInput", ["appointmentId"])
    bad = await guest.mutate(CREATE, wanted(stay, aspects=[{"aspect": "RESULT", "stars": 3}]))
    assert (bad["__typename"], bad["path"]) == ("InvalidInput", ["aspects", "0", "aspect"])
    key = {"idempotencyKey": str(uuid.uuid4())}
    assert (await guest.mutate(CREATE, wanted(stay, 2, **key)))["__typename"] == "ReviewCreated"
    again = await guest.mutate(CREATE, wanted(stay, 2))
    assert (again["__typename"], again["why"]) == ("ReviewNotAllowed", "ALREADY_REVIEWED")
    other_words = await guest.mutate(CREATE, wanted(stay, 3, **key))
    assert other_words["__typename"] == "IdempotencyConflict"
    stale = {"id": review["id"], "expectedVersion": 9, "overall": 1, "language": "en"}
    assert (await author.mutate(EDIT, stale))["__typename"] == "VersionConflict"
    assert (await guest.mutate(DELETE, {"id": review["id"]}))["__typename"] == "NotPermitted"
    assert (await scene.owner.mutate(DELETE, {"id": review["id"]}))["__typename"] == "NotPermitted"
    seen = await guest.data(SEEN, {"id": review["id"]})
    assert (seen["review"]["overall"], seen["review"]["version"]) == (4, 1)


async def test_authors_edit_owners_answer_and_admins_decide(scene: Scene, nobody: Client) -> None:
    review, author = await scene.reviewed(2)
    words = {"overall": 3, "title": "Better now", "language": "fr"}
    edited = await author.mutate(EDIT, {"id": review["id"], "expectedVersion": 1, **words})
    assert (edited["review"]["overall"], edited["review"]["version"]) == (3, 2)
    reply = {"id": review["id"], "expectedVersion": 2, "text": "Thank you!"}
    assert (await author.mutate(REPLY, reply))["__typename"] == "NotPermitted"
    answered = await scene.owner.mutate(REPLY, reply)
    assert answered["review"]["reply"] == {"text": "Thank you!"}
    report = {"id": review["id"], "reason": "It is not true"}
    assert (await author.mutate(REPORT, report))["__typename"] == "NotPermitted"
    assert (await scene.owner.mutate(REPORT, report))["__typename"] == "ReviewReported"
    assert await author.refusal(REPORTED) == {"code": "PERMISSION_DENIED"}
    admin = await scene.admin()
    reported = (await admin.data(REPORTED))["reportedReviews"]["nodes"]
    assert {"id": review["id"], "openReports": 1} in reported
    decision = {"id": review["id"], "expectedVersion": 3, "hide": True, "reason": "Not true"}
    assert (await scene.owner.mutate(MODERATE, decision))["__typename"] == "NotPermitted"
    hidden = await admin.mutate(MODERATE, decision)
    assert (hidden["review"]["state"], hidden["review"]["openReports"]) == ("HIDDEN", 0)
    assert await nobody.data(SEEN, {"id": review["id"]}) == {"review": None, "node": None}
    own = (await author.data(OWN))["viewer"]["reviews"]["nodes"]
    assert own == [{"id": review["id"], "state": "HIDDEN", "moderationReason": "Not true"}]
    assert (await nobody.data(HOTEL, {"id": scene.hotel_id}))["hotel"]["ratingDetails"]["count"] == 0
    assert (await author.mutate(DELETE, {"id": review["id"]}))["__typename"] == "ReviewDeleted"
    assert (await author.data(OWN))["viewer"]["reviews"]["totalCount"] == 0


APPOINTMENT = f"""
    query ($id: ID!) {{ appointment(id: $id) {{
        reviewSubjects {{ kind subjectId name reviewableUntil review {{ {REVIEW} }} }}
    }} }}
"""
SALON = """
    query ($id: ID!) { salon(id: $id) {
        reviews { nodes { overall authorName } } ratingDetails { count }
        masters { id reviews(sort: BEST) { nodes { overall } } ratingDetails { count aspects { aspect mean } } }
    } }
"""


async def test_a_client_reviews_the_salon_and_the_master_of_an_appointment(
    house: ApiHouse, http: httpx.AsyncClient
) -> None:
    settings = salon_settings(
        house.parts,
        house.auth_address,
        hotel_address=house.settings.hotel_address,
        payment_address="127.0.0.1:1",
    )
    owner = await register_account(house.auth_address, Role.HOTELIER)
    person = await register_account(house.auth_address, Role.GUEST)
    async with running_salon(house.parts, house.auth_address, settings) as salons:
        shop = await salons.parlour.shop(owner, masters=1)
        booked = await salons.book(shop, person, at("10:00"))
        salons.clock.moment = at("13:00")
        visit = encode_id("Appointment", (await salons.complete(booked, owner)).id)
    client = Client(http, house.url, token=person.token)
    salon_id, master_id = encode_id("Salon", shop.salon.id), encode_id("Master", shop.masters[0].id)
    of_visit = {"appointmentId": visit, "bookingId": None}
    before = (await client.data(APPOINTMENT, {"id": visit}))["appointment"]["reviewSubjects"]
    assert [(one["kind"], one["subjectId"], one["name"], one["review"]) for one in before] == [
        ("SALON", salon_id, "Salon du Port", None),
        ("MASTER", master_id, "Master 1", None),
    ]
    assert {one["reviewableUntil"] > "2026" for one in before} == {True}
    punctual = [{"aspect": "PUNCTUALITY", "stars": 3}]
    of_master = await client.mutate(CREATE, wanted("", 5, **of_visit, masterId=master_id, aspects=punctual))
    assert (of_master["review"]["subjectKind"], of_master["review"]["subjectId"]) == ("MASTER", master_id)
    of_salon = await client.mutate(CREATE, wanted("", 4, **of_visit))
    assert (of_salon["review"]["subjectKind"], of_salon["review"]["subjectName"]) == ("SALON", "Salon du Port")
    after = (await client.data(APPOINTMENT, {"id": visit}))["appointment"]["reviewSubjects"]
    assert [(one["review"]["overall"], one["reviewableUntil"]) for one in after] == [(4, None), (5, None)]
    seen = (await client.data(SALON, {"id": salon_id}))["salon"]
    assert (seen["reviews"]["nodes"], seen["ratingDetails"]["count"]) == ([{"overall": 4, "authorName": "Ada L."}], 1)
    (master,) = seen["masters"]
    assert master["reviews"]["nodes"] == [{"overall": 5}]
    assert master["ratingDetails"] == {"count": 1, "aspects": [{"aspect": "PUNCTUALITY", "mean": 3.0}]}
    owners = Client(http, house.url, token=owner.token)
    assert (await owners.data(APPOINTMENT, {"id": visit}))["appointment"]["reviewSubjects"] == []
