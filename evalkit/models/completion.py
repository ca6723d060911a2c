"""Reads a chat-completions body as a `Completion`, or raises the failure that it reports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic_core import from_json

from evalkit.errors import BadResponseError, ModelError, ModelStoppedError, TransientError
from evalkit.models.finish_reasons import read_finish
from evalkit.models.reasoning import reasoning_of, split_reasoning, thought_text
from evalkit.models.server_errors import excerpt, filtered_categories, parse_error, status_inside, to_exception
from evalkit.models.token_logprobs import of_answer, read_logprobs
from evalkit.records import Completion, FinishReason, Usage

LARGEST = 2**53
"""Token counts from here on are no counts."""
_TEXT_PARTS = ("text", "output_text", None)
_THOUGHT_PARTS = ("thinking", "reasoning", "reasoning_content", "reasoning_text", "redacted_thinking", "summary_text")


class _Content(NamedTuple):
    """The content of a message, by kind."""

    text: str = ""
    reasoning: str = ""
    refusal: str = ""


def read_completion(
    data: bytes,
    latency: float | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    think_end: str = "",
    options: bool = True,
    attempts: int | None = None,
) -> Completion:
    """Read a chat-completions body.

    Args:
        data: the body as received.
        latency: seconds the call took.
        headers: of the answer.
        think_end: delimiter between thinking and answer, see `split_reasoning`.
        options: whether the question has options, whose alternatives are kept among the log-probabilities.
        attempts: how often the request has been sent.

    Raises:
        TransientError: not JSON, such as a truncated body or a proxy's page; JSON without a completion; or a server
            failure, which may be reported with status 200.
        BadResponseError: an error that a retry cannot fix, or a completion that cannot be read.
        ModelStoppedError: there is no credit left.
    """
    return completion_of(loads(data), latency, headers, think_end=think_end, options=options, attempts=attempts)


def completion_of(
    body: Any,
    latency: float | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    think_end: str = "",
    options: bool = True,
    attempts: int | None = None,
) -> Completion:
    """Read a parsed body; otherwise the same as `read_completion`."""
    choices = body.get("choices") if isinstance(body, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict) or _is_error(body.get("error")):
        return _told_with_200(body, headers, attempts)
    if _is_error(choice.get("error")):
        return _told_with_200(choice, headers, attempts)
    finish = read_finish(choice.get("finish_reason"))
    message = _message(choice)
    if not isinstance(message, dict):
        if message is not None or finish not in ("length", "content_filter"):
            raise _nothing(_excerpt(body))
        message = {}  # Gemini omits it when thinking used up the limit
    content = _content(message, finish)
    text, inline = split_reasoning(content.text, think_end)
    reasoning = _clean(reasoning_of(message) or content.reasoning) or inline
    said = message.get("refusal")
    refusal = _clean(said) if isinstance(said, str) and said else content.refusal
    logprobs = read_logprobs(choice, body, options=options)
    if logprobs and reasoning:
        logprobs = of_answer(logprobs, text)
    if not refusal and finish == "content_filter":
        refusal = _why_filtered(choice)
    if not text and not refusal and reasoning and finish == "unknown":
        raise _nothing("only reasoning, and no word on why it ended")
    if not text and (message.get("tool_calls") or message.get("function_call")):
        raise _unreadable("the model called a tool, though it was given none, and wrote no text")
    return Completion(
        text=text or (refusal if finish != "content_filter" else ""),
        reasoning=reasoning or None,
        finish_reason="content_filter" if refusal else finish,
        usage=_usage(body.get("usage")),
        logprobs=logprobs,
        latency=latency,
        refusal=refusal or None,
        served_model=_text(body.get("model")),
        fingerprint=_text(body.get("system_fingerprint")),
        provider=_text(body.get("provider")),
        request_id=_request_id(body, headers),
        attempts=attempts,
    )


def _message(choice: dict[str, Any]) -> Any:
    """The message of a choice; the text of one in the format of the legacy completions API."""
    message = choice.get("message")
    return {"content": choice["text"]} if message is None and isinstance(choice.get("text"), str) else message


def _is_error(value: Any) -> bool:
    """Whether an `error` field reports an error: some gateways always send one, with nothing in it."""
    return any(value.values()) if isinstance(value, dict) else bool(value)


def refused_completion(why: str, request_id: str | None = None, attempts: int | None = None) -> Completion:
    """The completion for a prompt that a filter rejected with an error."""
    return Completion(
        text="", finish_reason="content_filter", refusal=why, request_id=request_id or None, attempts=attempts
    )


def _told_with_200(place: Any, headers: Mapping[str, str] | None, attempts: int | None) -> Completion:
    """Handle an error reported with status 200: return a refusal, or raise by the error's code."""
    error = parse_error(place)
    status = status_inside(error)
    if error.is_refusal(status):
        return refused_completion(error.why_refused, _request_id({}, headers), attempts)
    text = f"no completion in the answer: {error.message or _excerpt(place)}"
    raised: ModelError | ModelStoppedError = to_exception(error, status, text, headers)
    if isinstance(raised, ModelError) and not isinstance(raised, TransientError):
        # The server answered, so its address and the key are right.
        raised = BadResponseError(str(raised)).of_kind(raised.kind)
    raise raised


