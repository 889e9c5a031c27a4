"""The playground as a hotelier or integrator uses it: in a browser, against the running stack."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from stack.hotel_tour import CARD
from tests.journeys.browser import CHROMIUM, Page, open_page
from tests.journeys.running_stack import RunningStack

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (Debian: apt install chromium)")

RESULT = "document.querySelector('.result-window')?.innerText.replaceAll('\\u00a0', ' ') ?? ''"
TABS = "[...document.querySelectorAll('.graphiql-tab')].map(tab => tab.innerText.trim())"


async def go_to(page: Page, title: str) -> None:
    """Opens a step of the journey by its panel."""
    await page.run(
        f"[...document.querySelectorAll('.journey-steps button')].find(b => b.innerText.includes('{title}')).click()"
    )


async def execute(page: Page, title: str, expected: str) -> None:
    """Runs a step until its answer shows what is expected. GraphiQL takes a moment to notice that another tab
    has another operation, and nobody clicks as fast as a test: then the gateway refuses, and we click again."""
    await go_to(page, title)
    for _ in range(10):
        await page.run("document.querySelector('.graphiql-execute-button').click()")
        await page.until(f"({RESULT}).includes('{expected}') || ({RESULT}).includes('OPERATION_RESOLUTION')")
        if expected in await page.run(RESULT):
            return
        page.complaints.clear()  # of the refusal
        await asyncio.sleep(0.3)
    raise AssertionError(f"{title} never answered {expected}")


async def test_the_whole_journey_in_the_browser_leaves_the_host_alone(stack: RunningStack, tmp_path: Path) -> None:
    """And nothing of it is what our content policies forbid: the browser would complain."""
    async with open_page(f"{stack.gateway}/playground/", tmp_path / "profile") as page:
        await page.until("document.querySelectorAll('.graphiql-tab').length === 10")
        assert await page.run(TABS) == [
            "Register",
            "SignIn",
            "SearchHotels",
            "HotelWithOffers",
            "Quote",
            "Book",
            "Pay",
            "FollowBooking",
            "Notifications",
            "LookBack",
        ]
        await page.run("""(() => {
          const choice = document.querySelector('header select');
          choice.value = 'guest';
          choice.dispatchEvent(new Event('change', { bubbles: true }));
        })()""")
        await page.until("document.querySelector('header input[type=password]').value !== ''")
        await page.run("document.querySelector('header button[type=submit]').click()")
        await page.until("document.querySelector('header').innerText.includes('Grace')")

        await execute(page, "Search hotels", "totalCount")
        await execute(page, "Hotel with offers", "offers")
        await execute(page, "Get a quote", "expiresAt")
        await execute(page, "Book", "HELD")
        await execute(page, "Pay", "checkoutUrl")
        checkout = await page.until(
            "[...document.querySelectorAll('a')].find(a => a.href.includes('/checkout/'))?.href"
        )
        await execute(page, "Follow the booking", "PAYMENT_PENDING")
        await pay(checkout, tmp_path / "payer")
        await page.until(f"({RESULT}).includes('CONFIRMED')")
        await page.run("document.querySelector('.graphiql-execute-button').click()")  # ends the subscription
        await execute(page, "Notifications", "unreadNotifications")
        await execute(page, "Look back", "timeline")
        await page.screenshot(tmp_path / "playground.png")

        assert {urlsplit(url).netloc for url in page.requested if "://" in url} == {urlsplit(stack.gateway).netloc}
        assert any(url.startswith("ws://") for url in page.requested)
        assert page.complaints == []


async def pay(url: str, profile: Path) -> None:
    """At the checkout page, in a browser of its own."""
    async with open_page(url, profile) as page:
        for name, value in {"number": CARD, "expiry": "12/40", "cvc": "123", "holder": "Grace Guest"}.items():
            await page.run(f"document.getElementById('{name}').value = '{value}'")
        await page.run("document.querySelector('form button[type=submit]').click()")
        await page.until("document.title.startsWith('Paid')")
        assert page.complaints == []
