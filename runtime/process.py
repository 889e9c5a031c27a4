"""How every process starts and ends: settings, telemetry, one event loop policy, signals."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
import uvloop

from runtime.settings import BrokenSettings, ProcessSettings, exit_with, load
from runtime.telemetry import configure_telemetry, shut_down_telemetry

Section = TypeVar("Section", bound=ProcessSettings)
log = structlog.get_logger()


def run_process(
    name: str,
    section: type[Section],
    serve: Callable[[Section, asyncio.Event], Awaitable[None]],
    *,
    log_file: Callable[[Section], str] | None = None,
) -> None:
    """Runs `serve` until SIGTERM or SIGINT sets the event it is given, then waits for it to return."""
    try:
        settings = load(section)
    except BrokenSettings as broken:
        exit_with(f"{name}: {broken}")
    configure_telemetry(name, settings, log_file=log_file(settings) if log_file else None)
    try:
        uvloop.run(_until_stopped(name, settings, serve))
    except OSError as failure:
        exit_with(f"{name}: {failure}")
    finally:
        shut_down_telemetry()


async def _until_stopped(
    name: str, settings: Section, serve: Callable[[Section, asyncio.Event], Awaitable[None]]
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    log.info("process.starting")
    await serve(settings, stop)
    log.info("process.stopped")
