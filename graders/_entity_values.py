"""Accepted answers that are values: dates, years, quantities, versions, times, yes and no."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from evalkit import simplify

from ._entity_claim import Mention, Relation, Said, Verdict
from ._entity_dates import Date, agreement, find_dates
from ._entity_numbers import Quantity, find_quantities, same
from ._entity_units import UNITS
from ._entity_words import EMPTY, overlap, words_of

_VERSION = re.compile(r"(?<![\w.])v?(\d+(?:\.\d+){2,}[a-z]?|\d+\.\d+[a-z])(?![\w]|\.\d)")
_ANY_VERSION = re.compile(r"(?<![\w.])v?(\d+(?:\.\d+)+[a-z]?)(?![\w]|\.\d)")
_CLOCK = re.compile(r"(?<![\d:])(\d{1,2}):(\d{2})(?::\d{2})?(?!\d)(?:\s?([ap])\.?m\b\.?)?", re.IGNORECASE)
_LABELLED = re.compile(r"(?:version|patch|release|update|firmware|build)\s+v?(\d+(?:\.\d+)+[a-z]?)", re.IGNORECASE)
_QUALIFIER = frozenset(
    "about around approximately roughly circa some nearly almost over under more less than at least up to only just "
    "age aged total estimated exactly combined in years year old each per ad ce bc bce the a an of year's".split()
)
_LOOSE = frozenset(
    "early mid late by before after since until till prior during between first half end beginning middle of to and "
    "spring summer autumn fall winter season".split()
)
"""What makes an accepted date vague: its year can be missed, not hit."""
_BOUND = re.compile(
    r"\b(?:more|fewer|less|greater|higher|lower) than\s+$|\b(?:at least|at most|over|under|up to|above|below|beyond"
    r"|nearly|almost)\s+$",
    re.IGNORECASE,
)
_MATH = re.compile(r"[\\^{}=_|]")
_POWER = re.compile(r"\d\s?[×x*]\s?10\s?\^|^10\^\d+$")
_ASKS_BOUND = re.compile(r"\b(?:minimum|maximum|least|most|need|needed|required|must|limit|old enough|allowed|can)\b")
_COMPOUND = re.compile(
    r"\s?[^\W\d_]{0,8}\.?,?\s+(?:and\s+|a\s+)?\d{1,2}\s?(?:in\b|inch|palc|min|sec|month|měs|day|dn|week)|'\s?\d",
    re.IGNORECASE,
)
"""What makes "6 feet" more: "6 feet 4 inches"."""
_YES = re.compile(
    r"^\W*(?:yes|true|correct|right|indeed|absolutely|definitely|certainly|of course|yeah|yep|ja|oui|si|sí|ano|да|是)\b",
    re.IGNORECASE,
)
_NO = re.compile(
    r"^\W*(?:no|false|incorrect|wrong|nope|not|never|nein|non|ne|нет|不)\b"
    r"|^\W*(?:he|she|it|they|that|this|there)\s+(?:(?:did|does|do|is|was|are|were|has|had)\s+not|\w+n't)\b",
    re.IGNORECASE,
)
_SAYS_SO = re.compile(
    r"^\W*(?:he|she|it|they|that|this)\s+(?:did|does|do|is|was|are|were|has|had|can)(?:\s+indeed)?\W*$", re.IGNORECASE
)
_BOTH = re.compile(r"\b(?:yes|true)\b.*\b(?:no|false)\b|\b(?:no|false)\b.*\b(?:yes|true)\b", re.IGNORECASE | re.DOTALL)
_DECADE = re.compile(r"(?<!\w)(?:(?:early|mid|late)[-\s]+)?(?:1\d|20)\d0s\b", re.IGNORECASE)
_MARK = re.compile(r"(?m)^\s*\d{1,2}[.)]\s|\[\d+\]")
_WHEN = re.compile(r"\b(?:when|what (?:year|date|day|month)|which year|year|date|rok\w*|kdy|dat\w+)\b", re.IGNORECASE)
_BEGINS = re.compile(r"\b(?:become|became|begin|began|start|started|first|founded|open|opened)\b", re.IGNORECASE)
_ENDS = re.compile(r"\b(?:end|ended|finish|finished|close|closed|last|completed)\b", re.IGNORECASE)
_ERA = re.compile(r"\s?\(?(?:BCE?|B\.C\.)(?!\w)")
_TO_THE_DAY = re.compile(r"\b(?:day|month|exact date|den|měsíc\w*)\b", re.IGNORECASE)
EXACT_BELOW = 100
"""Below this, "more than 8" is not 8; "over 1,000" is 1,000 as people say it."""
YEARS = range(1000, 2101)
"""Four digits that are read as a year where nothing speaks against it."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """An accepted answer and what it is, as far as it is a value."""

    text: str
    dates: tuple[Date, ...] = ()
    """More than one for a span, all of which are needed."""
    quantity: Quantity | None = None
    nouns: frozenset[str] = frozenset()
    """What the quantity counts, where that is no unit."""
    vague: bool = False
    """Whether the date is given roughly, so that agreeing with it is not the same yet."""
    exact: str = ""
    """A version or a time, which has to stand as it is."""
    yes: bool | None = None

    @property
    def is_value(self) -> bool:
        """Whether it is compared by value."""
        return bool(self.dates or self.quantity or self.exact)


def target_of(text: str, question: str) -> Target:
    """Find out what an accepted answer is.

    Args:
        text: the accepted answer.
        question: what was asked.
    """
    bare = simplify(text)
    if bare in {"yes", "true", "no", "false"}:
        return Target(text=text, yes=bare in {"yes", "true"})
    if (exact := _exact(text)) is not None:
        return Target(text=text, exact=exact)
    if _MATH.search(text) and not _POWER.search(text):
        return Target(text=text)
    if dates := _dates(text, question):
        rest = {word.key for word in words_of(text)} - EMPTY
        return Target(text=text, dates=dates, vague=bool(rest & _LOOSE))
    quantities = find_quantities(text)
    if len(quantities) == 1 and (nouns := _nouns(text, quantities[0])) is not None:
        return Target(text=text, quantity=quantities[0], nouns=nouns)
    return Target(text=text)


def value_mentions(said: Said, targets: Sequence[Target]) -> list[Mention]:
    """The values of an answer, each the accepted one, near it, or another.

    Args:
        said: the answer.
        targets: the accepted values.
    """
    found: list[Mention] = []
    if said.bare and _MATH.search(said.text) and not _POWER.search(said.text):
        return found
    if dates := [target for target in targets if target.dates]:
        found += _date_mentions(said, dates)
    if quantities := [target for target in targets if target.quantity]:
        found += _quantity_mentions(said, quantities, also_dates=bool(dates))
    if exact := [target.exact for target in targets if target.exact]:
        found += _exact_mentions(said, exact)
    best: dict[tuple[int, int], Mention] = {}
    order = [Relation.SAME, Relation.NEAR, Relation.OTHER]
    for mention in found:
        place = (mention.start, mention.end)
        if place not in best or order.index(mention.relation) < order.index(best[place].relation):
            best[place] = mention
    return sorted(best.values(), key=lambda mention: mention.start)


def says_yes(said: Said, target: Target) -> tuple[Verdict, str]:
    """Whether an answer says yes or no as accepted.

    Args:
        said: the answer.
        target: yes or no.
    """
    first = said.text[said.sentences[0].start : said.sentences[0].end] if said.sentences else said.text
    wanted, other = (_YES, _NO) if target.yes else (_NO, _YES)
    if _BOTH.search(first):
        return Verdict.CANT_TELL, "both yes and no"
    if target.yes and _SAYS_SO.match(first):
        return Verdict.MATCH, "an accepted answer is stated"
    if wanted.match(first):
        return Verdict.MATCH, "an accepted answer is stated"
    if other.match(first):
        return Verdict.NO_MATCH, "another answer"
    ends = re.search(r"\b(yes|no|true|false)\W*$", first, re.IGNORECASE)
    if ends:
        agrees = (ends.group(1).lower() in {"yes", "true"}) == target.yes
        return (Verdict.MATCH, "an accepted answer is stated") if agrees else (Verdict.NO_MATCH, "another answer")
    return Verdict.CANT_TELL, "neither yes nor no"


def _exact(text: str) -> str | None:
    """A version or a time of day, as it is compared; None where the answer is neither."""
    labelled = _LABELLED.fullmatch(text.strip())
    if labelled:
        return labelled.group(1).lower()
    rest = simplify(_VERSION.sub("", text)).split()
    versions = _VERSION.findall(text)
    if len(versions) == 1 and len(rest) <= 1:
        return str(versions[0]).lower()
    clock = list(_CLOCK.finditer(text))
    if len(clock) == 1 and set(simplify(_CLOCK.sub("", text)).split()) <= {"hours", "utc", "local", "time", "gmt", "cet"}:
        return _time(clock[0])
    return None


def _time(match: re.Match[str]) -> str:
    """A time of day of 24 hours."""
    half = (match.group(3) or "").lower()[:1]
    hour = int(match.group(1))
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return f"{hour}:{match.group(2)}"


def _exact_mentions(said: Said, wanted: Sequence[str]) -> list[Mention]:
    found = []
    clock = any(":" in one for one in wanted)
    for match in (_CLOCK if clock else _ANY_VERSION).finditer(said.text):
        key = _time(match) if clock else match.group(1).lower()
        relation = Relation.SAME if key in wanted else Relation.OTHER
        if clock and relation is Relation.OTHER and f"{int(match.group(1))}:{match.group(2)}" in {
            _twelve(one) for one in wanted
        }:
            relation = Relation.SAME if match.group(3) is None else Relation.OTHER
        found.append(Mention(match.start(), match.end(), relation))
    return found


def _twelve(time: str) -> str:
    """A time of 24 hours as of 12, where an answer leaves out which half of the day it is."""
    hour, _, minute = time.partition(":")
    return f"{(int(hour) - 1) % 12 + 1}:{minute}" if hour.isdecimal() else time


def _dates(text: str, question: str) -> tuple[Date, ...]:
    found = find_dates(text)
    if not found:
        return ()
    rest = text
    for date in reversed(found):
        rest = rest[: date.start] + " " + rest[date.end :]
    left = [word.key for word in words_of(rest) if word.key not in EMPTY and word.key not in _QUALIFIER]
    if left and set(left) <= _LOOSE and _WHEN.search(question):
        return tuple(found)
    if left and not (len(left) <= 2 and found[0].parts > 1 and not any(key.isdecimal() for key in left)):  # noqa: PLR2004 - "in Paris"
        return ()
    if found[0].parts == 1 and (_counts(question) or re.search(r"\d,\d|[$€£%]", text)):
        return ()
    span = re.search(r"(\d{4})\s?[–—/-]\s?(\d{2})(?!\d)", text.strip())
    if span and len(found) == 1 and found[0].parts == 1:
        other = found[0]._replace(year=int(span.group(1)[:2] + span.group(2)))
        return (found[0], other)
    if len({date[:3] for date in found}) > 1 and len({date.start for date in found}) == 1:
        return tuple(found[:1])
    return tuple(found)


def _counts(question: str) -> bool:
    return bool(
        re.search(r"\bhow (?:many|much|far|tall|long|high|big|large)\b|\bkolik\b", question, re.IGNORECASE)
    ) and not (_WHEN.search(question))


def _date_mentions(said: Said, targets: Sequence[Target]) -> list[Mention]:
    found = []
    asked = {date[:3] for date in find_dates(said.question)}
    dates = [date for date in find_dates(said.text) if date[:3] not in asked or _wanted(date, targets)]
    closest = [target for target in targets if max(date.parts for date in target.dates) > 1]
    closest_dates = [date for target in closest for date in target.dates]
    exactly = bool(_TO_THE_DAY.search(said.question))
    for date in dates:
        if bool(_ERA.match(said.text, date.end)) != any(_ERA.search(target.text) for target in targets):
            found.append(Mention(date.start, date.end, Relation.NEAR))
            continue
        verdicts = [agreement(date, wanted) for target in targets for wanted in target.dates]
        finer = [agreement(date, wanted) for target in closest for wanted in target.dates]
        if date.parts > 1 and finer and all(verdict is False for verdict in finer) and not _complete(dates, closest):
            relation = Relation.OTHER if True not in verdicts else Relation.NEAR
        elif any(agreement(date, one) for target in targets if not target.vague for one in target.dates):
            relation = Relation.SAME
        elif True in verdicts:
            relation = Relation.NEAR
        else:
            short = date.parts < min(one.parts for one in closest_dates) if closest_dates else False
            relation = Relation.NEAR if None in verdicts and not (short and exactly) else Relation.OTHER
        found.append(Mention(date.start, date.end, relation))
    spans = [target for target in targets if len({date[:3] for date in target.dates}) > 1]
    if spans and len(spans) == len(targets) and not any(_complete(dates, [target]) for target in spans):
        found = [m._replace(relation=Relation.NEAR if m.relation is Relation.SAME else m.relation) for m in found]
    found += [Mention(m.start(), m.end(), Relation.NEAR) for m in _DECADE.finditer(said.text)]
    return _ranges(said, found)


def _wanted(date: Date, targets: Sequence[Target]) -> bool:
    return any(agreement(date, wanted) for target in targets for wanted in target.dates)


def _complete(dates: Sequence[Date], targets: Sequence[Target]) -> bool:
    """Whether every date of some target is given."""
    return any(all(any(agreement(date, one) for date in dates) for one in target.dates) for target in targets)


def _ranges(said: Said, mentions: list[Mention]) -> list[Mention]:
    """The ends of a range are not two answers, nor is one of them the answer for certain; where a beginning or an end
    is asked for, that end is the answer."""
    ordered = sorted(mentions, key=lambda mention: mention.start)
    for one, other in pairwise(ordered):
        joined = re.fullmatch(r"\s?(?:[–—-]|to|until|through|and)\s?", said.text[one.end : other.start])
        if one.relation is other.relation or joined is None:
            continue
        kept = one if _BEGINS.search(said.question) else other if _ENDS.search(said.question) else None
        if kept is not None and joined.group().strip() != "and":
            ordered = [m for m in ordered if m not in (one, other) or m == kept]
        else:
            ordered = [m._replace(relation=Relation.NEAR) if m in (one, other) else m for m in ordered]
    return ordered


def _nouns(text: str, quantity: Quantity) -> frozenset[str] | None:
    """What is counted; None where the text is no quantity but a name with a number in it."""
    before = [word.key for word in words_of(text[: quantity.start]) if word.key not in EMPTY | _QUALIFIER]
    behind = [word.key for word in words_of(text[quantity.end :]) if word.key not in EMPTY | _QUALIFIER]
    if quantity.rank or before or any(key.isdecimal() for key in behind) or len(behind) > 3:  # noqa: PLR2004 - "7 silver medals"
        return None
    if text[quantity.end : quantity.end + 1].isalnum():
        return None
    return frozenset(behind)


def _quantity_mentions(said: Said, targets: Sequence[Target], *, also_dates: bool) -> list[Mention]:
    marks = [(match.start(), match.end()) for match in _MARK.finditer(said.text)]
    dates = [(date.start, date.end) for date in find_dates(said.text) if date.parts > 1]
    asked = {one.value for one in find_quantities(said.question)}
    found, bound = [], []
    for one in find_quantities(said.text):
        inside = any(start <= one.start < end for start, end in marks + dates)
        relation = _best(said, one, targets)
        year = one.value in YEARS and one.unit is None and "," not in said.text[one.start : one.end]
        skip = relation is not Relation.SAME and (one.value in asked or one.rank or (year and not _years(targets)))
        if inside or skip or (also_dates and year):
            continue
        if relation is Relation.SAME and one.value in asked and not said.bare and not _asked_for(said, one):
            relation = Relation.NEAR
        mention = Mention(one.start, one.end, relation)
        found.append(mention)
        if _asked_for(said, one):
            bound.append(mention)
    return _ranges(said, bound or found)


def _years(targets: Sequence[Target]) -> bool:
    return any(target.quantity is not None and target.quantity.value >= YEARS.start for target in targets)


def _asked_for(said: Said, one: Quantity) -> bool:
    """Whether a number counts what the question asks the number of: "5 goals", where it asks how many goals."""
    noun = re.search(r"\bhow many\s+(?:\w+\s+)?(\w+)", said.question, re.IGNORECASE)
    behind = words_of(said.text[one.end : one.end + 40])[:2]
    wanted = {word.key for word in words_of(noun.group())[2:]} if noun else set()
    return bool(overlap({word.key for word in behind}, wanted))


def _best(said: Said, one: Quantity, targets: Sequence[Target]) -> Relation:
    relations = [_relate(said, one, target) for target in targets]
    return next((r for r in (Relation.SAME, Relation.NEAR) if r in relations), Relation.OTHER)


def _relate(said: Said, one: Quantity, target: Target) -> Relation:
    wanted = target.quantity
    if wanted is None:
        return Relation.OTHER
    equal = same(one, wanted)
    if _COMPOUND.match(said.text, one.end) and not _COMPOUND.match(target.text, wanted.end):
        return Relation.OTHER
    if equal is None:
        return Relation.NEAR if one.value == wanted.value or _is_fraction(one, wanted) else Relation.OTHER
    if not equal:
        if wanted.unit == UNITS["%"] and _is_fraction(one, wanted):
            return Relation.NEAR
        grouped = said.text[one.start : one.end].replace(".", "") == f"{wanted.value:.0f}"
        return Relation.NEAR if grouped and "." in said.text[one.start : one.end] else Relation.OTHER
    limits = _bounded(target.text[: wanted.start]) or bool(_ASKS_BOUND.search(said.question))
    if _bounded(said.text[: one.start]) and not limits and abs(wanted.value) < EXACT_BELOW:
        return Relation.NEAR
    if one.rank and not wanted.rank:
        return Relation.NEAR
    if one.unit is None and wanted.unit is not None:
        return _without_unit(said, one)
    if one.unit is not None and wanted.unit is None:
        return _with_unit(said, one)
    return _with_noun(said, one, target.nouns)


def _bounded(before: str) -> bool:
    """Whether a number is only a bound: "more than 8"."""
    return bool(_BOUND.search(before))


def _is_fraction(one: Quantity, wanted: Quantity) -> bool:
    """Whether a fraction is what is accepted in percent, or the other way round."""
    return abs(one.value * 100 - wanted.value) < 1e-9 * max(1.0, abs(wanted.value)) or abs(
        one.value - wanted.value * 100
    ) < 1e-9 * max(1.0, abs(one.value))


def _without_unit(said: Said, one: Quantity) -> Relation:
    """A number without its unit is the answer where nothing else is counted."""
    behind = words_of(said.text[one.end : one.end + 20])[:1]
    plain_end = not behind or said.text[one.end : one.end + 1] in ".,;:)" or behind[0].key in EMPTY
    return Relation.SAME if plain_end or behind[0].key in said.asked else Relation.NEAR


def _with_unit(said: Said, one: Quantity) -> Relation:
    """A number with a unit that the accepted answer leaves to the question."""
    units = [
        UNITS[word]
        for word in re.findall(r"[^\W\d_]+|[%$€£]", said.question.lower())
        if word in UNITS and len(word) > 2
    ]  # noqa: PLR2004 - "a", "s" and "in" are words
    if one.unit == UNITS["%"] and not re.search(r"percent|per cent|%|share|rate|proportion", said.question.lower()):
        return Relation.NEAR
    rival = any(unit.measures == one.unit.measures and unit != one.unit for unit in units) if one.unit else False
    return Relation.OTHER if rival and one.unit not in units else Relation.SAME


def _with_noun(said: Said, one: Quantity, nouns: frozenset[str]) -> Relation:
    """ "7 gold medals" where "7 silver medals" is accepted are other ones."""
    if not nouns:
        return Relation.SAME
    behind = words_of(said.text[one.end : one.end + 60])
    missing = {noun for noun in nouns if not overlap({noun}, {word.key for word in behind} | said.asked)}
    if not missing:
        return Relation.SAME
    near = words_of(re.split(r"[.,;:(]", said.text[one.end :])[0])[: len(nouns)]
    if not near or near[0].key in EMPTY:
        return Relation.SAME if len(nouns) == 1 or not near else Relation.NEAR
    return Relation.OTHER if len(missing) < len(nouns) else Relation.NEAR
