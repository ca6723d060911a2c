"""Estimate confidence: from token log-probabilities, a number that the model writes, or agreement between epochs."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Literal, NamedTuple

from evalkit.abstention.final import final_statement
from evalkit.errors import UsageError
from evalkit.records import Completion, Grade, Sample

Source = Literal["none", "logprob", "verbal", "vote"]
TOP = 20
"""Alternatives requested per token: enough for the option letters and their variants."""
ASK = (
    "End with a line of its own, “Confidence: N%”: the probability, as a whole number from 0 to 100, that your answer"
    " is correct."
)

_DRESS = r"[*_`\s]*"
_LABEL = rf"(?:my\s+|overall\s+)?confidence(?:\s+(?:level|score|rating))?{_DRESS}(?:[:=]|\bis\b){_DRESS}"
_LINE = re.compile(rf"\s*[-*•_`>#(\[\s]*{_LABEL}(\S[^\n]*)", re.IGNORECASE)
_LINE_END = re.compile(rf"(?<=[\s(\[,;.–—-])[*_`(\[]*{_LABEL}([\d.][^\n]*)", re.IGNORECASE)
_JSON = re.compile(r"\"confidence\"\s*:\s*\"?([^\",}\n]+)\"?\s*[,}]", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?P<value>\d{1,3}(?:[.,]\d+)?|[.,]\d+)\s*(?:(?P<percent>%|per\s?cent)|/\s*(?P<of>100|10|1)(?:\.0)?)?[\s*_`.)\]]*",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[\s(\[*\"'`]*([A-Z])[\s)\].:*\"'`]*")


class Read(NamedTuple):
    """A completion and the confidence extracted from it."""

    completion: Completion
    """The completion to grade, without the line that states the confidence."""
    confidence: float | None


def read(source: Source, completion: Completion) -> Read:
    """Find the confidence stated in a completion's text; None if there is none that can be trusted.

    Args:
        source: only `verbal` is read here; `logprob` needs the grade (`of_graded`), `vote` all epochs (`vote`).
        completion: as the server gave it.
    """
    if source != "verbal":
        return Read(completion, None)
    text, confidence = split_verbal(completion.text)
    return Read(completion.model_copy(update={"text": text}), confidence)


def of_graded(source: Source, sample: Sample, completion: Completion, grade: Grade) -> float | None:
    """Confidence in the graded answer, from its tokens; None if unknown.

    Args:
        source: any source but `logprob` gives None.
        sample: its choices decide whether option letters are considered.
        completion: as the server gave it.
        grade: the grade; its answer is located among the tokens.
    """
    if source != "logprob" or not completion.logprobs or grade.answer is None:
        return None
    return from_logprobs(completion.logprobs, len(sample.choices or ()), grade.answer)


def split_verbal(text: str) -> tuple[str, float | None]:
    """Split off a stated confidence: the remaining text, and the confidence in [0, 1] if exactly one is stated.

    It may be on its own line, at the end of a line, or a JSON value: "95%", "95 percent", "95", "95/100", "0.95".
    Ranges, words, a bare "1" (one percent, or certain?) and contradictory statements give None: a guess would be a
    number that nobody stated.

    Args:
        text: the answer.
    """
    kept, said = [], []
    for line in text.split("\n"):
        whole = _LINE.fullmatch(line)
        match = whole or _LINE_END.search(line)
        if match is None:
            kept.append(line)
            continue
        said.append(_stated(match.group(1)))
        if whole is None:
            kept.append(line[: match.start()].rstrip(" \t([,;–—-*"))
    said += [_stated(match.group(1)) for match in _JSON.finditer(text)]
    if not said:
        return text, None
    values = set(said)
    return "\n".join(kept).strip(), values.pop() if len(values) == 1 else None


def _stated(said: str) -> float | None:
    """Parse a confidence in [0, 1]; None if the text is not one or is ambiguous."""
    match = _NUMBER.fullmatch(said)
    if match is None:
        return None
    digits = match.group("value").replace(",", ".")
    value = float(digits)
    if match.group("percent"):
        value /= 100
    elif match.group("of"):
        value /= int(match.group("of"))
    elif digits == "1":
        return None
    elif "." not in digits or value > 1:
        value /= 100
    return value if value <= 1 else None


def from_logprobs(tokens: Sequence[dict[str, Any]], choices: int, answer: str) -> float | None:
    """Probability of an answer from the server's log-probabilities.

    For an option letter: the probability of the token that states it, summed over variants ("A", " A", "(A") and
    normalized over the option letters. For any other answer: exp Σ log p over the tokens that contain it, or over the
    whole text if the graded form does not occur ("3" for "three"); a mean over tokens would not be a probability.

    If the answer occurs more than once, the occurrence in the final statement counts, else the last one.

    Args:
        tokens: `logprobs.content` of a chat completion, with `top_logprobs`.
        choices: how many options there are; 0 for an open question.
        answer: the graded answer.

    Returns:
        A probability, or None if the tokens do not determine it.
    """
    letters = [chr(ord("A") + k) for k in range(choices)]
    starts = list(accumulate((len(_text_of(token)) for token in tokens), initial=0))
    text = "".join(map(_text_of, tokens))
    stated = _place_of_statement(text)
    if answer in letters:
        places = [k for k, token in enumerate(tokens) if _letter_of(token.get("token")) == answer]
        if not places:
            return None
        inside = [k for k in places if stated[0] < starts[k + 1] and starts[k] < stated[1]]
        shares = _letter_shares(tokens[inside[0] if inside else places[-1]], letters)
        total = sum(shares.values())
        return shares[answer] / total if total > 0 else None
    start = text.find(answer, stated[0], stated[1]) if answer else -1
    start = start if start >= 0 else text.rfind(answer) if answer else -1
    if start < 0:
        return _probability(tokens)
    end = start + len(answer)
    return _probability([token for k, token in enumerate(tokens) if starts[k] < end and start < starts[k + 1]])


def _place_of_statement(text: str) -> tuple[int, int]:
    """Position of a text's final statement; the whole text if it cannot be located."""
    ending = final_statement(text)
    start = text.rfind(ending.text, 0, len(text) - len(ending.after)) if ending.text else -1
    return (start, start + len(ending.text)) if start >= 0 else (0, len(text))


