"""Every setting of every process. This is the only module that reads the environment.

A process loads its own section with `load`. Names are the field names in upper case behind
`INNKEEPER_`; the three addresses that operators know by heart keep their usual names.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated, Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic.functional_validators import BeforeValidator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

PREFIX = "INNKEEPER_"


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


SecretList = Annotated[list[SecretStr], NoDecode, BeforeValidator(_split)]
TextList = Annotated[list[str], NoDecode, BeforeValidator(_split)]


class OwnSettings(BaseSettings):
    """Reads names behind our prefix. Every section derives from it, else the last base's prefix would win."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)


class ProcessSettings(OwnSettings):
    """What every process has."""

    environment: Literal["development", "test", "production"] = "development"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    otlp_endpoint: str = ""  # http://jaeger:4317; empty: spans are not exported
    trace_sample_ratio: float = Field(1.0, ge=0, le=1)
    metrics_host: str = "127.0.0.1"
    metrics_port: int = Field(0, ge=0, le=65535)  # 0: no metrics listener


class RedisSection(OwnSettings):
    redis_url: SecretStr = Field(validation_alias="REDIS_URL")


class KafkaSection(OwnSettings):
    kafka_bootstrap_servers: str = Field(validation_alias="KAFKA_BOOTSTRAP_SERVERS")
    kafka_idempotent_producer: bool = True  # off for brokers that have no producer ids
    kafka_replication_factor: int = Field(1, ge=1)


class DatabaseSection(OwnSettings):
    database_url: SecretStr = Field(validation_alias="DATABASE_URL")
    database_pool_size: int = Field(10, ge=1, le=200)


class TokenSection(OwnSettings):
    auth_address: str  # where the signing keys are fetched
    token_issuer: str = "https://innkeeper.example"  # the gateway's public URL, where anybody else verifies tokens
    token_audience: str = "innkeeper-services"

    @field_validator("token_issuer")
    @classmethod
    def _without_a_slash_at_its_end(cls, issuer: str) -> str:
        return issuer.rstrip("/")


class CallerSection(TokenSection, RedisSection):
    """For whoever verifies the tokens of callers; Redis tells which of them were revoked."""

    token_keys_seconds: float = Field(60.0, gt=0)  # the signing keys are read again after so long


class ServiceClientSection(OwnSettings):
    """For processes that call services in their own name (role SYSTEM)."""

    service_client_id: str
    service_client_secret: SecretStr


class ServiceSettings(ProcessSettings, DatabaseSection, CallerSection):
    """A gRPC service with a schema of its own."""

    grpc_listen: str  # host:port


class AuthSettings(ServiceSettings):
    signing_key_secret: SecretStr = Field(min_length=32)  # encrypts the private keys at rest
    public_url: str  # links in mails lead there
    mail_from: str = "Innkeeper <no-reply@innkeeper.example>"
    service_clients: dict[str, SecretStr]  # client id → secret, as JSON
    access_token_seconds: int = Field(600, ge=30, le=3600)
    refresh_token_days: int = Field(30, ge=1, le=365)


class CommissionSection(OwnSettings):
    commission_basis_points: int = Field(1_500, ge=0, le=10_000)  # what the platform keeps of a payment, of 10,000


class HotelSettings(ServiceSettings):
    pass


class SearchSettings(ProcessSettings, CallerSection, KafkaSection):
    grpc_listen: str
    hotel_address: str
    booking_address: str
    search_nights: int = Field(500, ge=30, le=800)


class BookingSettings(ServiceSettings, ServiceClientSection, CommissionSection):
    hotel_address: str
    salon_address: str
    payment_address: str
    payment_api_key: SecretStr
    quote_seconds: int = Field(900, ge=1)
    hold_seconds: int = Field(900, ge=1)
    calendar_stale_seconds: int = Field(10_800, ge=60)  # a channel not heard of for so long sells nothing here
    allow_private_addresses: bool = False  # calendars over http and from private networks: never in production
    audit_seconds: float = Field(300.0, gt=0)  # between two runs of the standing proof


