"""Finish reasons: an explicit list of the words that servers use."""

from __future__ import annotations

from typing import Any

from evalkit.errors import BadResponseError, TransientError
from evalkit.records import FinishReason

_STOP = "stop eos eos_token end_turn end_of_turn stop_sequence stop_token complete completed finish finished done"
_LENGTH = """length max_tokens max_length max_output_tokens max_completion_tokens model_length token_limit
    model_context_window_exceeded context_length_exceeded length_capped"""
_FILTER = """content_filter content_filtered content-filter refusal safety image_safety recitation prohibited_content
    spii blocklist guardrail_intervened sensitive moderation error_toxic"""
_TOOLS = "tool_calls tool_call tool_use function_call"
_BREAKDOWN = """error abort aborted cancelled canceled insufficient_system_resource network_error server_error timeout
    upstream_error internal_error failed incomplete"""
_KINDS: tuple[tuple[FinishReason, str], ...] = (
    ("stop", _STOP), ("length", _LENGTH), ("content_filter", _FILTER), ("tool_calls", _TOOLS),
)  # fmt: skip

FINISH_REASONS: dict[str, FinishReason] = {word: kind for kind, words in _KINDS for word in words.split()}
"""Server's word in lower case → finish reason in the records."""
BREAKDOWNS = frozenset(_BREAKDOWN.split())
"""Words for a failure of the server in the middle of an answer."""


def read_finish(reason: Any) -> FinishReason:
    """The finish reason of a choice; "unknown" only if the server gives none.

    Raises:
        TransientError: the server failed in the middle of the answer.
        BadResponseError: the reason is unknown or not a string; the message names it.
    """
    if reason is None or reason == "":
        return "unknown"
    if not isinstance(reason, str):
        raise _unknown(f"the finish reason is not a string: {str(reason)[:100]}")
    word = reason.lower().removeprefix("finish_reason_").removeprefix("finishreason.").strip()
    if (found := FINISH_REASONS.get(word)) is not None:
        return found
    if word in BREAKDOWNS:
        text = f"the server failed in the middle of the answer (finish reason {reason})"
        raise TransientError(text).of_kind(f"finish reason {word}")
    raise _unknown(f"unknown finish reason {reason[:100]!r}")


def _unknown(text: str) -> BadResponseError:
    return BadResponseError(text).of_kind(text)
