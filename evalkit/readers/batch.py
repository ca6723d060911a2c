"""Batch outputs of the OpenAI and Anthropic APIs, which hold answers and nothing else: verdicts need --targets.

OpenAI: {custom_id, response{status_code, body{model, choices[]{message{content, refusal}, finish_reason}}}, error}.
Anthropic: {custom_id, result{type: succeeded|errored|canceled|expired, message{model, content[], stop_reason},
error}}.
"""

from __future__ import annotations

from evalkit.dataset.source import as_text
from evalkit.readers.base import ForeignRow, reader
from evalkit.readers.fields import Fields

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
    if error or response.value("status_code") != OK or not body.array("choices"):
        reason = as_text(error or body.value("error"))[:300]
        return ForeignRow(sample_id=row.text("custom_id"), verdict="failed", reason=reason)
    choice = body.first("choices")
    message = choice.object("message", {})
    end = choice.text("finish_reason", "")
    refusal = message.text("refusal", "")
    return ForeignRow(
        sample_id=row.text("custom_id"),
        text=message.text("content", "") or refusal,
        refused=bool(refusal) or end == "content_filter",
        truncated=end == "length",
        model=body.text("model", ""),
    )


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
        model=message.text("model", ""),
    )
