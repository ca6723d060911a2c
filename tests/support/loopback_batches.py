"""Files and batches over real HTTP on loopback, as OpenAI and Anthropic have them; a test decides what they become."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from loopback import completion_body, question_of

Json = dict[str, Any]
EXPIRED, CANCELED, MISSING = "expired", "canceled", "missing"
"""What may become of a line instead of an answer."""
Answer = Callable[[Json], "str | tuple[int, Json]"]
"""From the body of a request: a text, one of the three above, or a status with a body."""


@dataclass
class Batch:
    """One batch at the provider."""

    id: str
    lines: list[Json]
    metadata: Json = field(default_factory=dict)
    created: float = field(default_factory=time.time)
    status: str = "in_progress"
    replies: list[tuple[Json, Any]] = field(default_factory=list)
    errors: list[Json] = field(default_factory=list)


@dataclass
class BatchServer:
    """What a provider has, and how it behaves."""

    url: str = ""
    """Base URL with /v1, for OpenAI's paths."""
    answer: Answer = lambda _: "1"
    hold: bool = False
    """Whether batches stay under way until it is False again."""
    refusals: list[web.Response] = field(default_factory=list)
    """What the next submissions get instead of a batch."""
    lose: int = 0
    """Of how many of the next submissions the answer is lost: the batch is there all the same."""
    problems: list[Json] = field(default_factory=list)
    """Errors with which the next batches are refused as a whole, after their submission."""
    ending: str = ""
    """The status that the next batch ends with; "" for the usual one."""
    most: int = 50_000
    """Lines of a batch; more are refused."""
    looks: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, Batch] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    direct: list[Json] = field(default_factory=list)
    """Bodies of the requests that came outside of batches."""

    @property
    def submitted(self) -> Counter[str]:
        """How often each question was submitted, by its prompt."""
        asked = [line.get("body") or line["params"] for batch in self.batches.values() for line in batch.lines]
        return Counter(_prompt(body) for body in asked)

    @property
    def origin(self) -> str:
        """The address without /v1, for Anthropic's client."""
        return self.url.removesuffix("/v1")

    def add(self, lines: list[Json], metadata: Json) -> Batch:
        """Take in a batch."""
        batch = Batch(f"batch_{len(self.batches) + 1}", lines, metadata)
        self.batches[batch.id] = batch
        return batch

    def advance(self, batch: Batch) -> None:
        """Work off a batch, unless it is held."""
        self.looks += 1
        if self.hold or batch.status != "in_progress":
            return
        if self.problems:
            batch.status, batch.errors = "failed", [self.problems.pop(0)]
            return
        for line in reversed(batch.lines):  # results are in no order
            if (said := self.answer(line.get("body") or line["params"])) != MISSING:
                batch.replies.append((line, said))
        batch.status, self.ending = self.ending or "completed", ""


def _prompt(body: Json) -> str:
    return str(body["prompt"]) if "prompt" in body else question_of({"messages": body.get("input") or body["messages"]})


