"""The mail catcher over its real ports: SMTP in, page and API out."""

from __future__ import annotations

import asyncio
import os
import smtplib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib
import httpx
import pytest

from runtime.settings import MailCatcherSettings
from stack.embedded.child_process import ChildProcess, listening
from stack.mail_catcher.mail_store import KEPT, MailStore
from stack.mail_catcher.service import mail_catcher
from stack.web_build import ROOT
from tests.parts import free_port

CALENDAR = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Tests//EN
METHOD:REQUEST
BEGIN:VEVENT
UID:1@tests
DTSTAMP:20270101T000000Z
DTSTART:20270514T150000Z
DTEND:20270517T090000Z
SUMMARY:Hôtel <Étoile>
LOCATION:1 rue de la Paix
STATUS:CONFIRMED
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n").encode()


@dataclass(frozen=True)
class Catcher:
    settings: MailCatcherSettings
    http: httpx.AsyncClient

    async def send(self, mail: EmailMessage) -> None:
        await aiosmtplib.send(mail, hostname="127.0.0.1", port=self.settings.smtp_listen_port, use_tls=False)

    async def mails(self, **query: str) -> list[dict[str, Any]]:
        answer = await self.http.get("/api/mails", params=query)
        assert answer.status_code == 200
        found: list[dict[str, Any]] = answer.json()
        return found

    async def page(self, path: str, status: int = 200) -> str:
        answer = await self.http.get(path)
        assert answer.status_code == status
        return answer.text


def settings_for(folder: Path) -> MailCatcherSettings:
    return MailCatcherSettings(smtp_listen_port=free_port(), http_port=free_port(), mail_dir=str(folder))


@pytest.fixture(scope="module")
async def running_catcher(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Catcher]:
    settings = settings_for(tmp_path_factory.mktemp("mails"))
    async with (
        mail_catcher(settings),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.http_port}", trust_env=False) as http,
    ):
        yield Catcher(settings, http)


@pytest.fixture
async def catcher(running_catcher: Catcher) -> Catcher:
    """A catcher without any mail."""
    await running_catcher.http.delete("/api/mails")
    return running_catcher


def a_mail(subject: str = "Your booking", to: str = "ada@guest.example", text: str = "See you soon.") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Innkeeper <no-reply@innkeeper.example>"
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = "Sat, 14 Nov 2026 10:15:00 +0100"
    mail["X-Innkeeper-Request-Id"] = "req-12345678"
    mail.set_content(text)
    return mail


async def test_a_mail_sent_is_answered_with_all_its_parts(catcher: Catcher) -> None:
    mail = a_mail()
    mail.add_alternative("<p>See you <b>soon</b>.</p>", subtype="html")
    await catcher.send(mail)
    (caught,) = await catcher.mails()
    assert caught["from"] == "Innkeeper <no-reply@innkeeper.example>"
    assert caught["to"] == ["ada@guest.example"]
    assert caught["subject"] == "Your booking"
    assert caught["date"] == "2026-11-14T09:15:00+00:00"
    assert caught["text"].strip() == "See you soon."
    assert "<b>soon</b>" in caught["html"]
    assert caught["headers"]["X-Innkeeper-Request-Id"] == "req-12345678"
    assert caught["attachments"] == []


async def test_the_page_shows_a_mail_as_its_reader_sees_it(catcher: Catcher) -> None:
    mail = a_mail()
    mail.add_alternative("<html><head><title>x</title></head><body>See you <b>soon</b>.</body></html>", subtype="html")
    await catcher.send(mail)
    (caught,) = await catcher.mails()
    path = f"/mails/{caught['id']}"
    assert f'href="{path}"' in await catcher.page("/")
    page = await catcher.page(path)
    assert "Innkeeper &lt;no-reply@innkeeper.example&gt;" in page
    assert "req-12345678" in page
    assert "See you soon." in page
    assert "See you <b>soon</b>." in await catcher.page(f"{path}/html")
    assert "Delivered-To: ada@guest.example" in await catcher.page(f"{path}/raw")


