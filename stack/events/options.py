"""What may be said on the command line. It loads nothing else, so that `--help` comes at once."""

from __future__ import annotations

import argparse
import datetime as dt


def add_options(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)

    tail = verbs.add_parser("tail", help="print events as they come, one line of JSON each")
    tail.add_argument("--from-beginning", action="store_true", help="also what the broker still has")
    tail.add_argument("--no-follow", action="store_true", help="end when everything there is was read")
    _add_choice(tail)
    _add_names(tail)

    replay = verbs.add_parser("replay", help="publish kept events of the outbox again, with the same event ids")
    replay.add_argument("--id", action="append", default=[], help="of an event; may be given several times")
    replay.add_argument("--yes", action="store_true", help="do it; without it only tells what would be published")
    _add_choice(replay)
    _add_names(replay)

    letters = verbs.add_parser("dead-letters", help="events that a consumer gave up on")
    actions = letters.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="one line of JSON for each that nobody has seen to")
    listing.add_argument("--all", action="store_true", help="also those that were replayed or discarded")
    show = actions.add_parser("show", help="one of them, whole")
    show.add_argument("letter", help="as the list names it: TOPIC/PARTITION/OFFSET")
    for one in (listing, show):
        _add_names(one)
    again = actions.add_parser("replay", help="hand it again to the consumers that gave up on it")
    again.add_argument("letter", nargs="?", help="as the list names it")
    again.add_argument("--all", action="store_true", help="every one that is open")
    discard = actions.add_parser("discard", help="see to it by doing nothing")
    discard.add_argument("letter", help="as the list names it")
    discard.add_argument("--reason", required=True, help="why; kept beside it")


def _add_choice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--topic", help="such as booking.events")
    parser.add_argument("--type", help="such as BookingConfirmed")
    parser.add_argument("--aggregate", help="id of a booking, a hotel, …")
    parser.add_argument("--since", type=_moment, help="ISO 8601; of today's clock in UTC if it has no zone")
    parser.add_argument("--until", type=_moment, help="ISO 8601, not included")


def _add_names(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--show-personal-data", action="store_true", help="names and free texts, which are masked else")


def _moment(text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no moment such as 2027-05-10T14:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