class _OpenAI:
    """OpenAI's paths."""

    def __init__(self, server: BatchServer) -> None:
        self.server = server

    async def upload(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        name = f"file-{len(self.server.files) + 1}"
        assert form["purpose"] == "batch"
        part = form["file"]
        assert isinstance(part, web.FileField)
        self.server.files[name] = part.file.read()
        return web.json_response({"id": name, "object": "file", "bytes": len(self.server.files[name])})

    async def content(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=self.server.files[request.match_info["id"]])

    async def create(self, request: web.Request) -> web.StreamResponse:
        server = self.server
        if server.refusals:
            return server.refusals.pop(0)
        body = await request.json()
        lines = [json.loads(line) for line in server.files[body["input_file_id"]].splitlines()]
        if len(lines) > server.most:
            return web.json_response({"error": {"message": f"at most {server.most} lines"}}, status=400)
        assert len({line["custom_id"] for line in lines}) == len(lines)
        assert {line["url"] for line in lines} == {body["endpoint"]}
        batch = server.add(lines, body.get("metadata") or {})
        return _lost_or(server, request, self._shape(batch))

    async def list(self, request: web.Request) -> web.StreamResponse:
        newest = list(reversed(self.server.batches.values()))
        if after := request.query.get("after"):
            newest = newest[[one.id for one in newest].index(after) + 1 :]
        page = newest[:2]  # small, so that a search has to turn pages
        data = {"object": "list", "data": [self._shape(one) for one in page], "has_more": len(newest) > len(page)}
        return web.json_response(data)

    async def retrieve(self, request: web.Request) -> web.StreamResponse:
        batch = self.server.batches.get(request.match_info["id"])
        if batch is None:
            return web.json_response({"error": {"message": "no such batch"}}, status=404)
        self.server.advance(batch)
        return web.json_response(self._shape(batch))

    def _shape(self, batch: Batch) -> Json:
        files = {}
        if batch.status not in ("in_progress", "failed"):
            for kind in ("output", "error"):
                lines = [line for line in map(self._line, batch.replies) if line["kind"] == kind]
                if lines:
                    name = f"{batch.id}-{kind}"
                    self.server.files[name] = b"\n".join(json.dumps(line["line"]).encode() for line in lines)
                    files[f"{kind}_file_id"] = name
        counts = {"total": len(batch.lines), "completed": len(batch.replies), "failed": 0}
        errors = {"object": "list", "data": batch.errors} if batch.errors else None
        return {
            "id": batch.id, "object": "batch", "endpoint": "/v1/chat/completions", "input_file_id": "file-1",
            "completion_window": "24h", "created_at": int(batch.created), "status": batch.status,
            "metadata": batch.metadata, "request_counts": counts, "errors": errors, **files,
        }  # fmt: skip

    def _line(self, reply: tuple[Json, Any]) -> Json:
        line, said = reply
        about = {"id": f"batch_req_{line['custom_id'][-6:]}", "custom_id": line["custom_id"]}
        if said in (EXPIRED, CANCELED):
            code = "batch_expired" if said == EXPIRED else "batch_cancelled"
            error = {"code": code, "message": f"this request was {said}"}
            return {"kind": "error", "line": {**about, "response": None, "error": error}}
        status, body = said if isinstance(said, tuple) else (200, completion_body(said))
        response = {"status_code": status, "request_id": f"req-{line['custom_id'][-6:]}", "body": body}
        kind = "output" if status == 200 else "error"
        return {"kind": kind, "line": {**about, "response": response, "error": None}}


class _Anthropic:
    """Anthropic's paths."""

    def __init__(self, server: BatchServer) -> None:
        self.server = server

    async def create(self, request: web.Request) -> web.StreamResponse:
        server = self.server
        if server.refusals:
            return server.refusals.pop(0)
        lines = (await request.json())["requests"]
        batch = server.add(lines, {})
        return _lost_or(server, request, self._shape(batch))

    async def list(self, request: web.Request) -> web.StreamResponse:
        newest = list(reversed(self.server.batches.values()))
        if after := request.query.get("after_id"):
            newest = newest[[one.id for one in newest].index(after) + 1 :]
        page = newest[:2]
        return web.json_response({"data": [self._shape(one) for one in page], "has_more": len(newest) > len(page)})

    async def retrieve(self, request: web.Request) -> web.StreamResponse:
        batch = self.server.batches.get(request.match_info["id"])
        if batch is None:
            error = {"type": "error", "error": {"type": "not_found_error", "message": "no such batch"}}
            return web.json_response(error, status=404)
        self.server.advance(batch)
        return web.json_response(self._shape(batch))

    async def results(self, request: web.Request) -> web.StreamResponse:
        batch = self.server.batches[request.match_info["id"]]
        lines = [json.dumps({"custom_id": line["custom_id"], "result": self._result(said)}) for line, said in
                 batch.replies]  # fmt: skip
        return web.Response(text="\n".join(lines) + "\n")

    def _shape(self, batch: Batch) -> Json:
        ended = batch.status != "in_progress"
        counts = {"processing": 0 if ended else len(batch.lines), "succeeded": len(batch.lines) if ended else 0,
                  "errored": 0, "canceled": 0, "expired": 0}  # fmt: skip
        created = datetime.fromtimestamp(batch.created, UTC).isoformat()
        return {
            "id": batch.id, "type": "message_batch", "processing_status": "ended" if ended else "in_progress",
            "request_counts": counts, "created_at": created, "expires_at": created,
            "results_url": "http://203.0.113.7/never-asked" if ended else None,
        }  # fmt: skip

    def _result(self, said: Any) -> Json:
        if said in (EXPIRED, CANCELED):
            return {"type": said}
        if isinstance(said, tuple):
            return {"type": "errored", "error": {"type": "error", **said[1]}}
        message = {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "m-2026", "stop_reason": "end_turn",
            "content": [{"type": "text", "text": said}], "usage": {"input_tokens": 10, "output_tokens": 2},
        }  # fmt: skip
        return {"type": "succeeded", "message": message}


def _lost_or(server: BatchServer, request: web.Request, body: Json) -> web.StreamResponse:
    """The answer to a submission, or a connection that breaks off."""
    if server.lose:
        server.lose -= 1
        assert request.transport is not None
        request.transport.abort()
    return web.json_response(body)


@contextmanager
def serving_batches() -> Iterator[BatchServer]:
    """A provider of batches in a thread of its own."""
    server = BatchServer()
    ready, stop = threading.Event(), threading.Event()

    @web.middleware
    async def noted(request: web.Request, handler: Callable[[web.Request], Any]) -> Any:
        server.paths.append(f"{request.method} {request.path}")
        return await handler(request)

    async def direct(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        server.direct.append(body)
        said = server.answer(body)
        assert isinstance(said, str)
        return web.json_response(completion_body(said))

    async def serve() -> None:
        app = web.Application(middlewares=[noted], client_max_size=1 << 30)
        openai, anthropic = _OpenAI(server), _Anthropic(server)
        app.router.add_post("/v1/files", openai.upload)
        app.router.add_get("/v1/files/{id}/content", openai.content)
        app.router.add_post("/v1/batches", openai.create)
        app.router.add_get("/v1/batches", openai.list)
        app.router.add_get("/v1/batches/{id}", openai.retrieve)
        app.router.add_post("/v1/messages/batches", anthropic.create)
        app.router.add_get("/v1/messages/batches", anthropic.list)
        app.router.add_get("/v1/messages/batches/{id}", anthropic.retrieve)
        app.router.add_get("/v1/messages/batches/{id}/results", anthropic.results)
        app.router.add_post("/v1/chat/completions", direct)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        ready.set()
        await asyncio.to_thread(stop.wait)
        await runner.cleanup()
        await asyncio.sleep(0.01)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    try:
        yield server
    finally:
        stop.set()
        thread.join()
