"""Find days of the year in a text, and whether each is given as the date of birth or of something else. Pure."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from ._months import any_month, months

DAYS_IN = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
            "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
            "twentieth", "twenty-first", "twenty-second", "twenty-third", "twenty-fourth", "twenty-fifth",
            "twenty-sixth", "twenty-seventh", "twenty-eighth", "twenty-ninth", "thirtieth", "thirty-first")  # fmt: skip
_WORDS_FOR_DAYS = {
    **{name: day for day, name in enumerate(ORDINALS, start=1)},
    **{name.replace("-", " "): day for day, name in enumerate(ORDINALS, start=1)},
    "premier": 1, "primo": 1, "primero": 1, "erster": 1, "ersten": 1, "primeiro": 1,
}  # fmt: skip


class Day(NamedTuple):
    """A day that a text names."""

    start: int
    end: int
    day: int
    month: int
    how: str
    """A note on how it was read, if that was not obvious."""

    @property
    def exists(self) -> bool:
        """Whether the calendar has this day."""
        return 1 <= self.month <= len(DAYS_IN) and 1 <= self.day <= DAYS_IN[self.month - 1]

    def __str__(self) -> str:
        return f"{self.day:02}-{self.month:02}"


_SEPARATOR = r"\s?[-./]\s?"
_SUFFIX = r"(?:\s?(?:st|nd|rd|th|er|re|ère|e|º|ª|°|o|a|-?го|-?е|\.))?"
_OF = r"(?:\s+day)?(?:\s*,?\s*(?:of|de|del|di|d'|of the|do|da|den|tháng|bulan))?"
_CJK = re.compile(r"(?P<month>\d{1,2})\s*[月월]\s*(?P<day>\d{1,2})\s*[日号號일]")
_VIETNAMESE = re.compile(r"(?<!\d)(?P<day>\d{1,2})\s*tháng\s*(?P<month>\d{1,2})(?!\d)")
_FIELDS = re.compile(
    r"\b(?:dd|day|tag|jour|día|dia)[\"']?\s*(?:[:=]|is)?\s*[\"']?(?P<day>\d{1,2})(?:st|nd|rd|"
    r"th)?[\"']?\W{1,4}(?:and\s+)?"
    r"[\"']?(?:mm|month|monat|mois|mes|mês)[\"']?\s*(?:[:=]|is)?\s*[\"']?(?P<month>\d{1,2}|[a-z]{3,9})\b"
)
_FIELDS_MONTH_FIRST = re.compile(
    r"\b(?:mm|month)[\"']?\s*(?:[:=]|is)?\s*[\"']?(?P<month>\d{1,2}|[a-z]{3,9})[\"']?\W{1,4}(?:and\s+)?"
    r"[\"']?(?:dd|day)[\"']?\s*(?:[:=]|is)?\s*[\"']?(?P<day>\d{1,2})\b"
)
_ROMAN_MONTHS = "i ii iii iv v vi vii viii ix x xi xii".split()
_ROMAN = re.compile(
    r"(?<![\w.])(?P<day>\d{1,2})\s*[\s./-]\s*(?P<month>i{1,3}|iv|vi{0,3}|ix|xi{0,2})\s*[\s./-]\s*\d{4}(?!\d)"
)
_ORDINAL_MONTH = re.compile(
    rf"\b(?P<day>\d{{1,2}}|{'|'.join(sorted(_WORDS_FOR_DAYS, key=len, reverse=True))})(?:st|nd|rd|"
    rf"th)?\s+(?:day\s+)?of\s+the\s+"
    rf"(?P<month>\d{{1,2}}|{'|'.join(ORDINALS[:12])})(?:st|nd|rd|th)?\s+month\b"
)
_TABLE = re.compile(
    r"\bday\b[^|\n]*\|\s*month\b[^\n]*\n(?:[\s|:-]*\n)?[^\n]*?\|?\s*(?P<day>\d{1,2})\s*\|\s*(?P<month>\d{1,2}|"
    r"[a-z]{3,9})\b"
)
_BOTH_CALENDARS = r"(?<![\w.])(?P<a>\d{1,2})\s*[(\[]\s*(?P<b>\d{1,2})\s*[)\]]\s*(?P<month>%s)(?![^\W\d])"
_YEAR_FIRST = re.compile(
    rf"(?<![\d.,/-])\d{{4}}(?:{_SEPARATOR}|\s)(?P<month>\d{{1,2}})(?:{_SEPARATOR}|\s)(?P<day>\d{{1,2}})\.?(?!\d)"
)
_YEAR_FIRST_NAMED = r"(?<!\d)(?<!\d, )(?<!\d )\d{4}\.?[\s,-]+(?P<month>%s)\.?[\s-]+(?P<day>\d{1,2})(?!\d)"
_COMPACT = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])(?!\d)")
_NUMERIC = re.compile(
    rf"(?<![\d.,/$€£+-])(?P<a>\d{{1,2}})(?:{_SEPARATOR})(?P<b>\d{{1,2}})(?P<y>{_SEPARATOR}\d{{4}}|"
    rf"{_SEPARATOR}\d{{2}}(?!\d))?"
    r"(?P<dot>\.)?(?![\d%])(?!-\d)"
)
_NO_DATE_BEFORE = re.compile(
    r"(?:\b(?:page|pages|pp?\.|chapter|chapters|section|verse|vol\.?|no\.|issue|score|ratio|odds|version|v\.?|aged?|"
    r"between ages|grade|room|lines?|steps?|than|least)\s*(?:of|is|[:=~<>≈])*)\s*$"
)
_SHARE_BEFORE = re.compile(
    r"(?:\b(?:confiden\w+|probability|certain\w*|sure|t|threshold|chance|likelihood)\s*(?:of|is|[:=~<>≈])*|[<>≈~])\s*$"
)
_NO_DATE_AFTER = re.compile(
    r" *(?:%|percent|points?\b|confiden|certain\b|sure\b|sources?\b|references?\b|pages?\b|times\b|years?\b|"
    r"months?\b|days?\b|"
    r"weeks?\b|hours?\b|minutes?\b|people\b|of (?:the )?(?:sources|people|them|time)|chance|probability|kids|"
    r"children|am\b|pm\b|a\.m|p\.m)"
)


@cache
def _named() -> tuple[re.Pattern[str], ...]:
    month = rf"(?P<month>{any_month()})(?![^\W\d])\.?"
    words = "|".join(sorted(map(re.escape, _WORDS_FOR_DAYS), key=len, reverse=True))
    day = rf"(?P<day>\d{{1,2}}|{words}){_SUFFIX}"
    return (
        re.compile(rf"(?<![\w.,/]){day}{_OF}[\s,./-]*{month}(?=\W|\d|$)"),
        re.compile(_YEAR_FIRST_NAMED % any_month()),
        re.compile(rf"(?<!\w){month}[\s,/.-]*(?:the\s+|den\s+)?{day}(?![\d:])(?!\w)"),
    )


def days(text: str) -> list[Day]:
    """All days of the year that a text names, in order, including invalid ones.

    Args:
        text: a text in lower case, with ASCII digits, dashes and slashes.
    """
    results = [_new_style(match) for match in _both_calendars().finditer(text)]
    patterns = (
        (_FIELDS, ""), (_FIELDS_MONTH_FIRST, ""), (_TABLE, ""), (_CJK, ""), (_VIETNAMESE, ""),
        (_ORDINAL_MONTH, ""), (_ROMAN, ""), (_YEAR_FIRST, " (year first)"),
        (_COMPACT, " (year first)"), *((pattern, "") for pattern in _named()),
    )  # fmt: skip
    for pattern, how in patterns:
        for match in pattern.finditer(text):
            month, day = _month(match["month"]), _day(match["day"])
            if month is not None and not _overlaps(results, match):
                results.append(Day(*match.span(), day, month, how))
    for match in _NUMERIC.finditer(text):
        if not _overlaps(results, match) and not _is_no_date(text, match):
            results.append(_numeric(match))
    return sorted(results)


@cache
def _both_calendars() -> re.Pattern[str]:
    return re.compile(_BOTH_CALENDARS % any_month())


def _new_style(match: re.Match[str]) -> Day:
    """The later day of "14 (2) March"."""
    return Day(*match.span(), max(int(match["a"]), int(match["b"])), months()[match["month"]], " (the later calendar)")


def _overlaps(found: list[Day], match: re.Match[str]) -> bool:
    return any(one.start < match.end() and match.start() < one.end for one in found)


def _is_no_date(text: str, match: re.Match[str]) -> bool:
    """Whether two numbers are a decimal, a fraction, a range or a share."""
    before = text[max(0, match.start() - 40) : match.start()]
    if _NO_DATE_AFTER.match(text, match.end()) or _NO_DATE_BEFORE.search(before):
        return True
    separator = text[match.end("a") : match.start("b")]
    padded = match["a"].startswith("0") or match["b"].startswith("0")
    if ("." in separator or ("/" in separator and not padded)) and _SHARE_BEFORE.search(before):
        return True
    if match["y"]:
        return False
    return "." in separator and not match["dot"] and match["a"] == "0"


def _numeric(match: re.Match[str]) -> Day:
    first, second = int(match["a"]), int(match["b"])
    day_first = Day(*match.span(), first, second, "")
    month_first = Day(*match.span(), second, first, ", read month first: it makes no sense day first")
    return month_first if month_first.exists and not day_first.exists else day_first


def _day(text: str) -> int:
    return int(text) if text.isdecimal() else _WORDS_FOR_DAYS[text]


def _month(text: str) -> int | None:
    if text.isdecimal():
        return int(text)
    if text in _ROMAN_MONTHS:
        return _ROMAN_MONTHS.index(text) + 1
    return ORDINALS.index(text) + 1 if text in ORDINALS else months().get(text)


_BIRTH = (
    r"born|birth(?:day|date)?|b\.|née?|nació|nacid[oa]|nacimiento|cumpleaños|geb(?:oren|urtstag|\.)|naissance|"
    r"anniversaire|"
    r"nasceu|nascid[oa]|nascimento|aniversário|nato|nata|nacque|nascita|compleanno|родил\w*|рожден\w+|народ\w+|"
    r"narozen\w*|"
    r"urodz\w+|geboren|född|født|syntyn\w+|doğ\w+|született|născut\w*|γεννήθηκε|lahir|sinh|生まれ|誕生|生于|生於|出生|生日|태어|"
    r"출생|생일|وُلد|ولد|ولدت|ميلاد|जन्म\w*|জন্ম|נולד\w*|เกิด|рођен\w*|rođen\w*|alizaliwa"
)
_OF_BIRTH = re.compile(rf"(?:(?<!\w)(?:{_BIRTH})|\*)(?!\w)[^.!?\n]{{0,80}}$")
_DEATH = (
    r"died|death|dead|passed away|deceased|d\.|until|murió|falleció|fallecid\w+|muerte|gestorben|starb|tod|mort|"
    r"morte|morta|"
    r"décédée?|décès|morreu|faleceu|умер\w*|смерт\w+|скончал\w+|помер\w*|zemřel\w*|zmarł\w*|overleden|dog|død|døde|"
    r"kuoli|öldü|"
    r"meghalt|decedat\w*|πέθανε|meninggal|wafat|mất|去世|死去|逝世|死亡|사망|توفي|وفاة|निधन|मृत्यु|מת|נפטר|убит|assassinated|"
    r"killed|†"
)
_EVENT = (
    r"bapti[sz]\w*|baptism|christen\w*|getauft|taufe|baptême|baptisée?|bautiz\w+|batiz\w+|battezz\w+|крещ\w+|married|"
    r"wed|wedding|"
    r"inaugurat\w+|elected|re-elected|appointed|took office|sworn in|crowned|coronation|ceremony|commemorated|debuted?|"
    r"released?|premiered|awarded|received|won|graduated|enrolled|joined|signed|founded|feast|name day|nameday|"
    r"registered|"
    r"buried|burial|funeral|became|succeeded|resigned|retired|ordained|knighted|canoni[sz]ed|moved|arrived|emigrated|"
    r"zodiac|sign|aries|taurus|gemini|cancer|leo|virgo|libra|scorpio|sagittarius|capricorn|aquarius|pisces|misreported|"
    r"o\.?s\.?|old style|julian|julien|juliano|julianisch\w*|giuliano|юлианск\w*|старому стилю|ст\. ?ст\.?"
)
_SOURCE = (
    r"as of|accessed|retrieved|last updated?|updated?|cut-?off|knowledge|published|posted|source|wikipedia|page|"
    r"article|today|"
    r"currently|now|since|dated|version"
)
_OF_EVENT = re.compile(rf"(?:(?<!\w)(?:{_DEATH}|{_EVENT})(?!\w)|†)(?:(?!(?<!\w)(?:{_BIRTH})(?!\w))[^.!?\n;,]){{0,60}}$")
_OF_SOURCE = re.compile(rf"(?<!\w)(?:{_SOURCE})(?!\w)(?:(?!(?<!\w)(?:{_BIRTH})(?!\w))[^.!?\n;,]){{0,40}}$")
_DENIED = re.compile(
    r"(?:\bnot|n't|\brather than|\binstead of|\bnicht|\bpas|\bне)\s+(?:on\s+|the\s+|am\s+|le\s+|el\s+)*$"
)
_OF_DEATH = re.compile(rf"(?:(?<!\w)(?:{_DEATH})(?!\w)|†)(?:(?!(?<!\w)(?:{_BIRTH})(?!\w))[^.!?\n;]){{0,60}}$")
_OLD_AFTER = re.compile(
    r"[\s,]*(?:\d{3,4})?[\s,]*[(\[]?\s*"
    r"(?:o\.?\s?s\.?+(?!\w)|old style|(?:in|on|by|according to|under) the julian|julian|по юлианскому|по старому|"
    r"ст\. ?ст\.|"
    r"nach (?:dem )?julian\w+|alten stils|(?:du |selon le )?calendrier julien|vieux style|del calendario \w*juli?ano)"
    r"(?:\s+(?:calend[ae]r\w*|календар\w+|стил\w+|kalender))?\s*(?:[)\];,/]|$|\.(?:\s|$)|and\b|but\b|which\b|-)"
)
_DIED_AFTER = re.compile(r"\s*(?:に)?(?:去世|死去|逝世|死亡|亡くな|사망|별세|öldü|निधन|मृत्यु)")
_BORN_AFTER = re.compile(r"\s*(?:に|에)?\s*(?:出生|诞生|誕生|生まれ|태어|출생|doğ|जन्म)")
_LIFE = re.compile(r"[\s,]*(?:\d{3,4})?\s*(?:г\.|года|年)?\s*[)\]]?\s*(?:-|/|to|until|till|bis|à|al|to the|~|→)\s*$")


def is_of_birth(text: str, day: Day) -> bool:
    """Whether a text gives a day as the date of birth.

    Args:
        text: a text in lower case.
        day: one of `days`.
    """
    return bool(_OF_BIRTH.search(text[max(0, day.start - 120) : day.start]) or _BORN_AFTER.match(text, day.end))


def is_of_death(text: str, day: Day) -> bool:
    """Whether a text gives a day as the date of death.

    Args:
        text: a text in lower case.
        day: one of `days`.
    """
    return bool(_OF_DEATH.search(text[max(0, day.start - 100) : day.start]) or _DIED_AFTER.match(text, day.end))


def is_of_another_event(text: str, day: Day, before: Day | None) -> bool:
    """Whether a text gives a day as that of a death or a baptism, as a Julian date, or denies that it is the answer.

    Args:
        text: a text in lower case.
        day: one of `days`.
        before: the previous day in the text, None for the first; a day after "…1879 -" is a date of death.
    """
    lead = _lead(text, day, before)
    if _OF_EVENT.search(lead) or _DENIED.search(lead):
        return True
    if _OLD_AFTER.match(text, day.end) or _DIED_AFTER.match(text, day.end):
        return True
    return before is not None and bool(_LIFE.fullmatch(lead)) and (day.month, day.day) != (before.month, before.day)


def is_of_a_source(text: str, day: Day, before: Day | None) -> bool:
    """Whether a text gives a day as the date of a source: when something was published, accessed or known.

    Args:
        text: a text in lower case.
        day: one of `days`.
        before: the previous day in the text, None for the first.
    """
    return bool(_OF_SOURCE.search(_lead(text, day, before)))


def _lead(text: str, day: Day, before: Day | None) -> str:
    return text[max(0, day.start - 100, before.end if before else 0) : day.start]
