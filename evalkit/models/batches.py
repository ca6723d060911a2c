"""Batches: many requests handed over at once, answered within a day at a lower price.

A provider's batch is a file of lines. How a request is written as a line, and a line read as an answer, is the business
of `BatchLines`, which needs no connection; `BatchClient` hands lines over and fetches what came of them.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from evalkit.errors import BadResponseError, InputError, TransientError, UsageError
from evalkit.extras import requires
from evalkit.models.base import Model, Request
from evalkit.models.chat import ChatModel
from evalkit.models.served import ServedModel
from evalkit.models.server_errors import excerpt, one_line, parse_error, status_inside
from evalkit.models.switching import SwitchingModel
from evalkit.records import Completion

EXPIRED, CANCELED, UNANSWERED = "expired", "canceled", "unanswered"
"""Why a line has no answer: its time ran out, somebody stopped the batch, or the provider gave none."""
OK, ERRORS = 200, 400
"""Status of an answer, and the first of those of errors."""


class BatchLimits(NamedTuple):
    """What one batch may hold."""

    requests: int
    size: int
    """Bytes of its lines."""


OPENAI_LIMITS = BatchLimits(50_000, 200_000_000)
ANTHROPIC_LIMITS = BatchLimits(100_000, 256_000_000)
"""As documented in 2026. Both count megabytes; the smaller kind is meant here."""


class Reply(NamedTuple):
    """One line of a batch's results."""

    name: str
    """The `custom_id` of the request."""
    status: int = OK
    """Of the response, as HTTP has it."""
    body: Any = None
    """Of the response, parsed."""
    request_id: str | None = None
    lost: str = ""
    """Why there is no response: EXPIRED, CANCELED or UNANSWERED; "" if there is one."""
    reason: str = ""
    """What the provider says about that."""


class BatchState(NamedTuple):
    """What the provider says about a batch."""

    status: str
    """In its own word."""
    ended: bool
    answered: int = 0
    total: int = 0
    files: Sequence[str] = ()
    """Where its results are, once it has ended."""
    problem: str = ""
    """Why it was refused as a whole; "" if it was not."""
    is_full: bool = False
    """Whether that was only because too much is queued already."""


class UnsureError(TransientError):
    """A request that broke off: the provider may have received it all the same."""


class BatchClient(Protocol):
    """Hands lines over to a provider. Any of its functions raises TransientError for what may pass."""

    limits: BatchLimits
    where: str
    """The address, for messages."""

    async def upload(self, lines: Path) -> str:
        """Send a file of lines ahead; return its id, or "" where the provider knows no such step."""
        ...

    async def create(self, upload: str, lines: Path, token: str) -> str:
        """Submit a batch.

        Args:
            upload: what `upload` returned.
            lines: the file of its lines.
            token: what tells it from all others.

        Returns:
            The batch's id.

        Raises:
            UnsureError: it may have been submitted.
        """
        ...

    async def find(self, token: str, requests: int, since: float, known: Sequence[str]) -> str | None:
        """Find a batch whose submission was not answered.

        Args:
            token: as given to `create`.
            requests: number of its lines.
            since: seconds since the epoch at which it was submitted.
            known: ids of other batches.
        """
        ...

    async def look(self, batch: str) -> BatchState:
        """Look how far a batch is."""
        ...

    async def fetch(self, batch: str, file: str, target: Path) -> None:
        """Append the lines of a file of results to a file on this machine."""
        ...


