"""Find full and partial dates in an answer: in words of many languages, or in digits in any order."""

from __future__ import annotations

import re
from typing import NamedTuple

from evalkit import simplify

from ._months import months

_CASES = {
    1: "lednu", 2: "unoru", 3: "breznu", 4: "dubnu", 5: "kvetnu", 6: "cervnu", 7: "cervenci", 8: "srpnu",
    10: "rijnu", 12: "prosinci",
}  # fmt: skip
"""Inflected Czech forms that occur only inside sentences."""
MONTHS = {simplify(name): number for name, number in months().items()} | {
    form: number for number, forms in _CASES.items() for form in forms.split()
}
_DAYS = {
    word: number
    for number, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
        "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third "
        "twenty-fourth twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth "
        "thirty-first".split(),
        start=1,
    )
}
_DAY = rf"(?:\d{{1,2}}(?:\s?(?:st|nd|rd|th|er)|\.|º)?|{'|'.join(sorted(_DAYS, key=len, reverse=True))})"
_YEAR = r"(?:1\d{3}|20\d\d|[1-9]\d{2}(?=\s*(?:AD|CE|BC|BCE|B\.C)))"
_LONG_AGO = rf"(?:{_YEAR}|[1-9]\d\d(?!\d))"
_BRIDGE = r"(?:\s*[,.]?\s*(?:in\s+)?(?:of\s+|de\s+|del\s+|do\s+|roku\s+|года\s+|the\s+year\s+)*)"
_WORD = r"[^\W\d_]{3,}\.?"
_DAY_FIRST = re.compile(
    rf"(?<![\w.,-])(?P<day>{_DAY})(?:\s*[–—-]\s*\d{{1,2}}\.?)?\s*(?:of\s+|de\s+|do\s+)?(?P<month>{_WORD})"
    rf"(?:{_BRIDGE}(?P<year>{_LONG_AGO})(?!\d\d))?",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    rf"(?P<month>{_WORD})\s*(?:the\s+)?(?P<day>{_DAY})(?!\d)(?:\s*[–—-]\s*(?P<last>\d{{1,2}}))?"
    rf"(?:{_BRIDGE}(?P<year>{_LONG_AGO})(?!\d\d))?",
    re.IGNORECASE,
)
_MONTH_ONLY = re.compile(rf"(?P<month>{_WORD}){_BRIDGE}(?P<year>{_YEAR})(?!\d)", re.IGNORECASE)
_ISO = re.compile(r"(?<!\d)(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)")
_EASTERN = re.compile(r"(?P<year>\d{3,4})\s*[年년]\s*(?:(?P<month>\d{1,2})\s*[月월]\s*(?:(?P<day>\d{1,2})\s*[日일])?)?")
_FIGURES = re.compile(
    r"(?<![\d./-])(?P<one>\d{1,2})(?P<mark>[./-])\s?(?P<two>\d{1,2})(?P=mark)\s?(?P<year>\d{4})(?!\d)"
)
_BARE_YEAR = re.compile(r"(?:(?<![\w.,$€£/-])|(?<=\d{4}-))(?:1\d{3}|20\d\d)(?!\d|,\d{3}|[/%]|\.\d|s\b|-(?!\d{4}\b)\w)")


class Date(NamedTuple):
    """A full or partial date and its position."""

    year: int | None
    month: int | None
    day: int | None
    start: int
    end: int

    @property
    def parts(self) -> int:
        """How many of day, month and year it gives."""
        return sum(part is not None for part in self[:3])


def find_dates(text: str) -> list[Date]:
    """All dates by position, bare years included. Ambiguous digits give both readings.

    Args:
        text: plain text.
    """
    dates: list[Date] = []
    for pattern in (_ISO, _EASTERN, _FIGURES, _DAY_FIRST, _MONTH_FIRST, _MONTH_ONLY):
        for match in pattern.finditer(text):
            dates.extend(date for date in _read(match) if not _taken(date, dates))
    for match in _BARE_YEAR.finditer(text):
        date = Date(int(match.group()), None, None, match.start(), match.end())
        if not _taken(date, dates):
            dates.append(date)
    return sorted(dates, key=lambda date: (date.start, -date.parts))


def agreement(said: Date, wanted: Date) -> bool | None:
    """Whether two dates agree: False if a part differs, None if the answer lacks a part of the target.

    Args:
        said: the answer's date.
        wanted: the accepted date.
    """
    pairs = [(mine, theirs) for mine, theirs in zip(said[:3], wanted[:3], strict=True) if mine is not None]
    if any(theirs is not None and mine != theirs for mine, theirs in pairs):
        return False
    if all(theirs is None for _, theirs in pairs):
        return None
    missing = any(mine is None and theirs is not None for mine, theirs in zip(said[:3], wanted[:3], strict=True))
    return None if missing else True


def _taken(date: Date, found: list[Date]) -> bool:
    """Whether the position is taken by another date; two readings of one match share the exact position."""
    span = (date.start, date.end)
    return any(
        other.start < date.end and date.start < other.end and (other.start, other.end) != span for other in found
    )


def _read(match: re.Match[str]) -> list[Date]:
    parts = match.groupdict()
    place = (match.start(), match.end())
    if "mark" in parts:
        one, two, year = int(parts["one"]), int(parts["two"]), int(parts["year"])
        readings = [(two, one)] if parts["mark"] == "." else list(dict.fromkeys([(two, one), (one, two)]))
        return [Date(year, month, day, *place) for month, day in readings if month <= 12 and day <= 31]  # noqa: PLR2004 - a calendar
    number = _month(parts.get("month"))
    if parts.get("month") and number is None:
        return []
    given = int(parts["year"]) if parts.get("year") else None
    days = [day for day in (_day(parts.get("day")), _day(parts.get("last"))) if day is not None]
    if parts.get("day"):
        return [Date(given, number, day, *place) for day in days]
    return [Date(given, number, None, *place)]


def _month(said: str | None) -> int | None:
    if said is None:
        return None
    if said.isdecimal():
        return int(said) if 1 <= int(said) <= 12 else None  # noqa: PLR2004 - a calendar
    return MONTHS.get(simplify(said))


def _day(said: str | None) -> int | None:
    if said is None:
        return None
    digits = re.match(r"\d+", said)
    number = int(digits.group()) if digits else _DAYS.get(said.lower(), 0)
    return number if 1 <= number <= 31 else None  # noqa: PLR2004 - a calendar
