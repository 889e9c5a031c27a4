"""OAuth 2.0 for hoteliers' own systems: the token endpoint (RFC 6749, section 4.4) and its metadata (RFC 8414).

Authlib reads the request, holds it against the standard and words the refusals; who a client is and what its token
says is the auth service's.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from urllib.parse import parse_qsl

import structlog
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError, InvalidScopeError
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6749.util import extract_basic_authorization, scope_to_list
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.doors import Door
from api.rate_limits import TooManyOperations
from contracts.access.v1 import access_pb2
from contracts.auth.v1 import api_client_pb2
from runtime.channels import call
from runtime.errors import NotFound, ServiceError
from runtime.identity import Scope

log = structlog.get_logger()

TOKEN_PATH = "/oauth/token"  # noqa: S105
LARGEST_BODY = 16 * 1024
_METHODS = ("client_secret_basic", "client_secret_post")
_NOT_KEPT = {"cache-control": "no-store", "pragma": "no-cache"}


class _Client(ClientMixin):  # type: ignore[misc]  # authlib brings no types
    """A client whose secret the auth service has looked at."""

    def __init__(self, message: api_client_pb2.ApiClient) -> None:
        self.message = message

    def check_client_secret(self, client_secret: str) -> bool:
        return bool(client_secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in _METHODS

    def check_grant_type(self, grant_type: str) -> bool:
        return bool(grant_type == ClientCredentialsGrant.GRANT_TYPE)


class _Grant(ClientCredentialsGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS


class _Server(AuthorizationServer):  # type: ignore[misc]
    """For one request: it knows the one client that this request is from, or none."""

    def __init__(self, client: _Client | None) -> None:
        super().__init__(scopes_supported=[scope.value for scope in Scope])
        self._client = client
        self.register_grant(_Grant)

    def query_client(self, client_id: str) -> _Client | None:
        return self._client

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        pass


class _Form(OAuth2Request):  # type: ignore[misc]
    def __init__(self, form: dict[str, str], headers: dict[str, str]) -> None:
        # whether a request came over TLS is known to the proxy that ends it, not to us
        super().__init__("POST", f"https://gateway{TOKEN_PATH}", headers=headers)
        self.payload = BasicOAuth2Payload(form)
        self._form = form

    @property
    def form(self) -> dict[str, str]:
        return self._form


class OAuthEndpoint:
    def __init__(self, door: Door) -> None:
        self._door = door
        self._services = door.services

    async def token(self, request: Request) -> Response:
        try:
            await self._services.rate_limits.count(1, principal="", address=self._door.context(request).address)
            form = await _form(request)
            return await self._granted(form, {"Authorization": request.headers.get("authorization", "")})
        except OAuth2Error as refusal:
            status, body, headers = refusal()
            return JSONResponse(dict(body), status_code=status, headers=dict(headers) | _NOT_KEPT)
        except TooManyOperations as many:
            headers = _NOT_KEPT | {"retry-after": str(many.retry_after)}
            body = {"error": "temporarily_unavailable", "error_description": many.message}
            return JSONResponse(body, status_code=429, headers=headers)
        except ServiceError as failure:
            log.warning("oauth.unavailable", reason=failure.code)
            headers = _NOT_KEPT | {"retry-after": "5"}
            return JSONResponse({"error": "temporarily_unavailable"}, status_code=503, headers=headers)

    async def metadata(self, _request: Request) -> Response:
        public_url = self._services.public_url
        return JSONResponse(
            {
                "issuer": self._services.token_issuer,
                "token_endpoint": f"{public_url}{TOKEN_PATH}",
                "jwks_uri": f"{public_url}/.well-known/jwks.json",
                "scopes_supported": [scope.value for scope in Scope],
                "response_types_supported": [],
                "grant_types_supported": [_Grant.GRANT_TYPE],
                "token_endpoint_auth_methods_supported": list(_METHODS),
            },
            headers={"cache-control": "public, max-age=3600"},
        )

    async def _granted(self, form: dict[str, str], headers: dict[str, str]) -> Response:
        asked = _Form(form, headers)
        client = await self._client(asked)
        grant = _Server(client).get_token_grant(asked)
        grant.validate_token_request()
        if client is None:  # the line above has raised
            raise InvalidClientError(status_code=401)
        scopes = _within(form.get("scope"), client.message.scopes)
        token = await call(
            self._services.api_clients.IssueApiClientToken,
            api_client_pb2.IssueApiClientTokenRequest(client_id=client.message.id, scopes=scopes),
            token=await self._services.identity.token(),
        )
        body = {
            "access_token": token.access_token,
            "token_type": "Bearer",
            "expires_in": max(int(token.expires_at.seconds - time.time()), 0),
            "scope": " ".join(_name(scope) for scope in token.scopes),
        }
        return JSONResponse(body, headers=_NOT_KEPT)

    async def _client(self, asked: _Form) -> _Client | None:
        """None for wrong credentials as for none at all."""
        in_header: tuple[str | None, str | None] = extract_basic_authorization(asked.headers)
        in_body = (asked.form.get("client_id"), asked.form.get("client_secret"))
        if all(in_header) and in_body[1]:
            raise InvalidRequestError("Authenticate by the header or by the body, not by both.")
        client_id, client_secret = in_header if all(in_header) else in_body
        if not client_id or not client_secret:
            return None
        request = api_client_pb2.AuthenticateApiClientRequest(client_id=client_id, client_secret=client_secret)
        try:
            found = await call(
                self._services.api_clients.AuthenticateApiClient, request, token=await self._services.identity.token()
            )
        except ServiceError as refusal:
            if refusal.code != NotFound.code:
                raise
            return None
        return _Client(found)


async def _form(request: Request) -> dict[str, str]:
    """Each field once, as RFC 6749 asks."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise InvalidRequestError("The body must be application/x-www-form-urlencoded.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise InvalidRequestError("The body is too large.")
    try:
        pairs = parse_qsl(body.decode("utf-8"), strict_parsing=bool(body), errors="strict", max_num_fields=20)
    except ValueError:
        raise InvalidRequestError("The body is not a form.") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise InvalidRequestError("A field stands there twice.")
    if any(character < " " for value in form.values() for character in value):
        raise InvalidRequestError("A field has characters that cannot stand there.")
    if "grant_type" not in form:
        raise InvalidRequestError("Missing grant_type.")
    return form


def _within(asked: str | None, allowed: Collection[access_pb2.Scope.ValueType]) -> list[access_pb2.Scope.ValueType]:
    """What is asked for, all of it within what the client may; nothing asked for is everything."""
    wanted = {access_pb2.Scope.Value(f"SCOPE_{Scope(name).name}") for name in scope_to_list(asked) or ()}
    if not wanted <= set(allowed):
        raise InvalidScopeError
    return sorted(wanted)


def _name(scope: access_pb2.Scope.ValueType) -> str:
    return Scope[access_pb2.Scope.Name(scope).removeprefix("SCOPE_")].value
