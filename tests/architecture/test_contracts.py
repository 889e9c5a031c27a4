"""The gRPC contracts: the committed stubs are the generated ones, and methods say truly what repeating them does."""

from __future__ import annotations

import ast
import importlib
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from google.protobuf.descriptor import FileDescriptor, MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

from runtime.channels import retry_policy
from runtime.settings import plain_environment
from tests.architecture.source_tree import GENERATED, ROOT, files_under, parsed

READS = re.compile(r"(Get|List|Find|Search|Suggest|Recommend|Count|Price|Stream|Preview|Read)[A-Z]")
NO_SIDE_EFFECTS = MethodOptions.IdempotencyLevel.NO_SIDE_EFFECTS
IDEMPOTENT = MethodOptions.IdempotencyLevel.IDEMPOTENT


def contracts() -> Iterator[FileDescriptor]:
    for proto in files_under("protos", pattern="*.proto"):
        module = proto.relative_to(ROOT / "protos").with_suffix("").as_posix().replace("/", ".") + "_pb2"
        yield importlib.import_module(module).DESCRIPTOR


SHARED = {"settlement": ("booking", "salon"), "payout": ("booking", "salon")}  # each answers for what is its own
METHODS = [
    method for contract in contracts() for service in contract.services_by_name.values() for method in service.methods
]


def test_the_committed_stubs_are_what_the_protos_generate(tmp_path: Path) -> None:
    protos = [path.relative_to(ROOT).as_posix() for path in files_under("protos", pattern="*.proto")]
    path = os.pathsep.join((str(Path(sys.executable).parent), plain_environment().get("PATH", os.defpath)))
    subprocess.run(
        [
            *(sys.executable, "-m", "grpc_tools.protoc", "-I", "protos"),
            *(f"--python_out={tmp_path}", f"--grpc_python_out={tmp_path}"),
            *(f"--mypy_out=quiet:{tmp_path}", f"--mypy_grpc_out=async_only,quiet:{tmp_path}"),
            *protos,
        ],
        cwd=ROOT,
        env={**plain_environment(), "PATH": path},
        check=True,
    )
    assert stubs(tmp_path / GENERATED) == stubs(ROOT / GENERATED), "run `make contracts` and commit what changed"


def test_reading_and_only_reading_is_marked_as_free_of_side_effects() -> None:
    assert faulty(lambda method: (level(method) == NO_SIDE_EFFECTS) != bool(READS.match(method.name))) == []


def test_methods_with_an_idempotency_key_may_be_repeated() -> None:
    keyed = [method for method in METHODS if "idempotency_key" in method.input_type.fields_by_name]
    assert keyed
    assert faulty(lambda method: method in keyed and level(method) != IDEMPOTENT) == []


def test_grpc_repeats_exactly_what_may_be_repeated() -> None:
    assert faulty(lambda method: repeated(method) != (level(method) in {NO_SIDE_EFFECTS, IDEMPOTENT})) == []


def test_methods_without_side_effects_open_no_writing_transaction() -> None:
    def writes(method: MethodDescriptor) -> bool:
        served = (use_case(method, folder) for folder in folders(method))
        used = {node.attr for case in served for node in ast.walk(case) if isinstance(node, ast.Attribute)}
        return level(method) == NO_SIDE_EFFECTS and bool(used & {"transaction", "publish"})

    assert faulty(writes) == []


def test_every_method_of_the_contracts_is_served() -> None:
    assert faulty(lambda method: any(use_case(method, folder).name != method.name for folder in folders(method))) == []


def test_every_service_names_all_its_contracts() -> None:
    """What it names is what its health and reflection tell of."""
    promised: dict[str, set[str]] = defaultdict(set)
    for method in METHODS:
        for folder in folders(method):
            promised[folder].add(method.containing_service.full_name)
    for service, names in promised.items():
        assert set(importlib.import_module(f"grpc_services.{service}.service").SERVICE_NAMES) == names


def faulty(fault: Callable[[MethodDescriptor], bool]) -> list[str]:
    assert METHODS
    return [method.full_name for method in METHODS if fault(method)]


def level(method: MethodDescriptor) -> int:
    return int(method.GetOptions().idempotency_level)


def repeated(method: MethodDescriptor) -> bool:
    """Whether our channels repeat it after an outage."""
    policy = retry_policy(method.containing_service.file)
    return f'"service":"{method.containing_service.full_name}","method":"{method.name}"' in policy


def use_case(method: MethodDescriptor, folder: str) -> ast.AsyncFunctionDef:
    """The servicer's method that answers this one in a service."""
    assert method.name in use_cases(folder), f"{folder} does not serve {method.full_name}"
    return use_cases(folder)[method.name]


@cache
def use_cases(folder: str) -> dict[str, ast.AsyncFunctionDef]:
    """Every coroutine of a service by its name, its own before those that services share; the first one of a name."""
    found: dict[str, ast.AsyncFunctionDef] = {}
    for module in files_under(f"grpc_services/{folder}", "runtime"):
        for node in ast.walk(parsed(module)):
            if isinstance(node, ast.AsyncFunctionDef):
                found.setdefault(node.name, node)
    return found


def folders(method: MethodDescriptor) -> tuple[str, ...]:
    """Of the services that answer it: the one of its contract's name, or those that share the contract."""
    name = str(method.containing_service.file.package.split(".")[-2])
    return SHARED.get(name, (name,))


def stubs(generated: Path) -> dict[str, str]:
    """Every generated file with its text."""
    return {
        path.relative_to(generated).as_posix(): path.read_text()
        for path in generated.rglob("*.py*")
        if path.suffix in {".py", ".pyi"}
    }
