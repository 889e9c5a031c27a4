"""Whether the cookies of a request count: only when no page of another site can have made a browser send them."""

from __future__ import annotations

from collections.abc import Collection

from starlette.requests import Request

CUSTOM_HEADER = "x-innkeeper-client"  # any value; other sites cannot send it without being asked about first


def counted_cookies(request: Request, own_origin: str, allowed_origins: Collection[str]) -> dict[str, str]:
    """The request's cookies, or none of them.

    They count on POST from a page of ours (`Sec-Fetch-Site`, or `Origin` from older browsers) or with the custom
    header, and never from an origin that is not allowed.
    """
    origin = request.headers.get("origin")
    if request.method != "POST" or (origin is not None and origin != own_origin and origin not in allowed_origins):
        return {}
    same_origin = origin == own_origin or request.headers.get("sec-fetch-site") == "same-origin"
    return dict(request.cookies) if same_origin or CUSTOM_HEADER in request.headers else {}
