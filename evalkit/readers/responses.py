"""The answer inside an object of OpenAI's Responses API, which several formats embed.

Schema: {model, status, error, incomplete_details{reason}, output[]{type: message|reasoning, role, content[]{type:
output_text|refusal, text, refusal}, summary[]{text}}}. The answer is the last message of the assistant. Where a
server did not part thinking from the answer, it stands before `</think>`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from evalkit.readers.fields import Fields

_THINKING = re.compile(r"\A\s*(?:<think(?:ing)?>)?(?P<thought>.*)</think(?:ing)?>", re.DOTALL)


class Answer(NamedTuple):
    """What the model returned."""

    text: str
    reasoning: str | None
    refused: bool
    truncated: bool
    model: str


def response_answer(response: Fields) -> Answer:
    """Read the answer of a response.

    Args:
        response: the response object.

    Raises:
        BadRowError: a field is of another type than the API's.
    """
    text, refusal, thoughts = "", "", []
    for item in response.objects("output"):
        kind = item.text("type", "")
        if kind == "reasoning":
            thoughts += [part.text("text", "") for part in _parts(item, "summary") + _parts(item, "content")]
        elif kind == "message" and item.text("role", "assistant") == "assistant":
            text, refusal = _message(item)
    text, inside = part_thinking(text)
    reason = response.object("incomplete_details", {}).text("reason", "")
    return Answer(
        text=text or refusal,
        reasoning="\n".join([*thoughts, *([inside] if inside else [])]) or None,
        refused=bool(refusal) or reason == "content_filter",
        truncated=reason == "max_output_tokens",
        model=response.text("model", ""),
    )


def part_thinking(text: str) -> tuple[str, str | None]:
    """Part thinking that ends in a `</think>` tag from the answer after it.

    Returns:
        The answer, and the thinking; None where there is none.
    """
    match = _THINKING.match(text)
    return (text[match.end() :].strip(), match["thought"].strip()) if match else (text, None)


def _message(item: Fields) -> tuple[str, str]:
    """Text and refusal of a message, whose content is a text or parts."""
    if isinstance(item.value("content"), str):
        return item.text("content"), ""
    parts = item.objects("content")
    text = "\n".join(part.text("text") for part in parts if "text" in part)
    return text, "\n".join(part.text("refusal") for part in parts if "refusal" in part)


def _parts(item: Fields, name: str) -> list[Fields]:
    return item.objects(name) if isinstance(item.value(name), list) else []
