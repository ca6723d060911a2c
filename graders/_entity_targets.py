"""Classify targets: a date, a quantity, a version, a time, yes or no, or a name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from evalkit import simplify

from ._entity_dates import Date, find_dates
from ._entity_numbers import Quantity, find_quantities
from ._entity_words import EMPTY, words_of

_VERSION = re.compile(r"(?<![\w.])v?(\d+(?:\.\d+){2,}[a-z]?|\d+\.\d+[a-z])(?![\w]|\.\d)")


_CLOCK_WORDS = frozenset("hours utc local time gmt cet oclock".split())
CLOCK = re.compile(r"(?<![\d:])(\d{1,2}):(\d{2})(?::\d{2})?(?!\d)(?:\s?([ap])\.?m\b\.?)?", re.IGNORECASE)


_LABELLED = re.compile(r"(?:version|patch|release|update|firmware|build)\s+v?(\d+(?:\.\d+)+[a-z]?)", re.IGNORECASE)


_QUALIFIER = frozenset(
    "about around approximately roughly circa some nearly almost over under more less than at least up to only just "
    "age aged total estimated exactly combined in years year old each per ad ce bc bce the a an of year's".split()
)
_LOOSE = frozenset(
    "early mid late by before after since until till prior during between first half end beginning middle of to and "
    "spring summer autumn fall winter season".split()
)
"""Words that make an accepted date vague: the year can contradict it, but not confirm it."""


_MATH = re.compile(r"[\\^{}=_|]")


_POWER = re.compile(r"\d\s?[×x*]\s?10\s?\^|^10\^\d+$")
_WHEN = re.compile(r"\b(?:when|what (?:year|date|day|month)|which year|year|date|rok\w*|kdy|dat\w+)\b", re.IGNORECASE)


WORDS_BEHIND = 3
"""Most words after a number that name what it counts ("7 silver medals"); one fewer after a date ("in Paris")."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """An accepted answer, with its value if it has one."""

    text: str
    dates: tuple[Date, ...] = ()
    """Several for a range; the answer needs all of them."""
    quantity: Quantity | None = None
    nouns: frozenset[str] = frozenset()
    """What the quantity counts, if that is not a unit."""
    vague: bool = False
    """Whether the date is approximate, so that agreement alone does not make an answer correct."""
    exact: str = ""
    """A version or a time, which must match exactly."""
    yes: bool | None = None

    @property
    def is_value(self) -> bool:
        """Whether it is compared by value."""
        return bool(self.dates or self.quantity or self.exact)


def target_of(text: str, question: str) -> Target:
    """Classify a target.

    Args:
        text: the accepted answer.
        question: the question.
    """
    bare = simplify(text)
    if bare in {"yes", "true", "no", "false"}:
        return Target(text=text, yes=bare in {"yes", "true"})
    if (exact := _exact(text)) is not None:
        return Target(text=text, exact=exact)
    if is_math(text):
        return Target(text=text)
    quantities = find_quantities(text)
    if dates := _dates(text, question):
        rest = {word.key for word in words_of(text)} - EMPTY
        # Four digits are a year, or a number if the question does not ask for a year.
        number = quantities[0] if text.strip().isdecimal() and not _WHEN.search(question) else None
        return Target(text=text, dates=dates, vague=bool(rest & _LOOSE), quantity=number)
    if len(quantities) == 1 and (nouns := _nouns(text, quantities[0])) is not None:
        return Target(text=text, quantity=quantities[0], nouns=nouns)
    return Target(text=text)


def is_math(text: str) -> bool:
    """Whether a text is a formula rather than a number; a power of ten is a number.

    Args:
        text: an answer.
    """
    return bool(_MATH.search(text)) and not _POWER.search(text)


def _exact(text: str) -> str | None:
    """A version or a time of day in the form that is compared; None if the answer is neither."""
    labelled = _LABELLED.fullmatch(text.strip())
    if labelled:
        return labelled.group(1).lower()
    rest = simplify(_VERSION.sub("", text)).split()
    versions = _VERSION.findall(text)
    if len(versions) == 1 and len(rest) <= 1:
        return str(versions[0]).lower()
    clock = list(CLOCK.finditer(text))
    if len(clock) == 1 and set(simplify(CLOCK.sub("", text)).split()) <= _CLOCK_WORDS:
        return time_of(clock[0])
    return None


def time_of(match: re.Match[str]) -> str:
    """A time of day on the 24-hour clock, such as "14:30".

    Args:
        match: a match of `CLOCK`.
    """
    half = (match.group(3) or "").lower()[:1]
    hour = int(match.group(1))
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return f"{hour}:{match.group(2)}"


def _dates(text: str, question: str) -> tuple[Date, ...]:
    dates = find_dates(text)
    if not dates:
        return ()
    rest = text
    for date in reversed(dates):
        rest = rest[: date.start] + " " + rest[date.end :]
    left = [word.key for word in words_of(rest) if word.key not in EMPTY and word.key not in _QUALIFIER]
    if left and set(left) <= _LOOSE and _WHEN.search(question):
        return tuple(dates)
    placed = len(left) < WORDS_BEHIND and dates[0].parts > 1 and not any(key.isdecimal() for key in left)
    if left and not placed:
        return ()
    if dates[0].parts == 1 and (_counts(question) or re.search(r"\d,\d|[$€£%]", text)):
        return ()
    span = re.search(r"(\d{4})\s?[–—/-]\s?(\d{2})(?!\d)", text.strip())
    if span and len(dates) == 1 and dates[0].parts == 1:
        other = dates[0]._replace(year=int(span.group(1)[:2] + span.group(2)))
        return (dates[0], other)
    if len({date[:3] for date in dates}) > 1 and len({date.start for date in dates}) == 1:
        return tuple(dates[:1])
    return tuple(dates)


def _counts(question: str) -> bool:
    return bool(
        re.search(r"\bhow (?:many|much|far|tall|long|high|big|large)\b|\bkolik\b", question, re.IGNORECASE)
    ) and not (_WHEN.search(question))


def _nouns(text: str, quantity: Quantity) -> frozenset[str] | None:
    """What is counted; None if the text is not a quantity but a name that contains a number."""
    before = [word.key for word in words_of(text[: quantity.start]) if word.key not in EMPTY | _QUALIFIER]
    behind = [word.key for word in words_of(text[quantity.end :]) if word.key not in EMPTY | _QUALIFIER]
    if quantity.rank or before or any(key.isdecimal() for key in behind) or len(behind) > WORDS_BEHIND:
        return None
    if text[quantity.end : quantity.end + 1].isalnum():
        return None
    return frozenset(behind)
