"""Context of a mention: denied ("not X"), an alternative ("X or Y"), or in passing ("he succeeded X")."""

from __future__ import annotations

import re
from itertools import pairwise

from ._entity_said import Mention, Relation, Said, Verdict
from ._entity_words import overlap

_DENIED = re.compile(
    r"(?:\b(?:not(?! (?:only|just|merely))|never|neither|nor|rather than|instead of|unlike|except(?: for)?|other than"
    r"|apart from|as opposed to|no longer)|n't)\s+(?:\w+\s+){0,2}[\"'(]*$",
    re.IGNORECASE,
)
_DENIED_BEHIND = re.compile(r"^[\"')]*\s+(?:(?:is|was|are|were|did|does|do|has|had)(?:\s+not|n't)|never)\b(?!\s+only)")
FEW = 3
"""Longest answer, in sentences, in which "or" joins answers rather than steps of a derivation."""
PASSING = re.compile(
    r"\b(?:although|though|many (?:people )?(?:say|think|believe|assume|claim)|some (?:say|think|believe|sources|claim)"
    r"|(?:often|sometimes|commonly|frequently) (?:\w+\s+)?(?:confused|mistaken|thought|believed|misattributed|assumed)"
    r"|contrary to|not to be confused|confused with|mistaken for|compared (?:to|with)|similar to|in contrast to"
    r"|(?:formerly|previously) (?:known|called|named|by|the)"
    r"|(?:sometimes|mistakenly|wrongly|falsely) (?:attributed|credited|ascribed|said))\b[^.;)]*$",
    re.IGNORECASE,
)
OBJECT = re.compile(
    r"\b(?:succeed(?:ed|ing|s)?|replac(?:ed|ing|es)|defeat(?:ed|ing|s)?|beat(?:ing|s)?|preced(?:ed|ing|es)"
    r"|follow(?:ed|ing|s)|before|(?<!named )after|over|against|than|besides|unlike|like|near|outside|close to"
    r"|married to|during the presidency of|under|moved to|moved from"
    r"|(?:son|daughter|wife|husband|brother|sister|friend|father|mother|student|pupil|teacher|widow|nephew|cousin"
    r"|partner|member|suburb|north|south|east|west|rival|assistant) (?:of|to))\s+(?:\w+\s+){0,2}"
    r"(?:the\s+|president\s+|king\s+|queen\s+|actor\s+|singer\s+)?[\"'(]*$",
    re.IGNORECASE,
)
"""Words that make a name the object of a relation: whose pupil, which town it is near, whom somebody succeeded."""
_OF_OBJECT = re.compile(r"\b(?:who|whom|what|which)\b.*\b(?:did|does|do)\b", re.IGNORECASE)
"""Questions that ask for the object of an action, not for its agent."""
_OR = re.compile(
    r"\b(?:or|nebo|oder|ou|lub|или)\s+(?:(?:possibly|maybe|perhaps|even|rather)\s+)?"
    r"(?:(?:the|an?|in|on|at)\s+)?[\"'(]*$",
    re.IGNORECASE,
)
_OR_BEHIND = re.compile(
    r"^[\"')]*,?\s*(?:(?:or|nebo|oder|ou|lub|или)\b(?! (?:so|more|less|later|earlier|simply|just))|/\s?\w)",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"\b(?:called|named|known as|referred to as|term (?:for|is)|name (?:for|of|is)|means|meaning|word)\b", re.IGNORECASE
)
"""Contexts in which "or" joins two names for one thing."""
_EITHER = re.compile(r"\b(?:either|between|whether|one of)\b[^.;]*$", re.IGNORECASE)


def is_denied(said: Said, mention: Mention) -> bool:
    """Whether a mention is denied: "not X", "X was not".

    Args:
        said: the answer.
        mention: a mention in it.
    """
    sentence = said.sentence_of(mention)
    if _DENIED.search(said.text[max(sentence.start, mention.start - 60) : mention.start]):
        return True
    return bool(_DENIED_BEHIND.match(said.text[mention.end : sentence.end]))


def _owns(said: Said, mention: Mention) -> bool:
    """Whether a name is only a possessive of something that was not asked for: "Marta's teacher"."""
    ends = said.text[: mention.end].endswith("'s")
    match = re.match(r"\s+([a-z]\w*)" if ends else r"'s?\s+([a-z]\w*)", said.text[mention.end :])
    if match is None:
        return ends and not said.question.lower().startswith("whose")
    return not overlap({match.group(1)}, said.asked) and "whose" not in said.question.lower()


def in_passing(said: Said, mention: Mention, *, values: bool) -> bool:
    """Whether a mention is not part of the claim: "although many say X", "he succeeded X", "X's teacher".

    Args:
        said: the answer.
        mention: in it.
        values: whether it is a number or a date, which nobody succeeds.
    """
    sentence = said.sentence_of(mention)
    clause = next((span for span in said.clauses(sentence) if span.holds(mention)), sentence)
    before = said.text[clause.start : mention.start]
    hedge = PASSING.search(before)
    if hedge and not overlap({hedge.group().split()[0].lower()}, said.asked):
        return True
    if values:
        return False
    if _owns(said, mention):
        return True
    if _OF_OBJECT.search(said.question):
        return False
    match = OBJECT.search(before)
    return match is not None and not overlap({match.group().split()[0].lower()}, said.asked)


def alternatives(said: Said, same: list[Mention], standing: list[Mention]) -> tuple[Verdict, str] | None:
    """The verdict on an accepted answer that is offered as an alternative; None if it is not.

    Args:
        said: the answer.
        same: mentions of the accepted answer.
        standing: all mentions that are not denied.
    """
    for one, other in pairwise(sorted(same, key=lambda mention: mention.start)):
        if re.fullmatch(r"[\"')]*,?\s+or\s+(?:the\s+|an?\s+)?[\"'(]*", said.text[one.end : other.start]):
            return None
    for mention in same:
        before, behind = said.text[: mention.start], said.text[mention.end :]
        if not (_OR.search(before) or _OR_BEHIND.search(behind)):
            return None
    beside = [m for m in standing if m.relation is not Relation.SAME]
    sentence = said.sentence_of(same[0])
    before = said.text[sentence.start : same[0].start]
    if _NAMED.search(before) and not _EITHER.search(before):
        return None
    spread = any(sentence.holds(mention) for mention in beside) and len(said.sentences) <= FEW
    if said.bare or _EITHER.search(before) or spread:
        return Verdict.NO_MATCH, "two answers are offered"
    return Verdict.CANT_TELL, "two answers are offered"
