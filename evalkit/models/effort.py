"""`--reasoning-effort`: the fields in which each provider takes it.

The value is sent as the user gives it: providers know different words (none, minimal, low, medium, high, xhigh, max),
they change with the model, and one that is replaced in silence would be another condition. A server that refuses it
says which it knows. Only "none" is translated, where a provider has a switch of its own.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

from evalkit.errors import UsageError

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
EFFORTS: tuple[str, ...] = get_args(Effort)
"""The words in use, from the least to the most."""

_WAYS: dict[str, str] = {
    "reasoning_effort": "reasoning_effort",
    "deepseek": "reasoning_effort",
    "together": "reasoning_effort",
    "template": "reasoning_effort",
    "openrouter": "reasoning.effort",
    "responses": "reasoning.effort",
}
"""How a provider takes the effort → the field that holds it."""
_OFF: dict[str, dict[str, Any]] = {
    "deepseek": {"thinking": {"type": "disabled"}},
    "together": {"reasoning": {"enabled": False}},
    "template": {"reasoning_effort": "none", "chat_template_kwargs": {"enable_thinking": False}},
}
"""Fields that switch thinking off, where they are not the field of the effort with the word "none".

vLLM, SGLang and llama.cpp hand the effort to the chat template; many templates know a switch alone."""


def effort_fields(way: str, effort: str | None) -> dict[str, Any]:
    """The fields of a request that ask for a reasoning effort.

    Args:
        way: how the provider takes it, a key of the table above.
        effort: as the user gives it, or None.
    """
    if effort is None:
        return {}
    if effort == "none" and way in _OFF:
        return _OFF[way]
    outer, _, inner = _WAYS[way].partition(".")
    return {outer: {inner: effort}} if inner else {outer: effort}


def check_effort(effort: str | None) -> None:
    """Check the word.

    Raises:
        UsageError: it is none of those in use.
    """
    if effort is not None and effort not in EFFORTS:
        raise UsageError(f"--reasoning-effort {effort}: must be one of {', '.join(EFFORTS)}")
