"""The cookie that keeps a browser's refresh token where no script can read it.

It is sent to the GraphQL endpoint only, never by pages of other sites, and it counts only where
`api.cross_site` lets cookies count.
"""

from __future__ import annotations

import datetime as dt
from http.cookies import SimpleCookie

from api.context import Info
from runtime.clock import utc_now
from runtime.errors import InvalidInput

NAME = "innkeeper_refresh"


def check_cookie_can_be_set(info: Info, field: str) -> None:
    """Raises InvalidInput over a socket and in an event stream: their headers have left already."""
    if not info.context.headers_wait:
        raise InvalidInput(
            "A cookie can only be set by an answer in one piece over HTTP; ask there, or for the token in the body.",
            path=(field,),
        )


def refresh_token_of(info: Info) -> str:
    """Empty without a cookie that counts."""
    return info.context.cookies.get(NAME, "")


def keep_refresh_token(info: Info, token: str, expires_at: dt.datetime) -> None:
    _set(info, token, max(int((expires_at - utc_now()).total_seconds()), 0))


def forget_refresh_token(info: Info) -> None:
    if NAME in info.context.cookies:
        _set(info, "", 0)


def _set(info: Info, value: str, seconds: int) -> None:
    cookie: SimpleCookie = SimpleCookie()
    cookie[NAME] = value
    morsel = cookie[NAME]
    attributes = {"path": "/graphql", "max-age": str(seconds), "samesite": "Strict", "httponly": "yes"}
    if info.context.services.public_url.startswith("https://"):
        attributes["secure"] = "yes"
    morsel.update(attributes)
    info.context.response_headers.append((b"set-cookie", morsel.OutputString().encode()))
