"""How code looks, as far as a machine can see it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.source_tree import GENERATED, PACKAGES, ROOT, WRITTEN, files_under, name_of

LONGEST = 400
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "misc", "base", "manager", "managers"}
PROMISES = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK)\b")
OTHER_TEXTS = ("protos", "deploy", "docs", ".ci", "web/src")
TEXT_SUFFIXES = {".py", ".proto", ".md", ".yml", ".yaml", ".toml", ".ts", ".tsx", ".css", ".html", ".graphql", ".mako"}


def test_every_module_holds_one_thing_and_stays_short() -> None:
    written = (path for path in files_under(*WRITTEN) if "tests" not in path.relative_to(ROOT).parts)
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in written}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_names_say_what_is_inside() -> None:
    named = {part for path in files_under(*PACKAGES, *WRITTEN, pattern="*") for part in _with_parents(path)}
    assert sorted(name_of(path) for path in named if path.stem.lower() in EMPTY_NAMES) == []


def test_modules_are_snake_case() -> None:
    numbered_migration = re.compile(r"\d{4}_[a-z0-9_]+")
    odd = [
        name_of(path)
        for path in files_under(*WRITTEN)
        if not re.fullmatch(r"_{0,2}[a-z][a-z0-9_]*", path.stem) and not numbered_migration.fullmatch(path.stem)
    ]
    assert odd == []


def test_nothing_is_left_for_later() -> None:
    texts = [path for path in files_under(*WRITTEN, *OTHER_TEXTS, pattern="*") if path.suffix in TEXT_SUFFIXES] + [
        path for path in ROOT.iterdir() if path.is_file() and path.suffix in {".md", ".toml", ".yml"}
    ]
    promising = [name_of(path) for path in texts if PROMISES.search(path.read_text(errors="replace"))]
    assert promising == []


@pytest.mark.parametrize("package", sorted({*PACKAGES} - {GENERATED}))
def test_every_package_says_what_it_is_for(package: str) -> None:
    assert (ROOT / package / "__init__.py").read_text().startswith('"""')


def _with_parents(path: Path) -> list[Path]:
    return [path, *(parent for parent in path.parents if parent.is_relative_to(ROOT) and parent != ROOT)]