def loads(data: bytes) -> Any:
    """Parse a body.

    Raises:
        TransientError: it is not JSON.
    """
    try:
        return from_json(data)
    except ValueError:
        try:
            return json.loads(data)  # accepts half of a surrogate pair, as in a truncated emoji
        except (ValueError, RecursionError) as error:
            raise TransientError(f"the body is not JSON: {excerpt(data)}").of_kind("not JSON") from error


def _content(message: dict[str, Any], finish: FinishReason) -> _Content:
    """Read the content of a message.

    Raises:
        TransientError: there is no content at all, or null.
        BadResponseError: the content is neither text nor parts that can be read.
    """
    content = message.get("content")
    if isinstance(content, str):
        return _Content(_clean(content))
    if isinstance(content, list) and content:
        return _parts(content)
    if content is not None and content != []:
        raise _unreadable(f"the content is {_kind_of(content)}, not text")
    # Only "" is an empty answer: a server that never gives content must not look like a model that abstains.
    elsewhere = ("refusal", "tool_calls", "function_call")
    nothing = not reasoning_of(message) and not any(message.get(name) for name in elsewhere)
    if nothing and finish in ("stop", "unknown"):
        raise _nothing("the message has no content")
    return _Content()


def _parts(parts: list[Any]) -> _Content:
    texts: list[str] = []
    thoughts: list[str] = []
    refusals: list[str] = []
    for part in parts:
        kind = part.get("type") if isinstance(part, dict) else None
        if isinstance(part, str):
            texts.append(part)
        elif not isinstance(part, dict):
            raise _unreadable(f"a part of the content is {_kind_of(part)}, not text")
        elif kind in _THOUGHT_PARTS:
            thoughts.append(thought_text(part))
        elif kind == "refusal" and isinstance(part.get("refusal"), str):
            refusals.append(part["refusal"])
        elif kind in _TEXT_PARTS and isinstance(part.get("text"), str):
            texts.append(part["text"])
        else:
            raise _unreadable(f"a part of the content has the type {str(kind)[:40]!r} and no text")
    return _Content(_clean("".join(texts)), "".join(thoughts), _clean("".join(refusals)))


def _nothing(text: str) -> TransientError:
    return TransientError(f"no completion in the answer: {text}").of_kind("no completion")


def _unreadable(text: str) -> BadResponseError:
    return BadResponseError(f"the answer cannot be read: {text}").of_kind(text)


def _kind_of(value: Any) -> str:
    kinds = {bool: "true or false", int: "a number", float: "a number", dict: "an object", list: "an array"}
    return kinds.get(type(value), "null")


def _clean(text: str) -> str:
    """Replace what UTF-8 cannot encode: half of a surrogate pair, as in a truncated emoji."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _why_filtered(choice: dict[str, Any]) -> str:
    details = choice.get("stop_details")
    told = (details.get("category") or details.get("explanation")) if isinstance(details, dict) else None
    categories = [*filtered_categories(choice.get("content_filter_results")), *([str(told)] if told else [])]
    return ", ".join(categories) or str(choice.get("native_finish_reason") or choice.get("finish_reason"))


def _usage(usage: Any) -> Usage:
    if not isinstance(usage, dict):
        return Usage()
    reasoning, cached = usage.get("reasoning_tokens"), usage.get("prompt_cache_hit_tokens")
    if isinstance(details := usage.get("completion_tokens_details"), dict):
        reasoning = details.get("reasoning_tokens", reasoning)
    if isinstance(details := usage.get("prompt_tokens_details"), dict):
        cached = details.get("cached_tokens", cached)
    return Usage(
        prompt_tokens=_whole(usage.get("prompt_tokens")),
        completion_tokens=_whole(usage.get("completion_tokens")),
        reasoning_tokens=None if reasoning is None else _whole(reasoning),
        cached_tokens=None if cached is None else _whole(cached),
        cost=_dollars(usage.get("cost")),
    )


def _dollars(cost: Any) -> float | None:
    """The cost of a call as OpenRouter gives it, a number, or Perplexity, an object with its total."""
    value = cost.get("total_cost") if isinstance(cost, dict) else cost
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < LARGEST:
        return None
    return float(value)


def _whole(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < LARGEST:
        return None
    return int(value)


def _text(value: Any) -> str | None:
    return _clean(value)[:200] if value and isinstance(value, str) else None


def _request_id(body: dict[str, Any], headers: Mapping[str, str] | None) -> str | None:
    if headers is not None and (name := headers.get("x-request-id") or headers.get("request-id")):
        return _text(name)
    return _text(body.get("id"))


def _excerpt(value: Any) -> str:
    return excerpt(json.dumps(value).encode())
