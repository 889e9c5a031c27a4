"""A client of the tours: GraphQL over HTTP, and every request and answer shown.

It knows the documents that the playground opens with, and nothing of what is behind the gateway.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

DOCUMENTS = Path(__file__).resolve().parent.parent / "web" / "src" / "playground" / "journey"
PATIENCE_SECONDS = 30.0
_WIDEST, _LONGEST = 180, 120
_SECRET = {"accessToken", "refreshToken", "password"}


class StepFailed(Exception):
    """What was expected and what came instead."""


class TourClient:
    """`token` is that of whoever is signed in."""

    def __init__(self, gateway: str) -> None:
        self.gateway = gateway
        self.http = httpx.AsyncClient(timeout=15)
        self.token = ""
        self.steps = 0

    async def register(self, title: str, email: str, password: str, *, name: str) -> None:
        account = {"email": email, "password": password, "name": name, "role": "GUEST"}
        await self.mutate(title, document("1_register"), {"input": account}, "AccountRegistered")

    async def sign_in(self, title: str, email: str, password: str) -> None:
        who = {"input": {"email": email, "password": password}}
        session = await self.mutate(title, document("2_sign_in"), who, "SessionCreated")
        self.token = session["accessToken"]

    async def mutate(self, title: str, query: str, variables: dict[str, Any], success: str) -> dict[str, Any]:
        """A mutation's success member; raises StepFailed for a refusal."""
        data = await self.ask(title, query, variables)
        result: dict[str, Any] = next(iter(data.values()))
        if result["__typename"] != success:
            raise StepFailed(f"{title} was refused: {result}")
        return result

    async def ask(self, title: str, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        began = time.perf_counter()
        data = await self.post(query, variables)
        self.show(title, f"{query}\n{json.dumps(_without_secrets(variables))}", data, time.perf_counter() - began)
        return data

    async def post(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        answer = await self.http.post(
            f"{self.gateway}/graphql", json={"query": query, "variables": variables}, headers=headers
        )
        body = answer.json()
        if "errors" in body:
            raise StepFailed(f"the gateway answered {answer.status_code}: {body['errors']}")
        data: dict[str, Any] = body["data"]
        return data

    async def visit(self, title: str, request: str, send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        """A page, as a person would go there; raises StepFailed unless it comes."""
        began = time.perf_counter()
        answer = await send()
        heading = re.search(r"<h1[^>]*>(.*?)</h1>", answer.text, re.DOTALL)
        words = " ".join(re.sub(r"<[^>]+>", " ", heading.group(1)).split()) if heading else ""
        self.show(title, request, {"status": answer.status_code, "page": words}, time.perf_counter() - began)
        if answer.status_code != 200:
            raise StepFailed(f"the page answered {answer.status_code}")
        return answer

    async def patiently(self, what: str, look: Callable[[], Awaitable[dict[str, Any] | None]]) -> dict[str, Any]:
        deadline = time.perf_counter() + PATIENCE_SECONDS
        while (found := await look()) is None:
            if time.perf_counter() > deadline:
                raise StepFailed(f"{what} did not come within {PATIENCE_SECONDS:.0f} s")
            await asyncio.sleep(0.1)
        return found

    def show(self, title: str, request: str, answer: object, seconds: float | None = None) -> None:
        self.steps += 1
        took = f"  ({seconds * 1000:.0f} ms)" if seconds is not None else ""
        print(f"\n{self.steps:2}. {title}{took}")
        for line in request.splitlines():
            print(f"     {line}")
        if answer is not None:
            lines = json.dumps(_without_secrets(answer), indent=1, ensure_ascii=False).splitlines()
            for line in lines[:_LONGEST]:
                print(f"     → {line[:_WIDEST]}")
            if len(lines) > _LONGEST:
                print(f"     → … and {len(lines) - _LONGEST} lines more")


def document(name: str) -> str:
    """One of the documents that the playground opens with, without its comments; `name` may climb to a recipe's."""
    text = (DOCUMENTS / f"{name}.graphql").read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


def _without_secrets(answer: object) -> object:
    """Tokens and passwords belong on no screen."""
    if isinstance(answer, dict):
        return {key: "…" if key in _SECRET else _without_secrets(value) for key, value in answer.items()}
    if isinstance(answer, list):
        return [_without_secrets(entry) for entry in answer]
    return answer
