"""Answers of the payment system that fail or hang when the fault simulator says so: its gRPC methods and its pages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

import structlog
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from grpc_services.payment.faults import CallFault, FaultSimulator
from runtime.errors import InternalFault

log = structlog.get_logger()
Servicer = TypeVar("Servicer")


class _FaultyServicer:
    def __init__(self, servicer: object, faults: FaultSimulator) -> None:
        self._servicer = servicer
        self._faults = faults

    def __getattr__(self, name: str) -> Callable[[Any, Any], Awaitable[Any]]:
        behaviour = getattr(self._servicer, name)

        async def answer(request: Any, context: Any) -> Any:
            fault = await begin(self._faults, name)
            if fault is CallFault.FAIL_BEFORE:
                raise InternalFault("The payment system is not well.")
            response = await behaviour(request, context)
            if fault is CallFault.FAIL_AFTER:
                raise InternalFault("The payment system is not well.")
            return response

        return answer


def with_faults(servicer: Servicer, faults: FaultSimulator) -> Servicer:
    """The same servicer, whose answers go wrong as the simulator says."""
    return cast("Servicer", _FaultyServicer(servicer, faults))


class FaultyPages:
    """The pages, which answer 500 before or after their work, or hang, as the simulator says."""

    def __init__(self, application: ASGIApp, faults: FaultSimulator) -> None:
        self._application = application
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_page = scope["type"] == "http" and scope["path"].startswith("/checkout/")
        fault = await begin(self._faults, f"checkout {scope['method']}") if is_page else CallFault.NONE
        if fault is CallFault.FAIL_BEFORE:
            await _not_well(scope, receive, send)
        elif fault is CallFault.FAIL_AFTER:
            await self._application(scope, receive, _swallow)
            await _not_well(scope, receive, send)
        else:
            await self._application(scope, receive, send)


async def begin(faults: FaultSimulator, name: str) -> CallFault:
    """Draws what happens to a call, and hangs if that is it."""
    fault = faults.of_call(name)
    if fault:
        log.info("fault.answer", call=name, fault=fault.value)
    if fault is CallFault.HANG:
        await asyncio.sleep(faults.plan.hang_seconds)
    return fault


_not_well = PlainTextResponse("The payment system is not well. Nothing is lost: reload the page.", status_code=500)


async def _swallow(_message: Message) -> None:
    return
