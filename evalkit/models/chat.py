"""The one chat path: /chat/completions over aiohttp, for every API and for the embedded server."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import aiohttp
from pydantic_core import from_json, to_json

from evalkit.errors import BadResponseError, ModelError, ModelUnavailableError, TransientError, UsageError
from evalkit.models.base import Request
from evalkit.models.concurrency import Pace
from evalkit.models.rate_limits import wait_ahead, wait_asked
from evalkit.models.retry import retry
from evalkit.records import Completion, FinishReason, Usage

TIMEOUT = 600.0
"""Seconds one attempt may take, unless told otherwise."""
CONNECTIONS = 64
"""Requests under way at once at the most, unless told otherwise."""
LONGEST_BODY = 64 * 1024 * 1024
"""Bytes of an answer that are taken in."""
CONNECT_TIMEOUT = 30.0

_FINISH: dict[str, FinishReason] = {
    "stop": "stop",
    "eos": "stop",
    "end_turn": "stop",
    "length": "length",
    "max_tokens": "length",
    "content_filter": "content_filter",
    "tool_calls": "tool_calls",
}
_UNAVAILABLE = {401: "the key is not accepted", 403: "access is not allowed", 404: "no such model or address"}
_TRANSIENT = {408, 409, 425, 429}
_CROWDED = {408, 429, 503, 504, 529}
_THINK = re.compile(r"^\s*<think>(.*?)(?:</think>|\Z)\s*", re.DOTALL)


@dataclass(frozen=True)
class ChatSettings:
    """Where and how one model is asked."""

    base_url: str
    model: str
    api_key: str | None = field(default=None, repr=False)
    max_tokens_field: str = "max_tokens"
    sends_temperature: bool = True
    sends_seed: bool = False
    body: Mapping[str, Any] = field(default_factory=dict)
    """More fields for the request's body."""


class ChatModel:
    """A model behind an OpenAI-compatible server; an async context manager."""

    def __init__(self, name: str, settings: ChatSettings, pace: Pace, timeout: float | None = None) -> None:
        self.name = name
        self.max_connections = pace.most
        self.waiting = pace.waiting
        self._pace = pace
        self._timeout = timeout or TIMEOUT
        self.info: dict[str, Any] = {"base_url": settings.base_url}
        self._settings = settings
        self._move_to(settings.base_url)
        self._answered = False
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        headers = {"Content-Type": "application/json", "User-Agent": "evalkit"}
        if self._settings.api_key:
            headers["Authorization"] = f"Bearer {self._settings.api_key}"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self.max_connections),
            timeout=aiohttp.ClientTimeout(total=self._timeout, sock_connect=min(CONNECT_TIMEOUT, self._timeout)),
            headers=headers,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    def _move_to(self, base_url: str) -> None:
        self._url = f"{base_url}/chat/completions"

    async def complete(self, request: Request) -> Completion:
        """Answer one prompt, asking again where that can help.

        Raises:
            ModelUnavailableError: refused before anything was ever answered, or 401, 403, 404.
            TransientError: still failing when attempts or time ran out.
            BadResponseError: another 4xx, or a body that is no completion.
        """
        body = self._body(request)
        try:
            return await self._paced(body)
        except TransientError as error:
            self._pace.retrying += 1
            try:
                return await retry(error, lambda: self._paced(body))
            finally:
                self._pace.retrying -= 1

    async def _paced(self, body: bytes) -> Completion:
        entered = await self._pace.enter()
        try:
            completion = await self._attempt(body)
        except TransientError as error:
            self._pace.refused(error, entered)
            raise
        else:
            self._pace.succeeded()
            return completion
        finally:
            self._pace.leave()

    def _body(self, request: Request) -> bytes:
        settings = self._settings
        body: dict[str, Any] = {
            "model": settings.model,
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
            settings.max_tokens_field: request.max_tokens,
        }
        if settings.sends_temperature:
            body["temperature"] = request.temperature
        if settings.sends_seed:
            body["seed"] = request.seed
        if request.logprobs:
            body |= {"logprobs": True, "top_logprobs": request.logprobs}
        body.update(settings.body)
        return to_json(body)

    async def _attempt(self, body: bytes) -> Completion:
        assert self._session is not None, "a ChatModel is used inside `async with`"
        started = time.perf_counter()
        try:
            async with self._session.post(self._url, data=body) as response:
                data = self._without_key(await _read(response))
        except aiohttp.ClientConnectorError as error:
            raise self._not_reached(error) from error
        except aiohttp.InvalidURL as error:
            raise UsageError(f"--base-url {self._settings.base_url!r} is not a URL") from error
        except TimeoutError as error:
            text = f"no answer from {self._settings.base_url} within {self._timeout:g} s"
            raise TransientError(text, crowded=True) from error
        except aiohttp.ClientError as error:
            raise TransientError(
                f"{self._settings.base_url} dropped the connection ({type(error).__name__})"
            ) from error
        if response.status != 200:  # noqa: PLR2004 - the one status that holds a completion
            raise self._refused(response, data)
        completion = read_completion(data, time.perf_counter() - started)
        self._answered = True
        if (ahead := wait_ahead(response.headers)) is not None:
            self._pace.hold(ahead, f"{self._settings.base_url} allows no more requests until then")
        return completion

    def _not_reached(self, error: aiohttp.ClientConnectorError) -> ModelError:
        reason = error.os_error.strerror or str(error.os_error)
        text = f"{self._settings.base_url} cannot be reached ({reason}); is the server running, and --base-url right?"
        # A server that has answered before is coming back; one that never did is not there.
        return TransientError(text) if self._answered else ModelUnavailableError(text)

    def _refused(self, response: aiohttp.ClientResponse, data: bytes) -> ModelError:
        status = response.status
        said = _error_text(data)
        text = f"{self._settings.base_url} answered {status} for {self._settings.model}{f': {said}' if said else ''}"
        if status in _UNAVAILABLE:
            return ModelUnavailableError(f"{text} ({_UNAVAILABLE[status]})")
        if status in _TRANSIENT or status >= 500:  # noqa: PLR2004 - the class of server errors
            return TransientError(text, wait_asked(response.headers), crowded=status in _CROWDED)
        return BadResponseError(text)

    def _without_key(self, data: bytes) -> bytes:
        """The body with our key taken out, should a server echo it: no record, log or error can hold it then."""
        key = self._settings.api_key
        return data.replace(key.encode(), b"[key]") if key else data


