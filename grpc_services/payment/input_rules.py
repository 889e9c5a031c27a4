"""What a merchant's request must look like; each refusal names the field."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from google.protobuf.timestamp_pb2 import Timestamp

from contracts.money.v1 import money_pb2
from contracts.payment.v1 import payment_pb2
from grpc_services.payment.checkout_words import LANGUAGES
from runtime.errors import InvalidInput
from runtime.idempotency import check_key
from runtime.money_format import CURRENCIES
from runtime.shares import WHOLE

LARGEST_AMOUNT = 10**12  # minor units
LONGEST_REFERENCE = 100
LONGEST_DESCRIPTION = 500
LONGEST_URL = 2000
MOST_SHARES = 50
PAYABLE_FOR = dt.timedelta(days=1)  # when the merchant sets no end

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,4}")
_URL = re.compile(r"https?://[^\s\\\x00-\x1f\x7f-\x9f]+", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def check_payment_input(request: payment_pb2.CreatePaymentRequest, allowed_origins: Sequence[str]) -> None:
    check_client_key(request.idempotency_key)
    check_amount(request.amount)
    purpose_of(request)
    check_text(request.booking_id, "bookingId", longest=LONGEST_REFERENCE, required=True)
    check_text(request.booking_reference, "bookingReference", longest=LONGEST_REFERENCE)
    check_text(request.description, "description", longest=LONGEST_DESCRIPTION)
    check_return_url(request.return_url, allowed_origins)
    capture_mode_of(request)
    locale_of(request)
    check_shares(request)


def purpose_of(request: payment_pb2.CreatePaymentRequest) -> str:
    """BOOKING where none is named."""
    if request.purpose not in payment_pb2.PaymentPurpose.values():
        raise InvalidInput("There is no such purpose.", path=("purpose",))
    if request.purpose == payment_pb2.PAYMENT_PURPOSE_UNSPECIFIED:
        return "BOOKING"
    return payment_pb2.PaymentPurpose.Name(request.purpose).removeprefix("PAYMENT_PURPOSE_")


def capture_mode_of(request: payment_pb2.CreatePaymentRequest) -> str:
    """AUTOMATIC where none is named."""
    if request.capture_mode not in payment_pb2.CaptureMode.values():
        raise InvalidInput("There is no such capture mode.", path=("captureMode",))
    return "MANUAL" if request.capture_mode == payment_pb2.CAPTURE_MODE_MANUAL else "AUTOMATIC"


def locale_of(request: payment_pb2.CreatePaymentRequest) -> str:
    """The language of the pages for this guest; empty where none is named."""
    if request.locale and not _LOCALE.fullmatch(request.locale):
        raise InvalidInput("This is not a language tag.", path=("locale",))
    language = request.locale.replace("_", "-").partition("-")[0].lower()
    return language if language in LANGUAGES or not language else LANGUAGES[0]


def check_shares(request: payment_pb2.CreatePaymentRequest) -> None:
    if not request.shares:
        return
    _check_parts(request.shares, request.amount)
    for number, share in enumerate(request.shares):
        if not 0 <= share.commission_basis_points <= WHOLE:
            raise InvalidInput(
                "A commission is 0 to 10000 ten-thousandths.", path=("shares", str(number), "commissionBasisPoints")
            )


def _check_parts(parts: Sequence[payment_pb2.PayeeShare | payment_pb2.RefundShare], whole: money_pb2.Money) -> None:
    """Each payee once, in the currency of the whole, and summing to it."""
    if len(parts) > MOST_SHARES:
        raise InvalidInput(f"There are at most {MOST_SHARES} shares.", path=("shares",))
    payees: set[str] = set()
    for number, part in enumerate(parts):
        path = ("shares", str(number))
        check_text(part.payee_id, *path, "payeeId", longest=LONGEST_REFERENCE, required=True)
        if part.payee_id in payees:
            raise InvalidInput("This payee has a share already.", path=(*path, "payeeId"))
        payees.add(part.payee_id)
        if part.amount.minor_units <= 0:
            raise InvalidInput("A share is more than zero.", path=(*path, "amount", "minorUnits"))
        if part.amount.currency != whole.currency:
            raise InvalidInput("A share is in the currency of the whole.", path=(*path, "amount", "currency"))
    if sum(part.amount.minor_units for part in parts) != whole.minor_units:
        raise InvalidInput("The shares do not sum to the amount.", path=("shares",))


def check_refund_input(request: payment_pb2.CreateRefundRequest) -> None:
    check_client_key(request.idempotency_key)
    check_amount(request.amount)
    check_text(request.reason, "reason", longest=LONGEST_DESCRIPTION)
    if request.shares:
        _check_parts(request.shares, request.amount)


def check_client_key(key: str) -> None:
    check_key(key)
    check_text(key, "idempotencyKey", longest=len(key))


def check_amount(amount: money_pb2.Money) -> None:
    if not 0 < amount.minor_units <= LARGEST_AMOUNT:
        raise InvalidInput("The amount must be more than zero.", path=("amount", "minorUnits"))
    if amount.currency not in CURRENCIES:
        raise InvalidInput("This is not an ISO 4217 currency code.", path=("amount", "currency"))


def check_text(value: str, *path: str, longest: int, required: bool = False) -> None:
    if required and not value.strip():
        raise InvalidInput("This must not be empty.", path=path)
    if len(value) > longest:
        raise InvalidInput(f"This has at most {longest} characters.", path=path)
    if _UNPRINTABLE.search(value):
        raise InvalidInput("This has characters that cannot be shown.", path=path)


def check_return_url(url: str, allowed_origins: Sequence[str]) -> None:
    """Only http and https, and only to where the operator allows guests to be sent; empty is fine."""
    if not url:
        return
    allowed = {origin for origin in map(origin_of, allowed_origins) if origin}
    if len(url) > LONGEST_URL or origin_of(url) not in allowed:
        raise InvalidInput("Guests cannot be sent to this address.", path=("returnUrl",))


def origin_of(url: str) -> str:
    """Scheme, host and port in one spelling; empty for what browsers and we might read differently."""
    if not _URL.fullmatch(url):
        return ""
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
    except ValueError:
        return ""
    if "@" in parts.netloc or not parts.hostname:
        return ""
    return f"{parts.scheme}://{parts.hostname}:{port}"


def expiry_of(stamp: Timestamp | None, now: dt.datetime) -> dt.datetime:
    if stamp is None:
        return now + PAYABLE_FOR
    try:
        return stamp.ToDatetime(tzinfo=dt.UTC)
    except (ValueError, OverflowError):
        raise InvalidInput("This is not a moment in time.", path=("expiresAt",)) from None
