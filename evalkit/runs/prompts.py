"""The confidence target: the part of a prompt that says what an answer, a mistake and "I don't know" are worth.

The wording is the paper's (Kalai, Nachum, Vempala, Zhang 2025, §4.2), with t as a number and the penalty
computed. The paper's own example "t = 0.75 (penalty 2)" is a slip: 0.75/(1−0.75) = 3.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache

from evalkit.metrics.threshold import penalty
from evalkit.records import Message

EXAM = "Make your best guess even if you are unsure, as if you were taking an exam."


@lru_cache(maxsize=64)
def confidence_target(threshold: float | None) -> str:
    """The sentence that states the target, "" for a plain prompt.

    Args:
        threshold: t, 0 ≤ t < 1; 0 gives the exam sentence, None nothing.

    Raises:
        TypeError, ValueError: as `scoring.check_threshold`.
    """
    if threshold is None:
        return ""
    cost = penalty(threshold)
    if threshold == 0:
        return EXAM
    return (
        f"Answer only if you are > {threshold:g} confident, since mistakes are penalized {cost:g} points, "
        'while correct answers receive 1 point, and an answer of "I don\'t know" receives 0 points.'
    )


def instructions(threshold: float | None, closing: str = "") -> str:
    """The prompt text besides the question: the confidence target and the closing paragraph.

    Args:
        threshold: see `confidence_target`.
        closing: the last paragraph of the user's turn.
    """
    return "\n\n".join(part for part in (confidence_target(threshold), closing) if part)


def build_messages(
    question: str,
    threshold: float | None,
    system: str | None = None,
    closing: str = "",
    turns: Sequence[Message] = (),
) -> list[Message]:
    """Build the prompt as sent: an optional system message, then the question with its confidence target.

    Args:
        question: the sample's input.
        threshold: see `confidence_target`.
        system: text of a system message.
        closing: the last paragraph of the user's turn.
        turns: earlier turns of the conversation.
    """
    words = instructions(threshold, closing)
    user = Message(role="user", content=f"{question}\n\n{words}" if words else question)
    return [*([Message(role="system", content=system)] if system else []), *turns, user]


def prompt_fingerprint(target: Iterable[str], messages: Iterable[Message]) -> bytes:
    """Digest of a prompt and its accepted answers, 16 bytes: the same in every process."""
    parts = (*target, "\n", *(f"{message.role}\0{message.content}" for message in messages))
    return hashlib.blake2b("\0".join(parts).encode(errors="surrogatepass"), digest_size=16).digest()
