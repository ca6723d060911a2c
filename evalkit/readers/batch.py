"""Batch outputs of the OpenAI and Anthropic APIs, which hold answers and nothing else: verdicts need --targets.

OpenAI: {custom_id, response{status_code, body{model, choices[]{message{content, refusal}, finish_reason}}}, error}.
Anthropic: {custom_id, result{type: succeeded|errored|canceled|expired, message{model, content[], stop_reason},
error}}.
"""

from __future__ import annotations

from typing import Any

from evalkit.dataset.source import Head, as_text
from evalkit.readers.base import Row, RowReader, has

OK = 200


def _openai(row: dict[str, Any], number: int) -> Row:
    response = row.get("response") or {}
    body = response.get("body") or {}
    choice = (body.get("choices") or [{}])[0]
    message = choice.get("message") or {}
    failed = row.get("error") or response.get("status_code") != OK or not body.get("choices")
    if failed:
        return Row(str(row["custom_id"]), "failed", reason=as_text(row.get("error") or body.get("error"))[:300])
    return Row(
        sample_id=str(row["custom_id"]),
        verdict=None,
        text=as_text(message.get("content")) or as_text(message.get("refusal")),
        refused=bool(message.get("refusal")) or choice.get("finish_reason") == "content_filter",
        truncated=choice.get("finish_reason") == "length",
        model=str(body.get("model") or ""),
        line=number,
    )


def _anthropic(row: dict[str, Any], number: int) -> Row:
    result = row["result"]
    if result.get("type") != "succeeded":
        return Row(str(row["custom_id"]), "failed", reason=f"{result.get('type')}: {result.get('error') or ''}"[:300])
    message = result["message"]
    return Row(
        sample_id=str(row["custom_id"]),
        verdict=None,
        text=as_text(message.get("content")),
        refused=message.get("stop_reason") == "refusal",
        truncated=message.get("stop_reason") == "max_tokens",
        model=str(message.get("model") or ""),
        line=number,
    )


def _is_openai(head: Head) -> bool:
    return has("custom_id", "response")(head)


def _is_anthropic(head: Head) -> bool:
    return has("custom_id", "result")(head)


OPENAI = RowReader("OpenAI Batch output (needs --targets)", _is_openai, _openai, task="batch")
ANTHROPIC = RowReader("Anthropic Message Batch results (needs --targets)", _is_anthropic, _anthropic, task="batch")
