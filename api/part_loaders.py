"""Parts of houses, and what a person was told, by ids of their own: one RPC for those that siblings ask for."""

from __future__ import annotations

from collections.abc import Sequence

from strawberry.dataloader import DataLoader

from contracts.hotel.v1 import extra_pb2, hotel_pb2, hotel_pb2_grpc
from contracts.notification.v1 import notification_pb2, notification_pb2_grpc
from runtime.channels import call

_LARGEST_BATCH = 200


class PartLoaders:
    """By id; None for what does not exist or may not be seen."""

    def __init__(
        self,
        hotels: hotel_pb2_grpc.HotelServiceAsyncStub,
        notifications: notification_pb2_grpc.NotificationServiceAsyncStub,
    ) -> None:
        self._hotels = hotels
        self._notifications = notifications
        self.room_type: DataLoader[str, hotel_pb2.RoomType | None] = DataLoader(
            load_fn=self._room_types, max_batch_size=_LARGEST_BATCH
        )
        self.extra: DataLoader[str, extra_pb2.Extra | None] = DataLoader(
            load_fn=self._extras, max_batch_size=_LARGEST_BATCH
        )
        self.room: DataLoader[str, hotel_pb2.Room | None] = DataLoader(
            load_fn=self._rooms, max_batch_size=_LARGEST_BATCH
        )
        self.change: DataLoader[str, hotel_pb2.Change | None] = DataLoader(
            load_fn=self._changes, max_batch_size=_LARGEST_BATCH
        )
        self.notification: DataLoader[str, notification_pb2.Notification | None] = DataLoader(
            load_fn=self._told, max_batch_size=_LARGEST_BATCH
        )

    async def _room_types(self, ids: Sequence[str]) -> list[hotel_pb2.RoomType | None]:
        answer = await call(self._hotels.GetHotelParts, hotel_pb2.GetHotelPartsRequest(room_type_ids=ids))
        found = {room_type.id: room_type for room_type in answer.room_types}
        return [found.get(identifier) for identifier in ids]

    async def _extras(self, ids: Sequence[str]) -> list[extra_pb2.Extra | None]:
        answer = await call(self._hotels.GetHotelParts, hotel_pb2.GetHotelPartsRequest(extra_ids=ids))
        found = {extra.id: extra for extra in answer.extras}
        return [found.get(identifier) for identifier in ids]

    async def _rooms(self, ids: Sequence[str]) -> list[hotel_pb2.Room | None]:
        answer = await call(self._hotels.GetOwnHotelParts, hotel_pb2.GetOwnHotelPartsRequest(room_ids=ids))
        found = {room.id: room for room in answer.rooms}
        return [found.get(identifier) for identifier in ids]

    async def _changes(self, ids: Sequence[str]) -> list[hotel_pb2.Change | None]:
        answer = await call(self._hotels.GetOwnHotelParts, hotel_pb2.GetOwnHotelPartsRequest(change_ids=ids))
        found = {change.id: change for change in answer.changes}
        return [found.get(identifier) for identifier in ids]

    async def _told(self, ids: Sequence[str]) -> list[notification_pb2.Notification | None]:
        answer = await call(self._notifications.GetNotifications, notification_pb2.GetNotificationsRequest(ids=ids))
        found = {notification.id: notification for notification in answer.notifications}
        return [found.get(identifier) for identifier in ids]
