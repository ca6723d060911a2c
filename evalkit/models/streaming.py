"""Joins an answer streamed as server-sent events into an ordinary body."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from pydantic_core import from_json

from evalkit.errors import TransientError
from evalkit.models.server_errors import excerpt

_JOINED = ("content", "reasoning_content", "reasoning", "refusal")
_WHOLE = ("model", "system_fingerprint", "provider", "id", "usage")


def is_stream(data: bytes, content_type: str) -> bool:
    """Whether a body is a stream of server-sent events."""
    return content_type == "text/event-stream" or data.startswith((b"data:", b"event:", b": "))


def join_stream(data: bytes) -> dict[str, Any]:
    """Join the events of a stream into the body of a completion.

    Raises:
        TransientError: the stream ended without a finish reason, or an event is not JSON.
    """
    whole: dict[str, Any] = {}
    message: dict[str, Any] = {}
    tokens: list[Any] = []
    choice: dict[str, Any] = {"message": message}
    done = False
    for event in _data(data):
        if event == b"[DONE]":
            done = True
            continue
        try:
            chunk = from_json(event)
        except ValueError as error:
            raise TransientError(f"an event of the stream is not JSON: {excerpt(event)}").of_kind("not JSON") from error
        if not isinstance(chunk, dict):
            continue
        if chunk.get("error"):
            return chunk
        whole |= {name: chunk[name] for name in _WHOLE if chunk.get(name)}
        choices = chunk.get("choices")
        if isinstance(choices, list) and choices and isinstance(choices[0], dict):
            _add(choices[0], choice, message, tokens)
    if not done and choice.get("finish_reason") is None:
        raise TransientError("the stream broke off in the middle of the answer").of_kind("broken stream")
    if tokens:
        choice["logprobs"] = {"content": tokens}
    return {**whole, "choices": [choice]}


def _add(piece: dict[str, Any], choice: dict[str, Any], message: dict[str, Any], tokens: list[Any]) -> None:
    choice |= {name: value for name, value in piece.items() if name not in ("delta", "message", "logprobs") and value}
    logprobs = piece.get("logprobs")
    if isinstance(logprobs, dict) and isinstance(logprobs.get("content"), list):
        tokens += logprobs["content"]
    delta = piece.get("delta")
    for name, value in delta.items() if isinstance(delta, dict) else ():
        if name in _JOINED and isinstance(value, str):
            message[name] = f"{message.get(name) or ''}{value}"
        elif isinstance(value, list):
            message[name] = [*(message.get(name) or []), *value]
        elif value is not None or name not in message:
            message[name] = value


def events(data: bytes) -> Iterator[dict[str, Any]]:
    """The events of a stream that are JSON objects.

    Args:
        data: the whole stream.
    """
    for event in _data(data):
        with suppress(ValueError):
            if isinstance(found := from_json(event), dict):
                yield found


def _data(data: bytes) -> list[bytes]:
    """The data of each event, its lines joined."""
    blocks = data.replace(b"\r\n", b"\n").split(b"\n\n")
    lines = ([line[5:].strip() for line in block.split(b"\n") if line.startswith(b"data:")] for block in blocks)
    return [b"\n".join(found) for found in lines if found]
