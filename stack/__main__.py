"""python -m stack up | tour"""

from __future__ import annotations

import argparse
import sys

from stack.tour import add_tour_options, tour
from stack.up import up


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m stack")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start everything on this machine")
    add_tour_options(commands.add_parser("tour", help="play the first journey against a running stack"))
    options = parser.parse_args()
    return up() if options.command == "up" else tour(options)


if __name__ == "__main__":
    sys.exit(main())
