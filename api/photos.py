"""Photos of houses and rooms: links that others host."""

from __future__ import annotations

from collections.abc import Iterable

import strawberry

from contracts.hotel.v1 import hotel_pb2


@strawberry.type(description="A photo, hosted elsewhere.")
class Photo:
    url: str = strawberry.field(description="An https link.")
    alt_text: str = strawberry.field(description="What it shows, for those who do not see it.")


@strawberry.input(description="A photo, hosted elsewhere.")
class PhotoInput:
    url: str = strawberry.field(description="An https link, up to 2000 characters.")
    alt_text: str = strawberry.field(description="What it shows, for those who do not see it; 1 to 250 characters.")


def photos(messages: Iterable[hotel_pb2.Photo]) -> list[Photo]:
    return [Photo(url=message.url, alt_text=message.alt_text) for message in messages]


def photo_messages(given: Iterable[PhotoInput]) -> list[hotel_pb2.Photo]:
    return [hotel_pb2.Photo(url=photo.url, alt_text=photo.alt_text) for photo in given]
