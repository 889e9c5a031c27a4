"""How many subscriptions one address may have open at once, whatever sockets and streams they came by.

What is open is asked anew whenever something moves, and costs most of all where nobody is signed in and many
follow one busy house. Counted in this process: a platform with several gateways allows so many at each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from api.client_address import household
from api.rate_limits import REFUSED, Allowance, Quota, TooManyOperations

_RETRY_SECONDS = 60


class FollowerLimits:
    def __init__(self, most: int) -> None:
        """0 for no limit."""
        self._most = most
        self._open: Counter[str] = Counter()

    @contextmanager
    def one_more(self, address: str) -> Iterator[None]:
        """Raises TooManyOperations."""
        who = household(address)
        if self._most and self._open[who] >= self._most:
            REFUSED.labels("subscriptions").inc()
            spent = Allowance("subscriptions", self._most, 0, _RETRY_SECONDS)
            raise TooManyOperations(Quota(), spent, f"At most {self._most} subscriptions at once.")
        self._open[who] += 1
        try:
            yield
        finally:
            self._open[who] -= 1
            if not self._open[who]:
                del self._open[who]
