"""How many? Reads the number that an answer settles on and compares it with the target.

In this order: a last line that is nothing but a number; the last count that the answer states ("There are
three Rs", "the answer is 3", "D appears twice", "no Gs"), which outranks a number that merely comes last
("… at positions 3, 8 and 9"); a first line that is nothing but a number; else the last number. Two numbers
offered at once ("2 or 3") are a claim from which no answer can be read. Confidences, points and positions
are no counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from evalkit import Completion, Grade, Sample, grader, non_answer

WORDS = {
    "zero": 0, "no": 0, "none": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20,
    "once": 1, "twice": 2, "thrice": 3, "a single": 1,
}  # fmt: skip

_DIGITS = r"(?<![\w.,/])[-−]?\d{1,9}(?:,\d{3})*(?:\.\d+)?"
_WORD = "|".join(word for word in WORDS if word not in {"no", "a single"})
_NUMBER = rf"(?:{_DIGITS}(?!\w)|\b(?:{_WORD})\b)"
_COUNT = rf"(?:{_DIGITS}|\b(?:no|a single|{_WORD})\b)"
_BARE = re.compile(rf"(?:(?:the )?(?:final )?answer(?: is)?:?\s*)?({_NUMBER})\s*[.!]?", re.IGNORECASE)
_OPENS = re.compile(rf"({_NUMBER})[.!]\s+(?=[A-Z])", re.IGNORECASE)
_ANY = re.compile(_NUMBER, re.IGNORECASE)
_TWO = re.compile(
    rf"({_NUMBER})\s*(?:\bor\b|\bto\b|[-–—/])\s*({_NUMBER})|between\s+({_NUMBER})\s+and\s+({_NUMBER})",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"[*_`$#{}]+|\\[()\[\]]|\\(?:boxed|text)")
_MARKS = "*_`$#{}\\"
_OPEN_CLAUSE = re.compile(r"\b(?:if|whether|how many|would|could|might)\b[^.!?\n]*$", re.IGNORECASE)
_NEGATED = re.compile(r"(?:\bnot|n't|\bnever)\s+(?:even\s+|just\s+|only\s+)?$", re.IGNORECASE)
_OF_A_PART = re.compile(r"\s*,?\s*(?:in|at|after|before|from|within)\s+['\"]?(\w+)", re.IGNORECASE)
_OTHER_BEFORE = re.compile(
    r"(?:confiden\w+|probability|certain\w*|positions?|index|indices|step|letters?|penalized|out of|below|above|than)"
    rf"(?:\s+(?:of|is|at|level))?[\s:=]*(?:{_NUMBER}(?:,|\s+and|,\s*and)\s*)*$",
    re.IGNORECASE,
)
_OTHER_AFTER = re.compile(
    r"\s*(?:%|percent\b|points?\b|confiden|letters?\b|characters?\b|words?\b|syllables?\b)", re.IGNORECASE
)


@grader
def count(sample: Sample, completion: Completion) -> Grade:
    """Compare the number that an answer settles on with the target."""
    text = completion.text
    if any(mark in text for mark in _MARKS):  # most answers hold none, and the search costs more than the question
        text = _MARKUP.sub("", text)
    text = text.replace("’", "'").strip()
    lines = [line.strip() for line in text.splitlines() if line.strip()] or [""]
    if bare := _BARE.fullmatch(lines[-1]):
        return _grade(sample, bare.group(1), "the number that the answer ends on")
    if stated := _last_stated(text, str(sample.metadata.get("letter", "")), str(sample.metadata.get("word", ""))):
        return _grade(sample, stated, "the count that the answer states")
    if kind := non_answer(completion.text, question=sample.input, target=sample.target):
        return Grade.idk(kind)
    if bare := _BARE.fullmatch(lines[0]) or _opening(text):
        return _grade(sample, bare.group(1), "the number that the answer opens with")
    return _last_number(sample, text)


def _opening(text: str) -> re.Match[str] | None:
    """A number that is the first sentence, unless it opens a numbered list."""
    return None if re.search(r"^\s*2[.)]\s", text, re.MULTILINE) else _OPENS.match(text)


def _last_number(sample: Sample, text: str) -> Grade:
    numbers = [match for match in _ANY.finditer(text) if not _is_something_else(text, match)]
    if not numbers:
        return Grade.unparsed("a claim, but no count in it")
    last_sentence = text[text.rfind("\n", 0, numbers[-1].start()) + 1 :]
    for pair in _TWO.finditer(last_sentence):
        values = {_value(number) for number in pair.groups() if number}
        if len(values) > 1:
            return Grade.unparsed(f"offers two numbers: {pair.group()}")
    reason = "the only number in the answer" if len(numbers) == 1 else "the last number in the answer"
    return _grade(sample, numbers[-1].group(), reason)


def _grade(sample: Sample, found: str, reason: str) -> Grade:
    value = _value(found)
    return Grade.of(value in sample.target, answer=value, reason=reason)


def _value(found: str) -> str:
    found = found.lower().replace(",", "").replace("−", "-")
    if found in WORDS:
        return str(WORDS[found])
    number = float(found)
    return str(int(number)) if number.is_integer() else found


def _is_something_else(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - 60) : match.start()]
    return bool(_OTHER_AFTER.match(text, match.end()) or _OTHER_BEFORE.search(before))


def _last_stated(text: str, letter: str, word: str) -> str | None:
    """The last count that the text states outright of the whole word, and not as a condition or of another letter.

    A count of a part ("one R in 'straw' and two in 'berry'", "one D at position 3") yields to one of the whole.
    """
    best: tuple[bool, int, str] | None = None
    lower = text.lower()
    if len(lower) == len(text):  # a letter whose small form is longer: positions would not agree
        text = lower
    is_named = bool(_named(letter).search(text))
    for statement in _statements(letter):
        if (statement.names and not is_named) or not any(needle in text for needle in statement.needles):
            continue
        for match in statement.find(text):
            found = match.groupdict()
            if (other := found.get("of")) and letter and other.upper() != letter.upper():
                continue
            before = text[max(0, match.start() - 80) : match.start()]
            if _OPEN_CLAUSE.search(before) or _NEGATED.search(before):
                continue
            part = _OF_A_PART.match(text, match.end())
            whole = part is None or part.group(1).upper() in {"THE", "THIS", "THAT", "IT", "TOTAL", "ALL", word.upper()}
            found_here = (whole, match.end(), found.get("n") or "zero")
            best = max(best, found_here) if best else found_here
    return best[2] if best else None


class _Statement(NamedTuple):
    """A way to state a count, on lower-case text."""

    needles: tuple[str, ...]
    """One of these stands in every text that the pattern finds something in."""
    names: bool
    """Whether the letter that is counted stands there too."""
    begins: bool
    """Whether it begins with one of the needles, and need be tried nowhere else."""
    source: str
    """The regular expression; compiled when a text first needs it, as there are some for each letter."""

    def find(self, text: str) -> Iterator[re.Match[str]]:
        """Where the text states a count this way."""
        pattern = _compiled(self.source)
        if not self.begins:
            yield from pattern.finditer(text)
            return
        for needle in self.needles:
            at = text.find(needle)
            while at >= 0:
                if match := pattern.match(text, at):
                    yield match
                at = text.find(needle, at + 1)


@lru_cache(maxsize=256)
def _compiled(source: str) -> re.Pattern[str]:
    return re.compile(source)


@lru_cache(maxsize=64)
def _named(letter: str) -> re.Pattern[str]:
    # The letter first, for speed; "3Ds" names it, too.
    not_inside = rf"(?<![^\W\d]{re.escape(letter.lower())})"
    return re.compile(_letter(letter, not_inside))


def _letter(letter: str, before: str = "") -> str:
    return rf"{re.escape(letter.lower())}{before}['\"]?(?:'?s)?(?!\w|')" if letter else r"(?!)"


@lru_cache(maxsize=64)
def _statements(letter: str) -> tuple[_Statement, ...]:
    named = rf"['\"]?{_letter(letter)}"
    of = r"(?:(?:more|capital|uppercase|times|occurrences?|instances?|letters?|of|the|any|an?|in total)\s+){0,5}"
    subject = r"(?:\bletter\s+)?['\"]?\b(?P<of>[a-z])\b['\"]?\s+"
    few = r"(?:(?:only|just|exactly|a total of|a|total|in fact|actually|indeed)\s+){0,3}"
    never = r"(?:does not|doesn't|do not|don't|never|is not|isn't)"
    verb = r"(?:appears?|occurs?|shows? up|is (?:used|present|found|repeated)|is there)"
    return tuple(
        _Statement(needles, names, begins, source)
        for needles, names, begins, source in (
            # 3 Ds · three letter Ds · no Gs · 2 occurrences of the letter "R"
            (("",), True, False, rf"(?P<n>{_COUNT})\s*{of}{named}"),
            # There are three. · It has 2. · DEEPSEEK contains one.
            (
                ("there", "has", "have", "contain"),
                False,
                True,
                rf"\b(?:there(?:'s| is| are)|has|have|contains?)\s+{few}(?P<n>{_COUNT})\s*(?=[.!,;)]|$)",
            ),
            # The answer is 3 · total: 3 · the number of Rs in it is 3 · the count is 3
            (
                ("answer", "total", "count", "number"),
                False,
                True,
                rf"\b(?:answer|total(?:\s+(?:number|count))?(?:\s+of)?(?:\s+{named})?|count|number(?:\s+of\s+[^.!?\n]{{1,60}})?)\s*(?:is|are|of|=|:)+\s*{few}(?P<n>{_NUMBER})(?!\s*(?:or|to|[-–/])\s*\d)",
            ),
            # D appears twice · "R" occurs 3 times
            (
                ("appear", "occur", "show", "is "),
                False,
                False,
                rf"{subject}{few}{verb}\s+{few}(?P<n>{_COUNT})(?:\s+times?)?",
            ),
            # G does not appear · there isn't any G · it does not contain the letter G
            (("not", "n't", "never"), False, False, rf"{subject}{never}\s+(?:appear|occur|show up|present|found|in)"),
            (
                ("not", "n't", "without", "nor"),
                True,
                False,
                rf"(?:\bnot|n't|\bwithout|\bnor)\s+(?:even\s+)?(?:a single|one|any)\s+{of}{named}",
            ),
            (
                ("not", "n't", "never", "are no"),
                True,
                False,
                rf"(?:{never}|are no|are not|aren't)\s+(?:contain|have|include|any)\s+{of}{named}",
            ),
        )
    )
