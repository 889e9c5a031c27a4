"""Only runtime/settings.py reads the environment, so that every setting of a process stands in its section."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.architecture.source_tree import PACKAGES, ROOT, files_under, name_of, parsed

READER = ROOT / "runtime" / "settings.py"
OF_OS = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}
LIBRARIES = {"dotenv", "environs", "decouple"}


def test_only_the_settings_read_the_environment() -> None:
    others = (path for path in files_under(*PACKAGES) if path != READER)
    assert {name_of(path): found for path in others if (found := environment_reads(path))} == {}


def test_the_settings_do_read_it() -> None:
    assert environment_reads(READER)


@pytest.mark.parametrize(
    "line",
    [
        "import os\nos.environ['A']",
        "import os as system\nsystem.getenv('A')",
        "from os import environ",
        "from os import getenv as read",
        "import posix\nposix.environ",
        "from dotenv import load_dotenv",
        "import dotenv.main",
        "import os\ndef late() -> None:\n    print(getattr(os, 'environ'))",
        "from pydantic_settings import BaseSettings\nclass Hidden(BaseSettings):\n    secret: str",
    ],
)
def test_every_way_to_read_it_is_seen(line: str, tmp_path: Path) -> None:
    module = tmp_path / "reader.py"
    module.write_text(line)
    assert environment_reads(module)


def test_passing_an_environment_to_a_child_is_no_reading(tmp_path: Path) -> None:
    module = tmp_path / "starter.py"
    module.write_text("from runtime.settings import plain_environment\nstart(env={**plain_environment(), 'A': '1'})")
    assert environment_reads(module) == []


def environment_reads(module: Path) -> list[str]:
    """Each line that reads the environment, or brings something in that does."""
    tree = parsed(module)
    return [
        f"line {node.lineno}: {what}" for node in ast.walk(tree) if (what := _read(node)) and hasattr(node, "lineno")
    ]


def _read(node: ast.AST) -> str:
    """What in this node reads the environment; empty when nothing does."""
    if isinstance(node, ast.Attribute) and node.attr in OF_OS:
        return node.attr
    if isinstance(node, ast.Constant) and node.value in OF_OS:
        return f"{node.value!r} by name"
    if isinstance(node, ast.Import):
        return next((alias.name for alias in node.names if alias.name.partition(".")[0] in LIBRARIES), "")
    if isinstance(node, ast.ImportFrom):
        names = {alias.name for alias in node.names}
        if (node.module or "").partition(".")[0] in LIBRARIES:
            return str(node.module)
        if node.module in {"os", "posix"}:
            return ", ".join(sorted(names & OF_OS))
    if isinstance(node, ast.ClassDef) and any(ast.unparse(base).endswith("BaseSettings") for base in node.bases):
        return f"{node.name} declares settings"
    return ""
