"""Short factual answers: a name, a number, a date, yes or no, against a list of accepted ones.

Three-valued inside: a match, no match, or can't tell. A match needs the accepted answer in the text, words aside that
carry nothing (articles, titles, "city"), in any order of a name's parts; a number within the rounding it is given to; a
date as far as both give it. A bare short answer that is none of these is no match. What a longer text says in other
words rules cannot tell: `-G judge=MODEL` lets a model decide; without it that is an error that is counted apart.
"""

from __future__ import annotations

import re
from enum import Enum

from rapidfuzz import fuzz

from evalkit import Completion, Grade, Sample, ask_verdict, grader, non_answer, plain, simplify

SPELLING = 90.0
"""How alike, in percent, two words must be to be one word spelled differently."""
SHORT = 6
"""Words of an answer that is nothing but the answer."""

_EMPTY_WORDS = frozenset(
    "a an the of and or in on at by for to from is was were are be it he she they his her its their that this "
    "which who mr mrs ms dr sir st city state county river mount lake republic prophet".split()
)
_MONTHS = "january february march april may june july august september october november december".split()
_SCALE = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "m": 1e6, "bn": 1e9, "k": 1e3}
_NUMBER_WORDS = {
    word: float(value)
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split()
    )
} | {"thirty": 30.0, "forty": 40.0, "fifty": 50.0, "sixty": 60.0, "seventy": 70.0, "eighty": 80.0, "ninety": 90.0}
_NUMBER = re.compile(
    r"(?<![\w.])[-−]?\d[\d,]*(?:\.\d+)?(?:\s*(thousand|million|billion|trillion|bn|m|k)\b)?", re.IGNORECASE
)
_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(_NUMBER_WORDS)})\b", re.IGNORECASE)
_YES = re.compile(r"^\W*(?:yes|true|correct|right|indeed)\b", re.IGNORECASE)
_NO = re.compile(r"^\W*(?:no|false|incorrect|wrong|not)\b", re.IGNORECASE)
_NEGATION = re.compile(
    r"\b(?:not|never|isn't|wasn't|neither|nor|rather than|instead of|unlike|except)\s+(?:\w+\s+){0,2}$", re.IGNORECASE
)


class Verdict(Enum):
    """What rules can say."""

    MATCH = "match"
    NO_MATCH = "no match"
    CANT_TELL = "can't tell"


@grader
async def entity(sample: Sample, completion: Completion, *, judge: str | None = None) -> Grade:
    """Look for an accepted answer by its words, its number or its date; `judge` decides what is left open."""
    found = _by_rules(sample, completion)
    if judge is None or not found.undecided:
        return found
    return await _by_judge(sample, completion, judge)


def _by_rules(sample: Sample, completion: Completion) -> Grade:
    text = plain(completion.text)
    verdicts = [(_compare(text, target), target) for target in sample.target]
    matched = next((target for verdict, target in verdicts if verdict is Verdict.MATCH), None)
    if matched is not None:
        return Grade.of(correct=True, answer=matched, reason="an accepted answer is stated")
    if kind := non_answer(completion.text, question=sample.input, target=sample.target, choices=sample.choices):
        return Grade.idk(kind)
    said = text if len(text) <= 200 else f"{text[:199]}…"  # noqa: PLR2004 - what a line of a report can hold
    if all(verdict is Verdict.NO_MATCH for verdict, _ in verdicts):
        return Grade.of(correct=False, answer=said, reason="another answer")
    reason = "rules can't tell: the accepted answer is not there in its own words"
    return Grade.of(correct=False, answer=said, reason=reason, undecided=True)


async def _by_judge(sample: Sample, completion: Completion, judge: str) -> Grade:
    """Let a model decide, or several."""
    ruling = await ask_verdict(judge, sample, completion.text)
    if ruling.verdict == "not attempted":
        return Grade.idk("abstained", ruling.reason).model_copy(update={"votes": ruling.votes})
    said = plain(completion.text)[:200]
    return Grade.of(ruling.verdict == "correct", answer=said, reason=ruling.reason, votes=ruling.votes)


def _compare(text: str, target: str) -> Verdict:
    wanted = simplify(target)
    if wanted in {"yes", "true"}:
        return _agrees(text, _YES, _NO)
    if wanted in {"no", "false"}:
        return _agrees(text, _NO, _YES)
    if (verdict := _dates(text, target)) is not None:
        return verdict
    if (verdict := _numbers(text, target)) is not None:
        return verdict
    return _names(text, target)


def _agrees(text: str, wanted: re.Pattern[str], other: re.Pattern[str]) -> Verdict:
    if wanted.search(text):
        return Verdict.MATCH
    return Verdict.NO_MATCH if other.search(text) else Verdict.CANT_TELL


