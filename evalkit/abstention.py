"""Did this text make a claim? Text to `abstained`, `refusal`, `empty`, or None where it makes one.

Rules, in this order of evidence: nothing there; the accepted answer or an option, word for word; no trace of not
knowing or declining, so a claim; a hedged answer inside a sentence ("I'm not sure, but 3"); a claim that stands
against or before a disclaimer; else what the disclaimer says. A disclaimer in front of an answer is an answer: that
is the largest cause of false alarms. Phrase tables stand beside this module, one a language.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from typing import Literal, NamedTuple

from evalkit.text import plain

Kind = Literal["abstained", "refusal", "empty"]
Part = Literal["abstained", "refusal", "hedged", "filler", "general", "claim"]

LONGEST = 20_000
"""Characters that are judged: the first and last halves of a longer text, where a claim or its lack is stated."""

_CONTENT = re.compile(r"[^\W_]")
_SENTENCES = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=\S)|\n+|(?<=[。！？])")
_CLAUSES = re.compile(r"\s*[,;:()\[\]–—]\s+|\s+[–—-]\s+|\s+(?=(?:but|however|though|although)\b)|\s*\(")
_LIST_MARK = re.compile(r"^\s*(?:\d+[.)]|[-*•])\s+")
_VALUE = re.compile(r"(?<![\w.])[$€£]?\d[\d,]*(?:\.\d+)?(?!\s*%?\s*(?:confident|sure|certain|points?\b))")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][\w'-]+")
_ASSERTS = re.compile(r"\b(?:is|are|was|were|has|had|have|did|does|won|wrote|died|born|became|made|played|sang|said|founded)\b")
FRAGMENT = 4
"""Words of a bare answer, such as "around 1950"."""


class _Phrases(NamedTuple):
    triggers: tuple[str, ...]
    abstained: re.Pattern[str]
    refusal: re.Pattern[str]
    filler: re.Pattern[str]
    general: re.Pattern[str]
    answer: re.Pattern[str]
    contrast: re.Pattern[str]
    conclusion: re.Pattern[str]


class _Sentence(NamedTuple):
    part: Part
    against: bool
    """Begins against what stands before it."""
    specific: bool
    """Holds a number or name that the question did not."""
    concludes: bool


def non_answer(
    text: str,
    *,
    question: str | None = None,
    target: Sequence[str] | None = None,
    choices: Sequence[str] | None = None,
) -> Kind | None:
    """Say whether a text makes no claim, and how.

    Args:
        text: what the model answered, without its reasoning.
        question: what was asked; a number or name that it holds is nothing new in an answer.
        target: the accepted answers: a text that is one of them is an answer, whatever it says.
        choices: the options offered, likewise.

    Returns:
        "empty" (no letter or digit), "abstained", "refusal", or None where it makes a claim.
    """
    words = plain(_shortened(text))
    if not _CONTENT.search(words):
        return "empty"
    if _is_one_of(words, target) or _is_one_of(words, choices):
        return None
    phrases = _phrases("en")
    lower = words.lower()
    if not any(trigger in lower for trigger in phrases.triggers):
        return None
    asked = plain(question) if question else ""
    sentences = [_read(part, asked, phrases) for part in _SENTENCES.split(words) if _CONTENT.search(part)]
    return _judge(sentences)


def _judge(sentences: list[_Sentence]) -> Kind | None:
    """Weigh the sentences: see the module's docstring for the order of evidence."""
    parts = [sentence.part for sentence in sentences]
    if "hedged" in parts:
        return None
    silent = [position for position, part in enumerate(parts) if part in ("abstained", "refusal")]
    if not silent:
        return None if "claim" in parts or "general" in parts else "abstained"
    first = silent[0]
    before = [sentence for sentence in sentences[:first] if sentence.part == "claim"]
    if before and not any(sentences[position].concludes for position in silent):
        return None
    if parts[first] == "abstained" and any(_answers(sentence) for sentence in sentences[first + 1 :]):
        return None
    return "refusal" if parts[first] == "refusal" else "abstained"


def _answers(sentence: _Sentence) -> bool:
    """Whether a sentence after a disclaimer is the answer all the same, and not an explanation."""
    return sentence.part == "claim" and (sentence.specific or sentence.against)


def _read(text: str, asked: str, phrases: _Phrases) -> _Sentence:
    """Say what one sentence does."""
    bare = _LIST_MARK.sub("", text).strip()
    lower = bare.lower()
    return _Sentence(
        part=_part(bare, lower, phrases),
        against=bool(phrases.contrast.search(lower)),
        specific=_is_specific(bare, asked),
        concludes=bool(phrases.conclusion.search(lower)),
    )


def _part(bare: str, lower: str, phrases: _Phrases) -> Part:
    silent = phrases.abstained.search(lower)
    declined = None if silent else phrases.refusal.search(lower)
    if silent or declined:
        if _has_hedged_answer(lower, phrases):
            return "hedged"
        return "abstained" if silent else "refusal"
    if phrases.answer.search(lower) and _CONTENT.search(phrases.answer.sub("", lower)):
        return "claim" if len(bare.split()) > FRAGMENT or _VALUE.search(bare) is None else "hedged"
    if phrases.filler.search(lower):
        return "filler"
    return "general" if phrases.general.search(lower) else "claim"


def _has_hedged_answer(lower: str, phrases: _Phrases) -> bool:
    """Whether a sentence that says it does not know answers in another clause: "I'm not sure, 3"."""
    clauses = [clause.strip(" .!?\"'") for clause in _CLAUSES.split(lower) if clause and _CONTENT.search(clause)]
    if len(clauses) < 2:  # noqa: PLR2004 - nothing beside the disclaimer
        return False
    return any(_is_bare_answer(clause, phrases) for clause in clauses)


def _is_bare_answer(clause: str, phrases: _Phrases) -> bool:
    if phrases.abstained.search(clause) or phrases.refusal.search(clause):
        return False
    rest = phrases.contrast.sub("", clause).strip()
    offered = phrases.answer.search(rest)
    if offered:
        return bool(_CONTENT.search(phrases.answer.sub("", rest)))
    if phrases.filler.search(clause) or phrases.general.search(clause) or not rest:
        return False
    if rest != clause:
        return True
    return len(rest.split()) <= FRAGMENT and bool(_VALUE.search(rest))


def _is_specific(sentence: str, asked: str) -> bool:
    known = asked.lower()
    new_value = any(found.group().strip("$€£") not in known for found in _VALUE.finditer(sentence))
    return new_value or any(found.group().lower() not in known for found in _NAME.finditer(sentence))


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"


def _is_one_of(words: str, answers: Sequence[str] | None) -> bool:
    if not answers:
        return False
    bare = words.lower().strip(" .!\"'")
    return any(bare == plain(answer).lower().strip(" .!\"'") for answer in answers)


@lru_cache(maxsize=16)
def _phrases(language: str) -> _Phrases:
    source = resources.files("evalkit").joinpath("phrases", f"{language}.toml")
    table = tomllib.loads(source.read_text(encoding="utf-8"))
    patterns = {name: _compile(table[name]) for name in _Phrases._fields if name != "triggers"}
    return _Phrases(triggers=tuple(table["triggers"]), **patterns)


def _compile(phrases: list[str]) -> re.Pattern[str]:
    # "~" is a gap of up to four words, bounded so that no text makes the search slow.
    gap = r"(?:[\w'-]{1,30} ){0,4}"
    return re.compile("|".join(f"(?:{phrase.replace('(?:~ ?)', gap).replace('~ ?', gap).replace('~', gap)})" for phrase in phrases))
