"""Batch outputs of the OpenAI and Anthropic APIs, which hold answers and nothing else: verdicts need --targets.

OpenAI: {custom_id, response{status_code, body{model, choices[]{message{content, refusal}, finish_reason}}}, error};
of /v1/responses the body is an object of the Responses API (`evalkit.readers.responses`).
Anthropic: {custom_id, result{type: succeeded|errored|canceled|expired, message{model, content[], stop_reason},
error}}.
"""

from __future__ import annotations

from typing import Any

from evalkit.dataset.source import as_text
from evalkit.readers.base import ForeignRow, reader
from evalkit.readers.fields import Fields
from evalkit.readers.responses import response_answer

OK = 200


@reader(
    "openai-batch",
    about="OpenAI Batch output (needs --targets)",
    columns=("custom_id", "response"),
    task="batch",
)
def openai_batch(row: Fields) -> ForeignRow:
    """Read one request of an OpenAI batch."""
    response = row.object("response", {})
    body = response.object("body", {})
    error = row.value("error")
    name = row.text("custom_id")
    is_response = "output" in body and not body.array("choices")
    if error or response.value("status_code", OK) != OK or not (is_response or body.array("choices")):
        return ForeignRow(sample_id=name, verdict="failed", reason=_said(error or body.value("error")))
    if is_response:
        return _response(name, body)
    choice = body.first("choices")
    message = choice.object("message", {})
    end = choice.text("finish_reason", "")
    refusal = message.text("refusal", "")
    return ForeignRow(
        sample_id=row.text("custom_id"),
        text=message.text("content", "") or refusal or choice.text("text", ""),  # text: /v1/completions
        refused=bool(refusal) or end == "content_filter",
        truncated=end == "length",
        ended=end == "stop",
        model=body.text("model", ""),
    )


def _response(name: str, body: Fields) -> ForeignRow:
    """The row of a request to /v1/responses."""
    status = body.text("status", "completed")
    if status not in ("completed", "incomplete"):
        return ForeignRow(sample_id=name, verdict="failed", reason=f"{status}: {_said(body.value('error'))}")
    answer = response_answer(body)
    return ForeignRow(
        sample_id=name,
        text=answer.text,
        reasoning=answer.reasoning,
        refused=answer.refused,
        truncated=answer.truncated,
        ended=status == "completed",
        model=answer.model,
    )


def _said(error: Any) -> str:
    """What an error says, which is a text or an object with a message."""
    return as_text(error.get("message") if isinstance(error, dict) else error)[:300] or "no answer"


@reader(
    "anthropic-batch",
    about="Anthropic Message Batch results (needs --targets)",
    columns=("custom_id", "result"),
    task="batch",
)
def anthropic_batch(row: Fields) -> ForeignRow:
    """Read one request of an Anthropic batch."""
    result = row.object("result")
    end = result.text("type", "")
    if end != "succeeded":
        reason = f"{end}: {as_text(result.value('error', ''))}"[:300]
        return ForeignRow(sample_id=row.text("custom_id"), verdict="failed", reason=reason)
    message = result.object("message")
    stop = message.text("stop_reason", "")
    return ForeignRow(
        sample_id=row.text("custom_id"),
        text=message.text("content", ""),
        refused=stop == "refusal",
        truncated=stop == "max_tokens",
        ended=stop in ("end_turn", "stop_sequence"),
        model=message.text("model", ""),
    )