class BatchLines:
    """Requests as lines of OpenAI's kind, which vLLM and others read too.

    Args:
        model: whose requests they are.
    """

    def __init__(self, model: ServedModel) -> None:
        self.model = model
        self.url = f"/v1{model.path}"

    def line(self, name: str, request: Request) -> bytes:
        """Write a request as a line.

        Args:
            name: its `custom_id`, at most 64 ASCII letters, digits, dashes and underscores.
            request: what is asked.

        Raises:
            UsageError: the model cannot be asked so.
        """
        return _json_line({"custom_id": name, "method": "POST", "url": self.url, "body": self._fields(request)})

    def lost(self, name: str, why: str, reason: str) -> bytes:
        """A line of results for a request that has none."""
        return _json_line({"custom_id": name, "response": None, "error": {"code": why, "message": reason}})

    def reply(self, data: bytes) -> Reply | None:
        """Read a line of results.

        Returns:
            None for an empty line.

        Raises:
            InputError: it is no such line; without file and line number.
        """
        if not data.strip():
            return None
        line = self._parse(data)
        response, error = line.get("response"), line.get("error")
        if isinstance(line.get("generated_text"), str):
            return Reply(line["custom_id"], OK, _from_ray(line))
        status = response.get("status_code") if isinstance(response, dict) else None
        body = response.get("body") if isinstance(response, dict) else None
        if isinstance(response, dict) and (body is not None or (isinstance(status, int) and status >= ERRORS)):
            name = response.get("request_id")
            status = status if isinstance(status, int) else OK
            body = {"error": error} if body is None else body
            return Reply(line["custom_id"], status, body, name if isinstance(name, str) else None)
        said = parse_error({"error": error})
        return Reply(line["custom_id"], lost=_why(said.codes), reason=said.message or "no answer")

    def completion(self, reply: Reply, request: Request, version: int, batch: str) -> Completion:
        """Read the completion in a line of results.

        Args:
            reply: the line.
            request: what was asked.
            version: that of the model's fields when it was asked.
            batch: where it came from.

        Raises:
            TransientError: worth asking again.
            ModelError: there is none.
        """
        if reply.lost == CANCELED:
            raise BadResponseError(f"canceled in the batch: {reply.reason}").of_kind(CANCELED)
        if reply.lost:
            raise TransientError(f"no answer in the batch: {reply.reason}").of_kind(reply.lost)
        completion = self.model.read_reply(request, reply.status, reply.body, version)
        found = completion.request_id or (one_line(reply.request_id) if reply.request_id else None)
        return completion.model_copy(update={"batch": batch, "request_id": found})

    def _fields(self, request: Request) -> dict[str, Any]:
        """The body of a request, without what only a connection has."""
        fields = self.model.fields(request)
        if fields.pop("background", None):
            fields["store"] = False
        return {name: value for name, value in fields.items() if name not in ("stream", "stream_options")}

    def _parse(self, data: bytes) -> dict[str, Any]:
        try:
            line = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise InputError(f"is not JSON: {excerpt(data)}") from error
        if not isinstance(line, dict) or not isinstance(line.get("custom_id"), str):
            raise InputError(f"has no custom_id: {excerpt(data)}")
        return line


class MessageLines(BatchLines):
    """Requests as lines of Anthropic's kind."""

    def line(self, name: str, request: Request) -> bytes:
        """Write a request as a line; parameters and errors as of the base class."""
        return _json_line({"custom_id": name, "params": self._fields(request)})

    def lost(self, name: str, why: str, reason: str) -> bytes:
        """A line of results for a request that has none."""
        error = {"type": "error", "error": {"type": why, "message": reason}}
        return _json_line({"custom_id": name, "result": {"type": why, "error": error}})

    def reply(self, data: bytes) -> Reply | None:
        """Read a line of results; returns and errors as of the base class."""
        if not data.strip():
            return None
        line = self._parse(data)
        result = line.get("result")
        kind = result.get("type") if isinstance(result, dict) else None
        if not isinstance(result, dict) or kind not in ("succeeded", "errored", EXPIRED, CANCELED, UNANSWERED):
            raise InputError(f"is no result of a batch: {excerpt(data)}")
        if kind == "succeeded":
            return Reply(line["custom_id"], OK, result.get("message"))
        body = result.get("error")
        said = parse_error(body)
        if kind == "errored":
            return Reply(line["custom_id"], status_inside(said), body)
        return Reply(line["custom_id"], lost=kind, reason=said.message or kind)


def batch_lines(model: Model) -> BatchLines:
    """How the requests of a model are written as lines.

    Raises:
        UsageError: its provider has no batches.
    """
    asked = model.asked if isinstance(model, SwitchingModel) else model
    if isinstance(asked, ServedModel) and not model.name.startswith("local/"):
        if isinstance(asked, ChatModel) or asked.path == "/responses":
            return BatchLines(asked)
        if model.name.startswith("anthropic/"):
            return MessageLines(asked)
    raise UsageError(
        f"{model.name} has no Batch API that evalkit knows; openai/, anthropic/, azure/, groq/ and servers with /files"
        " and /batches have one: leave out --batch"
    )


@asynccontextmanager
async def open_batches(model: Model) -> AsyncIterator[BatchClient]:
    """Open the Batch API of a model's provider.

    Raises:
        UsageError: it has none, or the model has several addresses.
        MissingExtraError: the provider's own client is not installed.
    """
    lines = batch_lines(model)
    if len(lines.model.settings.base_urls) > 1:
        raise UsageError("--batch: a batch goes to one server; give one --base-url")
    if isinstance(lines, MessageLines):
        with requires("anthropic", "--batch"):
            from evalkit.models.batches_anthropic import open_anthropic
        async with open_anthropic(lines) as messages:
            yield messages
        return
    with requires("openai", "--batch"):
        from evalkit.models.batches_openai import open_openai
    async with open_openai(lines) as client:
        yield client


def _from_ray(line: Mapping[str, Any]) -> dict[str, Any]:
    """A row of Ray Data as a body: its text and its tokens."""
    usage = {"prompt_tokens": line.get("num_input_tokens"), "completion_tokens": line.get("num_generated_tokens")}
    choice = {"message": {"content": line["generated_text"]}, "finish_reason": line.get("finish_reason")}
    return {"choices": [choice], "usage": usage}


def _why(codes: Sequence[str]) -> str:
    """Why a line has no answer, from an error's codes."""
    text = " ".join(codes)
    if "cancel" in text:
        return CANCELED
    return EXPIRED if "expired" in text else UNANSWERED


def _json_line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
