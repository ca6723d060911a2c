"""Thinking set apart from the answer: in fields of its own, in parts of the content, or between delimiters in it."""

from __future__ import annotations

import re
from typing import Any

_PAIRS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<thoughts>", "</thoughts>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|think|>", "<|/think|>"),
    ("<|thinking|>", "<|/thinking|>"),
    ("<|channel|>analysis<|message|>", "<|end|>"),
    ("<|channel>thought", "<channel|>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
)
_CLOSES = {opening.lower(): closing for opening, closing in _PAIRS}
_BLOCK = re.compile(r"\s*(?:<\|start\|>assistant)?(" + "|".join(re.escape(o) for o, _ in _PAIRS) + ")", re.IGNORECASE)
_UNOPENED = [(opening, closing) for opening, closing in _PAIRS if closing not in ("<|end|>", "<channel|>")]
_ANSWER_FRAMES = (
    ("<|START_RESPONSE|>", "<|END_RESPONSE|>"),
    ("<|begin_of_solution|>", "<|end_of_solution|>"),
    ("<|start|>assistant<|channel|>final<|message|>", "<|return|>"),
    ("<|channel|>final<|message|>", "<|return|>"),
)
_FIELDS = ("reasoning_content", "reasoning", "reasoning_details", "thinking", "thinking_blocks")
"""Where servers put the thinking of a message; the first that holds any is taken, since others repeat it."""
_TEXTS = ("text", "summary", "thinking", "reasoning", "content")
"""Where a part of it has its text."""


def split_reasoning(text: str, think_end: str = "") -> tuple[str, str | None]:
    """Set leading blocks of thinking apart from the answer.

    Args:
        text: the content of a message.
        think_end: a delimiter of the user's (`-M think_end=…`), which then is the only one: what follows its last
            occurrence is the answer.

    Returns:
        (answer, reasoning or None). A block that never ends is all reasoning: the answer is empty.
    """
    if think_end:
        thought, found, answer = text.rpartition(think_end)
        return (answer.strip(), thought.strip() or None) if found else (text, None)
    if "<" not in text and "[" not in text and "◁" not in text:
        return text, None
    blocks, rest = _leading_blocks(text)
    if not blocks:
        for opening, closing in _UNOPENED:  # chat templates that open the block in the prompt
            before, found, after = rest.partition(closing)
            if found and opening not in before:
                blocks, rest = [before], after
                break
    if not blocks:
        return text, None
    reasoning = "\n\n".join(block.strip() for block in blocks if block.strip())
    return _unframed(rest.lstrip()), reasoning or None


def _leading_blocks(text: str) -> tuple[list[str], str]:
    blocks: list[str] = []
    while match := _BLOCK.match(text):
        thought, found, after = text[match.end() :].partition(_CLOSES[match.group(1).lower()])
        blocks.append(thought)
        text = after
        if not found:
            break
    return blocks, text


def _unframed(answer: str) -> str:
    """The answer without the delimiters that some models put around it after their thinking."""
    for opening, closing in _ANSWER_FRAMES:
        if answer.startswith(opening):
            return answer.removeprefix(opening).strip().removesuffix(closing).strip()
    return answer


def reasoning_of(message: dict[str, Any]) -> str:
    """The thinking that a message holds in a field of its own; "" where there is none."""
    for name in _FIELDS:
        if (value := message.get(name)) and (text := thought_text(value)):
            return text
    return ""


def thought_text(value: Any) -> str:
    """The text of thinking in any of its shapes: text, an object, or an array of such."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(thought_text(one) for one in value)
    if isinstance(value, dict):
        return next((text for name in _TEXTS if (text := thought_text(value.get(name)))), "")
    return ""
