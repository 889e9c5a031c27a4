"""`python -m stack import-hotels FILE`: a list of houses into a running stack, with a report of every row.

Sends batches to the hotel service, each one transaction there. A row is the same house whenever it comes, so
after a crash the same command goes on where it stopped.
"""

from __future__ import annotations

import asyncio
import contextlib
import csv
import gzip
import io
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO

from tqdm import tqdm

from contracts.auth.v1 import auth_pb2, auth_pb2_grpc
from contracts.hotel.v1 import hotel_import_pb2, hotel_import_pb2_grpc
from grpc_services.auth.queries import ACCOUNT_TO_SIGN_IN
from grpc_services.auth.rules import email_key
from migrations.histories import role_of
from runtime.channels import ServiceIdentity, call, open_channel
from runtime.csv_rows import csv_rows
from runtime.database import open_database
from runtime.errors import InvalidInput, ServiceError
from runtime.request_context import begin_request
from runtime.settings import BrokenSettings, ServiceClientSection, StackSettings, load
from stack.demo_data import COLUMNS
from stack.ports import Ports
from stack.secret_store import OPERATOR, SecretStore
from stack.wiring import stack_directory, url_of_running_database

BATCH = 100
_SHOWN = 20
_OUTCOMES = {
    hotel_import_pb2.IMPORT_OUTCOME_IMPORTED: "imported",
    hotel_import_pb2.IMPORT_OUTCOME_ALREADY_THERE: "already there",
    hotel_import_pb2.IMPORT_OUTCOME_SKIPPED: "skipped",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says."""

    file: Path
    owner_email: str  # empty: nobody, until a hotelier claims the houses
    draft: bool
    report: Path


@dataclass(slots=True)
class Report:
    """Counts what became of the rows, and writes every one to a file."""

    out: IO[str]
    counts: Counter[str] = field(default_factory=Counter)
    shown: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        csv.writer(self.out).writerow(["line", "name", "outcome", "column", "reason"])

    def add(self, row: hotel_import_pb2.ImportedRow, name: str) -> None:
        outcome = _OUTCOMES[row.outcome]
        self.counts[outcome] += 1
        reason = " ".join([row.reason, *row.remarks]).strip()
        csv.writer(self.out).writerow([row.line, name, outcome, row.field, reason])
        if outcome == "skipped" and len(self.shown) < _SHOWN:
            self.shown.append(f"  line {row.line}, {name or 'no name'}: {row.field}: {reason}")


def import_hotels(asked: Asked) -> int:
    """The exit code: 0 when the whole list was read."""
    began = time.perf_counter()
    try:
        settings = load(StackSettings)
        asked.report.parent.mkdir(parents=True, exist_ok=True)
        with asked.report.open("w", encoding="utf-8", newline="") as out:
            report = Report(out)
            asyncio.run(_import(asked, settings, report))
    except (BrokenSettings, OSError, ServiceError) as failure:
        sys.stderr.write(f"import-hotels: {failure}\n")
        return 2
    print(f"{sum(report.counts.values())} rows in {time.perf_counter() - began:.1f} s", end="")
    print("".join(f", {count} {outcome}" for outcome, count in sorted(report.counts.items())))
    for line in report.shown:
        print(line)
    print(f"Every row: {asked.report}")
    return 0


async def _import(asked: Asked, settings: StackSettings, report: Report) -> None:
    ports = Ports(settings.first_port)
    secrets = SecretStore(stack_directory(settings))
    client = ServiceClientSection.model_validate(
        {"service_client_id": OPERATOR, "service_client_secret": secrets.client_secrets()[OPERATOR]}
    )
    owner_id = str(await _account_id(asked.owner_email, settings, secrets)) if asked.owner_email else ""
    begin_request()
    async with (
        open_channel(ports.grpc_address("auth"), auth_pb2.DESCRIPTOR) as auth,
        open_channel(ports.grpc_address("hotel"), hotel_import_pb2.DESCRIPTOR) as hotel,
    ):
        identity = ServiceIdentity(auth_pb2_grpc.AuthServiceStub(auth), client)
        imports: hotel_import_pb2_grpc.HotelImportServiceAsyncStub = hotel_import_pb2_grpc.HotelImportServiceStub(hotel)
        with _opened(asked.file) as (lines, move_bar):
            rows = csv_rows(lines, COLUMNS, path=(asked.file.name,))
            while batch := list(islice(rows, BATCH)):
                request = hotel_import_pb2.ImportHotelsRequest(
                    rows=[hotel_import_pb2.ImportRow(line=line, **row) for line, row in batch],
                    owner_id=owner_id,
                    publish=not asked.draft,
                )
                answer = await call(imports.ImportHotels, request, token=await identity.token(), at_most=30.0)
                names = {line: row["name"] for line, row in batch}
                for row in answer.rows:
                    report.add(row, names[row.line])
                report.out.flush()
                move_bar(report.counts)


async def _account_id(email: str, settings: StackSettings, secrets: SecretStore) -> uuid.UUID:
    """Raises InvalidInput when nobody has this address."""
    url = url_of_running_database(settings, role_of("auth"), secrets)
    async with (
        open_database(url, pool_size=1, application_name="innkeeper-import") as database,
        database.reading() as connection,
    ):
        account = await ACCOUNT_TO_SIGN_IN.fetch_row(connection, email_key=email_key(email))
    if account is None:
        raise InvalidInput("There is no account with this e-mail address.", path=("owner",))
    return uuid.UUID(str(account["id"]))


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[tuple[Iterator[str], Callable[[Mapping[str, int]], None]]]:
    """The file's lines, and a function that moves the bar to what was read of it."""
    with (
        file.open("rb") as raw,
        tqdm(total=file.stat().st_size, unit="B", unit_scale=True, desc=file.name) as bar,
        gzip.open(raw) if file.suffix == ".gz" else contextlib.nullcontext(raw) as plain,
        io.TextIOWrapper(plain, encoding="utf-8", newline="") as lines,
    ):

        def move(counts: Mapping[str, int]) -> None:
            bar.set_postfix(counts, refresh=False)
            bar.update(raw.tell() - bar.n)

        yield lines, move
