"""A day of the year: reads a date as DD-MM and compares it with the target.

Numeric dates are read day first, the format asked for; one that only makes sense month first is read so, and
the reason says it. Where several dates stand in an answer, one said to be of the birth outranks the others, one
said to be of the death is passed over, and otherwise the last counts. Two dates offered at once ("3 or 4 March")
and a date that does not exist are claims from which no answer can be read; a month without a day is wrong.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from evalkit import Completion, Grade, Sample, grader, non_answer, plain

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
          "november", "december")  # fmt: skip
DAYS_IN = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
            "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
            "twentieth", "twenty-first", "twenty-second", "twenty-third", "twenty-fourth", "twenty-fifth",
            "twenty-sixth", "twenty-seventh", "twenty-eighth", "twenty-ninth", "thirtieth", "thirty-first")  # fmt: skip

_MONTH = rf"(?P<month>{'|'.join(MONTHS)}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?"
_DAY = rf"(?P<day>\d{{1,2}}|{'|'.join(reversed(ORDINALS))})(?:st|nd|rd|th)?"
_DASH = r"\s?[-./–—]\s?"
_DATES = re.compile(
    "|".join(
        (
            rf"(?<![\d.,/-])(?P<y>\d{{4}}){_DASH}(?P<ym>\d{{1,2}}){_DASH}(?P<yd>\d{{1,2}})(?!\d)",
            rf"(?<![\d.,/-])(?P<a>\d{{1,2}}){_DASH}(?P<b>\d{{1,2}})(?:{_DASH}\d{{2,4}})?(?![\d%])",
            rf"\b{_DAY}(?:\s+day)?(?:\s+of)?[\s,-]+{_MONTH}",
            rf"\b{_MONTH.replace('month', 'month2')}[\s,-]*(?:the\s+)?{_DAY.replace('day', 'day2')}\b(?!\d)",
        )
    ),
    re.IGNORECASE,
)
_BARE_MONTH = re.compile(rf"\b(?P<month>{'|'.join(MONTHS)})\b", re.IGNORECASE)
_OF_BIRTH = re.compile(r"\b(?:born|birth(?:day|date)?|b\.)\b[^.!?\n]{0,80}$", re.IGNORECASE)
_OF_DEATH = re.compile(
    r"(?:\b(?:died|death|passed away|until|d\.)\b(?:(?!\bborn\b|\bbirth)[^.!?\n]){0,60}|\d\s*[–—-]\s*)$", re.IGNORECASE
)
_BETWEEN_OFFERS = re.compile(r"[\s,]*(?:\d{4})?[\s,]*\bor\b[^.!?\n]{0,30}$|^\s*/\s*$", re.IGNORECASE)


class _Found(NamedTuple):
    start: int
    end: int
    day: int
    month: int
    how: str

    @property
    def exists(self) -> bool:
        return 1 <= self.month <= len(MONTHS) and 1 <= self.day <= DAYS_IN[self.month - 1]

    def __str__(self) -> str:
        return f"{self.day:02}-{self.month:02}"


@grader
def date(sample: Sample, completion: Completion) -> Grade:
    """Compare the day and month that an answer settles on with the target (DD-MM)."""
    text = plain(completion.text)
    if kind := non_answer(completion.text, question=sample.input, target=sample.target):
        return Grade.idk(kind)
    dates = [_read(match) for match in _DATES.finditer(text)]
    if not dates:
        return _without_a_date(text)
    if all(_OF_DEATH.search(text[: found.start]) for found in dates):
        return Grade.unparsed("the only date in it is of the death")
    chosen, why = _choose(text, dates)
    if not chosen.exists:
        return Grade.unparsed(f"{text[chosen.start : chosen.end]!r} is no date")
    if other := _also_offered(text, dates, chosen):
        return Grade.unparsed(f"offers two dates: {other} and {chosen}")
    return Grade.of(str(chosen) in sample.target, answer=str(chosen), reason=f"{why}{chosen.how}")


def _without_a_date(text: str) -> Grade:
    if month := _BARE_MONTH.search(text):
        return Grade.of(correct=False, answer=month.group().capitalize(), reason="a month without a day")
    return Grade.unparsed("a claim, but no date in it")


def _choose(text: str, dates: list[_Found]) -> tuple[_Found, str]:
    if len(dates) == 1:
        return dates[0], "the only date in the answer"
    if not text[: dates[-1].start].rpartition("\n")[2].strip() and not text[dates[-1].end :].strip(" ."):
        return dates[-1], "the date that the answer ends on"
    births = [found for found in dates if _OF_BIRTH.search(text[: found.start])]
    alive = [found for found in births or dates if not _OF_DEATH.search(text[: found.start])]
    return (alive or dates)[-1], "the date of birth stated" if births else "the last date in the answer"


def _also_offered(text: str, dates: list[_Found], chosen: _Found) -> _Found | None:
    for before in dates:
        if before.end <= chosen.start and str(before) != str(chosen):
            between = text[before.end : chosen.start]
            if _BETWEEN_OFFERS.search(between) and len(between) < 60:  # noqa: PLR2004 - one clause
                return before
    return None


def _read(match: re.Match[str]) -> _Found:
    found = match.groupdict()
    if found["y"]:
        return _Found(*match.span(), int(found["yd"]), int(found["ym"]), " (year first)")
    if found["a"]:
        return _numeric(match, int(found["a"]), int(found["b"]))
    day, month = found["day"] or found["day2"], found["month"] or found["month2"]
    return _Found(*match.span(), _day_number(day), _month_number(month), "")


def _numeric(match: re.Match[str], first: int, second: int) -> _Found:
    day_first = _Found(*match.span(), first, second, "")
    month_first = _Found(*match.span(), second, first, ", read month first: it makes no sense day first")
    return month_first if month_first.exists and not day_first.exists else day_first


def _day_number(text: str) -> int:
    return int(text) if text.isdecimal() else ORDINALS.index(text.lower()) + 1


def _month_number(text: str) -> int:
    return next(k for k, name in enumerate(MONTHS, start=1) if name.startswith(text.lower()[:3]))
