"""An HTTP server on loopback that fails by a seeded plan in every way that real ones do.

What a request meets depends on the seed, its question and how often that was asked before, and on nothing else,
so that two runs of the same plan see the same faults.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from random import Random

from loopback import completion_body

FAULTS = (
    "429",
    "429 with Retry-After",
    "500",
    "503",
    "hangs",
    "closes mid-body",
    "bad JSON",
    "wrong content type",
    "empty choices",
    "200 with an error object",
)
HUGE = 10_000_000
"""Characters of the one answer that is far too long."""


@dataclass
class FaultyServer:
    """Answers each question with `answer`, after the faults that the plan holds for it."""

    share: float = 0.2
    """Of all attempts, those that fail."""
    seed: int = 0
    never: Callable[[str], bool] = lambda _: False
    """Questions that never get through."""
    huge: Callable[[str], bool] = lambda _: False
    """Questions with a very long answer."""
    answer: Callable[[str], str] = lambda _: "1"
    echo: str = ""
    """Said in every error; a server may repeat what it was sent."""
    url: str = ""
    met: Counter[str] = field(default_factory=Counter)
    """How often each fault was met."""
    asked: Counter[str] = field(default_factory=Counter)
    """How often each question was asked."""

    def fault(self, question: str) -> str | None:
        """What the next attempt at a question meets."""
        attempt = self.asked[question]
        self.asked[question] += 1
        draw = Random(f"{self.seed} {question} {attempt}")
        if draw.random() < self.share or self.never(question):
            return draw.choice(FAULTS)
        return None

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await self._one(reader, writer):
                await writer.drain()
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.split("content-length:")[1].split("\r\n")[0])
        question = json.loads(await reader.readexactly(length))["messages"][-1]["content"]
        fault = self.fault(question)
        if fault is None:
            text = "1" * HUGE if self.huge(question) else self.answer(question)
            writer.write(_response(200, json.dumps(completion_body(text))))
            return True
        self.met[fault] += 1
        error = json.dumps({"error": {"message": f"{fault} {self.echo}"}})
        if fault == "hangs":
            await reader.read()  # until the client gives up
            return False
        if fault == "closes mid-body":
            writer.write(_response(200, json.dumps(completion_body("2")), promised=4000))
            return False
        writer.write(
            {
                "429": _response(429, error),
                "429 with Retry-After": _response(429, error, extra="Retry-After: 1\r\n"),
                "500": _response(500, error),
                "503": _response(503, f"<h1>Service Unavailable</h1> {self.echo}", kind="text/html"),
                "bad JSON": _response(200, '{"choices": [{"message": {"content": "2'),
                "wrong content type": _response(200, f"<html>captive portal {self.echo}</html>", kind="text/html"),
                "empty choices": _response(200, '{"choices": []}'),
                "200 with an error object": _response(200, error),
            }[fault]
        )
        return True


def _response(status: int, body: str, kind: str = "application/json", extra: str = "", promised: int = 0) -> bytes:
    data = body.encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {promised or len(data)}\r\n{extra}\r\n"
    return head.encode() + data


@contextmanager
def failing() -> Iterator[FaultyServer]:
    """A faulty server in a thread of its own."""
    server = FaultyServer()
    ready = threading.Event()
    loop = asyncio.new_event_loop()

    async def start() -> asyncio.Server:
        listening = await asyncio.start_server(server.handle, "127.0.0.1", 0, limit=1 << 20)
        server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
        return listening

    def serve() -> None:
        asyncio.set_event_loop(loop)
        listening = loop.run_until_complete(start())
        ready.set()
        loop.run_forever()
        listening.close()
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.close()

    thread = threading.Thread(target=serve)
    thread.start()
    assert ready.wait(10)
    yield server
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