def read_completion(data: bytes, latency: float | None = None) -> Completion:
    """Read a chat-completions body.

    Args:
        data: the body as received.
        latency: seconds the call took.

    Raises:
        TransientError: not JSON, as a cut-off or proxied body is, or JSON without a completion.
        BadResponseError: an error object that says that asking again cannot help.
    """
    try:
        body = _loads(data)
    except (ValueError, RecursionError) as error:
        raise TransientError(f"the body is not JSON: {_excerpt(data)}") from error
    try:
        choice = body["choices"][0]
        message = choice["message"]
        content = message.get("content")
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        text = f"no completion in the answer: {_error_text(data) or _excerpt(data)}"
        raise (BadResponseError(text) if _is_our_mistake(body) else TransientError(text)) from error
    text, inner = split_reasoning(_text_of(content))
    thought = message.get("reasoning_content") or message.get("reasoning") or inner
    return Completion(
        text=text or _text_of(message.get("refusal")),
        reasoning=_text_of(thought) or None,
        finish_reason=_FINISH.get(str(choice.get("finish_reason")), "unknown"),
        usage=_usage(body.get("usage")),
        logprobs=_logprobs(choice),
        latency=latency,
    )


def _is_our_mistake(body: Any) -> bool:
    """Whether an error told with status 200, as routers do, is one of the 400 class."""
    error = body.get("error") if isinstance(body, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return isinstance(code, int) and 400 <= code < 500 and code not in _TRANSIENT  # noqa: PLR2004 - the class


def _loads(data: bytes) -> Any:
    try:
        return from_json(data)
    except ValueError:
        return json.loads(data)  # which takes half of a surrogate pair, as a cut-off emoji leaves it


def split_reasoning(text: str) -> tuple[str, str | None]:
    """Set a leading <think> block apart from the answer.

    Returns:
        (answer, reasoning or None). A block that never ends is all reasoning: the answer is empty.
    """
    if "</think>" in text and "<think>" not in text:  # templates that open the block in the prompt
        reasoning, _, answer = text.partition("</think>")
        return answer.strip(), reasoning.strip() or None
    found = _THINK.match(text)
    if not found:
        return text, None
    return text[found.end() :], found.group(1).strip() or None


def parse_extra(extra: Mapping[str, str]) -> dict[str, Any]:
    """`-M key=value` to fields of the request's body: JSON where it is JSON, else text."""
    fields: dict[str, Any] = {}
    for key, text in extra.items():
        try:
            fields[key] = json.loads(text)
        except ValueError:
            fields[key] = text
    return fields


def _text_of(content: Any) -> str:
    if isinstance(content, str):
        # Half of a surrogate pair, as a cut-off emoji leaves it, cannot be written as UTF-8.
        return content if content.isascii() else content.encode("utf-8", "replace").decode()
    if isinstance(content, list):  # parts
        return "".join(_text_of(p.get("text")) for p in content if isinstance(p, dict) and p.get("type") == "text")
    return ""


def _usage(usage: Any) -> Usage:
    if not isinstance(usage, dict):
        return Usage()
    details = usage.get("completion_tokens_details")
    reasoning = details.get("reasoning_tokens") if isinstance(details, dict) else None
    return Usage(
        prompt_tokens=_whole(usage.get("prompt_tokens")),
        completion_tokens=_whole(usage.get("completion_tokens")),
        reasoning_tokens=_whole(reasoning),
    )


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _logprobs(choice: dict[str, Any]) -> list[dict[str, Any]] | None:
    logprobs = choice.get("logprobs")
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    return [token for token in content if isinstance(token, dict)] if isinstance(content, list) else None


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The body.

    Raises:
        BadResponseError: it is longer than any answer.
    """
    if response.content_length is not None and response.content_length <= LONGEST_BODY:
        return await response.read()
    parts, size = [], 0
    async for part in response.content.iter_chunked(1 << 16):
        parts.append(part)
        size += len(part)
        if size > LONGEST_BODY:
            raise BadResponseError(f"the answer is longer than {LONGEST_BODY >> 20} MB")
    return b"".join(parts)


def _error_text(data: bytes) -> str:
    """What a server says went wrong, under any of the names in use."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        return _excerpt(data) if data.strip() else ""
    said = body.get("error") or body.get("message") or body.get("detail") if isinstance(body, dict) else None
    if isinstance(said, dict):
        said = said.get("message") or said
    return _one_line(_text_of(said if isinstance(said, str) else json.dumps(said))) if said else ""


def _excerpt(data: bytes) -> str:
    return _one_line(data[:200].decode("utf-8", "replace")) or "(empty)"


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]
