"""The stack's own secrets: made on the first start, kept in a file that only its owner reads."""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path

from migrations.histories import RELAY_ROLE, SERVICES, role_of

OPERATOR = "operator"  # the commands of `python -m stack`
CLIENTS = (
    "gateway",
    "arq-worker",
    "notification-consumer",
    "inventory-consumer",
    "rating-consumer",
    "account-consumer",
    "notification",
    "booking",
    OPERATOR,
)


class SecretStore:
    def __init__(self, directory: Path) -> None:
        self._file = directory / "secrets.json"
        self._values: dict[str, str] = json.loads(self._file.read_text()) if self._file.exists() else {}

    def of(self, name: str) -> str:
        """The secret of this name, made if it is new."""
        if name not in self._values:
            self._values[name] = secrets.token_urlsafe(32)
            self._write()
        return self._values[name]

    def webhook_secret(self) -> str:
        """In the form of the Standard Webhooks specification."""
        raw = self.of("webhook").encode()
        return f"whsec_{base64.b64encode(raw).decode()}"

    def role_passwords(self) -> dict[str, str]:
        return {role: self.of(role) for role in (*map(role_of, SERVICES), RELAY_ROLE)}

    def client_secrets(self) -> dict[str, str]:
        return {client: self.of(f"client {client}") for client in CLIENTS}

    def _write(self) -> None:
        new = self._file.with_suffix(".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(self._values, file, indent=1)
        new.replace(self._file)
