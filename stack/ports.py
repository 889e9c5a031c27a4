"""Where everything listens: one block of ports that counts up from the gateway's."""

from __future__ import annotations

from dataclasses import dataclass

_SERVICES = ("auth", "hotel", "search", "booking", "payment", "notification", "salon", "review")
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Ports:
    first: int

    @property
    def gateway(self) -> int:
        return self.first

    @property
    def checkout(self) -> int:
        return self.first + 1

    @property
    def mail_page(self) -> int:
        return self.first + 2

    @property
    def smtp(self) -> int:
        return self.first + 3

    @property
    def postgres(self) -> int:
        return self.first + 4

    @property
    def valkey(self) -> int:
        return self.first + 5

    @property
    def kafka(self) -> int:
        return self.first + 6

    def grpc(self, service: str) -> int:
        return self.first + 10 + _SERVICES.index(service)

    def metrics(self, position: int) -> int:
        """Of the process at this position of the table of processes."""
        return self.first + 20 + position

    def grpc_address(self, service: str) -> str:
        return f"{HOST}:{self.grpc(service)}"

    def url(self, port: int) -> str:
        return f"http://{HOST}:{port}"
