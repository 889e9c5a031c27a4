"""The build of web/: when it runs, how it fails, and what the built page must not contain."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from graphql import OperationDefinitionNode, parse

from stack.embedded.child_process import PartFailed
from stack.web_build import ROOT, build_web

_FAKE_NPM = """#!/bin/sh
echo "$*" >> {calls}
{extra}
case "$1" in
  ci) mkdir -p node_modules ;;
  run) mkdir -p dist/playground && echo page > dist/playground/index.html ;;
esac
"""
_FOREIGN_REQUEST = re.compile(
    r"""(?:\b(?:fetch|import|importScripts|Worker|SharedWorker|EventSource|WebSocket|open)\(\s*["'`]"""
    r"""|\.(?:src|href)\s*=\s*["'`]|\bfrom\s*["'`]|\burl\(\s*["']?|@import\s*["']|sourceMappingURL=)(?:https?:)?//"""
)


@dataclass
class Checkout:
    root: Path

    @property
    def calls(self) -> list[str]:
        log = self.root / "calls"
        return log.read_text().splitlines() if log.exists() else []

    async def build(self) -> bool:
        return await build_web(self.root, self.root / "web-build.log")

    def install_npm(self, *, node_version: str = "v22.20.0", extra: str = "") -> None:
        """Puts a node and an npm in front of the real ones that only write down how they were called."""
        tools = self.root / "bin"
        tools.mkdir(exist_ok=True)
        (tools / "node").write_text(f"#!/bin/sh\necho {node_version}\n")
        (tools / "npm").write_text(_FAKE_NPM.format(calls=self.root / "calls", extra=extra))
        for tool in tools.iterdir():
            tool.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    web = tmp_path / "web"
    (web / "src").mkdir(parents=True)
    for name in ("package.json", "package-lock.json", "vite.config.ts"):
        (web / name).write_text("{}")
    (web / "src" / "main.ts").write_text("start();")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    made = Checkout(tmp_path)
    made.install_npm()
    return made


@pytest.fixture(scope="session")
async def built_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real page, built now unless it is current."""
    await build_web(ROOT, tmp_path_factory.mktemp("web") / "web-build.log")
    return ROOT / "web" / "dist" / "playground"


async def test_it_installs_and_builds_once_and_then_leaves_the_pages_alone(checkout: Checkout) -> None:
    assert await checkout.build()
    assert not await checkout.build()
    assert checkout.calls == ["ci", "run build"]


async def test_a_changed_source_builds_again_without_installing_again(checkout: Checkout) -> None:
    await checkout.build()
    (checkout.root / "web" / "src" / "main.ts").write_text("start(again);")
    assert await checkout.build()
    assert checkout.calls == ["ci", "run build", "run build"]


async def test_a_renamed_source_builds_again(checkout: Checkout) -> None:
    await checkout.build()
    source = checkout.root / "web" / "src" / "main.ts"
    source.rename(source.with_name("other.ts"))
    assert await checkout.build()


async def test_a_changed_lock_installs_again(checkout: Checkout) -> None:
    await checkout.build()
    (checkout.root / "web" / "package-lock.json").write_text('{"lockfileVersion": 3}')
    assert await checkout.build()
    assert checkout.calls == ["ci", "run build", "ci", "run build"]


async def test_pages_that_were_deleted_are_built_again(checkout: Checkout) -> None:
    await checkout.build()
    (checkout.root / "web" / "dist" / ".built-from").unlink()
    assert await checkout.build()


async def test_a_failing_npm_gives_one_line_with_its_reason(checkout: Checkout) -> None:
    fault = "npm error code EUSAGE\nnpm error\nnpm error The lock file is old.\nnpm error A complete log of this run"
    checkout.install_npm(extra=f"echo '{fault}'; exit 1")
    with pytest.raises(PartFailed) as failure:
        await checkout.build()
    message = str(failure.value)
    assert "\n" not in message
    assert "npm ci ended with code 1: npm error The lock file is old." in message
    assert checkout.calls == ["ci"]


async def test_an_unreachable_registry_is_named_as_such(checkout: Checkout) -> None:
    checkout.install_npm(extra="echo 'npm error code ENOTFOUND'; echo 'npm error request to it failed'; exit 1")
    with pytest.raises(PartFailed, match=r"npm cannot reach its registry \(ENOTFOUND\)"):
        await checkout.build()


async def test_a_failed_build_is_tried_again(checkout: Checkout) -> None:
    await checkout.build()
    (checkout.root / "web" / "src" / "main.ts").write_text("start(")
    checkout.install_npm(extra="echo 'error during build:'; echo 'Could not parse main.ts'; exit 1")
    with pytest.raises(PartFailed, match=r"npm run build ended with code 1: Could not parse main\.ts"):
        await checkout.build()
    checkout.install_npm()
    assert await checkout.build()


async def test_a_node_too_old_for_the_build_is_passed_over(checkout: Checkout) -> None:
    checkout.install_npm(node_version="v18.20.0")
    (checkout.root / "web" / "package-lock.json").write_text("no lock file")
    with pytest.raises(PartFailed):
        await checkout.build()
    assert checkout.calls == []


def test_the_lock_file_holds_no_address() -> None:
    lock = (ROOT / "web" / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert "://" not in lock
    packages = json.loads(lock)["packages"]
    assert all("integrity" in package for path, package in packages.items() if path)


def test_every_step_of_the_journey_is_one_named_operation_that_the_page_knows() -> None:
    journey = ROOT / "web" / "src" / "playground" / "journey"
    listed = re.findall(r'operation: "(\w+)"', (journey / "steps.ts").read_text())
    found = []
    for file in sorted(journey.glob("*.graphql"), key=lambda file: int(file.name.partition("_")[0])):
        (operation,) = parse(file.read_text()).definitions
        assert isinstance(operation, OperationDefinitionNode)
        assert operation.name is not None
        found.append(operation.name.value)
    assert found == listed
    assert len(found) == 10


def test_the_built_page_has_a_title_and_no_inline_script(built_page: Path) -> None:
    page = _Page((built_page / "index.html").read_text())
    assert page.title == "Innkeeper playground"
    assert page.inline_scripts == []
    assert page.event_handlers == []
    assert page.addresses
    assert all(address.startswith("/playground/") for address in page.addresses)
    assert all((built_page / address.removeprefix("/playground/")).is_file() for address in page.addresses)


def test_the_built_page_asks_no_other_host(built_page: Path) -> None:
    files = [path for path in built_page.rglob("*") if path.suffix in {".html", ".js", ".css", ".svg"}]
    assert any("worker" in path.name for path in files)
    foreign = {path.name: _FOREIGN_REQUEST.findall(path.read_text()) for path in files}
    assert {name: found for name, found in foreign.items() if found} == {}


def test_the_built_page_ships_no_source_maps(built_page: Path) -> None:
    assert list(built_page.rglob("*.map")) == []


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.title = ""
        self.inline_scripts: list[str] = []
        self.event_handlers: list[str] = []
        self.addresses: list[str] = []
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self._inside = tag
        self.event_handlers += [name for name in attributes if name.startswith("on")]
        address = attributes.get("src") or attributes.get("href")
        if address:
            self.addresses.append(address)
        if tag == "script" and not attributes.get("src"):
            self.inline_scripts.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "title":
            self.title += data
        elif self._inside == "script" and data.strip():
            self.inline_scripts.append(data)
