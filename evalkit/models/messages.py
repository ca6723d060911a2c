"""Anthropic's Messages API through its own client; imported when a model needs it, see `evalkit.models.native`."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, ClassVar

import anthropic
import httpx2

from evalkit.errors import TransientError, UsageError
from evalkit.models.base import Request
from evalkit.models.sdk import SdkModel, SdkParameters
from evalkit.models.served import ServerSettings
from evalkit.models.server_errors import ServerError
from evalkit.models.streaming import events

LIMIT = "max_tokens"
ANSWER_LIMIT = 32_000
"""Tokens an answer may have by default, thinking included: the API wants a number. A model with less says so."""
BUDGETS = {"minimal": 1024, "low": 4096, "medium": 10_000, "high": 16_000, "xhigh": 24_000, "max": 31_000}
"""Effort → tokens of thinking, for models that take a budget instead of an effort."""
SMALLEST_BUDGET = 1024
_OTHER_LEVEL = re.compile(r"input should be|must be|one of|level", re.IGNORECASE)
"""An error about the word for the effort, where the model knows others."""
Connect = Callable[[str, httpx2.AsyncClient, ServerSettings], Any]
"""Makes the client for an address: Anthropic's own, Bedrock's or Vertex's."""


class MessagesParameters(SdkParameters):
    """Fields of the Messages API."""

    limits: ClassVar[tuple[str, ...]] = (LIMIT,)
    _budgeted = False
    """Whether the model takes a budget of thinking instead of an effort."""

    def effort(self, value: str | None) -> dict[str, Any]:
        """Adaptive thinking with an effort, or a budget of tokens for models before that."""
        if value is None:
            return {}
        if value == "none":
            return {"thinking": {"type": "disabled"}}
        return {"thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {"effort": value}}

    def prompt(self, request: Request) -> dict[str, Any]:
        """The turns, and the system message in its own field."""
        system = "\n\n".join(message.content for message in request.messages if message.role == "system")
        turns = [{"role": m.role, "content": m.content} for m in request.messages if m.role != "system"]
        return {"messages": turns, **({"system": system} if system else {})}

    def limit(self, request: Request) -> int | None:
        """The token limit, which is always sent."""
        stated = super().limit(request)
        return self._default_limit if stated is None and self._limit_field else stated

    def uses_default_limit(self, request: Request) -> bool:
        """False: there is no request without a limit."""
        del request
        return False

    def fields(self, request: Request, *, limited: bool = True) -> dict[str, Any]:
        """Build the fields of a request's body.

        Raises:
            UsageError: log-probabilities are asked for, or the limit leaves no room for thinking.
        """
        del limited
        fields = super().fields(request)
        thinking = fields.get("thinking")
        if isinstance(thinking, dict) and thinking.get("type") in ("adaptive", "enabled"):
            fields.pop("temperature", None)  # the API refuses one beside thinking
        if self._budgeted:
            fields["thinking"] = self._budget(fields.get(LIMIT))
        return fields

    def _budget(self, limit: Any) -> dict[str, Any]:
        budget = BUDGETS[str(self.reasoning_effort)]
        if isinstance(limit, int) and budget >= limit:
            budget = limit // 2
        if budget < SMALLEST_BUDGET:
            raise UsageError(
                f"--max-tokens {limit} leaves no room for thinking: at least {2 * SMALLEST_BUDGET:,}, or"
                " --reasoning-effort none"
            )
        return {"type": "enabled", "budget_tokens": budget}

    def _logprobs(self, alternatives: int) -> dict[str, Any]:
        del alternatives
        raise UsageError("Anthropic's models return no log-probabilities: use --confidence verbal or --confidence vote")

    def _adapt_effort(self, name: str, error: ServerError) -> bool:
        """Ask for a budget instead, where the model has no effort."""
        if self.reasoning_effort == "none" or self._budgeted:
            return super()._adapt_effort(name, error)
        if "display" in error.message and "display" in self._effort.get("thinking", {}):
            self._effort["thinking"] = {"type": "adaptive"}
            self._change("the server does not know whether to show its thinking; it is not asked to")
            return True
        if name == "output_config" and _OTHER_LEVEL.search(error.message):
            return super()._adapt_effort(name, error)
        self._budgeted = True
        self._effort = {"thinking": {"type": "enabled"}}
        budget = BUDGETS[str(self.reasoning_effort)]
        self._change(f"the model takes no effort; it may think for {budget:,} tokens, or half of --max-tokens")
        return True

    def _named(self, error: ServerError, request: Request) -> str | None:
        """The field that the error names; the API also says "effort" for that inside of output_config."""
        name = super()._named(error, request)
        if name is None and "output_config" in self._effort and re.search(r"\beffort\b", error.message):
            return "output_config"
        return name

    def _adapt_limit(self, name: str, error: ServerError, uses_default: bool) -> bool:
        """Lower the default limit to what the model has."""
        del name, uses_default
        most = [int(number) for number in re.findall(r"(?<![\w.-])\d{3,7}(?![\w.-]*\d)", error.message)]
        lower = [number for number in most if number < (self._default_limit or 0)]
        if not lower or self._default_limit is None or str(self._default_limit) not in error.message:
            return False
        self._default_limit = max(lower)
        self._change(f"the model answers with at most {self._default_limit:,} tokens; that is the limit")
        return True


class MessagesModel(SdkModel):
    """A model behind the Messages API.

    Args:
        name: in the records.
        settings: how to reach it.
        connect: makes the client.
    """

    parameters_class = MessagesParameters
    path = "/v1/messages"
    needed = ("model", "messages", "max_tokens", "stream")

    def __init__(self, name: str, settings: ServerSettings, connect: Connect) -> None:
        super().__init__(name, settings, anthropic)
        self._connect = connect

    def _make_client(self, base_url: str, http: httpx2.AsyncClient) -> Any:
        return self._connect(base_url, http, self._settings)

    def _post(self, client: Any, arguments: dict[str, Any]) -> AbstractAsyncContextManager[Any]:
        sending: AbstractAsyncContextManager[Any] = client.messages.with_streaming_response.create(**arguments)
        return sending

    def _to_chat(self, body: Any) -> Any:
        return to_chat(body)

    def _join(self, data: bytes) -> Any:
        return join_events(data)


def to_chat(body: Any) -> Any:
    """Write a message as a chat completion; anything else is returned as it is.

    Args:
        body: parsed JSON.
    """
    content = body.get("content") if isinstance(body, dict) else None
    if not isinstance(content, list):
        return body
    tools = [part for part in content if isinstance(part, dict) and part.get("type") == "tool_use"]
    message: dict[str, Any] = {"content": [part for part in content if part not in tools]}
    if tools:
        message["tool_calls"] = tools
    choice = {"message": message, "finish_reason": body.get("stop_reason"), "stop_details": body.get("stop_details")}
    kept = {name: body.get(name) for name in ("id", "model", "error")}
    return {**kept, "choices": [choice], "usage": _usage(body.get("usage"))}


def _usage(usage: Any) -> dict[str, Any]:
    """Tokens; those read from or written to the cache are not among the API's own input tokens."""
    if not isinstance(usage, dict):
        return {}
    cached, written = usage.get("cache_read_input_tokens"), usage.get("cache_creation_input_tokens")
    parts = [usage.get("input_tokens"), cached, written]
    known = [part for part in parts if isinstance(part, int)]
    details = usage.get("output_tokens_details")
    thinking = details.get("thinking_tokens") if isinstance(details, dict) else None
    return {
        "prompt_tokens": sum(known) if known else None,
        "completion_tokens": usage.get("output_tokens"),
        "prompt_cache_hit_tokens": cached,
        "reasoning_tokens": thinking,
    }


def join_events(data: bytes) -> Any:
    """Join the events of a stream into a message.

    Args:
        data: the whole stream.

    Raises:
        TransientError: it broke off.
    """
    message: dict[str, Any] = {}
    blocks: dict[int, dict[str, Any]] = {}
    done = False
    for event in events(data):
        kind = event.get("type")
        if kind == "error" or "error" in event:
            return event
        if kind == "message_start" and isinstance(event.get("message"), dict):
            message = dict(event["message"])
        elif kind == "content_block_start" and isinstance(event.get("content_block"), dict):
            blocks[event.get("index", len(blocks))] = dict(event["content_block"])
        elif kind == "content_block_delta" and isinstance(event.get("delta"), dict):
            _add(blocks.setdefault(event.get("index", 0), {"type": "text", "text": ""}), event["delta"])
        elif kind == "message_delta":
            message |= event["delta"] if isinstance(event.get("delta"), dict) else {}
            message["usage"] = {**(message.get("usage") or {}), **(event.get("usage") or {})}
        done = done or kind == "message_stop"
    if not done and not message.get("stop_reason"):
        raise TransientError("the stream broke off in the middle of the answer").of_kind("broken stream")
    return {**message, "content": [blocks[index] for index in sorted(blocks)]}


def _add(block: dict[str, Any], delta: dict[str, Any]) -> None:
    """Add a piece of text or thinking to its block."""
    for name in ("text", "thinking"):
        if isinstance(delta.get(name), str):
            block[name] = f"{block.get(name) or ''}{delta[name]}"


def connect_anthropic(base_url: str, http: httpx2.AsyncClient, settings: ServerSettings) -> Any:
    """Anthropic's own API, or a gateway that speaks it."""
    return anthropic.AsyncAnthropic(
        base_url=base_url,
        api_key=settings.api_key or "none",
        default_headers=settings.headers,
        max_retries=0,
        http_client=http,
        timeout=http.timeout,
    )


def connect_bedrock(base_url: str, http: httpx2.AsyncClient, settings: ServerSettings) -> Any:
    """Amazon Bedrock: signed with the credentials of AWS, or with a Bedrock key."""
    return anthropic.AsyncAnthropicBedrock(
        base_url=base_url,
        api_key=settings.api_key,
        aws_region=settings.options["region"],
        default_headers=settings.headers,
        max_retries=0,
        http_client=http,
        timeout=http.timeout,
    )


def connect_vertex(base_url: str, http: httpx2.AsyncClient, settings: ServerSettings) -> Any:
    """Google Vertex AI: signed with Google's application default credentials, or with a token."""
    return anthropic.AsyncAnthropicVertex(
        base_url=f"{base_url}/v1",
        region=settings.options["region"],
        project_id=settings.options["project"],
        access_token=settings.api_key,
        default_headers=settings.headers,
        max_retries=0,
        http_client=http,
        timeout=http.timeout,
    )