async def test_the_newest_mail_stands_first(catcher: Catcher) -> None:
    for number in range(3):
        await catcher.send(a_mail(subject=f"Mail {number}"))
    assert [mail["subject"] for mail in await catcher.mails()] == ["Mail 2", "Mail 1", "Mail 0"]
    page = await catcher.page("/")
    assert page.index("Mail 2") < page.index("Mail 1") < page.index("Mail 0")


async def test_unicode_in_subject_names_text_and_addresses_survives(catcher: Catcher) -> None:
    mail = a_mail(subject="Réservation confirmée à l’hôtel – 東京 🏨", text="Добро пожаловать, Zoë!")
    mail.replace_header("From", "Hôtel Ünïque <no-reply@innkeeper.example>")
    mail.replace_header("To", "zoë@guest.example")
    await catcher.send(mail)
    (caught,) = await catcher.mails(to="zoë@guest.example", subject="RÉSERVATION")
    assert caught["subject"] == "Réservation confirmée à l’hôtel – 東京 🏨"
    assert caught["from"] == "Hôtel Ünïque <no-reply@innkeeper.example>"
    assert caught["text"].strip() == "Добро пожаловать, Zoë!"
    assert "東京 🏨" in await catcher.page("/")


async def test_the_api_tells_a_whole_address_from_a_part_of_one(catcher: Catcher) -> None:
    await catcher.send(a_mail(subject="One", to="ada@guest.example"))
    await catcher.send(a_mail(subject="Two", to="grandada@guest.example"))
    assert [mail["subject"] for mail in await catcher.mails(to="ADA@guest.example")] == ["One"]
    assert [mail["subject"] for mail in await catcher.mails(to="ada")] == ["Two", "One"]
    assert [mail["subject"] for mail in await catcher.mails(subject="tw")] == ["Two"]
    assert await catcher.mails(to="ada@guest.example", subject="tw") == []


async def test_the_search_box_finds_by_recipient_and_by_subject(catcher: Catcher) -> None:
    await catcher.send(a_mail(subject="Booking confirmed", to="ada@guest.example"))
    await catcher.send(a_mail(subject="Payment refused", to="grace@guest.example"))
    by_recipient = await catcher.page("/?q=GRACE")
    assert "Payment refused" in by_recipient
    assert "Booking confirmed" not in by_recipient
    assert "Booking confirmed" in await catcher.page("/?q=booking+conf")
    nothing = await catcher.page("/?q=%22%3E%3Cscript%3E")
    assert "None of the 2 mails" in nothing
    assert "<script>" not in nothing


async def test_an_empty_catcher_says_so_in_words(catcher: Catcher) -> None:
    assert "No mail yet" in await catcher.page("/")
    assert await catcher.mails() == []


async def test_a_blind_copy_is_found_by_its_recipient(catcher: Catcher) -> None:
    await aiosmtplib.send(
        a_mail(),
        recipients=["ada@guest.example", "hidden@guest.example"],
        hostname="127.0.0.1",
        port=catcher.settings.smtp_listen_port,
    )
    (caught,) = await catcher.mails(to="hidden@guest.example")
    assert caught["to"] == ["ada@guest.example", "hidden@guest.example"]


async def test_markup_in_headers_and_text_stays_text(catcher: Catcher) -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    mail = a_mail(subject=attack, text=attack)
    mail.replace_header("From", f'"{attack}" <x@evil.example>')
    mail["X-Evil"] = attack
    mail.add_attachment(b"x", maintype="text", subtype="html", filename=attack)
    await catcher.send(mail)
    (caught,) = await catcher.mails()
    assert caught["subject"] == attack
    for path in ("/", f"/mails/{caught['id']}"):
        page = await catcher.page(path)
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "&lt;script&gt;alert(1)" in page


