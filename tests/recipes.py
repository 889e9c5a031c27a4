"""The playground's recipes, read and filled in as the page does it."""

from __future__ import annotations

import calendar
import datetime as dt
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

RECIPES = Path(__file__).resolve().parent.parent / "web" / "src" / "playground" / "recipes"
Facts = dict[str, str | int]
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Recipe:
    operation: str
    file: Path
    variables: dict[str, Any]
    learns: Mapping[str, str]
    fills: Mapping[str, str]

    @cached_property
    def document(self) -> str:
        return self.file.read_text(encoding="utf-8")

    def filled(self, facts: Mapping[str, str | int], today: dt.date) -> dict[str, Any]:
        """Its variables with the dates around today and of next month and all facts that are known."""
        variables: dict[str, Any] = json.loads(_with(json.dumps(self.variables), _places(today)))
        for path, pattern in self.fills.items():
            if set(_PLACEHOLDER.findall(pattern)) <= facts.keys():
                alone = _PLACEHOLDER.fullmatch(pattern)
                _put(variables, path, facts[alone[1]] if alone else _with(pattern, facts))
        return variables

    def learned(self, answer: Any) -> Facts:
        """The facts in {data, variables} of a finished request, as far as they are there."""
        found = {fact: _value_at(answer, path) for fact, path in self.learns.items()}
        return {fact: value for fact, value in found.items() if isinstance(value, str | int)}


def recipe_groups() -> dict[str, list[Recipe]]:
    """By the title of their group, in the order of the panel."""
    groups = json.loads((RECIPES / "recipes.json").read_text(encoding="utf-8"))
    return {
        group["title"]: [
            Recipe(
                operation=listed["operation"],
                file=RECIPES / group["folder"] / f"{listed['document']}.graphql",
                variables=listed["variables"],
                learns=listed.get("learns", {}),
                fills=listed.get("fills", {}),
            )
            for listed in group["recipes"]
        ]
        for group in groups
    }


def _places(today: dt.date) -> dict[str, str]:
    first = (today.replace(day=1) + dt.timedelta(days=31)).replace(day=1)
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    dates = {
        "today": today,
        "tomorrow": today + dt.timedelta(days=1),
        "checkIn": first.replace(day=10),
        "checkOut": first.replace(day=12),
        "firstNight": first,
        "lastNight": last,
        "dayAfterLastNight": last + dt.timedelta(days=1),
    }
    return {"fresh": uuid.uuid4().hex, **{name: date.isoformat() for name, date in dates.items()}}


def _with(text: str, values: Mapping[str, str | int]) -> str:
    return _PLACEHOLDER.sub(lambda found: str(values.get(found[1], found[0])), text)


def _put(target: Any, path: str, value: str | int) -> None:
    *way, last = path.split(".")
    holder = _value_at(target, ".".join(way)) if way else target
    holder[int(last) if isinstance(holder, list) else last] = value


def _value_at(outermost: Any, path: str) -> Any:
    """What stands in nested objects and lists; None where the way there ends early."""
    value = outermost
    for name in path.split("."):
        if isinstance(value, list) and int(name) < len(value):
            value = value[int(name)]
        elif isinstance(value, dict):
            value = value.get(name)
        else:
            return None
    return value
