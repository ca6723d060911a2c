"""The prompt as sent: the question, the words that state the confidence target, and what else a run adds to it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from evalkit.records import Message
from evalkit.runs.wordings import Wording

PAPER = Wording()


def instructions(threshold: float | None, closing: str = "", wording: Wording = PAPER) -> str:
    """The prompt text besides the question: the confidence target and the closing paragraph.

    Args:
        threshold: t, 0 ≤ t < 1; None for a plain prompt.
        closing: the last paragraph of the user's turn.
        wording: how the target is stated.
    """
    return "\n\n".join(part for part in (wording.words(threshold), closing) if part)


def build_messages(
    question: str,
    threshold: float | None,
    system: str | None = None,
    closing: str = "",
    turns: Sequence[Message] = (),
    wording: Wording = PAPER,
) -> list[Message]:
    """Build the prompt as sent: an optional system message, then the question with its confidence target.

    Args:
        question: the sample's input.
        threshold: t, 0 ≤ t < 1; 0 gives the exam sentence, None nothing.
        system: text of a system message.
        closing: the last paragraph of the user's turn.
        turns: earlier turns of the conversation; a system message among them comes before the run's.
        wording: how the target is stated.
    """
    asked = wording.around(question, threshold)
    user = Message(role="user", content=f"{asked}\n\n{closing}" if closing else asked)
    stated = wording.words(threshold) if wording.in_system else ""
    own = [turn.content for turn in turns if turn.role == "system"]
    opening = "\n\n".join(part for part in (*own, system, stated) if part)
    spoken = [turn for turn in turns if turn.role != "system"]
    return [*([Message(role="system", content=opening)] if opening else []), *spoken, user]


def prompt_fingerprint(target: Iterable[str], messages: Iterable[Message]) -> bytes:
    """Digest of a prompt and its accepted answers, 16 bytes: the same in every process."""
    parts = (*target, "\n", *(f"{message.role}\0{message.content}" for message in messages))
    return hashlib.blake2b("\0".join(parts).encode(errors="surrogatepass"), digest_size=16).digest()