class SalonSettings(ServiceSettings, CommissionSection):
    hotel_address: str
    payment_address: str
    payment_api_key: SecretStr
    hold_seconds: int = Field(900, ge=1)
    audit_seconds: float = Field(300.0, gt=0)  # between two runs of the standing proof


class ReviewSettings(ServiceSettings):
    booking_address: str
    salon_address: str


class PaymentSettings(ProcessSettings, DatabaseSection):
    grpc_listen: str
    http_host: str = "127.0.0.1"
    http_port: int = Field(ge=1, le=65535)
    public_url: str  # where guests reach the checkout page
    payment_api_key: SecretStr
    webhook_url: str
    webhook_secrets: SecretList  # the first one signs; each begins with whsec_
    allowed_return_origins: TextList = Field(default_factory=list)
    audit_seconds: float = Field(300.0, gt=0)  # between two runs of the standing proof
    payment_faults: str = ""  # what goes wrong on purpose: seed=7,lose=0.1,error=0.05; never in production


class NotificationSettings(ServiceSettings, ServiceClientSection):
    public_url: str  # links in mails lead there
    mail_from: str = "Innkeeper <no-reply@innkeeper.example>"
    hotel_address: str
    booking_address: str
    salon_address: str
    webhook_encryption_secret: SecretStr = Field(min_length=32)  # encrypts hoteliers' webhook secrets at rest
    allow_private_addresses: bool = False  # webhooks over http and into private networks: never in production


class GatewaySettings(ProcessSettings, CallerSection, ServiceClientSection):
    http_host: str = "127.0.0.1"
    http_port: int = Field(ge=1, le=65535)
    public_url: str
    hotel_address: str
    search_address: str
    booking_address: str
    notification_address: str
    salon_address: str
    review_address: str
    webhook_secrets: SecretList  # every one of them verifies
    allowed_origins: TextList = Field(default_factory=list)
    trusted_proxies: TextList = Field(default_factory=list)  # addresses or networks whose X-Forwarded-For counts
    rate_limit_principal: int = Field(1_200, ge=0)  # operations a minute of one account; 0: no limit
    rate_limit_address: int = Field(3_000, ge=0)  # operations a minute from one address; 0: no limit
    subscriptions_per_address: int = Field(300, ge=0)  # open at once from one address, at each gateway; 0: no limit
    only_trusted_documents: bool = False  # guests and strangers send registered documents only
    slow_client_seconds: float = Field(10.0, gt=0)  # then a client that does not read is left
    log_file: str = "logs/gateway.log"
    web_root: str = "web/dist"

    @field_validator("public_url")
    @classmethod
    def _is_the_issuer(cls, url: str, info: ValidationInfo) -> str:
        """RFC 8414, section 3.3: clients find the metadata by the issuer that tokens name."""
        url = url.rstrip("/")
        if info.data.get("environment") == "production" and info.data.get("token_issuer") != url:
            raise ValueError("it must be the token issuer too")
        return url


class WorkerSettings(ProcessSettings, RedisSection, TokenSection, ServiceClientSection):
    """The arq worker."""

    booking_address: str
    notification_address: str
    salon_address: str
    smtp_host: str
    smtp_port: int = Field(ge=1, le=65535)
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_start_tls: bool = False
    mail_from: str = "Innkeeper <no-reply@innkeeper.example>"
    allow_private_addresses: bool = False  # calendars and webhooks over http, private networks: never in production
    payment_stuck_seconds: int = Field(120, ge=1)  # an open payment not heard of for so long is looked at


class RelaySettings(ProcessSettings, DatabaseSection, KafkaSection):
    outbox_schemas: TextList
    outbox_keep_days: int = Field(7, ge=1)


class NotificationConsumerSettings(ProcessSettings, RedisSection, KafkaSection, TokenSection, ServiceClientSection):
    notification_address: str


