"""OpenAI's Responses API through its own client; imported when a model needs it, see `evalkit.models.native`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace
from types import ModuleType
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import httpx2
import openai

from evalkit.errors import ModelError, TransientError, UsageError
from evalkit.models import retry
from evalkit.models.base import Request
from evalkit.models.completion import loads
from evalkit.models.effort import effort_fields
from evalkit.models.endpoint import Endpoint
from evalkit.models.parameters import Dialect
from evalkit.models.sdk import Exchange, SdkModel, SdkParameters
from evalkit.models.served import Call, ServerSettings
from evalkit.models.server_errors import ServerError
from evalkit.models.streaming import events
from evalkit.records import Completion

LIMIT = "max_output_tokens"
BACKGROUND = re.compile(r"(?:o\d|gpt-[5-9][\w.]*)-pro\b|deep-research")
"""Models that think for so long that no connection lasts: asked in the background, and polled."""
BACKGROUND_TIMEOUT = 7200.0
"""Seconds that an answer in the background may take by default."""
FIRST_POLL, LONGEST_POLL = 2.0, 15.0
"""Seconds between two looks at an answer in the background, which grow."""
_PENDING = ("queued", "in_progress")
_FINAL_EVENTS = ("response.completed", "response.incomplete", "response.failed")


class ResponsesParameters(SdkParameters):
    """Fields of the Responses API."""

    limits: ClassVar[tuple[str, ...]] = (LIMIT,)

    def effort(self, value: str | None) -> dict[str, Any]:
        """The effort, and a summary of the reasoning, which the API does not give unasked."""
        asked = effort_fields("responses", value).get("reasoning", {})
        return {} if "reasoning" in self.extra else {"reasoning": {**asked, "summary": "auto"}}

    def prompt(self, request: Request) -> dict[str, Any]:
        """The prompt. Nothing is stored, except an answer that is fetched later."""
        background = self._fields.get("background", bool(BACKGROUND.search(self.model)))
        stored = {"background": True} if background else {"store": False}
        return {"input": [{"role": m.role, "content": m.content} for m in request.messages], **stored}

    def _logprobs(self, alternatives: int) -> dict[str, Any]:
        fields = super()._logprobs(alternatives)
        fields.pop("logprobs")
        return {"include": ["message.output_text.logprobs"], **fields}

    def _adapt_effort(self, name: str, error: ServerError) -> bool:
        """Drop the summary, which some models and organizations do not get; an effort stands."""
        about_summary = "summar" in f"{error.parameter} {error.message}"
        if self.reasoning_effort and not (about_summary and "summary" in self._effort["reasoning"]):
            return super()._adapt_effort(name, error)
        self._effort = effort_fields("responses", self.reasoning_effort)
        self._change(f"the server gives no summary of its reasoning, so none is asked for: {error.message}")
        return True


class ResponsesModel(SdkModel):
    """A model behind the Responses API."""

    parameters_class = ResponsesParameters
    path = "/responses"
    needed = ("model", "input")

    def __init__(self, name: str, settings: ServerSettings, sdk: ModuleType) -> None:
        super().__init__(name, settings, sdk)
        self._patience = settings.timeout or BACKGROUND_TIMEOUT

    def _make_client(self, base_url: str, http: httpx2.AsyncClient) -> Any:
        return connect_openai(base_url, http, self._settings, self.bearer)

    def _post(self, client: Any, arguments: dict[str, Any]) -> AbstractAsyncContextManager[Any]:
        sending: AbstractAsyncContextManager[Any] = client.responses.with_streaming_response.create(**arguments)
        return sending

    async def _finish(self, endpoint: Endpoint, exchange: Exchange) -> Exchange:
        """Poll an answer in the background until it is there.

        Raises:
            TransientError: it took too long.
        """
        place = _pending(exchange)
        if place is None:
            return exchange
        responses = self._clients[endpoint].responses
        wait = FIRST_POLL
        try:
            async with asyncio.timeout(self._patience):
                while place is not None:
                    await asyncio.sleep(0 if retry.is_testing() else wait)
                    wait = min(wait * 1.5, LONGEST_POLL)
                    exchange = await self._look(endpoint, responses, place)
                    place = _pending(exchange)
        except BaseException as error:
            with suppress(Exception):
                await asyncio.shield(responses.cancel(place))
            if isinstance(error, TimeoutError):
                text = f"the answer in the background was not there within {self._patience:g} s"
                raise TransientError(text, crowded=True).of_kind("timeout") from error
            raise
        return exchange

    async def _look(self, endpoint: Endpoint, responses: Any, place: str) -> Exchange:
        """Fetch an answer in the background; a look that fails is repeated, since asking anew would pay twice."""

        async def once() -> Exchange:
            exchange = await self._exchange(endpoint, responses.with_streaming_response.retrieve(place))
            if exchange.status in (408, 409, 425, 429) or exchange.status >= 500:  # noqa: PLR2004 - may pass
                raise TransientError(f"{endpoint.base_url} answered {exchange.status}")
            return exchange

        try:
            return await once()
        except TransientError as error:
            return await retry.retry(error, once)

    async def _attempt(self, endpoint: Endpoint, call: Call) -> Completion:
        if "include" in call.fields and "include" in self._settings.extra:
            raise UsageError("-M include=…: --confidence logprob sets it; give one")
        return await super()._attempt(endpoint, call)

    def _to_chat(self, body: Any) -> Any:
        return to_chat(body)

    def _join(self, data: bytes) -> Any:
        for event in events(data):
            if event.get("type") in _FINAL_EVENTS and isinstance(event.get("response"), dict):
                return event["response"]
            if event.get("type") == "error":
                return {"error": event.get("error") or event}
        raise TransientError("the stream broke off in the middle of the answer").of_kind("broken stream")


def connect_openai(
    base_url: str, http: httpx2.AsyncClient, settings: ServerSettings, bearer: Callable[[], Awaitable[str]]
) -> Any:
    """OpenAI's own client, without its retries.

    Args:
        base_url: of the API.
        http: its transport.
        settings: how the server is reached.
        bearer: gives the token of a request, where the settings have one that expires.
    """
    return openai.AsyncOpenAI(
        base_url=base_url,
        api_key=bearer if settings.token else settings.api_key or "none",
        default_headers={"User-Agent": "evalkit", **settings.headers},
        default_query=dict(parse_qsl(settings.query)),
        max_retries=0,
        http_client=http,
        timeout=http.timeout,
    )


def to_chat(body: Any) -> Any:
    """Write the body of a response as that of a chat completion; anything else is returned as it is.

    Args:
        body: parsed JSON.
    """
    output = body.get("output") if isinstance(body, dict) else None
    if not isinstance(output, list) or not isinstance(body.get("status"), (str, type(None))):
        return body
    items = [item for item in output if isinstance(item, dict)]
    parts = [part for item in items if item.get("type") == "message" for part in _listed(item.get("content"))]
    thoughts = [part for item in items if item.get("type") == "reasoning" for part in _reasoning(item)]
    tokens = [token for part in parts if isinstance(part, dict) for token in _listed(part.get("logprobs"))]
    called = [item for item in items if str(item.get("type")).endswith("_call")]
    message: dict[str, Any] = {"reasoning": thoughts}
    if parts or body.get("status") == "incomplete":
        message["content"] = parts
    if called and not parts:
        message |= {"content": "", "tool_calls": called}
    choice = {"message": message, "finish_reason": _finish_reason(body)}
    if tokens:
        choice["logprobs"] = {"content": tokens}
    kept = {name: body.get(name) for name in ("id", "model", "error")}
    return {**kept, "choices": [choice], "usage": _usage(body.get("usage"))}


def _finish_reason(body: dict[str, Any]) -> Any:
    """Why a response ended, in a word that `read_finish` knows or names."""
    details = body.get("incomplete_details")
    if body.get("status") == "incomplete" and isinstance(details, dict) and details.get("reason"):
        return details["reason"]
    return "network_error" if body.get("status") in _PENDING else body.get("status") or "completed"


def _reasoning(item: dict[str, Any]) -> list[Any]:
    """The text of a reasoning item: what the model thought, else its summary."""
    content = _listed(item.get("content"))
    return content or [f"{part.get('text', '')}\n\n" for part in _listed(item.get("summary")) if isinstance(part, dict)]


def _usage(usage: Any) -> dict[str, Any]:
    if not isinstance(usage, dict):
        return {}
    return {
        "prompt_tokens": usage.get("input_tokens"),
        "completion_tokens": usage.get("output_tokens"),
        "prompt_tokens_details": usage.get("input_tokens_details"),
        "completion_tokens_details": usage.get("output_tokens_details"),
    }


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _pending(exchange: Exchange) -> str | None:
    """The id of an answer that is not there yet, else None."""
    if not 200 <= exchange.status < 300 or exchange.data[:1] != b"{":  # noqa: PLR2004 - the class of success
        return None
    try:
        body = loads(exchange.data)
    except ModelError:
        return None
    place = body.get("id")
    pending = body.get("background") is True and body.get("status") in _PENDING and isinstance(place, str)
    return place if pending else None


def make_model(name: str, settings: ServerSettings) -> ResponsesModel:
    """A model behind the Responses API.

    Args:
        name: in the records.
        settings: of the chat path, whose dialect is replaced.
    """
    fixed = not settings.dialect.sends_temperature
    dialect = Dialect(max_tokens_field=LIMIT, sends_temperature=not fixed, effort="responses")
    return ResponsesModel(name, replace(settings, dialect=dialect), openai)
