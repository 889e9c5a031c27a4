"""python -m stack up | tour | audit"""

from __future__ import annotations

import argparse
import sys


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m stack")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start everything on this machine")
    tour_options = commands.add_parser("tour", help="play the first journey against a running stack")
    tour_options.add_argument("--gateway", help="address of the gateway; that of the running stack if left out")
    tour_options.add_argument("--mail", help="address of the mail page; that of the running stack if left out")
    commands.add_parser("audit", help="count every booking anew against nights, payments and refunds")
    options = parser.parse_args()
    # Each command loads only what it needs: the tour is a client and starts at once.
    if options.command == "up":
        from stack.up import up

        return up()
    if options.command == "audit":
        from stack.audit import audit

        return audit()
    from stack.tour import tour

    return tour(options.gateway, options.mail)


if __name__ == "__main__":
    sys.exit(main())