def _names(text: str, target: str) -> Verdict:
    """All words of the target that carry something, near each other and not denied."""
    wanted = _content_words(target)
    if not wanted:
        return Verdict.MATCH if simplify(target) and simplify(target) == simplify(text) else Verdict.CANT_TELL
    words = simplify(text).split()
    if _stated(words, wanted) and not _is_denied(text, wanted[0]):
        return Verdict.MATCH
    said = _content_words(text)
    if len(words) <= SHORT:
        # A bare answer with the last part of a name ("Timberlake") or with more than was asked names the same.
        part_of_it = bool(said) and all(any(_alike(word, other) for other in wanted) for word in said)
        return Verdict.MATCH if part_of_it and any(_alike(said[-1], word) for word in wanted[-1:]) else Verdict.NO_MATCH
    return Verdict.CANT_TELL


def _stated(words: list[str], wanted: list[str]) -> bool:
    found = [[place for place, word in enumerate(words) if _alike(word, one)] for one in wanted]
    if not all(found):
        return False
    if len(wanted) == 1:
        return True
    # Some choice of one place each lies within a stretch little longer than the name.
    reach = len(wanted) * 2 + 2
    return any(all(any(abs(place - start) <= reach for place in places) for places in found) for start in found[0])


def _is_denied(text: str, word: str) -> bool:
    lower = text.lower()
    place = lower.find(word)
    return place >= 0 and bool(_NEGATION.search(lower[max(0, place - 40) : place]))


def _alike(one: str, other: str) -> bool:
    if one == other:
        return True
    if min(len(one), len(other)) < 4 or one.isdecimal() or other.isdecimal():  # noqa: PLR2004 - short words differ by a letter
        return False
    return one.rstrip("s") == other.rstrip("s") or fuzz.ratio(one, other) >= SPELLING


def _content_words(text: str) -> list[str]:
    words = simplify(text).split()
    return [word for word in words if word not in _EMPTY_WORDS] or words


def _numbers(text: str, target: str) -> Verdict | None:
    """Compare numbers where the target is one, with its unit or without; None where it is none."""
    wanted = _values(target)
    rest = _NUMBER_WORD.sub("", _NUMBER.sub("", target))
    if len(wanted) != 1 or len(_content_words(rest)) > 2:  # noqa: PLR2004 - "7 ml", "36 months", "$72 a year"
        return None
    said = _values(text)
    if not said:
        return Verdict.CANT_TELL
    return Verdict.MATCH if any(_same_number(value, wanted[0]) for value in said) else Verdict.NO_MATCH


def _values(text: str) -> list[tuple[float, float]]:
    """Numbers in the text, each with half a unit of its last digit."""
    found = []
    for match in _NUMBER.finditer(text):
        digits = match.group().lower().replace(",", "").replace("−", "-")
        number = re.match(r"-?\d+(?:\.\d+)?", digits)
        if number is None:
            continue
        scale = _SCALE.get((match.group(1) or "").lower(), 1.0)
        decimals = len(number.group().partition(".")[2])
        found.append((float(number.group()) * scale, 0.5 * 10**-decimals * scale))
    return found + [(_NUMBER_WORDS[match.group().lower()], 0.5) for match in _NUMBER_WORD.finditer(text)]


def _same_number(said: tuple[float, float], wanted: tuple[float, float]) -> bool:
    """Equal to the coarser of the two roundings; whole numbers below a thousand must agree exactly."""
    difference = abs(said[0] - wanted[0])
    if difference == 0:
        return True
    half = max(said[1], wanted[1])
    return half != 0.5 and difference <= half * (1 + 1e-9)  # noqa: PLR2004 - half a unit of a whole number


def _dates(text: str, target: str) -> Verdict | None:
    """Compare as far as both give it where the target names a month; None where it does not."""
    wanted = _date_parts(target)
    if wanted is None:
        return None
    said = _date_parts(text)
    if said is None:
        years = re.findall(r"\b(?:1\d|20)\d\d\b", text)
        return Verdict.NO_MATCH if years and wanted[2] and wanted[2] not in years else Verdict.CANT_TELL
    agree = all(mine is None or theirs is None or mine == theirs for mine, theirs in zip(said, wanted, strict=True))
    full = all(theirs is None or mine is not None for mine, theirs in zip(said, wanted, strict=True))
    return Verdict.MATCH if agree and full else Verdict.NO_MATCH if not agree else Verdict.CANT_TELL


def _date_parts(text: str) -> tuple[str | None, str | None, str | None] | None:
    """(day, month, year) of the first date with a month's name."""
    words = re.findall(r"[a-z]+|\d+", text.lower())
    for place, word in enumerate(words):
        if word not in _MONTHS:
            continue
        nearest = [words[k] for step in (1, 2, 3) for k in (place + step, place - step) if 0 <= k < len(words)]
        day = next((n for n in nearest if n.isdecimal() and 1 <= int(n) <= 31), None)  # noqa: PLR2004 - days of a month
        year = next((n for n in nearest if n.isdecimal() and len(n) == 4), None)  # noqa: PLR2004 - a year's digits
        if day is None and year is None:
            continue
        return (str(int(day)) if day else None, word, year)
    return None