def _probability(tokens: Sequence[dict[str, Any]]) -> float | None:
    values = [token.get("logprob") for token in tokens]
    usable = [value for value in values if isinstance(value, (int, float)) and value <= 0]
    return math.exp(sum(usable)) if usable and len(usable) == len(values) else None


def _text_of(token: dict[str, Any]) -> str:
    text = token.get("token")
    return text if isinstance(text, str) else ""


def vote(grades: Sequence[Grade]) -> tuple[int, float | None]:
    """Choose an answer on the first half of the epochs; its confidence is the share of the second half that agrees.

    Using the same epochs for both would overstate it: the modal share of K samples is biased upwards (uniform over ten
    answers, K = 5: .36 instead of .10).

    Args:
        grades: the grades of one sample, one per epoch, in order; at least two.

    Returns:
        Index of the grade with the chosen answer, and its confidence; None if the choice is to abstain.

    Raises:
        UsageError: fewer than two epochs.
    """
    if len(grades) < 2:  # noqa: PLR2004 - agreement needs two
        raise UsageError("a vote needs --epochs of at least 2")
    half = (len(grades) + 1) // 2
    names = [_name(grade) for grade in grades]
    chosen, _ = Counter(names[:half]).most_common(1)[0]
    rest = names[half:]
    confidence = None if grades[names.index(chosen)].answer is None else rest.count(chosen) / len(rest)
    return names.index(chosen), confidence


def agree(grades: Sequence[Grade]) -> bool:
    """Whether all epochs give the same answer; in the authors' follow-up paper, other samples become IDK."""
    return len({_name(grade) for grade in grades}) == 1


def agreement_shares(grades: Mapping[int, Grade]) -> dict[int, float | None]:
    """For each epoch of a sample, the share of the other epochs that give the same answer.

    Args:
        grades: epoch → grade.

    Returns:
        Epoch → share in [0, 1]; None if the epoch makes no claim or is the only one.
    """
    names = {epoch: _name(grade) for epoch, grade in grades.items()}
    counts = Counter(names.values())
    others = len(names) - 1
    return {
        epoch: (counts[names[epoch]] - 1) / others if others and grades[epoch].answer is not None else None
        for epoch in grades
    }


def _name(grade: Grade) -> str:
    """Key by which answers are compared: the extracted answer, else the kind of non-answer."""
    return f"={grade.answer}" if grade.answer is not None else str(grade.non_answer or grade.outcome)


def _letter_of(token: object) -> str | None:
    match = _LETTER.fullmatch(token) if isinstance(token, str) else None
    return match.group(1) if match else None


def _letter_shares(token: dict[str, Any], letters: Sequence[str]) -> dict[str, float]:
    shares = dict.fromkeys(letters, 0.0)
    alternatives = token.get("top_logprobs")
    for one in alternatives if isinstance(alternatives, list) and alternatives else [token]:
        letter = _letter_of(one.get("token")) if isinstance(one, dict) else None
        value = one.get("logprob") if letter in shares else None
        if isinstance(value, (int, float)):
            shares[str(letter)] += math.exp(min(0.0, value))
    return shares
