"""Separates reasoning from the answer: in fields of its own, in content parts, or between delimiters in the text."""

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
"""Message fields that hold reasoning; the first one with text counts, since the others repeat it."""
_TEXTS = ("text", "summary", "thinking", "reasoning", "content")
"""Keys under which a piece of reasoning has its text."""


def split_reasoning(text: str, think_end: str = "") -> tuple[str, str | None]:
    """Split the leading blocks of reasoning from the answer.

    Args:
        text: the content of a message.
        think_end: the user's own delimiter (`-M think_end=…`), used instead of the known ones: the answer follows its
            last occurrence.

    Returns:
        (answer, reasoning or None). If a block never ends, everything is reasoning and the answer is empty.
    """
    if think_end:
        thought, found, answer = text.rpartition(think_end)
        return (answer.strip(), thought.strip() or None) if found else (text, None)
    if "<" not in text and "[" not in text and "◁" not in text:
        return text, None
    blocks, rest = _leading_blocks(text)
    if not blocks:
        for opening, closing in _UNOPENED:  # the chat template opened the block in the prompt
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
    """Strip the delimiters that some models put around the answer."""
    for opening, closing in _ANSWER_FRAMES:
        if answer.startswith(opening):
            return answer.removeprefix(opening).strip().removesuffix(closing).strip()
    return answer


def reasoning_of(message: dict[str, Any]) -> str:
    """The reasoning in a message's own field; "" if there is none."""
    for name in _FIELDS:
        if (value := message.get(name)) and (text := thought_text(value)):
            return text
    return ""


def thought_text(value: Any) -> str:
    """The text of reasoning given as a string, an object, or an array of them."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(thought_text(one) for one in value)
    if isinstance(value, dict):
        return next((text for name in _TEXTS if (text := thought_text(value.get(name)))), "")
    return ""
