"""Counts: reads the number that an answer settles on and compares it with the target.

Numbers are ranked. The number that the answer ends on or states as its answer comes first; then a total, the result of
a sum or a count of the letter in question ("D: 1", "three Rs", "no G"); then a count that does not name the letter
("there are three"); then any other number. Within a rank the last number counts, and text after a correction ("Wait,
no, it's 2") outranks text before it. Confidences, points, positions, list numbers, bounds ("more than 2"), counts of
other letters or of parts of the word, and negated or hypothetical numbers are not counts. Two numbers offered together
("2 or 3") are a claim from which no answer can be read. Digits may be in any script, number words in many languages.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, NamedTuple

from evalkit import Completion, Grade, Sample, final_statement, grader, non_answer

from ._corrections import after_correction
from ._count_ranks import Rank, absent, firmest, two_at_once
from ._digits import plain_digits
from ._numerals import means_none, roman, with_digits

TAIL = 4000
"""How many of the last characters are searched for a count."""
_MARKUP = re.compile(
    r"\\(?:boxed|fbox|text\w*|mathbf|mathrm)(?![a-z])|[*_`$#{}]+|\\[()\[\]]|</?\w+>|^\s*>+\s+", re.MULTILINE
)
_QUOTES = str.maketrans(
    {"’": "'", "‘": "'", "`": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "×": " x ", "：": ":"}
)
_BARE = re.compile(
    r"(?:(?:so|thus|hence|therefore|hmm+|um+|uh|well|ok(?:ay)?|maybe|probably|perhaps|about|approximately|around|"
    r"roughly|"
    r"i think|i'd say|i guess|sure|[~≈→=]|=>|->)[,:.!]?\s*)*"
    r"(?:(?:the |my )?(?:final |correct )?(?:answer|count|total|output|result)(?: is|:|=)*:?\s*)?"
    r"[\"'(]*(-?\d+(?:,\d{3})*(?:\.\d+)?)[\"')]*\s*(?:\((?:\d+|[a-z]+)\))?\s*[.!?…✓✔✅]*",
)
_DOTTED_I = re.compile("i\u0307")
_NOT_ONE = re.compile(r"\bnot (?:even )?(?:one|a single)\b")
_SINGLE = re.compile(r"\ba single\b|\bsingle\b")
_CJK = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_BESIDE_UNSPACED = re.compile(rf"(?<=\d)(?=[{_CJK}])|(?<=[{_CJK}])(?=\d)")
_OPENS = re.compile(r"(\d+)[.!]\s+(?=[a-z])")
_LISTED = re.compile(r"^\s*2[.)]\s", re.MULTILINE)
_OBJECT = re.compile(r"\{[^{}]*\}")
_ANSWER_KEYS = (
    "final_answer",
    "finalanswer",
    "answer",
    "count",
    "result",
    "number",
    "total",
    "n",
    "value",
    "occurrences",
)


class _Asked(NamedTuple):
    """The letter and the word in question, in lower case."""

    letter: str
    word: str


@grader
def count(sample: Sample, completion: Completion) -> Grade:
    """Compare the number that an answer settles on with the target."""
    asked = _Asked(str(sample.metadata.get("letter", "")).lower(), str(sample.metadata.get("word", "")).lower())
    final = final_statement(completion.text, question=sample.prompt)
    says_zero = _means_none(final.text) and "{" not in completion.text  # in JSON, null is no number
    if final.abstains and not says_zero:  # also if the letter in question is I: "I don't know" counts nothing
        return Grade.idk()
    text = _readable(completion.text)
    if (number := _bare(final.text, text)) is not None:
        return _grade(sample, number, "the number that the answer ends on")
    ending = _readable(final.text)
    if stated := _from_json(completion.text, asked) or (_best(ending, asked) if final.stated else None):
        return _grade(sample, stated, "the number that the answer states")
    kind = non_answer(completion.text, question=sample.prompt, target=sample.target)
    if kind and not absent(ending, asked.letter):  # "no G" is a count of zero
        return Grade.idk(kind)
    return _read(sample, text, asked)


def _read(sample: Sample, text: str, asked: _Asked) -> Grade:
    """The number in an answer that neither ends on a bare number nor abstains."""
    corrected = after_correction(text)
    if corrected and (number := _best(corrected, asked)):
        return _grade(sample, number, "the number after a correction")
    best = firmest(text, asked.letter, asked.word)
    if best and best.rank >= Rank.COUNT:
        return _grade(sample, best.number, "the count that the answer states")
    if (opens := _BARE.fullmatch(_lines(text)[0]) or _OPENS.match(text)) and not corrected and not _LISTED.search(text):
        return _grade(sample, opens.group(1), "the number that the answer opens with")
    if pair := two_at_once(text):
        return Grade.unparsed(f"offers two numbers: {pair}")
    if best is None:
        return Grade.unparsed("a claim without a count")
    return _grade(sample, best.number, "the only number in the answer" if best.alone else "its last number")


def _best(text: str, asked: _Asked) -> str | None:
    """The number with the highest rank, None if there is none or two are offered together."""
    best = firmest(text, asked.letter, asked.word)
    if best is None or (best.rank < Rank.COUNT and two_at_once(text)):
        return None
    return best.number


@lru_cache(maxsize=4)
def _readable(text: str) -> str:
    """Normalize a text: lower case, no markup, ASCII digits."""
    text = _MARKUP.sub(" ", plain_digits(text[-TAIL:]).translate(_QUOTES)).strip().lower()
    text = _DOTTED_I.sub("i", text)
    return _BESIDE_UNSPACED.sub(" ", _SINGLE.sub("1", with_digits(_NOT_ONE.sub("not any", text))))


def _bare(final: str, text: str) -> str | None:
    """The number that is the whole final statement, or the whole last line unless it is a decimal."""
    if _means_none(final):
        return "0"
    lines = _lines(text)
    for line in (_readable(final), *reversed(lines[-2:])):
        bare = _BARE.fullmatch(line.strip())
        if bare and _is_whole(bare.group(1)):
            return bare.group(1)
        if not bare:
            break
    numeral = roman(lines[0].strip(" .!\"'")) if len(lines) == 1 else None
    return None if numeral is None else str(numeral)


def _means_none(final: str) -> bool:
    return means_none(_DOTTED_I.sub("i", final.lower()).strip(" .!\"'*"))


def _lines(text: str) -> list[str]:
    return [line.strip(" |") for line in text.splitlines() if line.strip(" |-=")] or [""]


def _is_whole(number: str) -> bool:
    return float(number.replace(",", "")).is_integer()


def _from_json(text: str, asked: _Asked) -> str | None:
    """The number that a JSON object gives as its answer or for the letter."""
    for candidates in reversed(_OBJECT.findall(text)):
        try:
            content = json.loads(candidates)
        except ValueError:
            continue
        if not isinstance(content, dict):
            continue
        fields: dict[str, Any] = {str(key).lower().replace(" ", "_"): value for key, value in content.items()}
        for key in (*_ANSWER_KEYS, asked.letter, f"count_{asked.letter}", f"{asked.letter}_count"):
            value = _readable(str(fields.get(key, "")))
            if bare := re.fullmatch(r"\"?(-?\d+(?:\.0+)?)\"?", value):
                return bare.group(1)
    return None


def _grade(sample: Sample, number: str, reason: str) -> Grade:
    value = number.replace(",", "")
    value = str(int(float(value))) if _is_whole(number) else value
    return Grade.of(value in sample.target, answer=value, reason=reason)
