"""The page that shows the mails, and the API that tests and the tour ask.

Nothing in a mail can run here: the page escapes, and a mail's HTML is answered only under a policy that
forbids scripts, forms and every request, inside a sandboxed frame.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from stack.mail_catcher import pages
from stack.mail_catcher.mail import Mail
from stack.mail_catcher.mail_store import MailStore

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)

_ASSETS = Path(__file__).parent / "assets"


def web_app(store: MailStore) -> Starlette:
    site = _MailSite(store)
    return Starlette(
        routes=[
            Route("/", site.show_list),
            Route("/delete", site.delete_all, methods=["POST"]),
            Route("/mails/{id}", site.show_mail),
            Route("/mails/{id}/html", site.show_html),
            Route("/mails/{id}/raw", site.show_source),
            Route("/mails/{id}/attachments/{number:int}", site.download),
            Route("/api/mails", site.answer_mails, methods=["GET"]),
            Route("/api/mails", site.forget_mails, methods=["DELETE"]),
            Mount("/assets", StaticFiles(directory=_ASSETS)),
        ],
        exception_handlers={HTTPException: _refuse},
    )


class _MailSite:
    def __init__(self, store: MailStore) -> None:
        self._store = store

    async def show_list(self, request: Request) -> Response:
        words = request.query_params.get("q", "")
        mails = self._store.newest_first()
        found = [mail for mail in mails if mail.matches(words)]
        return _page(pages.mail_list(found, kept=len(mails), words=words))

    async def show_mail(self, request: Request) -> Response:
        mail = self._wanted(request)
        return _page(pages.one_mail(mail, self._store.attachments_of(mail)))

    async def show_html(self, request: Request) -> Response:
        mail = self._wanted(request)
        if mail.html is None:
            raise HTTPException(404, "This mail has no HTML part.")
        return _under(MAIL_POLICY, Response(pages.framed(mail.html), media_type="text/html"))

    async def show_source(self, request: Request) -> Response:
        source = self._store.source_of(self._wanted(request))
        return _under(MAIL_POLICY, PlainTextResponse(source.decode("utf-8", "replace")))

    async def download(self, request: Request) -> Response:
        attachments = self._store.attachments_of(self._wanted(request))
        number = request.path_params["number"]
        if not 1 <= number <= len(attachments):
            raise HTTPException(404, "This mail has no such attachment.")
        attachment = attachments[number - 1]
        name = quote(attachment.name, safe="")
        return _under(
            MAIL_POLICY,
            Response(
                attachment.content,
                # Whatever the sender calls it, a browser must only ever save it.
                media_type="application/octet-stream",
                headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
            ),
        )

    async def delete_all(self, request: Request) -> Response:
        if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            raise HTTPException(403, "Only this page may delete mails.")
        self._store.clear()
        return RedirectResponse("/", status_code=303)

    async def answer_mails(self, request: Request) -> Response:
        """`to`: a whole address, or a part of one without @; `subject`: a part of it. Newest first."""
        to = request.query_params.get("to", "").casefold()
        subject = request.query_params.get("subject", "").casefold()
        return JSONResponse(
            [
                _as_json(mail)
                for mail in self._store.newest_first()
                if _is_for(mail, to) and subject in mail.subject.casefold()
            ]
        )

    async def forget_mails(self, _request: Request) -> Response:
        self._store.clear()
        return Response(status_code=204)

    def _wanted(self, request: Request) -> Mail:
        mail = self._store.find(request.path_params["id"])
        if mail is None:
            raise HTTPException(404, "This mail is not here; it was deleted, or newer ones took its place.")
        return mail


def _is_for(mail: Mail, to: str) -> bool:
    recipients = [recipient.casefold() for recipient in mail.recipients]
    return to in recipients if "@" in to else any(to in recipient for recipient in recipients)


def _as_json(mail: Mail) -> dict[str, object]:
    headers: dict[str, str] = {}
    for name, value in mail.headers:
        headers[name] = f"{headers[name]}\n{value}" if name in headers else value
    return {
        "id": mail.id,
        "from": mail.sender,
        "to": list(mail.recipients),
        "subject": mail.subject,
        "date": mail.sent_at.isoformat(),
        "text": mail.text,
        "html": mail.html,
        "headers": headers,
        "attachments": list(mail.attachment_names),
    }


def _page(body: str) -> Response:
    return _under(PAGE_POLICY, Response(body, media_type="text/html"))


def _under(policy: str, response: Response) -> Response:
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


async def _refuse(request: Request, failure: Exception) -> Response:
    refused = failure if isinstance(failure, HTTPException) else HTTPException(500)
    if request.url.path.startswith("/api/"):
        return JSONResponse({"message": refused.detail}, status_code=refused.status_code)
    page = _page(pages.refusal(refused.detail))
    page.status_code = refused.status_code
    return page
