"""Small pages that the mails of accounts lead to, without a script and without a login.

Opening a link changes nothing, for mail programs open links too: the button does. The token in the form is what
proves who sends it, so no cookie counts here; forms of other sites are refused all the same. Nothing is told to the
pages that are opened from here, and no token is logged.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.account_words import DEFAULT_LANGUAGE, WORDS, Words
from api.doors import Door
from api.rate_limits import TooManyOperations
from contracts.auth.v1 import account_pb2
from runtime.channels import call
from runtime.errors import ServiceError

VERIFY_PATH = "/account/verify"
RESET_PATH = "/account/reset"
_LARGEST_FORM = 16 * 1024
_LONGEST_TOKEN = 100

_FOLDER = Path(__file__).parent / "templates"
_TEMPLATES = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=select_autoescape(("html",)),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_STYLE = (_FOLDER / "account.css").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
CONTENT_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    label: str
    type: str
    autocomplete: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Without a button it has no form."""

    title: str
    text: str = ""
    button: str = ""
    action: str = ""
    token: str = ""
    fields: tuple[Field, ...] = ()


class AccountPages:
    def __init__(self, door: Door) -> None:
        self._door = door
        self._accounts = door.services.accounts
        self._jobs = door.services.jobs
        parts = urlsplit(door.services.public_url)
        self._own_origin = f"{parts.scheme}://{parts.netloc}"

    async def verify(self, request: Request) -> Response:
        if request.method != "POST":
            language = _language(request, request.query_params.get("lang"))
            return _rendered(_verifying(WORDS[language], request.query_params.get("token", "")), language)
        form = await self._form(request)
        language = _language(request, form.get("lang"))
        words = WORDS[language]
        if many := await self._too_many(request):
            return _too_often(many, Page(words.verify_title), language)
        try:
            asked = account_pb2.VerifyEmailRequest(token=form.get("token", ""))
            await call(self._accounts.VerifyEmail, asked, token="")
        except ServiceError as refusal:
            return _refused(refusal, Page(words.verify_title), language)
        await self._jobs.send_account_mails()
        return _rendered(Page(words.verify_title, words.verified), language)

    async def reset(self, request: Request) -> Response:
        if request.method != "POST":
            language = _language(request, request.query_params.get("lang"))
            token = request.query_params.get("token", "")
            return _rendered(_resetting(WORDS[language], token) if token else _asking(WORDS[language]), language)
        form = await self._form(request)
        language = _language(request, form.get("lang"))
        if many := await self._too_many(request):
            return _too_often(many, Page(WORDS[language].reset_title), language)
        if form.get("token"):
            return await self._reset(form, language)
        return await self._ask(form, self._door.context(request).address, language)

    async def _too_many(self, request: Request) -> TooManyOperations | None:
        """A page's button is an operation like any other."""
        try:
            await self._door.services.rate_limits.count(1, principal="", address=self._door.context(request).address)
        except TooManyOperations as many:
            return many
        return None

    async def _ask(self, form: dict[str, str], address: str, language: str) -> Response:
        words = WORDS[language]
        try:
            asked = account_pb2.RequestPasswordResetRequest(email=form.get("email", ""), address=address)
            await call(self._accounts.RequestPasswordReset, asked, token="")
        except ServiceError as refusal:
            return _refused(refusal, _asking(words), language)
        await self._jobs.send_account_mails()
        return _rendered(Page(words.reset_title, words.asked), language)

    async def _reset(self, form: dict[str, str], language: str) -> Response:
        words = WORDS[language]
        again = _resetting(words, form["token"])
        if form.get("password") != form.get("repeated"):
            return _rendered(again, language, fault=words.different, status=422)
        try:
            asked = account_pb2.ResetPasswordRequest(token=form["token"], new_password=form.get("password", ""))
            await call(self._accounts.ResetPassword, asked, token="")
        except ServiceError as refusal:
            return _refused(refusal, again, language)
        await self._jobs.send_account_mails()
        return _rendered(Page(words.reset_title, words.was_reset), language)

    async def _form(self, request: Request) -> dict[str, str]:
        """Empty for what is no form of ours, which then lacks its token."""
        origin = request.headers.get("origin", "null")
        if origin not in ("null", self._own_origin) or request.headers.get("sec-fetch-site") == "cross-site":
            return {}
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LARGEST_FORM:
                return {}
        try:
            return dict(parse_qsl(body.decode("utf-8"), errors="strict", max_num_fields=10))
        except ValueError:
            return {}


def _verifying(words: Words, token: str) -> Page:
    return Page(
        words.verify_title,
        words.verify_text,
        button=words.verify_button,
        action=VERIFY_PATH,
        token=token[:_LONGEST_TOKEN],
    )


def _asking(words: Words) -> Page:
    email = Field("email", words.email, "email", "username")
    return Page(words.reset_title, words.ask_text, button=words.ask_button, action=RESET_PATH, fields=(email,))


def _resetting(words: Words, token: str) -> Page:
    fields = (
        Field("password", words.new_password, "password", "new-password", words.password_hint),
        Field("repeated", words.repeated_password, "password", "new-password"),
    )
    return Page(
        words.reset_title, button=words.reset_button, action=RESET_PATH, token=token[:_LONGEST_TOKEN], fields=fields
    )


def _refused(refusal: ServiceError, page: Page, language: str) -> Response:
    words = WORDS[language]
    if refusal.code == "TOKEN_SPENT":
        return _rendered(Page(page.title), language, fault=words.spent, status=410)
    if refusal.code == "EMAIL_TAKEN":
        return _rendered(Page(page.title), language, fault=words.taken, status=409)
    if refusal.code == "TOO_MANY_ATTEMPTS":
        seconds = refusal.details["retry_after"]
        return _rendered(page, language, fault=words.too_many.format(seconds=seconds), status=429, retry_after=seconds)
    if refusal.code == "INVALID_INPUT":
        fault = words.bad_email if refusal.path == ("email",) else words.bad_password
        return _rendered(page, language, fault=fault, status=422)
    return _rendered(Page(page.title), language, fault=words.away, status=503, retry_after="30")


def _too_often(many: TooManyOperations, page: Page, language: str) -> Response:
    seconds = str(many.retry_after)
    fault = WORDS[language].too_many.format(seconds=seconds)
    return _rendered(page, language, fault=fault, status=429, retry_after=seconds)


def _rendered(page: Page, language: str, *, fault: str = "", status: int = 200, retry_after: str = "") -> Response:
    text = _TEMPLATES.get_template("account.html").render(
        language=language,
        style=_STYLE,
        title=page.title,
        text=page.text,
        fault=fault,
        button=page.button,
        action=page.action,
        token=page.token,
        fields=page.fields,
    )
    headers = {
        "content-security-policy": CONTENT_POLICY,
        "content-language": language,
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-robots-tag": "noindex, nofollow",
        "vary": "accept-language",
    }
    if retry_after:
        headers["retry-after"] = retry_after
    return HTMLResponse(text, status_code=status, headers=headers)


def _language(request: Request, asked: str | None) -> str:
    """The one that the link names, else the first of the browser's that we speak."""
    if asked in WORDS:
        return asked
    for part in request.headers.get("accept-language", "").split(","):
        tag = part.partition(";")[0].strip().lower()[:2]
        if tag in WORDS:
            return tag
    return DEFAULT_LANGUAGE
