"""Days of the year: reads a date as DD-MM and compares it with the target.

Digits, dashes and slashes may be in any script, month names in many languages. Numeric dates are read day first, the
format asked for; a date that is only valid month first is read that way, and the reason says so. If an answer has
several dates, the one that it ends on or states as its answer comes first, then one after a correction, then the one
given as the date of birth, then the last. Dates of a death, a baptism or a source, and Julian dates, are skipped. Two
dates offered together ("3 or 4 March") and an invalid date are claims from which no answer can be read; a month
without a day is wrong.
"""

from __future__ import annotations

import re

from evalkit import Completion, Grade, Sample, final_statement, grader, non_answer, plain

from ._corrections import after_correction
from ._dates import DAYS_IN, ORDINALS, Day, days, is_of_a_source, is_of_another_event, is_of_birth, is_of_death
from ._digits import plain_digits
from ._months import ENGLISH as MONTHS
from ._months import any_full_month
from ._numerals import is_english, with_digits

__all__ = ["DAYS_IN", "MONTHS", "ORDINALS", "date"]

_BETWEEN_OFFERS = re.compile(
    r"[\s,]*(?:\d{4})?[\s,]*\b(?:or|oder|ou|o|или|nebo|lub|eller|of|vagy)\b[^.!?\n]{0,30}$|^\s*[/~]\s*$|"
    r"^[\s,]*(?:\d{4})?\s*(?:或|か|또는)\s*$"
)
_RANGE = re.compile(r"\b(?:between|zwischen|entre|tra|fra|между|mezi)\b[^.!?\n]{0,15}$")
_RANGE_END = re.compile(r"[\s,]*(?:\d{4})?[\s,]*\b(?:and|und|et|y|e|и|a)\b[^.!?\n]{0,15}$")
_DAY_OFFERED = re.compile(
    r"(?:\b(?:between|from)\s+(?:the\s+)?(\d{1,2})(?:st|nd|rd|th)?\s*and|\b(\d{1,2})(?:st|nd|rd|th)?\s*(?:or|/|to|-))"
    r"\s*(?:the\s+)?$"
)
_SLASHED = re.compile(r"\s*/\s*(\d{1,2})-(\d{1,2})(?!\d)")
_BARE_DIGITS = re.compile(r"\W*(\d{2})[\s,]?(\d{2})\W*")
_LATEX = re.compile(r"</?\w+>|\$+|\\[()\[\]]|\\(?:text\w*|boxed|mathrm)(?![a-z])|[{}]|\\,|\\-")
_CONTENT = re.compile(r"[^\W_]")
_YEARS = range(1600, 2031)
"""Range in which four digits are a year, not a day and a month."""


@grader
def date(sample: Sample, completion: Completion) -> Grade:
    """Compare the day and month that an answer settles on with the target (DD-MM)."""
    text = _readable(completion.text)
    dates = days(text)
    if not dates and not is_english(text):  # "le quatorze mars"
        text = with_digits(text)
        dates = days(text)
    if not _is_bare(text, dates) and (
        kind := non_answer(completion.text, question=sample.prompt, target=sample.target)
    ):
        return Grade.idk(kind)
    if not dates:
        return _without_a_date(sample, text)
    final = final_statement(completion.text, question=sample.prompt)
    chosen, why = _choose(text, dates, _readable(final.text) if final.stated else "")
    if chosen is None:
        return Grade.unparsed(why)
    if not chosen.exists:
        return Grade.unparsed(f"{text[chosen.start : chosen.end]!r} is not a date")
    if other := _also_offered(text, dates, chosen):
        return Grade.unparsed(f"offers two dates: {other} and {chosen}")
    return Grade.of(str(chosen) in sample.target, answer=str(chosen), reason=f"{why}{chosen.how}")


def _readable(text: str) -> str:
    text = plain(plain_digits(text))
    return _LATEX.sub("", text).lower()


def _is_bare(text: str, found: list[Day]) -> bool:
    """Whether a text is only a day."""
    return len(found) == 1 and not _CONTENT.search(text[: found[0].start] + text[found[0].end :])


def _without_a_date(sample: Sample, text: str) -> Grade:
    """Grade four bare digits, a month without a day, or an answer without any date."""
    bare = _BARE_DIGITS.fullmatch(text)
    if bare and int(bare[1] + bare[2]) not in _YEARS:
        day = Day(0, 0, int(bare[1]), int(bare[2]), "")
        if day.exists:
            return Grade.of(str(day) in sample.target, answer=str(day), reason="four digits read as DDMM")
    if month := any_full_month().search(text):
        return Grade.of(correct=False, answer=month.group().capitalize(), reason="a month without a day")
    return Grade.unparsed("a claim without a date")


def _choose(text: str, found: list[Day], stated: str) -> tuple[Day | None, str]:
    """The day that the answer settles on, and why; None if all its days belong to something else."""
    befores: list[Day | None] = [None, *found[:-1]]
    pairs = list(zip(found, befores, strict=True))
    of_birth = [pair for pair in pairs if not is_of_another_event(text, *pair)]
    if not of_birth:
        what = "the death" if all(is_of_death(text, day) for day in found) else "something else"
        return None, f"the only date is that of {what}"
    meant = [day for day, before in of_birth if not is_of_a_source(text, day, before)] or [day for day, _ in of_birth]
    if stated and (ends := days(stated)):
        last = [day for day in meant if str(day) == str(ends[-1])]
        if last and len({str(day) for day in ends}) == 1:
            return last[-1], "the date that the answer states"
    if len(meant) == 1:
        return meant[0], "the only date in the answer" if len(found) == 1 else "the only plausible date"
    if not text[: meant[-1].start].rpartition("\n")[2].strip() and not text[meant[-1].end :].strip(" ."):
        return meant[-1], "the date that the answer ends on"
    corrected = after_correction(text)
    if corrected and (after := [day for day in meant if day.start >= len(text) - len(corrected)]):
        meant = after
    births = [day for day in meant if is_of_birth(text, day)]
    return (births or meant)[-1], "the date of birth stated" if births else "the last date in the answer"


def _also_offered(text: str, found: list[Day], chosen: Day) -> Day | None:
    """Another day that the answer offers with the chosen one: "3 or 4 March", "between 3 and 5 March"."""
    for before in found:
        if before.end > chosen.start or str(before) == str(chosen):
            continue
        between = text[before.end : chosen.start]
        if len(between) < 60 and (_BETWEEN_OFFERS.search(between) or _is_range(text, before, between)):  # noqa: PLR2004 - a clause
            return before
    if slashed := _SLASHED.match(text, chosen.end):
        return Day(0, 0, int(slashed[1]), int(slashed[2]), "")
    if single := _DAY_OFFERED.search(text[: chosen.start]):
        other = Day(0, 0, int(single[1] or single[2]), chosen.month, "")
        return other if other.exists and other.day != chosen.day else None
    return None


def _is_range(text: str, before: Day, between: str) -> bool:
    return bool(_RANGE.search(text[: before.start]) and _RANGE_END.search(between))
