"""The use cases of reviews, put together from those of authors, readers and reports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from contracts.review.v1 import review_pb2_grpc
from grpc_services.review.forget_servicer import ForgetMethods
from grpc_services.review.gateway import Visits
from grpc_services.review.reading_servicer import ReadingMethods
from grpc_services.review.report_servicer import ReportMethods
from grpc_services.review.review_servicer import ReviewMethods
from runtime.clock import utc_now
from runtime.database import Database


class ReviewServicer(
    ReviewMethods, ReportMethods, ReadingMethods, ForgetMethods, review_pb2_grpc.ReviewServiceServicer
):
    def __init__(self, database: Database, visits: Visits, *, now: Callable[[], dt.datetime] = utc_now) -> None:
        self._database = database
        self._visits = visits
        self._now = now
