"""The container image: what is in it, and what must never be."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.architecture.source_tree import PACKAGES, ROOT, files_under, name_of, parsed

DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
PRODUCTION = ROOT / "requirements-production.lock"
EVERYTHING = ROOT / "requirements.lock"
SHIPPED = tuple(sorted({*PACKAGES} - {"stack", "bench"}))


def stages() -> dict[str, tuple[str, list[str]]]:
    """Name → (what it builds on, its instructions)."""
    found: dict[str, tuple[str, list[str]]] = {}
    name = ""
    for line in DOCKERFILE.splitlines():
        if opening := re.match(r"FROM (\S+) AS (\S+)$", line):
            name = opening[2]
            found[name] = (opening[1], [])
        elif line.strip() and not line.startswith("#"):
            found[name][1].append(line)
    return found


def copied(stage: str) -> Iterator[str]:
    """What a stage takes from the checkout."""
    for line in stages()[stage][1]:
        if line.startswith("COPY ") and "--from=" not in line:
            yield from line.split()[1:-1]


def locked(lock: Path) -> dict[str, str]:
    """Distribution → pinned version."""
    pins = re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", lock.read_text(), re.MULTILINE)
    return {canonical(name): version for name, version in pins}


def canonical(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def test_the_last_stage_is_the_application_and_runs_as_nobody_special() -> None:
    assert list(stages())[-1] == "application"
    assert "USER 10001:10001" in stages()["code"][1]
    for stage in ("application", "demo"):
        base, steps = stages()[stage]
        assert base == "code"
        assert not [step for step in steps if step.startswith("USER")]


def test_the_bases_are_what_the_project_promises() -> None:
    outside = {base for base, _ in stages().values() if base not in stages()}
    assert outside == {"python:3.13-slim", "node:24-slim"}


def test_the_application_holds_the_processes_and_no_stack() -> None:
    assert set(copied("code")) == set(SHIPPED)
    assert list(copied("application")) == []
    assert "COPY --from=web /web/dist web/dist" in stages()["application"][1]


def test_the_demonstration_adds_its_houses_and_no_embedded_server() -> None:
    loaders = {
        "__init__.py",
        "load_demo.py",
        "demo_data.py",
        "demo_salons.py",
        "demo_salon_words.py",
        "demo_rates.py",
        "exchange_rate_file.py",
    }
    data = {"data/README.md", "data/france-hotels.csv.gz", "data/exchange-rates-sample.csv"}
    assert set(copied("demo")) == {f"stack/{name}" for name in loaders | data}
    needed = {module for path in copied("demo") if path.endswith(".py") for module in imported(ROOT / path)}
    own = {module for module in needed if module.startswith("stack")}
    assert {f"{module.replace('.', '/')}.py" for module in own} <= set(copied("demo"))


@pytest.mark.parametrize("stage", ["web", "packages", "code", "demo"])
def test_everything_that_is_copied_exists_and_is_let_into_the_build(stage: str) -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    allowed = [rule.removeprefix("!") for rule in rules if rule.startswith("!")]
    for path in copied(stage):
        assert (ROOT / path).exists(), path
        assert any(path == rule or fnmatch(path, f"{rule}/*") for rule in allowed), path


def test_nothing_is_let_into_the_build_that_no_stage_copies() -> None:
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    wanted = {path for stage in stages() for path in copied(stage)}
    assert {rule.removeprefix("!") for rule in rules if rule.startswith("!")} == wanted


def test_packages_are_installed_by_hash_and_the_pages_from_their_lock() -> None:
    (install,) = [step for step in stages()["packages"][1] if "pip install" in step]
    assert "--require-hashes" in install
    assert "requirements-production.lock" in install
    assert "RUN npm ci" in stages()["web"][1]


def test_the_production_lock_is_the_common_lock_without_its_groups() -> None:
    production, everything = locked(PRODUCTION), locked(EVERYTHING)
    assert production
    assert production.items() <= everything.items(), "run `make lock`"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert {distribution_of(line) for line in project["project"]["dependencies"]} <= set(production)
    for group in ("embedded", "dev"):
        named = {distribution_of(line) for line in project["dependency-groups"][group]}
        assert named <= set(everything)
        assert not named & set(production)


@pytest.mark.parametrize("lock", [PRODUCTION, EVERYTHING], ids=lambda lock: lock.name)
def test_every_pin_has_hashes_and_no_lock_names_an_address(lock: Path) -> None:
    text = lock.read_text()
    assert not re.search(r"https?://|--index-url|--extra-index-url|--find-links|--trusted-host", text)
    requirements = [block for block in re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE) if "==" in block]
    assert [block.splitlines()[0] for block in requirements if "--hash=sha256:" not in block] == []


def test_what_the_application_imports_is_in_the_production_lock() -> None:
    providers = packages_distributions()
    lacking = {}
    for path in files_under(*SHIPPED):
        for module in imported(path):
            top = module.partition(".")[0]
            if top in PACKAGES or top in sys.stdlib_module_names:
                continue
            if not {canonical(name) for name in providers.get(top, [])} & set(locked(PRODUCTION)):
                lacking[name_of(path)] = module
    assert lacking == {}


def distribution_of(requirement: str) -> str:
    return canonical(re.split(r"[\[<>=~!; ]", requirement, maxsplit=1)[0])


def imported(module: Path) -> set[str]:
    """Every module that a file imports, wherever in it, but for what only a type checker reads."""
    found: set[str] = set()
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found