async def test_html_of_a_mail_can_neither_run_nor_ask_anything(catcher: Catcher) -> None:
    mail = a_mail()
    mail.add_alternative("<script>alert(1)</script><img src='https://tracker.example/1.gif'>", subtype="html")
    await catcher.send(mail)
    (caught,) = await catcher.mails()
    page = await catcher.http.get(f"/mails/{caught['id']}")
    frame = page.text[page.text.index("<iframe") : page.text.index("</iframe>")]
    assert 'sandbox="' in frame
    assert "allow-scripts" not in frame
    assert "allow-same-origin" not in frame
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    for part in ("html", "raw"):
        answer = await catcher.http.get(f"/mails/{caught['id']}/{part}")
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "sandbox" in policy
        assert "allow-scripts" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_attachments_come_back_byte_for_byte_and_only_as_downloads(catcher: Catcher) -> None:
    mail = a_mail()
    mail.add_attachment(b"%PDF \x00\xff", maintype="application", subtype="pdf", filename="Reçu n° 1.pdf")
    mail.add_attachment("<script>alert(1)</script>", subtype="html", filename="page.html")
    mail.add_attachment(a_mail(subject="Inner"))
    await catcher.send(mail)
    (caught,) = await catcher.mails()
    assert caught["attachments"] == ["Reçu n° 1.pdf", "page.html", "attachment-3"]
    assert caught["text"].strip() == "See you soon."
    answers = [await catcher.http.get(f"/mails/{caught['id']}/attachments/{number}") for number in (1, 2, 3)]
    assert answers[0].content == b"%PDF \x00\xff"
    assert b"Subject: Inner" in answers[2].content
    for answer in answers:
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    await catcher.page(f"/mails/{caught['id']}/attachments/4", status=404)


async def test_a_calendar_file_is_read_on_the_page(catcher: Catcher) -> None:
    mail = a_mail()
    mail.add_attachment(CALENDAR, maintype="text", subtype="calendar", filename="stay.ics")
    mail.add_attachment(b"BEGIN:VCALENDAR nonsense", maintype="text", subtype="calendar", filename="broken.ics")
    await catcher.send(mail)
    (caught,) = await catcher.mails()
    page = await catcher.page(f"/mails/{caught['id']}")
    for words in (
        "Hôtel &lt;Étoile&gt;",
        "Fri 14 May 2027, 15:00",
        "CONFIRMED",
        "REQUEST",
        "1 rue de la Paix",
        "broken.ics",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("recipient", "code"),
    [("anyone@reject.example", 550), ("anyone@DEFER.example", 451), ("x@sub.reject.example", 250)],
)
async def test_two_domains_let_senders_practise_failure(catcher: Catcher, recipient: str, code: int) -> None:
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=catcher.settings.smtp_listen_port)
    async with client:
        await client.mail("no-reply@innkeeper.example")
        if code == 250:
            await client.rcpt(recipient)
        else:
            with pytest.raises(aiosmtplib.SMTPRecipientRefused) as refused:
                await client.rcpt(recipient)
            assert refused.value.code == code
    assert await catcher.mails() == []


async def test_a_refused_recipient_does_not_keep_the_mail_from_the_others(catcher: Catcher) -> None:
    mail = a_mail(to="ada@guest.example, nobody@reject.example")
    await catcher.send(mail)
    (caught,) = await catcher.mails()
    assert caught["to"] == ["ada@guest.example"]


async def test_deleting_forgets_every_mail(catcher: Catcher) -> None:
    await catcher.send(a_mail())
    assert (await catcher.http.delete("/api/mails")).status_code == 204
    assert await catcher.mails() == []
    await catcher.send(a_mail())
    assert (await catcher.http.post("/delete")).status_code == 303
    assert await catcher.mails() == []


