"""Where a confidence comes from: token log-probabilities, a number that the model writes, agreement between epochs."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from evalkit.errors import UsageError
from evalkit.records import Completion, Grade, Sample

Source = Literal["none", "logprob", "verbal", "vote"]
TOP = 20
"""Alternatives a token that are asked for: letters and their variants, with room for others."""
ASK = (
    "End with a line of its own, “Confidence: N%”: the probability, as a whole number from 0 to 100, that your answer"
    " is correct."
)

_LINE = re.compile(r"\s*[*_`>#]*\s*(?:my\s+)?confidence\s*[*_`]*\s*:\s*[*_`]*\s*(\S[^\n]*)", re.IGNORECASE)
_PERCENT = re.compile(r"(\d{1,3})\s*%?[*_`.\s]*")
_LETTER = re.compile(r"[\s(\[*\"'`]*([A-Z])[\s)\].:*\"'`]*")


class Read(NamedTuple):
    """A completion with its confidence set apart."""

    completion: Completion
    """What is graded: without the line that states the confidence."""
    confidence: float | None


def read(source: Source, sample: Sample, completion: Completion) -> Read:
    """Find the confidence of one completion; None where there is none that can be trusted.

    Args:
        source: `logprob` and `verbal` are read here; `vote` is known only when all epochs are there.
        sample: its choices tell whether letters are looked at.
        completion: as the server gave it.
    """
    if source == "verbal":
        text, confidence = split_verbal(completion.text)
        return Read(completion.model_copy(update={"text": text}), confidence)
    if source == "logprob" and completion.logprobs:
        return Read(completion, from_logprobs(completion.logprobs, len(sample.choices or ())))
    return Read(completion, None)


def split_verbal(text: str) -> tuple[str, float | None]:
    """The text without its confidence line, and the confidence in [0, 1] where the line says exactly one.

    Strict: a whole number from 0 to 100, with or without a percent sign. "0.9", "90–95%", "high" and two lines that
    differ give None, since guessing what was meant would be a number nobody stated.
    """
    kept, said = [], []
    for line in text.split("\n"):
        if found := _LINE.fullmatch(line):
            said.append(found.group(1))
        else:
            kept.append(line)
    if not said:
        return text, None
    values = {int(found.group(1)) if (found := _PERCENT.fullmatch(one)) else None for one in said}
    value = values.pop() if len(values) == 1 else None
    confidence = value / 100 if value is not None and value <= 100 else None  # noqa: PLR2004 - per cent
    return "\n".join(kept).strip(), confidence


def from_logprobs(tokens: Sequence[dict[str, Any]], choices: int) -> float | None:
    """Probability of the answer from the server's log-probabilities.

    With choices: of the letter that was written, its variants ("A", " A", "(A") summed, among the letters of the
    options. Without: of the whole text, exp Σ log p; a mean over tokens would be no probability. None where the tokens
    say neither.

    Args:
        tokens: `logprobs.content` of a chat completion, with `top_logprobs`.
        choices: how many options there are; 0 for an open question.
    """
    if not choices:
        values = [token.get("logprob") for token in tokens]
        usable = [value for value in values if isinstance(value, (int, float)) and value <= 0]
        return math.exp(sum(usable)) if usable and len(usable) == len(values) else None
    letters = [chr(ord("A") + k) for k in range(choices)]
    for token in reversed(tokens):  # the letter that counts is the last one written by itself
        written = _letter_of(token.get("token"))
        if written in letters:
            shares = _letter_shares(token, letters)
            total = sum(shares.values())
            return shares[str(written)] / total if total > 0 else None
    return None


def vote(grades: Sequence[Grade]) -> tuple[int, float | None]:
    """Choose an answer on the first half of the epochs, and its confidence as the share of the others that agree.

    One half alone would overstate it: the modal share of K samples is biased upwards (uniform over ten answers, K = 5:
    .36 instead of .10).

    Args:
        grades: of one sample, an epoch each, in order; at least two.

    Returns:
        Which of the grades is the chosen answer, and its confidence; None where the choice is to abstain.

    Raises:
        UsageError: fewer than two epochs.
    """
    if len(grades) < 2:  # noqa: PLR2004 - nothing to agree with
        raise UsageError("a vote needs --epochs of at least 2")
    half = (len(grades) + 1) // 2
    names = [_name(grade) for grade in grades]
    chosen, _ = Counter(names[:half]).most_common(1)[0]
    rest = names[half:]
    confidence = None if grades[names.index(chosen)].answer is None else rest.count(chosen) / len(rest)
    return names.index(chosen), confidence


def agree(grades: Sequence[Grade]) -> bool:
    """Whether all epochs give the same answer: what the authors' follow-up keeps, the rest becoming IDK."""
    return len({_name(grade) for grade in grades}) == 1


def _name(grade: Grade) -> str:
    """What counts as the same answer: the extracted one, else the kind of non-answer."""
    return f"={grade.answer}" if grade.answer is not None else str(grade.non_answer or grade.outcome)


def _letter_of(token: object) -> str | None:
    found = _LETTER.fullmatch(token) if isinstance(token, str) else None
    return found.group(1) if found else None


def _letter_shares(token: dict[str, Any], letters: Sequence[str]) -> dict[str, float]:
    shares = dict.fromkeys(letters, 0.0)
    alternatives = token.get("top_logprobs")
    for one in alternatives if isinstance(alternatives, list) and alternatives else [token]:
        letter = _letter_of(one.get("token")) if isinstance(one, dict) else None
        value = one.get("logprob") if letter in shares else None
        if isinstance(value, (int, float)):
            shares[str(letter)] += math.exp(min(0.0, value))
    return shares
