"""python -m stack up | tour | audit | payments | jobs | mails | keys | events | replay | import-hotels | …"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from stack.events.options import add_options

PAYMENT_COMMANDS = {
    "webhooks": "the endpoint and its newest deliveries; with an id: one delivery and its attempts",
    "redeliver": "send the webhook with this id again",
    "enable": "send webhooks again to an endpoint that answered 410 Gone",
    "faults": "what goes wrong on purpose; with a plan (seed=7,lose=0.1): from now on; with calm: nothing",
    "dispute": "let the guest's bank dispute the payment with this id",
    "won": "decide the dispute with this id for the merchant",
    "lost": "decide the dispute with this id against the merchant",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m stack")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start everything on this machine")
    tour_options = commands.add_parser("tour", help="play the first journey against a running stack")
    tour_options.add_argument("--gateway", help="address of the gateway; that of the running stack if left out")
    tour_options.add_argument("--mail", help="address of the mail page; that of the running stack if left out")
    commands.add_parser("audit", help="count every booking anew against nights, payments and refunds")
    payments = commands.add_parser("payments", help="the payment system, and webhooks that somebody must look at")
    of_payments = payments.add_subparsers(dest="action", required=True)
    of_payments.add_parser("parked", help="list what did not fit, with its reason")
    replaying_event = of_payments.add_parser("replay", help="work one parked webhook off once more")
    replaying_event.add_argument("event_id")
    for doing, meaning in PAYMENT_COMMANDS.items():
        of_payments.add_parser(doing, help=meaning).add_argument("subject", nargs="?", default="")
    jobs = commands.add_parser("jobs", help="background jobs that failed for good")
    of_jobs = jobs.add_subparsers(dest="action", required=True)
    of_jobs.add_parser("dead", help="list them with their cause")
    replaying_job = of_jobs.add_parser("replay", help="try one once more, or all")
    replaying_job.add_argument("job_id")
    importing = commands.add_parser("import-hotels", help="a list of houses (CSV, also .gz) into the running stack")
    importing.add_argument("file", type=Path)
    importing.add_argument("--owner", default="", help="e-mail address of the hotelier; nobody if left out")
    importing.add_argument("--draft", action="store_true", help="do not publish the houses")
    importing.add_argument(
        "--report", type=Path, default=Path(".stack/import-report.csv"), help="where every row is told"
    )
    rates = commands.add_parser("exchange-rates", help="reference rates by day (CSV) into the running stack")
    rates.add_argument("file", type=Path)
    replaying = commands.add_parser("replay", help="play a year of real bookings with a moving clock, and compare")
    replaying.add_argument("file", type=Path, nargs="?", help="CSV, also .gz; the resort of stack/data if left out")
    mailing = commands.add_parser("mails", help="e-mails that were given up").add_subparsers(
        dest="mails", required=True
    )
    mailing.add_parser("failed", help="list them, the newest first")
    mailing.add_parser("resend", help="send one again").add_argument("id", help="as `mails failed` names it")
    keys = commands.add_parser("keys", help="the keys that sign access tokens")
    of_keys = keys.add_subparsers(dest="action", required=True)
    of_keys.add_parser("list", help="those that are published")
    rotating = of_keys.add_parser("rotate", help="publish a new one, which signs ten minutes later")
    rotating.add_argument("--soon", action="store_true", help="it signs a minute and a half later")
    of_keys.add_parser("retire", help="end one: what it signed is refused").add_argument("kid")
    add_options(commands.add_parser("events", help="look at events, publish them again, see to dead letters"))
    options = parser.parse_args()
    # Each command loads only what it needs: the tour is a client and starts at once.
    if options.command == "up":
        from stack.up import up

        return up()
    if options.command == "events":
        from stack.events.command import events

        return events(options)
    if options.command == "audit":
        from stack.audit import audit

        return audit()
    if options.command == "payments":
        return _payments(options)
    if options.command in ("jobs", "keys"):
        return _jobs_or_keys(options)
    if options.command in ("import-hotels", "exchange-rates"):
        return _load_file(options)
    if options.command == "replay":
        from stack.replay.command import RESORT, replay

        return replay(options.file or RESORT)
    if options.command == "mails":
        from stack.mails import failed, resend

        return failed() if options.mails == "failed" else resend(options.id)
    from stack.tour import tour

    return tour(options.gateway, options.mail)


def _load_file(options: argparse.Namespace) -> int:
    if options.command == "exchange-rates":
        from stack.exchange_rates import load_exchange_rates

        return load_exchange_rates(options.file)
    from stack.import_hotels import Asked, import_hotels

    return import_hotels(Asked(options.file, options.owner, options.draft, options.report))


def _jobs_or_keys(options: argparse.Namespace) -> int:
    if options.command == "jobs":
        from stack.dead_jobs import dead_jobs

        return dead_jobs(options.job_id if options.action == "replay" else None)
    from stack.signing_keys import signing_keys

    return signing_keys(options.action, kid=getattr(options, "kid", ""), soon=getattr(options, "soon", False))


def _payments(options: argparse.Namespace) -> int:
    if options.action in PAYMENT_COMMANDS:
        from stack.payments import payments

        return payments(options.action, options.subject)
    from stack.parked_payments import parked_payments

    return parked_payments(options.event_id if options.action == "replay" else None)


if __name__ == "__main__":
    sys.exit(main())
