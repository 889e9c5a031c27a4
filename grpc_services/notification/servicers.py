"""The gRPC services of notification, each put together of the use cases of its contract."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from email.utils import parseaddr

from contracts.notification.v1 import notification_pb2_grpc, preference_pb2_grpc
from grpc_services.notification.channels import People
from grpc_services.notification.delivery_servicer import DeliveryMethods
from grpc_services.notification.follow_servicer import FollowMethods
from grpc_services.notification.forget_servicer import ForgetMethods
from grpc_services.notification.gateway import Owners
from grpc_services.notification.inbox_servicer import InboxMethods
from grpc_services.notification.planned_servicer import PlannedMethods
from grpc_services.notification.preference_servicer import PreferenceMethods
from grpc_services.notification.telling_servicer import TellingMethods
from runtime.clock import utc_now
from runtime.database import Database
from runtime.settings import NotificationSettings


class _Equipped:
    def __init__(
        self,
        database: Database,
        people: People,
        owners: Owners,
        settings: NotificationSettings,
        *,
        now: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self._database = database
        self._people = people
        self._owners = owners
        self._public_url = settings.public_url
        self._mail_from = settings.mail_from
        self._mail_domain = mail_domain(settings.mail_from)
        self._now = now


class NotificationServicer(
    InboxMethods,
    FollowMethods,
    ForgetMethods,
    TellingMethods,
    PlannedMethods,
    DeliveryMethods,
    _Equipped,
    notification_pb2_grpc.NotificationServiceServicer,
):
    pass


class PreferenceServicer(PreferenceMethods, _Equipped, preference_pb2_grpc.PreferenceServiceServicer):
    pass


def mail_domain(mail_from: str) -> str:
    """The domain that names our messages."""
    return parseaddr(mail_from)[1].rpartition("@")[2]
