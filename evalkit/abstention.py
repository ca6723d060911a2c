"""Did this text make a claim? Text to `abstained`, `refusal`, `empty`, or None where it makes one.

Rules on normalised text, in this order: nothing there; a claim in any clause (a disclaimer before an answer
is an answer); else what the clauses say: that it is not known, or that it is declined. Phrase tables stand
beside this module, one a language.
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

_CLAUSES = re.compile(
    r"(?<=[.!?;])\s+|\n+|,\s+(?=but\b|however\b|so\b|though\b|although\b|yet\b)|\s+(?=but\b|however\b)"
)
_CONTENT = re.compile(r"[^\W_]")
_VALUE = re.compile(r"\d(?![\d.]*\s*%)|\b(?:zero|two|three|four|five|six|seven|eight|nine|ten|none|once|twice)\b")


class _Phrases(NamedTuple):
    abstained: re.Pattern[str]
    refusal: re.Pattern[str]
    chatter: re.Pattern[str]
    commitment: re.Pattern[str]
    contrast: re.Pattern[str]


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
        question: what was asked; a clause that only repeats it is no claim.
        target: the accepted answers: a text that is one of them is an answer, whatever it says.
        choices: the options offered, likewise.

    Returns:
        "empty" (no letter or digit), "abstained", "refusal", or None where it makes a claim.
    """
    words = plain(text).lower()
    if not _CONTENT.search(words):
        return "empty"
    if _is_one_of(words, target) or _is_one_of(words, choices):
        return None
    phrases = _phrases("en")
    if not (phrases.abstained.search(words) or phrases.refusal.search(words) or phrases.chatter.search(words)):
        return None
    return _judge(words, phrases, plain(question).lower() if question else "")


def _judge(words: str, phrases: _Phrases, question: str) -> Kind | None:
    declined = silent = False
    for clause in _CLAUSES.split(words):
        if not _CONTENT.search(clause):
            continue
        if _is_claim_after_hedge(clause, phrases):
            return None
        if phrases.abstained.search(clause):
            silent = True
        elif phrases.refusal.search(clause):
            declined = True
        elif _VALUE.search(clause):
            return None
        elif phrases.chatter.search(clause) or (question and clause.rstrip(".!?") in question):
            continue
        elif phrases.contrast.match(clause) or not (declined or silent):
            # A claim before any disclaimer, or against it, is what the text is about; else prose explains.
            return None
    if declined:
        return "refusal"
    return "abstained"


def _is_claim_after_hedge(clause: str, phrases: _Phrases) -> bool:
    found = phrases.commitment.search(clause)
    if not found:
        return False
    rest = clause[found.end() :]
    return bool(_CONTENT.search(rest)) and not phrases.abstained.search(clause[found.start() :])


def _is_one_of(words: str, answers: Sequence[str] | None) -> bool:
    bare = words.strip(" .!\"'")
    return any(bare == plain(answer).lower().strip(" .!\"'") for answer in answers or ())


@lru_cache(maxsize=16)
def _phrases(language: str) -> _Phrases:
    source = resources.files("evalkit").joinpath("phrases", f"{language}.toml")
    table = tomllib.loads(source.read_text(encoding="utf-8"))
    return _Phrases(**{name: _compile(table[name]) for name in _Phrases._fields})


def _compile(phrases: list[str]) -> re.Pattern[str]:
    # "~" is a gap of up to four words, bounded so that no text makes the search slow.
    gap = r"(?:[\w'-]{1,30} ){0,4}"
    return re.compile("|".join(f"(?:{phrase.replace('~ ?', gap).replace('~', gap)})" for phrase in phrases))
