"""Who may import whom: the contracts hold, and each of them notices when it is broken.

The packages are copied once; each case adds one module that breaks one
contract, so a contract that was written down wrongly shows here.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from runtime.settings import plain_environment
from tests.architecture.source_tree import PACKAGES, ROOT


@dataclass(frozen=True)
class Violation:
    """A module that nobody would want, and the import that breaks the contract."""

    contract: str
    module: str
    statement: str


VIOLATIONS = [
    Violation("contracts", "contracts/auth/v1/intruder.py", "import runtime.errors"),
    Violation("contracts", "contracts/auth/v1/intruder.py", "from grpc_services.auth import rules"),
    Violation("runtime", "runtime/intruder.py", "from workers import hold_expiry"),
    Violation("runtime", "runtime/intruder.py", "def late() -> None:\n    from api import schema"),
    Violation("api", "api/intruder.py", "from grpc_services.hotel import rules"),
    Violation("api", "api/intruder.py", "import workers.hold_expiry"),
    Violation("api-sql", "api/intruder.py", "from runtime.database import Database"),
    Violation("api-sql", "api/intruder.py", "import runtime.outbox"),
    Violation("api-sql", "api/intruder.py", "import runtime.tables"),
    Violation("api-sql", "api/intruder.py", "import runtime.idempotency"),
    Violation("api-sql", "api/intruder.py", "import asyncpg"),
    Violation("api-sql", "api/intruder.py", "from sqlalchemy import text"),
    Violation("api-sql", "api/intruder.py", "from sqlmodel import Field"),
    Violation("workers", "workers/intruder.py", "from grpc_services.booking import queries"),
    Violation("workers", "workers/intruder.py", "import api.errors"),
    Violation("services", "grpc_services/hotel/intruder.py", "from stack.demo_data import paris_houses"),
    Violation("services", "grpc_services/hotel/intruder.py", "import workers.hold_expiry"),
    Violation("services-apart", "grpc_services/hotel/intruder.py", "from grpc_services.booking import rules"),
    Violation(
        "services-apart",
        "grpc_services/search/intruder.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from grpc_services.hotel.models import Hotel",
    ),
    Violation("services-protected", "runtime/intruder.py", "import grpc_services.payment.cards"),
    Violation("stack", "migrations/intruder.py", "import stack.processes"),
    Violation("bench", "stack/intruder.py", "import bench.france"),
]

_CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages and their contracts, without anything else."""
    root = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__", "*.csv.gz"))
    shutil.copy(ROOT / "pyproject.toml", root)
    return root


@pytest.fixture
def seeded(tree: Path, request: pytest.FixtureRequest) -> Iterator[Violation]:
    violation: Violation = request.param
    module = tree / violation.module
    assert not module.exists()
    module.write_text(violation.statement + "\n")
    yield violation
    module.unlink()


def test_the_tree_keeps_every_contract(tree: Path) -> None:
    report = lint(tree)
    assert report.returncode == 0, report.stdout
    assert kept(report.stdout) == set(_CONTRACTS.values())


@pytest.mark.parametrize(
    "seeded",
    VIOLATIONS,
    indirect=True,
    ids=[f"{violation.contract}: {violation.statement.splitlines()[-1].strip()}" for violation in VIOLATIONS],
)
def test_a_violation_is_refused_by_the_contract_it_breaks(tree: Path, seeded: Violation) -> None:
    report = lint(tree)
    assert report.returncode == 1, report.stdout
    assert _CONTRACTS[seeded.contract] in broken(report.stdout)
    assert "intruder" in report.stdout


def test_every_contract_has_a_violation_that_proves_it() -> None:
    assert {violation.contract for violation in VIOLATIONS} == set(_CONTRACTS)


def test_every_package_is_under_contract() -> None:
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    assert set(configured["root_packages"]) == set(PACKAGES)


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo"]
    environment = {**plain_environment(), "PYTHONPATH": str(tree), "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)


def kept(report: str) -> set[str]:
    return set(re.findall(r"^(.+?) KEPT$", report, re.MULTILINE))


def broken(report: str) -> set[str]:
    return set(re.findall(r"^(.+?) BROKEN$", report, re.MULTILINE))
