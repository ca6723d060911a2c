"""Find the values in an answer: dates, versions and times; `_entity_quantities` adds the numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from ._entity_dates import Date, agreement, find_dates
from ._entity_quantities import quantity_mentions
from ._entity_said import Mention, Relation, Said
from ._entity_targets import CLOCK, Target, is_math, time_of

_ANY_VERSION = re.compile(r"(?<![\w.])v?(\d+(?:\.\d+)+[a-z]?)(?![\w]|\.\d)")
_DECADE = re.compile(r"(?<!\w)(?:(?:early|mid|late)[-\s]+)?(?:1\d|20)\d0s\b", re.IGNORECASE)
_BEGINS = re.compile(r"\b(?:become|became|begin|began|start|started|first|founded|open|opened)\b", re.IGNORECASE)
_ENDS = re.compile(r"\b(?:end|ended|finish|finished|close|closed|last|completed)\b", re.IGNORECASE)
_ERA = re.compile(r"\s?\(?(?:BCE?|B\.C\.)(?!\w)")
_TO_THE_DAY = re.compile(r"\b(?:day|month|exact date|den|měsíc\w*)\b", re.IGNORECASE)


def value_mentions(said: Said, targets: Sequence[Target]) -> list[Mention]:
    """The values in an answer: the accepted one, close to it, or different.

    Args:
        said: the answer.
        targets: the accepted values.
    """
    mentions: list[Mention] = []
    if said.bare and is_math(said.text):
        return mentions
    if dates := [target for target in targets if target.dates]:
        mentions += _date_mentions(said, dates)
    if quantities := [target for target in targets if target.quantity]:
        mentions += _without_ranges(said, quantity_mentions(said, quantities, also_dates=bool(dates)))
    if exact := [target.exact for target in targets if target.exact]:
        mentions += _exact_mentions(said, exact)
    best: dict[tuple[int, int], Mention] = {}
    order = [Relation.SAME, Relation.NEAR, Relation.OTHER]
    for mention in mentions:
        place = (mention.start, mention.end)
        if place not in best or order.index(mention.relation) < order.index(best[place].relation):
            best[place] = mention
    return sorted(best.values(), key=lambda mention: mention.start)


def _exact_mentions(said: Said, wanted: Sequence[str]) -> list[Mention]:
    if any(":" in one for one in wanted):
        return [Mention(match.start(), match.end(), _same_time(match, wanted)) for match in CLOCK.finditer(said.text)]
    return [
        Mention(match.start(), match.end(), Relation.SAME if match.group(1).lower() in wanted else Relation.OTHER)
        for match in _ANY_VERSION.finditer(said.text)
    ]


def _same_time(match: re.Match[str], wanted: Sequence[str]) -> Relation:
    """Whether a time of day is the accepted one, or may be on the 12-hour clock."""
    key = time_of(match)
    halves = key in {_twelve(one) for one in wanted} and match.group(3) is None
    return Relation.SAME if key in wanted or halves else Relation.OTHER


def _twelve(time: str) -> str:
    """Convert a 24-hour time to the 12-hour clock, for answers that omit a.m. or p.m."""
    hour, _, minute = time.partition(":")
    return f"{(int(hour) - 1) % 12 + 1}:{minute}" if hour.isdecimal() else time


def _date_mentions(said: Said, targets: Sequence[Target]) -> list[Mention]:
    question_dates = {date[:3] for date in find_dates(said.question)}
    dates = [date for date in find_dates(said.text) if date[:3] not in question_dates or _wanted(date, targets)]
    mentions = [Mention(date.start, date.end, _relate(said, date, dates, targets)) for date in dates]
    spans = [target for target in targets if len({date[:3] for date in target.dates}) > 1]
    if spans and len(spans) == len(targets) and not any(_complete(dates, [target]) for target in spans):
        mentions = [m._replace(relation=Relation.NEAR if m.relation is Relation.SAME else m.relation) for m in mentions]
    mentions += [Mention(m.start(), m.end(), Relation.NEAR) for m in _DECADE.finditer(said.text)]
    return _without_ranges(said, mentions)


def _relate(said: Said, date: Date, dates: Sequence[Date], targets: Sequence[Target]) -> Relation:
    """How a date relates to the targets; the most precise target can contradict a year that agrees."""
    if bool(_ERA.match(said.text, date.end)) != any(_ERA.search(target.text) for target in targets):
        return Relation.NEAR
    verdicts = [agreement(date, wanted) for target in targets for wanted in target.dates]
    precise = [target for target in targets if max(one.parts for one in target.dates) > 1]
    finer = [agreement(date, wanted) for target in precise for wanted in target.dates]
    if date.parts > 1 and finer and all(verdict is False for verdict in finer) and not _complete(dates, precise):
        return Relation.NEAR if True in verdicts else Relation.OTHER
    if any(agreement(date, one) for target in targets if not target.vague for one in target.dates):
        return Relation.SAME
    if True in verdicts:
        return Relation.NEAR
    least = min((one.parts for target in precise for one in target.dates), default=0)
    short = date.parts < least and bool(_TO_THE_DAY.search(said.question))
    return Relation.NEAR if None in verdicts and not short else Relation.OTHER


def _wanted(date: Date, targets: Sequence[Target]) -> bool:
    return any(agreement(date, wanted) for target in targets for wanted in target.dates)


def _complete(dates: Sequence[Date], targets: Sequence[Target]) -> bool:
    """Whether the answer gives every date of some target."""
    return any(all(any(agreement(date, one) for date in dates) for one in target.dates) for target in targets)


def _without_ranges(said: Said, mentions: list[Mention]) -> list[Mention]:
    """Treat the ends of a range as neither two answers nor certainly the answer.

    If the question asks for the beginning or the end, that end is the answer.
    """
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