class InventoryConsumerSettings(ProcessSettings, KafkaSection, TokenSection, ServiceClientSection):
    hotel_address: str
    booking_address: str


class RatingConsumerSettings(ProcessSettings, KafkaSection, TokenSection, ServiceClientSection):
    hotel_address: str
    salon_address: str


class AccountConsumerSettings(ProcessSettings, KafkaSection, TokenSection, ServiceClientSection):
    booking_address: str
    salon_address: str
    review_address: str
    notification_address: str


class LiveStatusSettings(ProcessSettings, RedisSection, KafkaSection):
    pass


class MigrationSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    database_url: SecretStr = Field(validation_alias="DATABASE_URL")  # a role that may create roles
    role_passwords: dict[str, SecretStr] = Field(default_factory=dict)  # role → password, as JSON


class StackSettings(BaseSettings):
    """`make up`: what replaces an embedded part, and where the addresses begin."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    database_url: SecretStr | None = Field(None, validation_alias="DATABASE_URL")
    redis_url: SecretStr | None = Field(None, validation_alias="REDIS_URL")
    kafka_bootstrap_servers: str | None = Field(None, validation_alias="KAFKA_BOOTSTRAP_SERVERS")
    kafka_idempotent_producer: bool = True  # of a broker of one's own; the embedded one has no producer ids
    stack_dir: str = ".stack"
    first_port: int = Field(8000, ge=1024, le=65000)  # the gateway; the other parts count up from it
    demo_hotels: int = Field(1212, ge=0)  # 0: no demo data
    hold_seconds: int = Field(900, ge=1)
    quote_seconds: int = Field(900, ge=1)
    payment_faults: str = ""  # what the payment system breaks on purpose
    otlp_endpoint: str = ""


class MailCatcherSettings(ProcessSettings):
    smtp_listen_port: int = Field(ge=1, le=65535)
    http_port: int = Field(ge=1, le=65535)
    mail_dir: str


Section = TypeVar("Section", bound=BaseSettings)


class BrokenSettings(Exception):
    """One line that names every setting at fault."""


def load(section: type[Section]) -> Section:
    """Reads a section from the environment; raises BrokenSettings naming each bad, missing or unknown one."""
    unknown = sorted({name for name in os.environ if name.startswith(PREFIX)} - _known_names())
    if unknown:
        raise BrokenSettings(f"unknown setting {', '.join(unknown)}")
    try:
        return section()
    except ValidationError as broken:
        faults = (f"{_variable(section, str(fault['loc'][0]))}: {fault['msg']}" for fault in broken.errors())
        raise BrokenSettings("; ".join(faults)) from None
    except SettingsError as broken:  # a value that should be JSON; only its message names the field
        _, field, *_ = str(broken).split('"')
        raise BrokenSettings(f"{_variable(section, field)}: this is not JSON") from None


def environment_names(section: type[BaseSettings]) -> frozenset[str]:
    """The environment variables that a section reads."""
    return frozenset(_variable(section, name) for name in section.model_fields)


def plain_environment() -> dict[str, str]:
    """The environment without any setting of ours: what a child process starts from."""
    return {name: value for name, value in os.environ.items() if name not in _known_names()}


def exit_with(message: str) -> None:
    """Ends the process with one line on standard error."""
    sys.stderr.write(message + "\n")
    raise SystemExit(2)


def _variable(section: type[BaseSettings], field: str) -> str:
    info = section.model_fields.get(field)
    alias = info.validation_alias if info else field
    return str(alias) if alias else f"{PREFIX}{field.upper()}"


def _known_names() -> frozenset[str]:
    names: set[str] = set()
    pending: list[type[BaseSettings]] = [ProcessSettings, MigrationSettings, StackSettings]
    while pending:
        section = pending.pop()
        names |= environment_names(section)
        pending.extend(section.__subclasses__())
    return frozenset(names)
