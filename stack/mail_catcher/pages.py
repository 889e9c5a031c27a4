"""Templates rendered to text. Autoescaping is on for every value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from stack.mail_catcher.mail import Attachment, Mail

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_HEAD = re.compile(r"<head(\s[^>]*)?>", re.IGNORECASE)
_DOCTYPE = re.compile(r"\s*<!doctype[^>]*>", re.IGNORECASE)
_LINKS_OPEN_OUTSIDE = '<base target="_blank">'


def mail_list(mails: Sequence[Mail], *, kept: int, words: str) -> str:
    return _templates.get_template("mail_list.html").render(mails=mails, kept=kept, words=words)


def one_mail(mail: Mail, attachments: Sequence[Attachment]) -> str:
    return _templates.get_template("mail.html").render(mail=mail, attachments=attachments)


def refusal(message: str) -> str:
    return _templates.get_template("refusal.html").render(message=message)


def framed(html: str) -> str:
    """A mail's own HTML, with links that leave the frame it is shown in."""
    place = _HEAD.search(html) or _DOCTYPE.match(html)
    end = place.end() if place else 0
    return html[:end] + _LINKS_OPEN_OUTSIDE + html[end:]
