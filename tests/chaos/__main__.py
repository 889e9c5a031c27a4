"""make chaos ARGS="--seed 7 --minutes 5": ends with code 1 when anything was lost, done twice or not clean in time."""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
from pathlib import Path

from tests.chaos.play import GUESTS, Chaos, Played, play
from tests.journeys.running_stack import free_block, start_stack


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000), help="plays the same kills again")
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--guests", type=int, default=GUESTS)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="innkeeper-chaos-"))
    chaos = Chaos(options.seed, options.minutes * 60, guests=options.guests)
    _say(f"seed {chaos.seed}; the stack's data and logs are in {folder}")
    played = asyncio.run(_play(chaos, folder / ".stack"))
    _say("\n" + "\n".join(played.figures()))
    if not played.verdict.faultless or played.witness.two_answers:
        return 1
    shutil.rmtree(folder)
    return 0


async def _play(chaos: Chaos, directory: Path) -> Played:
    async with start_stack(directory, free_block()) as stack:
        await stack.said("Ctrl-C ends everything")
        _say("the stack is up")
        return await play(chaos, stack, _say)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
