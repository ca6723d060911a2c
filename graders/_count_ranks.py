"""Find the numbers in a text that count a letter, and how firmly each is stated. Pure; works on lower-case text.

Number words must already be digits ("three rs" is "3 rs").
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple


class Rank(IntEnum):
    """How firmly a number is stated as the count; the higher rank wins regardless of position."""

    PART = 0
    """A count of a part of the word, or a running count."""
    NUMBER = 1
    """A number that may not be a count."""
    COUNT = 2
    """A count that does not name the letter: "there are 3", "I count 3"."""
    LETTER = 3
    """A count of the letter: "3 rs", "r: 3", "r appears 3 times", "no r"."""
    TOTAL = 3
    """A total, a stated answer, or the result of a sum."""


class Count(NamedTuple):
    """A number with its rank."""

    number: str
    rank: Rank
    at: int
    """Its position."""
    alone: bool = False
    """Whether there is no other number, where the rank is below COUNT."""


_N = r"(?P<n>(?<![\w.,/])-?\d{1,9}(?:,\d{3})*(?:\.\d+)?(?![\w%]|[.,]\d))"
# The same, written so that the search passes quickly over all that is no digit or minus sign.
_ANY = re.compile(r"(?P<n>[-\d](?<![\w.,/][-\d])(?:(?<=-)\d{1,9}|(?<=\d)\d{0,8})(?:,\d{3})*(?:\.\d+)?(?![\w%]|[.,]\d))")
_FEW = (
    r"(?:(?:only|just|exactly|precisely|a total of|in total|altogether|total|about|around|approximately|roughly|"
    r"in fact|actually|indeed|clearly|the|be|definitely)\s+){0,3}"
)
_TOTAL = re.compile(
    rf"(?:\b(?:answer|total|sum|count|number|result|output|tally|altogether|overall)\b(?:\s+(?:number|count|of|is|"
    rf"are|=|:|comes|to|'s|was|would|should|be|equals)+)*"
    rf"(?:\s*(?:of|for|in)\s+[^.!?\n\d]{{1,60}}?)?\s*(?:(?:is|are|of|=|:|→|->|equals|comes to|would be|should be|"
    rf"must be)\s*)+{_FEW}[\"'(]*"
    rf"|(?:=|→|->|=>|⇒|➜|makes|gives|equals|totall?ing|adds? up to|amounts? to|for a total of|in total,?|"
    rf"so)\s*[\"'(]*){_N}"
)
_STATED = re.compile(
    rf"\b(?:there(?:'s| is| are| were| would be| should be| must be)|has|have|had|contains?|containing|includes?|"
    rf"counted|count|counts|"
    rf"get|got|find|found|see|it'?s|it is|that'?s|that is|would be|should be|must be|just|only|is|are|say|guess|"
    rf"think)\s+{_FEW}{_N}(?=\s*(?:[.!,;)(]|$|\n|[a-z]+ (?:in|of)|times?|instances?|occurrences?|in|if|as|because|"
    rf"since))"
)
_RUNNING = re.compile(r"\b(?P<of>[a-z])\s*\(\s*(?P<n>\d+)\s*\)")
_DENIED = re.compile(
    r"(?:\bnot|n't|\bnever|\brather than|\binstead of|\bcontrary to|\bunlike)\s+(?:even\s+|just\s+|only\s+|a\s+|"
    r"the\s+)*$"
)
_SUPPOSED = re.compile(
    r"\b(?:if there|if it|if you (?:thought|said|counted only)|whether|how many|could be|might be|would have|"
    r"as if)\b[^.!?\n]*$"
)
_MISTAKEN = re.compile(
    r"\b(?:thought|assumed|initially|at first|first glance|many (?:people )?(?:say|think)|people (?:often )?(?:say|"
    r"think)|some (?:say|think|people)|"
    r"commonly|often (?:said|miscounted|claimed)|mistakenly|wrongly|it (?:seems|looks) like|my first|seemed|"
    r"miscounted|misread|"
    r"previously|earlier|originally)\b[^.!?\n;]*$"
)
_TURNS = re.compile(r"\b(?:but|however|actually|yet|in fact|really|recount\w*|though)\b")
_OTHER_BEFORE = re.compile(
    r"\b(?:confiden\w+|probability|certain\w*|sure|positions?|index|indices|indexes|places?|spots?|slots?|steps?|"
    r"letters?|"
    r"characters?|penal\w+|cost\w*|lose|losing|out of|below|above|under|over|than|least|most|up to|threshold|target|"
    r"t|p|"
    r"score|points?|at|line|option|chapter|length)"
    r"(?:\s+(?:of|is|at|level|number|no\.?|about|around))*[\s:=#(]*(?:-?\d+(?:\.\d+)?%?(?:,|\s+and|,\s*and|\s*&)\s*)*$"
)
_OTHER_AFTER = re.compile(
    r"\s*(?:%|percent\b|per cent\b|points?\b|confiden|certain\b|sure\b|letters?\b(?!\s+[\"']?[a-z][\"']?(?:'?s)?\b)|"
    r"characters?\b|words?\b|syllables?\b|vowels?\b|"
    r"consonants?\b|seconds?\b|steps?\b|/\s*\d|st\b|nd\b|rd\b|th\b|-letter|times to\b|or (?:more|fewer|less)\b|\+)"
)
_OF_A_PART = re.compile(
    r"\s*,?\s*(?:in|at|after|before|from|within|for)\s+(?:the\s+)?(?:first|second|last|[\"']?([a-z]+))"
)
_HAS_PART = re.compile(r"[\"']?\b([a-z]{2,})[\"']?\s+(?:has|contains|gives|adds|contributes|:)\s*$")
_WHOLE = frozenset(
    ("the", "this", "that", "it", "total", "all", "there", "word", "which", "answer", "english", "capital")
)
_TWO = re.compile(
    r"(?<![\w.,/])(\d+)\s*(?:,\s*)?(?:\bor\b|\bto\b|\boder\b|\bou\b|\bo\b|\bили\b|或|-|/|~)\s*(?:maybe |perhaps |"
    r"even |possibly )?(\d+)(?![\w%]|[.,]\d)"
    r"|between\s+(\d+)\s+and\s+(\d+)|\b(?:maybe|perhaps|possibly)\s+(\d+),?\s+(?:or\s+)?(?:maybe|perhaps|"
    r"possibly)\s+(\d+)"
)
_ONE_LETTER = re.compile(r"(?<![\w'])[\"']?([a-z])[\"']?(?:'?s)?(?![\w'])")
_ONE_LETTER_LAST = re.compile(r"(?<![\w'])[\"']?([a-z])[\"']?(?:'?s)?\s*$")
_OTHERS_COUNT = re.compile(
    r"(?<![a-z'])[\"']?([a-z])[\"']?(?:'?s)?\s*(?:count|appears?|occurs?)?\s*[:=|(→]\s*$"
    r"|(?<![a-z'])[\"']?([b-hj-z])[\"']?(?:'?s)?\s*(?:count|appears?|occurs?)\s*$"
    r"|[\"']([a-z])[\"']\s*$"
)
_LETTER_AFTER = re.compile(r"\s*(?:times?\b\s*|x\b\s*)?(?:letters?\s+)?[\"']?([a-z])[\"']?(?:'?s)?(?![\w'])")
_LIST_STOP = re.compile(r"[.)]\s+\S")
_NOTHING = (
    r"no|no hay|non c'è|non ci sono|não há|no existe|zero|0|not (?:a single|any)|without (?:a|an|any)|not contain|"
    r"kein(?:e|en)?|aucun(?:e)?|pas de|ningun[ao]?|ninguna|ninguno|nessuna?|nessun|"
    r"nenhum(?:a)?|нет|ни одной|žádn[éáý]|geen|ingen|inga|żadn\w+|brak|لا يوجد|कोई नहीं|hiç"
)

_NOT_ANY = re.compile(r"there (?:aren't|are not|isn't|is not) any(?: at all)?\s*(?:[.!]|$)")


def firmest(text: str, letter: str, word: str) -> Count | None:
    """The count that a text states most firmly, the last one of its rank; None if there is none.

    Args:
        text: an answer in lower case.
        letter: the letter to count, "" if unknown.
        word: the word it is counted in.
    """
    matches = [*_of_letter(text, letter, word), *_of_total(text, letter, word)]
    if any(one.rank >= Rank.LETTER for one in matches):
        return max(matches, key=_firmness)
    taken = {one.at for one in matches}
    # From the end: before a count, no other number can be firmer.
    for match in reversed(list(_ANY.finditer(text))):
        at, end = match.span()
        if at in taken or _is_something_else(text, at, end, letter):
            continue
        if _is_of_part(text, at, end, word):
            matches.append(Count(match["n"], Rank.PART, at))
        elif _ends_statement(text, end):
            return Count(match["n"], Rank.COUNT, at)
        else:
            matches.append(Count(match["n"], Rank.NUMBER, at))
    best = max(matches, key=_firmness, default=None)
    return best if best is None else best._replace(alone=len(matches) == 1)


def _firmness(count: Count) -> tuple[Rank, int]:
    return count.rank, count.at


def absent(text: str, letter: str) -> bool:
    """Whether a text says that the letter does not occur.

    Args:
        text: an answer in lower case.
        letter: the letter to count, "" if unknown.
    """
    if not letter:
        return False
    return bool((_absence(letter) if _alone(letter).search(text) else _NOT_ANY).search(text))


def two_at_once(text: str) -> str | None:
    """Two numbers that a text offers as alternatives; None if it does not."""
    for pair in _TWO.finditer(text):
        if len({number for number in pair.groups() if number}) > 1:
            return pair.group()
    return None


def _of_total(text: str, letter: str, word: str) -> list[Count]:
    results = []
    for match in _TOTAL.finditer(text):
        at, end = match.span("n")
        if _is_something_else(text, at, end, letter) or _names_another(text, match, letter):
            continue
        part = _is_of_part(text, at, end, word)
        results.append(Count(match["n"], Rank.PART if part else Rank.TOTAL, at))
    return results


def _names_another(text: str, match: re.Match[str], letter: str) -> bool:
    """Whether a total counts another letter: "the number of es is 4", "m=1"."""
    if not letter:
        return False
    lead = text[match.start() : match.start("n")]
    named = _ONE_LETTER.findall(lead) or _ONE_LETTER_LAST.findall(text[max(0, match.start() - 6) : match.start()])
    return bool(named) and letter not in named and named[-1] not in "ai"


def _of_letter(text: str, letter: str, word: str) -> list[Count]:
    if not letter:
        return []
    results = []
    stands_alone = bool(_alone(letter).search(text))
    patterns = _letter_patterns(letter) if stands_alone else (_joined(letter),)
    for pattern in patterns:
        for match in pattern.finditer(text):
            if _is_unsaid(text, match.start()) or _OTHER_AFTER.match(text, match.end("n")):
                continue
            part = _is_of_part(text, match.start(), match.end(), word)
            results.append(Count(match["n"], Rank.PART if part else Rank.LETTER, match.start("n")))
    running = [match for match in _RUNNING.finditer(text) if match["of"] == letter] if "(" in text else []
    if running and running[-1]["n"] == str(len(running)):
        results.append(Count(running[-1]["n"], Rank.PART, running[-1].start("n")))
    pattern = _absence(letter) if stands_alone else _NOT_ANY
    absence = [match for match in pattern.finditer(text) if not _is_of_part(text, *match.span(), word)]
    return results + [Count("0", Rank.LETTER, match.start()) for match in absence]


@lru_cache(maxsize=64)
def _alone(letter: str) -> re.Pattern[str]:
    """The letter by itself, without which most patterns cannot match: looking for it first saves their cost."""
    # The letter first, what may not stand before it second: then most of a text is passed over quickly.
    own = re.escape(letter)
    return re.compile(rf"{own}(?<![a-z-]{own})(?<![a-z]'{own})[\"')]*(?:'?s)?[\"')]*(?![\w'])")


@lru_cache(maxsize=64)
def _joined(letter: str) -> re.Pattern[str]:
    """The letter and its count in one word: m1 r3 s4."""
    own = re.escape(letter)
    return re.compile(rf"{own}(?<![a-z0-9-]{own})(?P<n>\d{{1,2}})(?![\w.])")


@lru_cache(maxsize=64)
def _letter_patterns(letter: str) -> tuple[re.Pattern[str], ...]:
    named = rf"[\"'(]*(?<![a-z0-9-])(?<![a-z]'){re.escape(letter)}[\"')]*(?:'?s)?[\"')]*(?![\w'])"
    close = rf"[\"'(]*(?<![a-z-])(?<![a-z]'){re.escape(letter)}[\"')]*(?:'?s)?[\"')]*(?![\w'])"
    of = (
        r"(?:(?:more|capital|uppercase|lowercase|times|occurrences?|instances?|letters?|of|the|any|an?|in total|"
        r"separate|"
        r"buchstaben?|lettres?|letras?|lettere|буквы?|букв|mal|fois|veces|volte|vezes|раза?|个|個|つの|個の)\s*){0,5}"
    )
    number = r"(?P<n>(?<![\w.,/])-?\d{1,4}(?![\d%]|[.,]\d))"
    verb = (
        r"(?:appears?|occurs?|shows? up|is (?:used|present|found|repeated|there|in it)|comes? up|turns? up|kommt|"
        r"apparaît|aparece|appare|встречается|出现|出現)"
    )
    adverb = r"(?:(?:only|just|exactly|a total of|total|in fact|actually|indeed|genau|nur)\s+){0,3}"
    patterns = (
        # 3 rs · 3 letter rs · 2 occurrences of the letter r
        rf"{number}\s*(?:x\s*)?{of}{close}",
        # r appears 3 times
        rf"{named}\s+{adverb}{verb}\s+(?:in (?:the word )?[\"']?\w+[\"']?\s+)?{adverb}{number}",
        # r: 3 · r = 3 · | r | 3 · r 3 times · r's: 3 · r count = 3 · r x3
        (
            rf"{named}\s*(?:count|total)?\s*(?:[:=|→×]|->|=>|is|are|x(?=\s*\d))\s*\|?\s*{number}(?!\s*\)|"
            rf"\s*{of}{close})"
        ),
        rf"{named},?\s+{number}(?=\s*(?:times|x\b|×|mal\b|fois\b|veces\b|раз))",
    )
    return (*map(re.compile, patterns), _joined(letter))


@lru_cache(maxsize=64)
def _absence(letter: str) -> re.Pattern[str]:
    named = rf"[\"'(]*(?<![a-z0-9-])(?<![a-z]'){re.escape(letter)}[\"')]*(?:'?s)?[\"')]*(?![\w'])"
    of = (
        r"(?:(?:capital|uppercase|occurrences?|instances?|letters?|letter|of|the|a|an|any|buchstabe|lettre|letra|"
        r"lettera|буквы?|字母)\s*){0,5}"
    )
    never = (
        r"(?:does not|doesn't|do not|don't|never|did not|didn't|cannot be found|can't be found|is nowhere|"
        r"kommt nicht|n'apparaît pas|no aparece|не встречается)"
    )
    return re.compile(
        rf"(?<![\w'-])(?:{_NOTHING})\s*{of}{named}"
        rf"|(?:is not|isn't|are not|aren't|was not|wasn't|ain't)\s+(?:even\s+)?(?:a single|one|any|an?|the|"
        rf"1)\s+{of}{named}"
        rf"|(?:does not|doesn't|do not|don't|didn't)\s+(?:contain|have|include|use|feature|show|see|find)\s+{of}{named}"
        rf"|(?:lacks?|free of|devoid of|missing|lacking)\s+{of}{named}"
        rf"|{_NOT_ANY.pattern}"
        rf"|(?:没有|沒有|没|無|없)\s*(?:字母)?\s*{named}"
        rf"|(?:can't|cannot|don't|couldn't|could not|did not|didn't|do not)\s+(?:find|see|spot|detect|"
        rf"locate)\s+{of}{named}"
        rf"|{named}\s+{never}"
        rf"|{named}\s+(?:is|are|was)\s*(?:not|n't|nowhere|absent|missing|never)"
        rf"|{named}\s+(?:isn't|aren't|wasn't)\b"
        rf"|(?:none|0) of (?:the|its|these|those|them)?\s*(?:letters?|characters?)?\s*(?:in [\w\"']+ )?(?:is|are|"
        rf"match\w*)\s+{of}{named}"
    )


def _ends_statement(text: str, end: int) -> bool:
    """Whether the number that ends here is stated as a count without naming the letter."""
    return any(match.end() == end for match in _STATED.finditer(text, max(0, end - 80), end + 30))


def _is_something_else(text: str, start: int, end: int, letter: str) -> bool:
    """Whether the number from start to end counts something other than the letter."""
    if _is_list_number(text, start, end):
        return True
    if _OTHER_AFTER.match(text, end) or _OTHER_BEFORE.search(text[max(0, start - 60) : start]):
        return True
    number = float(text[start:end].replace(",", ""))
    return 0 < number < 1 or _is_unsaid(text, start) or _is_of_other_letter(text, start, end, letter)


def _is_list_number(text: str, start: int, end: int) -> bool:
    line = text[text.rfind("\n", 0, start) + 1 : start]
    return not line.strip() and bool(_LIST_STOP.match(text, end)) and "\n" in text.strip()


def _is_unsaid(text: str, start: int) -> bool:
    """Whether the text at this position is negated, hypothetical, or reported as someone's error."""
    before = text[max(0, start - 90) : start]
    before = before[max(before.rfind(". "), before.rfind("\n"), before.rfind("! "), before.rfind("? ")) + 1 :]
    if _DENIED.search(before) or _SUPPOSED.search(before):
        return True
    mistaken = _MISTAKEN.search(before)
    return bool(mistaken and not _TURNS.search(mistaken.group()))


def _is_of_other_letter(text: str, start: int, end: int, letter: str) -> bool:
    if not letter:
        return False
    after = _LETTER_AFTER.match(text, end)
    if after and after[1] != letter and after[1] not in "aix":
        return True
    before = _OTHERS_COUNT.search(text[max(0, start - 30) : start])
    return before is not None and next(name for name in before.groups() if name) != letter


def _is_of_part(text: str, start: int, end: int, word: str) -> bool:
    """Whether a count concerns a part of the word: "1 r in 'straw'", "straw has 1", "at position 3"."""
    if part := _OF_A_PART.match(text, end):
        name = part[1]
        inside = name is None or name in word or name.startswith(("position", "place"))
        return inside and name != word and name not in _WHOLE
    if has := _HAS_PART.search(text[max(0, start - 40) : start]):
        return has[1] != word and has[1] in word
    return False
