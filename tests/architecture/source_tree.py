"""What the rules about source code are applied to."""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PACKAGES = ("api", "bench", "contracts", "grpc_services", "migrations", "runtime", "stack", "workers")
GENERATED = "contracts"
WRITTEN = (*(package for package in PACKAGES if package != GENERATED), "tests")
_NOT_OURS = {"__pycache__", "node_modules", "dist"}


def files_under(*folders: str, pattern: str = "*.py") -> Iterator[Path]:
    """Every matching file under these folders of the checkout, those that are missing left out."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob(pattern)):
            if path.is_file() and not _NOT_OURS.intersection(path.parts):
                yield path


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    """Without the garbage collector: on Python 3.11 finalizers that run meanwhile can break the parser."""
    gc.disable()
    try:
        return ast.parse(path.read_text())
    finally:
        gc.enable()
