"""Logs, traces and metrics, the same for every process.

Logs are JSON lines with request and trace id. Traces are always made, so that ids connect browser, SQL,
event and mail; they are exported when an OTLP endpoint is set. Metrics are served for Prometheus.
"""

from __future__ import annotations

import logging
import logging.handlers
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import orjson
import structlog
from opentelemetry import trace
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from prometheus_client import start_http_server

from runtime.request_context import trace_id
from runtime.settings import ProcessSettings

_LOG_FILE_BYTES = 20 * 1024 * 1024
_LOG_FILES_KEPT = 5


def configure_telemetry(name: str, settings: ProcessSettings, *, log_file: str | None = None) -> None:
    """Call once, before the event loop starts."""
    configure_logs(name, settings.log_level, log_file=log_file)
    _configure_traces(name, settings)
    if settings.metrics_port:
        start_http_server(settings.metrics_port, addr=settings.metrics_host)


def configure_logs(name: str, level: str, *, log_file: str | None = None) -> None:
    processors: list[structlog.types.Processor] = [
        lambda _logger, _method, event: {"process": name, **event},
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        _add_trace_id,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stdout)]
    if log_file:
        Path(log_file).parent.mkdir(parents=True, exist_ok=True)
        handlers.append(
            logging.handlers.RotatingFileHandler(log_file, maxBytes=_LOG_FILE_BYTES, backupCount=_LOG_FILES_KEPT)
        )
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_to_json),
        ],
        foreign_pre_chain=processors,
    )
    root = logging.getLogger()
    root.handlers[:] = handlers
    root.setLevel(level)
    for handler in handlers:
        handler.setFormatter(formatter)
    for chatty in ("aiokafka", "httpx", "httpcore", "uvicorn.access", "arq"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *processors,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def shut_down_telemetry() -> None:
    """Sends what is still waiting to be exported."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.shutdown()


def _configure_traces(name: str, settings: ProcessSettings) -> None:
    provider = TracerProvider(
        resource=Resource.create({"service.name": f"innkeeper-{name}", "deployment.environment": settings.environment}),
        sampler=ParentBased(TraceIdRatioBased(settings.trace_sample_ratio if settings.otlp_endpoint else 0.0)),
    )
    if settings.otlp_endpoint:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(settings.otlp_endpoint, insecure=True)))
        AsyncPGInstrumentor().instrument()  # type: ignore[no-untyped-call]  # writes the SQL text, never its parameters
    trace.set_tracer_provider(provider)


def _add_trace_id(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    identifier = trace_id()
    if identifier:
        event["trace_id"] = identifier
    return event


def _to_json(event: Any, **_options: Any) -> str:
    return orjson.dumps(event, default=str).decode()