async def test_another_site_cannot_delete_mails(catcher: Catcher) -> None:
    await catcher.send(a_mail())
    answer = await catcher.http.post("/delete", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert len(await catcher.mails()) == 1


@pytest.mark.parametrize("identifier", ["0000000000000000", "..%2F..%2Fetc%2Fpasswd", "x"])
async def test_an_unknown_mail_is_not_here(catcher: Catcher, identifier: str) -> None:
    for path in ("", "/html", "/raw", "/attachments/1"):
        assert (await catcher.http.get(f"/mails/{identifier}{path}")).status_code == 404


async def test_a_restart_keeps_the_mails_in_their_order(tmp_path: Path) -> None:
    for start in (0, 2):
        settings = settings_for(tmp_path)
        async with mail_catcher(settings) as store:
            assert len(store.newest_first()) == start
            for number in range(start, start + 2):
                await aiosmtplib.send(a_mail(f"Mail {number}"), hostname="127.0.0.1", port=settings.smtp_listen_port)
    subjects = [mail.subject for mail in MailStore(tmp_path).newest_first()]
    assert subjects == ["Mail 3", "Mail 2", "Mail 1", "Mail 0"]


def test_only_the_newest_mails_are_kept(tmp_path: Path) -> None:
    store = MailStore(tmp_path)
    for number in range(KEPT + 3):
        store.add(f"Subject: Mail {number}\r\n\r\n".encode(), sender="a@b.example", recipients=["c@d.example"])
    assert len(store.newest_first()) == KEPT == 500
    assert len(list(tmp_path.iterdir())) == KEPT
    assert store.newest_first()[0].subject == f"Mail {KEPT + 2}"
    assert store.newest_first()[-1].subject == "Mail 3"
    assert [mail.subject for mail in MailStore(tmp_path, kept=2).newest_first()] == ["Mail 502", "Mail 501"]


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"\xff\xfe\x00",
        b"Subject: =?utf-8?b?!!!?=\r\n\r\n\xff",
        b"From: <<>@@\r\nTo: ,;:\r\nDate: yesterday\r\nContent-Type: text/html; charset=klingon\r\n\r\n<p>\xe9",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\nno boundary here",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Disposition: attachment; filename*=\r\n\r\ny",
    ],
)
async def test_a_broken_mail_is_kept_and_shown_as_far_as_it_goes(catcher: Catcher, source: bytes) -> None:
    def send() -> None:
        with smtplib.SMTP("127.0.0.1", catcher.settings.smtp_listen_port) as client:
            client.sendmail("a@b.example", ["c@d.example"], source)

    await asyncio.to_thread(send)
    (caught,) = await catcher.mails(to="c@d.example")
    await catcher.page("/")
    await catcher.page(f"/mails/{caught['id']}")
    await catcher.page(f"/mails/{caught['id']}/raw")


async def test_both_servers_listen_on_this_machine_only_and_stop_together(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    async with mail_catcher(settings):
        assert await listening("127.0.0.1", settings.smtp_listen_port)
        assert await listening("127.0.0.1", settings.http_port)
        assert not await listening("127.0.0.2", settings.smtp_listen_port)
        assert not await listening("127.0.0.2", settings.http_port)
    assert not await listening("127.0.0.1", settings.smtp_listen_port)
    assert not await listening("127.0.0.1", settings.http_port)


@pytest.mark.parametrize("taken", ["smtp_listen_port", "http_port"])
async def test_a_taken_port_ends_the_process_with_one_clear_line(catcher: Catcher, tmp_path: Path, taken: str) -> None:
    port = getattr(catcher.settings, taken)
    process = process_of(settings_for(tmp_path / "other").model_copy(update={taken: port}), tmp_path)
    await process.start()
    assert await asyncio.wait_for(process.wait(), 120) == 2
    assert str(port) in process.obituary()
    assert "cannot be used" in process.obituary()


async def test_the_process_serves_until_it_is_asked_to_stop(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "mails")
    process = process_of(settings, tmp_path)
    await process.start()
    try:
        await process.ready_when(lambda: listening("127.0.0.1", settings.http_port), seconds=20)
        mail = a_mail(to="secret@guest.example")
        await aiosmtplib.send(mail, hostname="127.0.0.1", port=settings.smtp_listen_port)
    finally:
        await process.stop()
    assert process.exit_code == 0
    assert "process.stopped" in process.obituary()
    assert "secret@guest.example" not in process.log_file.read_text()


def process_of(settings: MailCatcherSettings, folder: Path) -> ChildProcess:
    return ChildProcess(
        "mail catcher",
        [sys.executable, "-m", "stack.mail_catcher"],
        log_file=folder / "mail_catcher.log",
        environment={
            "PATH": os.defpath,
            "INNKEEPER_SMTP_LISTEN_PORT": str(settings.smtp_listen_port),
            "INNKEEPER_HTTP_PORT": str(settings.http_port),
            "INNKEEPER_MAIL_DIR": settings.mail_dir,
        },
        directory=ROOT,
    )
