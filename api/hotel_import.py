"""A hotelier's own list of houses, uploaded as CSV."""

from __future__ import annotations

import enum
import io
from collections.abc import Iterable
from itertools import islice
from typing import Annotated

import strawberry

from api.context import Info
from api.errors import InvalidInput, NotPermitted, RefusalsAsResults
from api.node_ids import encode_id
from api.permissions import Demands, Permission
from contracts.hotel.v1 import hotel_import_pb2
from runtime.channels import call
from runtime.csv_rows import csv_rows
from runtime.errors import InvalidInput as RefusedInput
from runtime.identity import Scope

MOST_ROWS = 2000
_BATCH = 200
_COLUMNS = tuple(name for name in hotel_import_pb2.ImportRow.DESCRIPTOR.fields_by_name if name != "line")


@strawberry.enum(description="What became of a row.")
class ImportOutcome(enum.Enum):
    IMPORTED = strawberry.enum_value("IMPORTED", description="It is a new house.")
    ALREADY_THERE = strawberry.enum_value("ALREADY_THERE", description="It was imported before and stays as it is.")
    SKIPPED = strawberry.enum_value("SKIPPED", description="It makes no house; `reason` says why.")


@strawberry.input(description="A list of houses of your own.")
class HotelsImportInput:
    csv: str = strawberry.field(
        description=(
            "UTF-8 text with commas or semicolons. The first line names the columns: name, stars, address, "
            "postal_code, city, country, latitude, longitude, rooms, guests, website. "
            f"At most {MOST_ROWS} rows; send longer lists in parts."
        )
    )
    publish: bool = strawberry.field(default=False, description="Show the houses to guests at once; else drafts.")


@strawberry.type(description="One row of the list.")
class ImportedHotelRow:
    line: int = strawberry.field(description="The line it begins on; the header is line 1.")
    outcome: ImportOutcome = strawberry.field(description="What became of it.")
    hotel_id: strawberry.ID | None = strawberry.field(description="The house, unless it was skipped.")
    column: str | None = strawberry.field(description="The column at fault, if it was skipped.")
    reason: str | None = strawberry.field(description="Why it was skipped.")
    remarks: list[str] = strawberry.field(description="What was odd, and how it was read.")


@strawberry.type(description="What became of a list, row by row.")
class HotelsImported:
    imported_count: int = strawberry.field(description="New houses.")
    already_there_count: int = strawberry.field(description="Houses that an earlier list made.")
    skipped_count: int = strawberry.field(description="Rows that make no house.")
    rows: list[ImportedHotelRow] = strawberry.field(description="Every row, in order.")


HotelsImportResult = Annotated[
    HotelsImported | NotPermitted | InvalidInput,
    strawberry.union("HotelsImportResult", description="What became of the rows, or why none was looked at."),
]


@strawberry.type
class HotelImportMutations:
    @strawberry.mutation(
        description=(
            "Makes houses of a list, each with starter room types, rate plans and prices to correct. The same row is "
            "the same house, so sending a list again adds only what is new."
        ),
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_HOTELS), RefusalsAsResults()],
    )
    async def hotels_import(
        self,
        info: Info,
        input: Annotated[HotelsImportInput, strawberry.argument(description="The list.")],  # noqa: A002
    ) -> HotelsImportResult:
        rows = [
            hotel_import_pb2.ImportRow(line=line, **row)
            for line, row in islice(csv_rows(io.StringIO(input.csv, newline=""), _COLUMNS), MOST_ROWS + 1)
        ]
        if not 1 <= len(rows) <= MOST_ROWS:
            raise RefusedInput(f"A list has 1 to {MOST_ROWS} rows.", path=("csv",))
        answered: list[hotel_import_pb2.ImportedRow] = []
        for start in range(0, len(rows), _BATCH):
            request = hotel_import_pb2.ImportHotelsRequest(rows=rows[start : start + _BATCH], publish=input.publish)
            answered += (await call(info.context.services.hotel_imports.ImportHotels, request)).rows
        return _imported(answered)


def _imported(rows: Iterable[hotel_import_pb2.ImportedRow]) -> HotelsImported:
    shown = [
        ImportedHotelRow(
            line=row.line,
            outcome=ImportOutcome(hotel_import_pb2.ImportOutcome.Name(row.outcome).removeprefix("IMPORT_OUTCOME_")),
            hotel_id=strawberry.ID(encode_id("Hotel", row.hotel_id)) if row.hotel_id else None,
            column=row.field or None,
            reason=row.reason or None,
            remarks=list(row.remarks),
        )
        for row in rows
    ]
    outcomes = [row.outcome for row in shown]
    return HotelsImported(
        imported_count=outcomes.count(ImportOutcome.IMPORTED),
        already_there_count=outcomes.count(ImportOutcome.ALREADY_THERE),
        skipped_count=outcomes.count(ImportOutcome.SKIPPED),
        rows=shown,
    )
