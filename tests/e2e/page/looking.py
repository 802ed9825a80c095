"""Somebody who looks at the page: a browser window of its own, and what went wrong in it."""

import re
from typing import Any
from urllib.parse import quote, urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Locator, Request, Response, WebSocketRoute, expect

from tests.e2e.stack import Stack, eventually

expect.set_options(timeout=30_000)  # ms; two stacks and two browsers share two cores
Builds = list[dict[str, Any]]


class Looking:
    def __init__(self, browser: Browser, stack: Stack, settings: dict[str, Any]) -> None:
        self.stack = stack
        self.tolerant = False  # while the network fails, the browser complains, and rightly so
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        self.asked: list[str] = []
        self.sockets: list[WebSocketRoute] = []
        self.context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 900}, "timezone_id": "Asia/Kolkata", **settings}
        )
        self.page = self.context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(error.stack or str(error)))
        self.page.on("request", self._note)
        self.page.on("response", self._judge)

    def go(self, address: str) -> None:
        self.page.goto(f"{self.stack.url}/{address}")

    def close(self) -> None:
        self.context.close()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not self.tolerant:
            self.complaints.append(message.text)

    def _note(self, request: Request) -> None:
        self.asked.append(request.url)
        own = urlsplit(request.url).netloc == urlsplit(self.stack.url).netloc
        if not own and not request.url.startswith("data:"):
            self.foreign.append(request.url)

    def _judge(self, response: Response) -> None:
        if response.status >= 400 and not self.tolerant:
            self.complaints.append(f"{response.status} {response.url}")

    # What is on the page

    def row(self, repo: str, pipeline: str = "CI") -> Locator:
        rows = self.page.locator(".rows > li")
        return rows.filter(has=self.page.get_by_text(repo, exact=True)).filter(
            has=self.page.get_by_text(pipeline, exact=True)
        )

    def rows(self) -> list[str]:
        """Each row of the list in order, as repository and pipeline."""
        return self.page.locator(".rows .c-name a").all_inner_texts()

    def card(self, repo: str) -> Locator:
        return self.page.locator(".cards > li").filter(has=self.page.get_by_text(repo, exact=True))

    def tile(self, label: str) -> Locator:
        tiles = self.page.locator(".tile")
        return tiles.filter(has=self.page.get_by_role("button", name=label, exact=True)).locator(".value")

    def is_live(self) -> None:
        expect(self.page.locator("#live")).to_have_text("Live")

    def only(self, repo: str) -> str:
        return f"?repo={quote(repo, safe='')}"

    # What is between the page and the stack

    def hold_the_socket(self) -> None:
        """From the next visit on: what passes goes through `sockets`, which a test may close."""
        self.page.route_web_socket(re.compile("/ws$"), self._pass_on)

    def _pass_on(self, socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        self.sockets.append(socket)

    def answer(self, path: str, body: Any, times: int | None = None) -> None:
        """Instead of the API, from the next visit on."""
        self.page.route(
            re.compile(rf"^\w+://[^/]+/{path}(\?|$)"),
            lambda route: route.fulfill(json=body),
            **({"times": times} if times else {}),
        )

    def hears_only(self) -> None:
        """Once it has caught up the API does not answer any more: what changes was told by the socket."""
        asked = (
            "performance.getEntriesByType('resource').filter(({ name }) => name.includes('/builds?limit'))"
        )
        eventually(lambda: self.page.evaluate(f"{asked}.length") >= 2)
        self.tolerant = True
        self.page.route(re.compile(r"/(pipelines|builds)\?"), lambda route: route.abort())
