"""The plain form: a prompt as text that a base model continues, for models without a chat template."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.records import Completion, Message

ASKS = "Question:"
ANSWERS = "Answer:"
STOP = f"\n{ASKS}"
"""Where a model that invents the next question is stopped."""


def plain_prompt(messages: Sequence[Message]) -> str:
    """Write a conversation as plain text that ends where the answer begins; the public `evalkit.plain_prompt`.

    Args:
        messages: the prompt; earlier turns are the examples that show a base model the form.
    """
    parts = []
    for message in messages:
        if message.role == "system":
            parts.append(f"{message.content}\n\n")
        elif message.role == "user":
            parts.append(f"{ASKS} {message.content}\n{ANSWERS}")
        else:
            parts.append(f" {message.content}\n\n")
    return "".join(parts)


def plain_answer(completion: Completion) -> Completion:
    """Cut what a base model wrote at the next question, where the server did not."""
    text, found, _ = completion.text.partition(STOP)
    text = text.strip()
    if not found and text == completion.text:
        return completion
    return completion.model_copy(update={"text": text, **({"finish_reason": "stop"} if found else {})})
