"""A real HTTP server on loopback whose answers a test decides, and small readers."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

Answer = Callable[[dict[str, Any]], web.StreamResponse | str]


POSTED = (
    "/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/responses/{id}/cancel", "/v1/messages",
    "/openai/{tail:.*}", "/model/{tail:.*}", "/v1/projects/{tail:.*}",
)  # fmt: skip
"""What the server answers to, in the protocols of OpenAI, Azure, Anthropic, Bedrock and Vertex."""


@dataclass
class ChatServer:
    """A chat-completions server whose answers a test decides."""

    answer: Answer = lambda _: "1"
    delay: float = 0.0
    """Seconds before each answer."""
    hold_after: int | None = None
    """Requests after this many wait until it is None again: a run that can't end before a test is done with it."""
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    """Method, path and query of each request."""
    models: list[dict[str, Any]] = field(default_factory=list)
    """What GET /models lists."""
    under_way: int = 0
    """Requests being answered at this moment."""
    url: str = ""

    async def list_models(self, _: web.Request) -> web.StreamResponse:
        """The server's models; 404 where none are set."""
        return web.json_response({"object": "list", "data": self.models}, status=200 if self.models else 404)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Remember the request; a text answer becomes a completion."""
        body = await request.json() if request.can_read_body else {}
        self.paths.append(f"{request.method} {request.path_qs}")
        self.requests.append(body)
        self.headers.append(dict(request.headers))
        self.under_way += 1
        number = len(self.requests)
        try:
            await asyncio.sleep(self.delay)
            while self.hold_after is not None and number > self.hold_after:  # noqa: ASYNC110 -- the test sets it from another thread
                await asyncio.sleep(0.005)
            answer = self.answer(body)
        finally:
            self.under_way -= 1
        if isinstance(answer, web.StreamResponse):
            return answer
        if request.path.endswith("/v1/completions"):
            return web.json_response({"choices": [{"index": 0, "text": answer, "finish_reason": "stop"}]})
        return web.json_response(completion_body(answer))


def completion_body(text: str, **message: Any) -> dict[str, Any]:
    """A body in the shape of the chat-completions protocol."""
    return {
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12},
    }


async def dripping() -> AsyncIterator[bytes]:
    """The body of a streamed answer that comes piece by piece and never ends."""
    while True:
        yield b'data: {"choices": [{"index": 0, "delta": {"content": "a"}}]}\n\n'
        await asyncio.sleep(0.02)


def word_of(body: Any) -> str:
    """The word that a judge's verdict has to carry, read off its prompt."""
    found = re.search(r"^(?:VERDICT|SCORE) ([a-z]{6}): ", question_of(body), re.MULTILINE)
    return found.group(1) if found else ""


def question_of(body: dict[str, Any]) -> str:
    """The user's turn of a request."""
    return str(body["messages"][-1]["content"])


def error_response(status: int, message: str = "", **headers: str) -> web.Response:
    """An error in the shape servers send."""
    return web.json_response({"error": {"message": message}}, status=status, headers=headers)


def lines_of(path: Path) -> list[dict[str, Any]]:
    """The JSON lines of a file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@contextmanager
def serving() -> Iterator[ChatServer]:
    """A chat server in a thread of its own; set its `answer`."""
    chat = ChatServer()
    ready, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        app = web.Application()
        for path in POSTED:
            app.router.add_post(path, chat.handle)
        app.router.add_get("/v1/models", chat.list_models)
        app.router.add_get("/v1/responses/{id}", chat.handle)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        chat.url = f"http://127.0.0.1:{port}/v1"
        ready.set()
        await asyncio.to_thread(stop.wait)
        await runner.cleanup()
        await asyncio.sleep(0.01)  # connections that the client dropped close in the next turns of the loop

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    try:
        yield chat
    finally:
        stop.set()
        thread.join()
