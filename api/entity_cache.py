"""Copies of what everybody may see, read all the time and changed rarely: in memory, then in Redis, then asked for.

Whatever is kept was loaded as nobody in particular, so the services alone decide what that is. Who may see more, or
has just changed something of theirs, reads past the copies. A change reaches every gateway as a message (see
workers/live_status.py) and drops the copies; while messages cannot be heard nothing is kept and Redis is not asked.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Generic, TypeVar

from google.protobuf.message import DecodeError, Message
from prometheus_client import Counter, Gauge

from api.shared_entries import Found, SharedEntries
from runtime.identity import Caller, Role
from runtime.live_channels import EntityKind

REQUESTS = Counter("innkeeper_cache_requests_total", "Entities looked for in a cache", ["kind", "level", "result"])
KEPT = Gauge("innkeeper_cache_entries", "Entities kept in memory", ["kind"])
LARGEST = 20_000
_LONGEST_SECONDS = 30.0  # a last resort, should a message ever be lost
_SEE_EVERYTHING = (Role.ADMIN, Role.SYSTEM)
_SEE_LITTLE_MORE_THAN_ANYBODY = (Role.ANONYMOUS, Role.GUEST)

Entity = TypeVar("Entity", bound=Message)
# Entities by id, of those asked for; the second argument is the token to ask with, None: the caller's own.
Load = Callable[[Sequence[str], str | None], Awaitable[dict[str, Entity]]]


class EntityCache(Generic[Entity]):
    """Of one kind. `is_own` says whether the caller may see more of an entity than others, or be changing it."""

    def __init__(
        self,
        kind: EntityKind,
        message: type[Entity],
        is_own: Callable[[Entity, Caller], bool],
        shared: SharedEntries,
        *,
        largest: int = LARGEST,
    ) -> None:
        self._kind = kind
        self._message = message
        self._is_own = is_own
        self._shared = shared
        self._largest = largest
        self._kept: OrderedDict[str, tuple[float, Entity]] = OrderedDict()
        self._loading: list[set[str]] = []
        self._hearing = False
        self._epoch = 0  # moves whenever changes may have been missed

    async def get(self, ids: Sequence[str], caller: Caller, load: Load[Entity]) -> dict[str, Entity]:
        """By id; those that do not exist or that the caller may not see are left out."""
        if caller.role in _SEE_EVERYTHING:
            return await load(ids, None)
        found = await self._public(ids, load if caller.role in _SEE_LITTLE_MORE_THAN_ANYBODY else None)
        if not caller.signed_in:
            return found
        own = [identifier for identifier in ids if identifier not in found or self._is_own(found[identifier], caller)]
        if own:
            for identifier in own:
                found.pop(identifier, None)
            found.update(await load(own, None))
        return found

    def drop(self, identifier: str) -> None:
        """The entity changed; also what is being loaded at this moment may be old."""
        self._kept.pop(identifier, None)
        KEPT.labels(self._kind).set(len(self._kept))
        for changed in self._loading:
            changed.add(identifier)

    def hearing(self, *, yes: bool) -> None:
        """Whether changes are heard of from now on. What was kept until now is forgotten."""
        self._hearing = yes
        self._epoch += 1
        self._kept.clear()
        KEPT.labels(self._kind).set(0)

    async def _public(self, ids: Sequence[str], load: Load[Entity] | None) -> dict[str, Entity]:
        """What everybody may see; without `load` only what is kept of it."""
        found = self._look_up(ids)
        missing = [identifier for identifier in ids if identifier not in found]
        self._count("process", hits=len(found), misses=len(missing))
        if not missing:
            return found
        if not self._hearing:
            return found | (await load(missing, "") if load else {})
        epoch = self._epoch
        with self._noting_changes() as changed:
            shared = await self._shared.read(self._kind, missing)
            fetched = self._decoded(shared, len(missing))
            absent = [identifier for identifier in missing if identifier not in fetched]
            if absent and load:
                loaded = await load(absent, "")
                fetched |= loaded
                if shared:
                    copies = {identifier: entity.SerializeToString() for identifier, entity in loaded.items()}
                    await self._shared.store(self._kind, copies, shared.leases)
        if epoch == self._epoch:
            self._keep({identifier: entity for identifier, entity in fetched.items() if identifier not in changed})
        return found | fetched

    def _look_up(self, ids: Sequence[str]) -> dict[str, Entity]:
        found = {}
        oldest = time.monotonic() - _LONGEST_SECONDS
        for identifier in ids:
            kept = self._kept.get(identifier)
            if kept is not None and kept[0] >= oldest:
                self._kept.move_to_end(identifier)
                found[identifier] = kept[1]
        return found

    def _decoded(self, shared: Found | None, asked: int) -> dict[str, Entity]:
        entities: dict[str, Entity] = {}
        if shared is None:
            return entities
        for identifier, copy in shared.copies.items():
            try:
                entities[identifier] = self._message.FromString(copy)
            except DecodeError:  # not ours, or damaged: as if it were not there
                continue
        self._count("redis", hits=len(entities), misses=asked - len(entities))
        return entities

    def _keep(self, entities: Mapping[str, Entity]) -> None:
        now = time.monotonic()
        for identifier, entity in entities.items():
            self._kept[identifier] = (now, entity)
            self._kept.move_to_end(identifier)
        while len(self._kept) > self._largest:
            self._kept.popitem(last=False)
        KEPT.labels(self._kind).set(len(self._kept))

    def _count(self, level: str, *, hits: int, misses: int) -> None:
        REQUESTS.labels(self._kind, level, "hit").inc(hits)
        REQUESTS.labels(self._kind, level, "miss").inc(misses)

    @contextmanager
    def _noting_changes(self) -> Iterator[set[str]]:
        changed: set[str] = set()
        self._loading.append(changed)
        try:
            yield changed
        finally:
            self._loading = [other for other in self._loading if other is not changed]
